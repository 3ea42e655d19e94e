import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CHROMIUM, settled, TestBrowser } from './browser.ts';

/** What a reader has before his eyes: it stays as it is while the machine runs. */
interface Held {
  readonly tip: string;
  readonly line: string;
  readonly scrolled: string;
  readonly focus: string;
  readonly map: number;
  readonly empty: number;
}

describe.skipIf(CHROMIUM === undefined)('while a machine runs at full speed', () => {
  let browser: TestBrowser;
  beforeAll(async () => {
    browser = await TestBrowser.start();
  });
  afterAll(async () => {
    await browser?.tidy();
    await browser?.stop();
  });

  it('nothing blinks or jumps: the tooltip, the lines that are read, what is scrolled, the focus, the map', async () => {
    const page = await browser.open(
      '#memory=16M&swap=64M&run=quicksort+48&at=4000&select=slab.buffer_head' +
        '&panels=row(column(memory:2,events),column(slab,slab-cache,tasks),column(buddy,lists,walk))',
      { viewport: { width: 1600, height: 1200 } },
    );
    await settled(page);
    await page.locator('.slab-strip').first().waitFor();
    await page.locator('.events-row').first().waitFor();
    await page.evaluate(() => {
      for (const body of document.querySelectorAll('.view-body')) body.scrollTop = 40;
    });
    await page.locator('.events-row', { hasText: '3' }).first().waitFor();
    await page.locator('.tasks-table tbody tr').first().focus();
    const box = await page.locator('.memory-canvas').boundingBox();
    if (box === null) throw new Error('there is no map');
    await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
    await page.locator('.memory-tip').waitFor();
    await page.waitForTimeout(300);
    const seen = await page.evaluate(
      () =>
        new Promise<Held[]>((resolve) => {
          const held = (): Held => ({
            tip: document.querySelector('.memory-tip code')?.textContent ?? 'none',
            line: document.querySelector('.events-row')?.textContent?.slice(0, 8) ?? 'none',
            scrolled: [...document.querySelectorAll('.view-body')].map((body) => body.scrollTop).join(),
            focus: document.activeElement?.tagName ?? '',
            map: document.querySelector('.memory-map')?.clientHeight ?? 0,
            empty: document.querySelectorAll('.view-empty').length,
          });
          const all: Held[] = [];
          (document.querySelector('[data-test=run]') as HTMLElement).click();
          const look = () => {
            all.push(held());
            if (all.length < 90) requestAnimationFrame(look);
            else resolve(all);
          };
          requestAnimationFrame(look);
        }),
    );
    expect(await settled(page, 'running')).toBe('running');
    const states = [...new Set(seen.map((each) => JSON.stringify({ ...each, map: 0 })))];
    expect(states, states.join('\n')).toHaveLength(1);
    expect(states[0]).not.toContain('none');
    // A kind of frame that there was not before may take one line more of the legend, but none gives it back.
    const heights = seen.map(({ map }) => map);
    expect(heights).toEqual([...heights].sort((a, b) => b - a));
  });
});
