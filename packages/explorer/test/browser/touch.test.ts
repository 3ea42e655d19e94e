import type { CDPSession, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CHROMIUM, settled, TestBrowser } from './browser.ts';

type Points = readonly (readonly [number, number])[];

describe.skipIf(CHROMIUM === undefined)('fingers on a tablet', () => {
  let browser: TestBrowser;
  let page: Page;
  let session: CDPSession;

  beforeAll(async () => {
    browser = await TestBrowser.start();
    page = await browser.open('#memory=16M&swap=64M&run=hog+24&at=5000&panels=column(memory:2,space)', {
      hasTouch: true,
      viewport: { width: 820, height: 1180 },
    });
    await settled(page);
    session = await page.context().newCDPSession(page);
  }, 60_000);
  afterAll(async () => {
    browser?.quiet();
    await browser?.stop();
  });

  const touch = (type: 'touchStart' | 'touchMove' | 'touchEnd', points: Points) =>
    session.send('Input.dispatchTouchEvent', {
      type,
      touchPoints: points.map(([x, y], id) => ({ x, y, id })),
    });
  const placeOf = async (selector: string, right: number, down: number) => {
    const box = await page.locator(selector).boundingBox();
    if (box === null) throw new Error(`${selector} is not there`);
    return { x: box.x + box.width * right, y: box.y + box.height * down };
  };
  /** Two fingers, 40 pixels apart, go to 120 pixels: three times as large. */
  const pinch = async (selector: string): Promise<void> => {
    const { x, y } = await placeOf(selector, 0.5, 0.7);
    await touch('touchStart', [[x - 20, y]]);
    const both = (far: number): Points => [
      [x - far, y],
      [x + far, y],
    ];
    await touch('touchStart', both(20));
    for (let far = 24; far <= 60; far += 4) await touch('touchMove', both(far));
    await touch('touchEnd', [[x - 60, y]]);
    await touch('touchEnd', []);
  };
  const drag = async (selector: string, by: number): Promise<void> => {
    const { x, y } = await placeOf(selector, 0.5, 0.7);
    await touch('touchStart', [[x, y]]);
    for (let i = 1; i <= 5; i++) await touch('touchMove', [[x + (by * i) / 5, y]]);
    await touch('touchEnd', []);
  };
  /** What a tap selects, as the address bar has it: the last number. */
  const tapped = async (selector: string, right: number): Promise<number> => {
    const before = new URL(page.url()).hash;
    const { x, y } = await placeOf(selector, right, 0.7);
    await page.touchscreen.tap(x, y);
    await page.waitForURL((url) => url.hash !== before);
    return Number.parseInt(/select=[\w.]*\.([0-9a-f]+)$/.exec(page.url())?.[1] ?? '', 16);
  };

  it.each([
    ['.memory-canvas', 'frames'],
    ['.space-strip canvas', 'addresses'],
  ])('%s: two fingers zoom, one moves, a tap selects', async (selector) => {
    const middle = await tapped(selector, 0.5);
    const right = await tapped(selector, 0.6);
    expect(right).toBeGreaterThan(middle);
    await pinch(selector);
    const nearer = await tapped(selector, 0.6);
    // What was between middle and right is three times as wide now.
    expect((right - middle) / (nearer - middle)).toBeGreaterThan(2.2);
    expect((right - middle) / (nearer - middle)).toBeLessThan(4);
    await drag(selector, -80);
    expect(await tapped(selector, 0.6)).toBeGreaterThan(nearer);
  });
});
