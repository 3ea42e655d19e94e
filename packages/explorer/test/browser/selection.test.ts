import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { FRAME_USE } from '../../src/protocol/views.ts';
import { choiceOf, TestPage } from '../machine/engine-host.ts';
import { CHROMIUM, command, settled, TestBrowser } from './browser.ts';

const AT = 5000;
const PANELS =
  'row(column(memory,frame),column(buddy,lists),column(space,walk,tasks),column(slab,slab-cache,oom),column(swap,files,events,tlb))';
const hex = (value: number) => value.toString(16).padStart(8, '0');

describe.skipIf(CHROMIUM === undefined)('what is selected in one view, all others show', () => {
  let browser: TestBrowser;
  let page: Page;
  const node = new TestPage();
  let pid = 0;

  beforeAll(async () => {
    browser = await TestBrowser.start();
    const program = { kind: 'program', name: 'hog', args: ['24'] } as const;
    await node.do({ type: 'start', choice: choiceOf(program), until: AT });
    const { tasks } = await node.view({ view: 'tasks' });
    pid = tasks.find((task) => task.comm === 'hog')?.pid ?? 0;
    page = await browser.open(`#memory=16M&swap=64M&run=hog+24&at=${AT}&panels=${PANELS}`, {
      viewport: { width: 2000, height: 1400 },
    });
    await settled(page);
    // The walk begins with the first area: an address that is typed before it has come would be lost.
    await page.locator('.walk-title').waitFor();
  }, 120_000);
  afterEach(() => browser.quiet());
  afterAll(() => browser?.stop());

  const frameIs = (pfn: number) =>
    page.locator('.frame-head h2', { hasText: new RegExp(`0x${pfn.toString(16)}$`) }).waitFor();
  const addressIs = async (address: number) => {
    await page.locator('.walk-title', { hasText: hex(address) }).waitFor();
    await page.locator('.space-pointed', { hasText: hex(address) }).waitFor();
    await page.locator('.space-strip ~ .view-body tr.selected', { hasText: 'anonymous' }).waitFor();
    await page.locator('.tasks-table tr.selected', { hasText: 'hog' }).waitFor();
    await page.locator('.oom-tasks li.selected', { hasText: 'hog' }).waitFor();
  };

  it('a page in the address space', async () => {
    const { areas } = await node.view({ view: 'space', pid });
    const area = areas.find(({ pages }) => pages.includes(2));
    if (area === undefined) throw new Error('nothing is resident');
    const address = area.start + area.pages.indexOf(2) * 4096;
    await page.locator('.walk-address input').fill(hex(address));
    await page.locator('.walk-address input').press('Enter');
    await addressIs(address);
    const { pfn } = await node.view({ view: 'walk', pid, address });
    await frameIs(pfn);
    const { list } = await node.view({ view: 'subject', of: { kind: 'frame', pfn } });
    if (list !== '') await page.locator('.lists-own', { hasText: list }).waitFor();
  });

  it('an address far down in the TLB, which scrolls there', async () => {
    const { rows } = await node.view({ view: 'tlb' });
    const own = rows.filter((row) => row.user);
    expect(own.length).toBeGreaterThan(200);
    const { address } = own[Math.floor(own.length * 0.6)] as (typeof own)[number];
    await page.locator('.walk-address input').fill(hex(address));
    await page.locator('.walk-address input').press('Enter');
    const row = page.locator('.tlb-table tr.selected', { hasText: hex(address) });
    await row.waitFor();
    const [seen, body] = await Promise.all([
      row.boundingBox(),
      page.locator('[data-panel=tlb] .view-body').boundingBox(),
    ]);
    expect(seen?.y).toBeGreaterThanOrEqual(body?.y ?? Infinity);
    expect(seen?.y).toBeLessThan((body?.y ?? 0) + (body?.height ?? 0));
  });

  it('a slot of the swap area: its page, as it is in the cache and as it is swapped out', async () => {
    const { use } = await node.view({ view: 'memory' });
    const pfn = use.indexOf(FRAME_USE.swapCache);
    const cached = await node.view({ view: 'subject', of: { kind: 'frame', pfn } });
    await page.locator('.swap-area canvas').focus();
    await page.keyboard.press('Home');
    for (let i = 0; i < 3; i++) await page.keyboard.press('ArrowRight');
    await page.keyboard.press('Enter');
    const third = await node.view({ view: 'subject', of: { kind: 'slot', area: 0, slot: 3 } });
    await addressIs(third.address);
    await command(page, `frame ${pfn.toString(16)}`);
    await frameIs(pfn);
    await addressIs(cached.address);
  });

  it('a slab cache, one of its slabs, and the frame of one', async () => {
    await page.locator('tr', { hasText: 'buffer_head' }).click();
    const { slabs } = await node.view({ view: 'slab-cache', name: 'buffer_head' });
    await page.locator('.memory-only', { hasText: `buffer_head: ${slabs.length}` }).waitFor();
    await expect.poll(() => page.locator('.slab-strip').count()).toBe(slabs.length);
    await page.locator('.slab-strip').nth(2).click();
    const pfn = slabs[2]?.pfn ?? -1;
    await frameIs(pfn);
    await expect.poll(() => page.locator('.memory-only').count()).toBe(0);
    await page.locator('.buddy-head').first().click();
    await page.locator('.buddy-table tr.selected').waitFor();
    // What has no cache leaves the one that was shown.
    await expect.poll(() => page.locator('.slab-strip').count()).toBe(slabs.length);
    const other = slabs[1]?.pfn ?? -1;
    await command(page, `frame ${other.toString(16)}`);
    await page.locator('.slab-strip.selected', { hasText: other.toString(16) }).waitFor();
    await page.locator('tr.selected', { hasText: 'buffer_head' }).waitFor();
  });

  it('a task and an area: the map shows their frames', async () => {
    await page.locator('.tasks-table tr', { hasText: 'hog' }).click();
    const task = await node.view({ view: 'subject', of: { kind: 'task', pid } });
    await page.locator('.memory-only', { hasText: task.frames.length.toLocaleString('en') }).waitFor();
    await page.locator('.space-strip ~ .view-body tr', { hasText: 'anonymous' }).first().click();
    await page.locator('.memory-only', { hasText: '–' }).waitFor();
    await page.locator('.memory-only button').click();
    await expect.poll(() => page.locator('.memory-only').count()).toBe(0);
  });

  it('a page of a file', async () => {
    const file = (await node.view({ view: 'files' })).files[0];
    if (file === undefined) throw new Error('no file is cached');
    const { pfn } = await node.view({ view: 'subject', of: { kind: 'file', path: file.path, page: 0 } });
    await page
      .locator('.files-file canvas')
      .first()
      .click({ position: { x: 4, y: 4 } });
    await frameIs(pfn);
    await page.locator('.files-file.selected', { hasText: file.path }).waitFor();
    await page.waitForURL((url) => url.hash.includes('select=page.0.'));
  });

  it('an event: the log goes there, wherever it stood, and the lines about its frame are marked', async () => {
    const { history } = await node.view({ view: 'frame', pfn: 0x300 });
    const first = history[0];
    if (first === undefined) throw new Error('nothing happened to the frame');
    await command(page, 'frame 300');
    await frameIs(0x300);
    await page.locator('.frame-history tr').last().click();
    const line = page.locator('.events-row', { hasText: first.seq.toLocaleString('en') });
    await line.and(page.locator('.selected')).waitFor();
    await command(page, 'frame 300');
    await line.and(page.locator('.related')).waitFor();
  });

  // Opens another page: the last.
  it('in a high panel as many rows of the TLB as it has room for', async () => {
    const high = await browser.open(`#memory=16M&swap=64M&run=hog+24&at=${AT}&panels=tlb`, {
      viewport: { width: 1000, height: 1400 },
    });
    await settled(high);
    const body = await high.locator('[data-panel=tlb] .view-body').boundingBox();
    expect(body?.height).toBeGreaterThan(1000);
    await expect
      .poll(() => high.locator('.tlb-table tr[tabindex]').count())
      .toBeGreaterThanOrEqual(Math.floor((body?.height ?? 0) / 24) - 1);
  });
});
