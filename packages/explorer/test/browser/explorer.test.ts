import { readFileSync } from 'node:fs';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { TestPage } from '../machine/engine-host.ts';
import { CHROMIUM, command, hashes, settled, TestBrowser, turnOf } from './browser.ts';

const HELLO = new URL('../../../guest/programs/hello', import.meta.url);
const TOUCH = new URL('../../../guest/programs/touch', import.meta.url);
const PIPELINE = new URL('../../../lab/recordings/pipeline.pwt', import.meta.url);
const SMALL = '#release=2.4.22&memory=16M&swap=32M&run=touch+18+random+2&panels=row(machine,memory)';

describe.skipIf(CHROMIUM === undefined)('the explorer in Chromium', () => {
  let browser: TestBrowser;

  beforeAll(async () => {
    browser = await TestBrowser.start();
  });
  afterEach(() => browser.tidy());
  afterAll(() => browser?.stop());

  it('starts a machine of one’s own, which runs to its end', async () => {
    const page = await browser.open();
    await page.getByLabel('Program and its arguments').fill('quicksort 4');
    await page.locator('[data-test=start]').click();
    expect(await settled(page, 'running', 'ended')).toMatch(/running|ended/);
    expect(await settled(page, 'ended')).toBe('ended');
    expect(await page.locator('[data-test=status]').innerText()).toBe('exited with 0');
    await page.locator('.xterm-accessibility', { hasText: 'none lost' }).waitFor({ state: 'attached' });
  });

  it('the start page scrolls by itself, the document behind it has nothing below', async () => {
    const page = await browser.open();
    const [document, window] = await page.evaluate(() => [
      globalThis.document.documentElement.scrollHeight,
      globalThis.innerHeight,
    ]);
    expect(document).toBe(window);
  });

  it('goes the same way as the engine does in Node', async () => {
    const page = await browser.open(SMALL);
    await settled(page);
    await page.locator('[data-test=run]').click();
    await settled(page, 'ended');
    const here = await hashes(page);
    const node = new TestPage();
    await node.do({
      type: 'start',
      choice: {
        release: '2.4.22',
        memory: 16 << 20,
        swap: 32 << 20,
        sysctl: {},
        program: { kind: 'program', name: 'touch', args: ['18', 'random', '2'] },
      },
    });
    const { turn } = await node.do({ type: 'run', speed: null });
    const there = await node.ask({ ask: 'state-hash' });
    expect(here).toEqual({ state: there.hash, turn, events: there.events });
  });

  it('steps back to the state that it had', async () => {
    const page = await browser.open(`${SMALL}&at=2000`);
    await settled(page);
    expect(await turnOf(page)).toBe(2000);
    const before = await hashes(page);
    for (const [on, back] of [
      ['.', ','],
      ['>', '<'],
    ] as const) {
      await page.keyboard.press(on);
      await page.waitForFunction(() => document.querySelector('[data-test=turn]')?.textContent !== '2,000');
      await settled(page);
      await page.keyboard.press(back);
      await page.waitForFunction(() => document.querySelector('[data-test=turn]')?.textContent === '2,000');
      await settled(page);
      expect(await hashes(page)).toEqual(before);
    }
    await page.locator('[data-test=timeline]').fill('1');
    await page.waitForFunction(() => document.querySelector('[data-test=turn]')?.textContent === '1');
    await command(page, 'turn 2000');
    await page.waitForFunction(() => document.querySelector('[data-test=turn]')?.textContent === '2,000');
    await settled(page);
    expect(await hashes(page)).toEqual(before);
  });

  it('stops at a breakpoint, and says what is wrong with one', async () => {
    const page = await browser.open(SMALL);
    await settled(page);
    await page.locator('[data-test=breakpoints]').click();
    await page.locator('[data-test=breakpoint-event]').fill('swap_slot_alloc');
    await page.locator('[data-test=breakpoint-condition]').fill('offset > colour');
    const problem = page.locator('[data-test=breakpoint-problem]');
    await problem.filter({ hasText: 'no value for colour' }).waitFor();
    expect(await page.locator('[data-test=breakpoint-add]').isDisabled()).toBe(true);
    await page.locator('[data-test=breakpoint-condition]').fill('offset > 20');
    await page.locator('[data-test=breakpoint-add]').click();
    await page.locator('[data-test=breakpoint-run]').click();
    await page.locator('[data-test=status]', { hasText: /^breakpoint swap_slot_alloc$/ }).waitFor();
  });

  it('a link reproduces the machine, its place, and what is shown', async () => {
    const first = await browser.open(SMALL);
    await settled(first);
    await first.locator('[data-test=breakpoints]').click();
    await first.locator('[data-test=breakpoint-event]').fill('swap_slot_alloc');
    await first.locator('[data-test=breakpoint-condition]').fill('offset == 100');
    await first.locator('[data-test=breakpoint-add]').click();
    await first.locator('[data-test=breakpoint-run]').click();
    await first.locator('[data-test=status]', { hasText: /^breakpoint swap_slot_alloc$/ }).waitFor();
    await command(first, 'Show Zones');
    await command(first, 'frame 3e8');
    const before = await hashes(first);
    await first.waitForFunction(() => location.hash.includes('select=frame.3e8'));
    const hash = new URL(first.url()).hash;
    expect(hash).toContain(`at=${before.turn}`);
    expect(hash).toContain('break=swap_slot_alloc:offset+%3D%3D+100'.replace('%3D%3D', '=='));

    const second = await browser.open(hash);
    await settled(second, 'paused');
    expect(await hashes(second)).toEqual(before);
    expect(await openTabs(second)).toEqual(await openTabs(first));
    await second.waitForFunction((wanted) => location.hash === wanted, hash);
  });

  it('a link may have no panels, and they come back', async () => {
    const first = await browser.open('#run=hello&memory=16M&panels=machine.zones');
    await settled(first, 'paused');
    for (const _ of ['zones', 'machine']) await command(first, 'Close the panel');
    await first.getByText('No panel is open.').waitFor();
    await first.waitForFunction(() => location.hash.includes('panels=none'));
    const second = await browser.open(new URL(first.url()).hash);
    await settled(second, 'paused');
    await second.getByText('No panel is open.').waitFor();
    expect(await openTabs(second)).toEqual([]);
    await second.locator('[data-test=usual-panels]').click();
    await second.waitForFunction(() => location.hash.includes('memory'));
    expect(await openTabs(second)).toContain('Memory');
  });

  it('a link with a file asks for that file and takes no other', async () => {
    const first = await browser.open();
    await first.getByText('Your file', { exact: true }).click();
    await first.locator('[data-test=file]').setInputFiles(fileOf('mine', HELLO));
    await first.getByText('mine: a program').waitFor();
    await first.locator('[data-test=start]').click();
    await settled(first, 'ended');
    await first.waitForFunction(() => location.hash.includes('sha256='));
    const { hash } = new URL(first.url());

    const second = await browser.open(hash);
    await second.getByText('This link needs the file').waitFor();
    await second.locator('[data-test=wanted-file]').setInputFiles(fileOf('mine', TOUCH));
    await second.locator('[data-test=refusal]', { hasText: 'mine is another file' }).waitFor();
    await second.locator('[data-test=wanted-file]').setInputFiles(fileOf('other-name', HELLO));
    await settled(second, 'ended');
  });

  it.each([
    ['#run=nothing', 'link: run=nothing must begin with one of hello, touch,'],
    ['#memory=lots&run=hello', 'link: memory=lots must be a size, such as 16M'],
    ['#memory=1M&run=hello&at=5', 'link: memory=1M must be from 8M to 2044M'],
    ['#release=9.9&run=hello', 'link: release=9.9 must be one of'],
    ['#memroy=16M&run=hello', 'link: memroy=16M: there is no such part'],
    ['#sysctl=vm.nothing=1&run=hello&at=3', 'sysctl vm.nothing: unknown; there are: vm.'],
    ['#workload=zipf+1', 'zipf takes'],
  ])('says in one line what is wrong with %s', async (hash, message) => {
    const page = await browser.open(hash);
    const line = await page.locator('[data-test=refusal]').innerText();
    expect(line).toContain(message);
    expect(line).not.toContain('\n');
    // What was wrong stays in the address, where it can be mended.
    await page.locator('.start').waitFor();
    expect(new URL(page.url()).hash).toBe(hash);
    // The page is alive: another machine can be started.
    await page.goto(`${browser.address}#run=hello&panels=row(machine)`);
    await settled(page, 'paused');
  });

  it.each([
    [
      '#run=hello&at=999&panels=row(machine)',
      'link: at=999 cannot be reached: the machine stands at turn 6 (exited with 0)',
    ],
    [
      '#run=hello&at=2&select=task.99&panels=row(machine)',
      'link: select=task.99: there is no task 99; there are 1, ',
    ],
    [
      '#run=hello&at=2&break=mm_falt&panels=row(machine)',
      'breakpoint mm_falt: there is no such tracepoint; alike are mm_fault',
    ],
  ])('opens %s and says what of it there is not', async (hash, message) => {
    const page = await browser.open(hash);
    await settled(page);
    await page.locator('[data-test=refusal]', { hasText: message }).waitFor();
  });

  it('says what is wrong with a file', async () => {
    const page = await browser.open();
    await page.getByText('Your file', { exact: true }).click();
    const give = (name: string, bytes: Buffer) =>
      page
        .locator('[data-test=file]')
        .setInputFiles({ name, mimeType: 'application/octet-stream', buffer: bytes });
    const refusal = page.locator('[data-test=refusal]');
    const hello = readFileSync(HELLO);
    for (const [name, bytes, line] of [
      ['nothing', Buffer.alloc(0), 'nothing: an empty file, neither'],
      ['cut', hello.subarray(0, 200), 'cut: broken: it ends at byte 200'],
      ['picture.png', Buffer.from('89504e470d0a1a0a', 'hex'), 'picture.png: neither a static 32-bit'],
    ] as const) {
      await give(name, bytes);
      await refusal.filter({ hasText: line }).waitFor();
      expect(await page.locator('[data-test=start]').isDisabled()).toBe(true);
    }
    await give('cut.pwt', readFileSync(PIPELINE).subarray(0, 5000));
    await page.getByText('cut.pwt: a recording').waitFor();
    await page.locator('[data-test=start]').click();
    await refusal.filter({ hasText: /the recording is damaged; .* cut short/ }).waitFor();
  });

  it('needs no mouse', async () => {
    const page = await browser.open();
    for (let i = 0; i < 60; i++) {
      await page.keyboard.press('Tab');
      if ((await focused(page)) === 'buddy') break;
    }
    expect(await focused(page)).toBe('buddy');
    await page.keyboard.press('Enter');
    await settled(page, 'paused');
    await page.keyboard.press('Space');
    await settled(page, 'ended');
    await page.keyboard.press(',');
    await settled(page, 'paused');
    await page.keyboard.press('?');
    await page.locator('dialog[open] h2', { hasText: 'Help' }).waitFor();
    await page.keyboard.press('Escape');
    await page.keyboard.press('b');
    await page.locator('dialog[open] h2', { hasText: 'Breakpoints' }).waitFor();
    expect(await page.evaluate(() => document.activeElement?.getAttribute('aria-label'))).toBe('Tracepoint');
    await page.keyboard.press('Escape');
    await command(page, 'Show Machine');
    await page.waitForFunction(
      () => document.activeElement?.closest('[data-panel]')?.getAttribute('data-panel') === 'machine',
    );
    const tabs = await openTabs(page);
    await page.keyboard.press('x');
    expect(await openTabs(page)).toHaveLength(tabs.length - 1);
    // The keyboard goes to the panel that is there now; not to a field of it, where letters would be text.
    await page.waitForFunction(() => document.activeElement?.closest('[data-panel]'));
    await command(page, 'Show Memory');
    await page.waitForFunction(() => document.activeElement?.matches('[data-panel=memory] canvas'));
    await page.keyboard.press('F6');
    await page.keyboard.press('t');
    expect(await page.evaluate(() => document.documentElement.dataset['theme'])).toBe('dark');
    await page.keyboard.press('h');
    await page.getByText('Stories, chapter by chapter').waitFor();
  });

  it('nobody is caught in the terminal, and who only passes by changes nothing', async () => {
    const page = await browser.open('#run=terminal+lines&memory=16M&panels=row(terminal,counters)');
    await settled(page, 'paused');
    const { hash } = new URL(page.url());
    const stops: string[] = [];
    for (let i = 0; i < 40 && stops.at(-1) !== 'counters'; i++) {
      await page.keyboard.press('Tab');
      stops.push(await focusedPanel(page));
    }
    expect(stops.filter((panel) => panel === 'terminal')).toHaveLength(1);
    expect(stops.at(-1)).toBe('counters');
    // A box to check keeps its own key.
    const box = page.locator('[data-panel=counters] input[type=checkbox]');
    await box.focus();
    await page.keyboard.press('Space');
    expect(await box.isChecked()).toBe(true);
    expect(await page.locator('[data-test=status]').innerText()).toBe('paused');
    expect(hash).not.toContain('input=');
    // Enter begins to type, F6 leaves.
    await page.locator('[data-test=run]').click();
    await page.locator('[data-test=status]', { hasText: 'waits for input' }).waitFor();
    await command(page, 'Show Terminal');
    await page.waitForFunction(() => document.activeElement?.matches('[data-test=terminal]'));
    await page.keyboard.press('Enter');
    await page.keyboard.type('ab\n');
    await page.waitForFunction(() => location.hash.includes('input='));
    await page.keyboard.press('F6');
    expect(await focusedPanel(page)).toBe('counters');
  });

  it('panels that come back to the front stand where they were scrolled to', async () => {
    const page = await browser.open('#run=touch+8+forward&at=500&panels=row(events.zones,memory)');
    await settled(page, 'paused');
    const seen = async () => {
      await page.waitForFunction(() => {
        const body = document.querySelector('.events-body')?.getBoundingClientRect();
        const row = document.querySelector('.events-row:last-child')?.getBoundingClientRect();
        return body && row && body.height > 0 && row.top > body.top && row.top < body.bottom;
      });
      // Browsers tell of what was scrolled with the next picture.
      await page.evaluate(
        () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))),
      );
    };
    await seen();
    for (const keys of [
      ['F6', 'F6'],
      [']', '['],
    ]) {
      for (const key of keys) await page.keyboard.press(key);
      await seen();
    }
  });

  it('a frame’s number is read as hexadecimal, and as events have it', async () => {
    const page = await browser.open('#run=hello&memory=16M&panels=row(machine,frame)');
    await settled(page, 'paused');
    const choices = async (text: string): Promise<string[]> => {
      await page.keyboard.press('Control+k');
      await page.locator('[data-test=palette]').fill(text);
      const titles = await page.locator('[role=option]', { hasText: 'Select frame' }).allInnerTexts();
      await page.keyboard.press('Escape');
      return titles.map((title) => title.replace(/\s+/g, ' ').trim());
    };
    expect(await choices('frame 100')).toEqual([
      expect.stringContaining('Select frame 0x100 (256)'),
      expect.stringContaining('Select frame 0x64 (100)'),
    ]);
    expect(await choices('frame 0x100')).toEqual([expect.stringContaining('Select frame 0x100 (256)')]);
    // There is no frame 0x1615.
    expect(await choices('pfn 1615')).toEqual([expect.stringContaining('Select frame 0x64f (1615)')]);
    expect(await choices('frame zz')).toEqual([]);
  });

  it('explains a term where it stands', async () => {
    const page = await browser.open('#scenario=zones&release=2.4.22&memory=32M&run=touch+20+forward');
    await settled(page);
    await command(page, 'Show Story');
    await page.locator('.story .term').first().focus();
    await page.keyboard.press('Tab');
    await page.locator('[role=tooltip]').waitFor();
    await page.keyboard.press('Escape');
    await page.locator('[role=tooltip]').waitFor({ state: 'detached' });
  });

  it.each([
    [1280, 800],
    [1024, 768],
  ])('fits on a screen of %i by %i', async (width, height) => {
    const page = await browser.open(SMALL, { viewport: { width, height } });
    await settled(page);
    const [wide, high] = await page.evaluate(() => [document.body.scrollWidth, document.body.scrollHeight]);
    expect([wide, high]).toEqual([width, height]);
    const bar = page.locator('.control-bar');
    expect(await bar.evaluate((element) => element.scrollWidth <= element.clientWidth)).toBe(true);
  });

  it('keeps to reduced motion and to the theme of the system', async () => {
    const page = await browser.open('', { colorScheme: 'dark', reducedMotion: 'reduce' });
    expect(await page.evaluate(() => document.documentElement.dataset['theme'])).toBe('dark');
    const quick = await page.evaluate(() =>
      getComputedStyle(document.documentElement).getPropertyValue('--quick'),
    );
    expect(Number.parseFloat(quick)).toBe(0);
  });
});

function fileOf(name: string, at: URL) {
  return { name, mimeType: 'application/octet-stream', buffer: readFileSync(at) };
}

/** Titles of the tabs, in order. */
function openTabs(page: Page): Promise<string[]> {
  return page.locator('.dv-tab').allInnerTexts();
}

/** Scenario whose button has the keyboard. */
function focused(page: Page): Promise<string | undefined> {
  return page.evaluate(() => (document.activeElement as HTMLElement | null)?.dataset['scenario']);
}

/** Id of the panel in which the keyboard is; empty: in none. */
function focusedPanel(page: Page): Promise<string> {
  return page.evaluate(
    () => document.activeElement?.closest<HTMLElement>('[data-panel]')?.dataset['panel'] ?? '',
  );
}
