import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { USE_COLOURS } from '../../src/app/palette-colours.ts';
import { choiceOf, TestPage } from '../machine/engine-host.ts';
import { CHROMIUM, settled, TestBrowser } from './browser.ts';

const AT = 5000;
const PAGE_KB = 4;

/** `12,345 pages` as a number. */
function number(text: string): number {
  return Number(/[\d,]+/.exec(text)?.[0].replaceAll(',', '') ?? Number.NaN);
}

describe.skipIf(CHROMIUM === undefined).each(['2.4.22', '2.4.0'])(
  'views of memory in Chromium show what the kernel %s says',
  (release) => {
    let browser: TestBrowser;
    const node = new TestPage();
    let pid = 0;

    beforeAll(async () => {
      browser = await TestBrowser.start();
      const program = { kind: 'program', name: 'hog', args: ['24'] } as const;
      await node.do({ type: 'start', choice: choiceOf(program, { release }), until: AT });
      const { tasks } = await node.view({ view: 'tasks' });
      pid = tasks.find((task) => task.comm === 'hog')?.pid ?? 0;
    });
    afterEach(() => browser.tidy());
    afterAll(() => browser?.stop());

    const open = async (panels: string, select = ''): Promise<Page> => {
      const chosen = select === '' ? '' : `&select=${select}`;
      const page = await browser.open(
        `#release=${release}&memory=16M&swap=64M&run=hog+24&at=${AT}&panels=${panels}${chosen}`,
      );
      await settled(page);
      return page;
    };

    it('memory: frames by use and state', async () => {
      const page = await open('memory');
      const { totals, state } = await node.view({ view: 'memory' });
      const uses = page.locator('.memory-use');
      await uses.first().waitFor();
      const shown = Object.fromEntries(
        (await uses.allInnerTexts()).map((text) => [text.replace(/[\d,\s]+$/, ''), number(text)]),
      );
      const expected = USE_COLOURS.map(({ title }, use) => [title, totals[use] as number] as const);
      expect(shown).toEqual(Object.fromEntries(expected.filter(([, frames]) => frames > 0)));
      const dirty = state.reduce((sum, bits) => sum + (bits & 1), 0);
      expect(number(await page.locator('.memory-states button', { hasText: 'dirty' }).innerText())).toBe(
        dirty,
      );
    });

    it('memory: keys go over frames, Enter selects, and the frame says what the kernel knows', async () => {
      const page = await open('row(memory,frame)');
      const map = page.locator('.memory-canvas');
      await map.focus();
      for (const key of ['Home', 'PageDown', 'PageDown', 'ArrowDown', 'ArrowRight']) await map.press(key);
      const spoken = await page.locator('.memory-map output').innerText();
      const pfn = Number(/0x[0-9a-f]+/.exec(spoken)?.[0]);
      expect(pfn).toBeGreaterThan(1024);
      await map.press('Enter');
      await page.waitForURL((url) => url.hash.includes(`select=frame.${pfn.toString(16)}`));
      const frame = await node.view({ view: 'frame', pfn });
      await page.locator('.frame-head h2', { hasText: `0x${pfn.toString(16)}` }).waitFor();
      expect(await page.locator('.frame-flags .chip').allInnerTexts()).toEqual(frame.flags);
      expect(await page.locator('.frame-mappings button').count()).toBe(frame.mappings.length);
      const first = [...frame.bytes.slice(0, 8)].map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
      expect(await page.locator('.frame-bytes > div').first().innerText()).toContain(first);
    });

    it('a selected event leads to its frame', async () => {
      const { use, state } = await node.view({ view: 'memory' });
      // An anonymous page that is mapped.
      const pfn = use.findIndex((value, at) => value === 1 && ((state[at] as number) & 128) !== 0);
      const { allocatedBy } = await node.view({ view: 'frame', pfn });
      expect(allocatedBy).toBeGreaterThan(0);
      const page = await open('row(memory,frame)', `event.${allocatedBy}`);
      const title = page.locator('.frame-head h2');
      await title.waitFor();
      expect(await title.innerText()).toBe(`Frame 0x${pfn.toString(16)}`);
    });

    it('zones and buddy: free pages, marks and free lists', async () => {
      const page = await open('row(zones,buddy)');
      const { zones } = await node.view({ view: 'zones' });
      await page.locator('.zone-chart').first().waitFor();
      for (const zone of zones) {
        const chart = page.locator('.zones-body .zone', { hasText: zone.name });
        expect(number(await chart.locator('.zone-head .soft').innerText())).toBe(zone.free);
        const label = await chart.locator('canvas').getAttribute('aria-label');
        expect(label).toContain(`min ${zone.min}, low ${zone.low}, high ${zone.high}`);
        const buddy = page.locator(`section[aria-label="Free lists of zone ${zone.name}"] tbody tr`);
        const blocks = await buddy.locator('td:nth-child(2)').allInnerTexts();
        expect(blocks.map(number)).toEqual(zone.blocks);
        const heads = await buddy.locator('.buddy-head').allInnerTexts();
        expect(heads).toEqual(zone.heads.flatMap((list) => list.slice(0, 24).map((pfn) => pfn.toString(16))));
      }
    });

    it('tasks and address space: sizes, areas and their pages', async () => {
      const page = await open('row(tasks,space)');
      const space = await node.view({ view: 'space', pid });
      const { tasks } = await node.view({ view: 'tasks' });
      const rows = page.locator('.tasks-table tbody tr');
      await rows.first().waitFor();
      expect((await rows.locator('td:first-child').allInnerTexts()).map(Number)).toEqual(
        tasks.map((t) => t.pid),
      );
      const own = tasks.find((task) => task.pid === pid);
      const faults = await rows.filter({ hasText: 'hog' }).locator('td').allInnerTexts();
      expect([number(faults[7] ?? ''), number(faults[8] ?? '')]).toEqual([
        own?.minorFaults,
        own?.majorFaults,
      ]);
      const areas = page.locator('.space-strip ~ .view-body tbody tr');
      const hex = (value: number) => value.toString(16).padStart(8, '0');
      expect(await areas.locator('td:first-child').allInnerTexts()).toEqual(
        space.areas.map((area) => `${hex(area.start)}–${hex(area.end)}`),
      );
      const legend = await page.locator('.space-legend .legend-item').allInnerTexts();
      const swapped = legend.find((text) => text.includes('in swap')) ?? '';
      expect(number(swapped)).toBe(space.areas.reduce((sum, area) => sum + area.swapped, 0));
      const resident = legend
        .filter((text) => text.includes('present'))
        .reduce((sum, text) => sum + number(text), 0);
      expect(resident * PAGE_KB).toBe(space.rss * PAGE_KB);
    });

    it('walk: every bit of every entry', async () => {
      const { areas } = await node.view({ view: 'space', pid });
      const address = (areas[1]?.end ?? 0) - 0x100000;
      const page = await open('walk', `address.${pid}.${address.toString(16)}`);
      const walk = await node.view({ view: 'walk', pid, address });
      for (const step of walk.steps) {
        const level = page.locator(`.walk-level.walk-${step.level}`);
        await level.waitFor();
        const bits = (await level.locator('.bits-box').allInnerTexts()).join('');
        expect(Number.parseInt(bits, 2)).toBe(step.entry);
        expect(await level.locator('.walk-strong').innerText()).toBe(
          step.entryAddress.toString(16).padStart(8, '0'),
        );
      }
      expect(await page.locator('.walk-outcome b').first().innerText()).toBe(walk.outcome);
      const own = (await page.locator('.walk > section:first-child .bits-box').allInnerTexts()).join('');
      expect(Number.parseInt(own, 2)).toBe(address);
    });

    it('lists: pages on each, and what moved them', async () => {
      const page = await open('lists');
      const { lists, flows, threads } = await node.view({ view: 'lists' });
      await page.locator('.lists-list').first().waitFor();
      for (const list of lists) {
        const shown = page.locator(`section[aria-label="${list.name}"] .lists-head > span`).first();
        expect(number(await shown.innerText())).toBe(list.pages);
      }
      const moved = await page
        .locator('.lists-flow')
        .evaluateAll((items) => items.map((item) => (item as HTMLElement).title));
      const commas = (value: number) => value.toLocaleString('en-US');
      expect([...moved].sort()).toEqual(
        flows
          .map((f) => `${f.function}: ${commas(f.pages)} pages from ${f.from} to ${f.to} since boot`)
          .sort(),
      );
      const names = await page.locator('.lists-body tbody tr td:first-child').allInnerTexts();
      expect(names).toEqual(threads.map((thread) => thread.comm));
    });
  },
);
