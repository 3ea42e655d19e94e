import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { ViewData, ViewRequest } from '../../src/protocol/views.ts';
import { TestPage } from '../machine/engine-host.ts';
import { CHROMIUM, settled, TestBrowser } from './browser.ts';

const TURN = 6000;
const ADDRESS = 0x40000000;
const count = (n: number): string => n.toLocaleString('en-US');
const hex = (n: number): string => (n >>> 0).toString(16).padStart(8, '0');

type Texts<V extends ViewData['view']> = (data: Extract<ViewData, { view: V }>) => string[];

/** A panel, what it asks the kernel for, and what it therefore must say. */
interface Case {
  readonly panel: string;
  readonly request: ViewRequest;
  readonly texts: (data: never) => string[];
}

function panelSays<V extends ViewData['view']>(
  panel: string,
  request: Extract<ViewRequest, { view: V }>,
  texts: Texts<V>,
): Case {
  return { panel, request, texts };
}

const CASES: readonly Case[] = [
  panelSays('memory', { view: 'memory' }, ({ totals }) => totals.filter((n) => n > 0).map(count)),
  panelSays('zones', { view: 'zones' }, ({ zones }) =>
    zones.map((z) => `${count(z.free)} of ${count(z.size)} pages free`),
  ),
  panelSays('buddy', { view: 'zones' }, ({ zones }) =>
    zones.flatMap(({ heads }) => heads.flatMap((list) => list.slice(0, 1).map((pfn) => pfn.toString(16)))),
  ),
  panelSays('tasks', { view: 'tasks' }, ({ tasks }) => tasks.map(({ comm }) => comm)),
  panelSays('space', { view: 'space', pid: 7 }, ({ areas }) =>
    areas.flatMap(({ start, end, permissions }) => [hex(start), hex(end), permissions]),
  ),
  panelSays('walk', { view: 'walk', pid: 7, address: ADDRESS }, ({ steps, pfn }) => [
    ...steps.map(({ entry }) => hex(entry)),
    `0x${pfn.toString(16)}`,
  ]),
  panelSays('lists', { view: 'lists' }, ({ lists, flows }) => [
    ...lists.flatMap(({ name, pages }) => [name, count(pages)]),
    ...flows.filter(({ pages }) => pages > 0).flatMap((flow) => [flow.function, count(flow.pages)]),
  ]),
  panelSays('slab', { view: 'slab' }, ({ caches }) =>
    caches
      .filter(({ slabs }) => slabs > 0)
      .flatMap((c) => [c.name, `${count(c.activeObjects)} / ${count(c.objects)}`]),
  ),
  panelSays('vmalloc', { view: 'vmalloc' }, ({ areas }) => areas.map(({ address }) => hex(address))),
  panelSays('swap', { view: 'swap' }, ({ areas, swapCache }) => [
    ...areas.map((area) => `${count(area.used)} of ${count(area.pages)} slots used`),
    `swap cache ${count(swapCache)} pages`,
  ]),
  panelSays('files', { view: 'files' }, ({ files }) => files.map(({ path }) => path)),
  panelSays('oom', { view: 'oom' }, ({ tasks }) =>
    tasks
      .filter(({ score }) => score > 0)
      .flatMap(({ comm, score, terms }) => [comm, String(score), ...terms]),
  ),
  panelSays('counters', { view: 'counters' }, ({ names, now, values }) =>
    names.flatMap((name, i) => {
      const own = values[i] as Float64Array;
      const still = own.every((value) => value === own[0]);
      return still ? [] : [name, count(now[i] as number)];
    }),
  ),
  panelSays(
    'events',
    { view: 'events', from: 1e9, count: 5, filter: { names: [], pid: 0, text: '' } },
    ({ total, rows }) => [`${count(total)} events`, ...rows.flatMap(({ seq, name }) => [count(seq), name])],
  ),
  panelSays('proc', { view: 'proc', path: 'meminfo', pid: 0 }, ({ text }) =>
    text.split('\n').filter((line) => line.trim() !== ''),
  ),
];

describe.skipIf(CHROMIUM === undefined)('each view says what the kernel says', () => {
  let browser: TestBrowser;
  let page: Page;
  const node = new TestPage();

  beforeAll(async () => {
    browser = await TestBrowser.start();
    await node.do({
      type: 'start',
      choice: {
        release: '2.4.22',
        memory: 16 << 20,
        swap: 64 << 20,
        sysctl: {},
        program: { kind: 'program', name: 'quicksort', args: ['20'] },
      },
      until: TURN,
    });
    const panels = CASES.map(({ panel }) => panel).join('.');
    page = await browser.open(
      `#run=quicksort+20&memory=16M&swap=64M&at=${TURN}&select=address.7.${ADDRESS.toString(16)}&panels=${panels}`,
      { viewport: { width: 1600, height: 2000 } },
    );
    await settled(page, 'paused');
  });
  afterEach(() => browser.quiet());
  afterAll(() => browser?.stop());

  it.each(CASES.map((c) => [c.panel, c] as const))('%s', async (panel, { request, texts }) => {
    const wanted = (texts as (data: ViewData) => string[])(await node.view(request));
    expect(wanted.length).toBeGreaterThan(0);
    await page
      .locator('.dv-tab')
      .nth(CASES.findIndex((c) => c.panel === panel))
      .click();
    const shown = page.locator(`[data-panel=${panel}]`);
    await expect.poll(async () => missing(await shown.innerText(), wanted), { timeout: 30_000 }).toEqual([]);
  });
});

/** Texts that are not shown; white space does not matter. */
function missing(shown: string, wanted: readonly string[]): string[] {
  const words = (text: string): string => text.replace(/\s+/g, ' ').trim();
  const all = words(shown);
  return wanted.filter((text) => !all.includes(words(text)));
}
