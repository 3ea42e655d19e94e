import { readFileSync } from 'node:fs';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { TestPage } from '../machine/engine-host.ts';
import { CHROMIUM, command, hashes, settled, TestBrowser } from './browser.ts';

const PNG = '89504e470d0a1a0a';

describe.skipIf(CHROMIUM === undefined)('recordings and exports in Chromium', () => {
  let browser: TestBrowser;

  beforeAll(async () => {
    browser = await TestBrowser.start();
  });
  afterEach(() => browser.tidy());
  afterAll(() => browser?.stop());

  it('plays a recording as Node does, and takes away what Node would', async () => {
    const page = await browser.open('#recording=pipeline&memory=12M&swap=32M&at=20000&panels=machine');
    await settled(page, 'paused');
    const node = new TestPage();
    await node.do({
      type: 'start',
      choice: {
        release: '2.4.22',
        memory: 12 << 20,
        swap: 32 << 20,
        sysctl: {},
        program: { kind: 'recording', name: 'pipeline' },
      },
      until: 20_000,
    });
    const { hash, events } = await node.ask({ ask: 'state-hash' });
    expect(await hashes(page)).toEqual({ state: hash, turn: 20_000, events });
    for (const format of ['ftrace', 'perfetto', 'proc'] as const) {
      const answer = await node.ask({ ask: 'export', format });
      const { name, bytes } = await exported(
        page,
        { ftrace: 'ftrace', perfetto: 'Perfetto', proc: '/proc' }[format],
      );
      expect(name).toBe(answer.name);
      expect(bytes.equals(Buffer.from(answer.bytes)), format).toBe(true);
    }
    const picture = await exported(page, 'Picture');
    expect(picture.bytes.subarray(0, 8).toString('hex')).toBe(PNG);
    expect(picture.bytes.length).toBeGreaterThan(1000);
  });

  it('gives whole files while the machine runs, of 2.4.0 too', async () => {
    const page = await browser.open(
      '#release=2.4.0&workload=zipf+1+3000+3000000+30&memory=12M&swap=32M&panels=machine',
    );
    await settled(page, 'paused');
    await page.locator('[data-test=run]').click();
    await settled(page, 'running');
    const text = (await exported(page, 'ftrace')).bytes.toString();
    const lines = text.trimEnd().split('\n');
    const events = lines.filter((line) => !line.startsWith('#'));
    expect(lines[2]).toContain(`entries-in-buffer/entries-written: ${events.length}/`);
    expect(
      events.filter((line) => !/^ *\S.{0,15}-\d+ +\[000\] \S{4} +\d+\.\d{6}: \w+: ?/.test(line)),
    ).toEqual([]);
    const times = events.map((line) => Number(/(\d+\.\d{6}): /.exec(line)?.[1]));
    expect(times.findIndex((time, i) => i > 0 && time < (times[i - 1] as number))).toBe(-1);
    const proc = (await exported(page, '/proc')).bytes.toString();
    expect(proc).toContain('==> /proc/meminfo <==');
    expect(proc).toContain('Inact_clean:');
    expect((await exported(page, 'Picture')).bytes.subarray(0, 8).toString('hex')).toBe(PNG);
    // It went on after each, and does so when one is stopped.
    expect(await settled(page, 'running')).toBe('running');
    await command(page, 'Export: Perfetto');
    await page.locator('.notice.exporting').waitFor();
    await page.keyboard.press('Escape');
    await page.locator('output.notice', { hasText: 'stopped' }).waitFor();
    expect(await page.locator('.notice.exporting').count()).toBe(0);
    expect(await settled(page, 'running')).toBe('running');
  });

  it('charts reach to where the machine is, and show the moment of the selected event', async () => {
    for (let i = 0; i < 3; i++) {
      const page = await browser.open(
        '#recording=pipeline&memory=8M&swap=64M&at=150000&select=event.16019&panels=row(why,counters)',
      );
      await settled(page, 'paused');
      const chart = page.locator('[data-counter="free DMA"] canvas');
      await chart.waitFor();
      await expect.poll(() => chart.evaluate(markAt), { timeout: 10_000 }).toBeGreaterThan(0.9);
    }
  });
});

/** The file that an export of this title gives. */
async function exported(page: Page, title: string): Promise<{ name: string; bytes: Buffer }> {
  const download = page.waitForEvent('download');
  await command(page, `Export: ${title}`);
  const file = await download;
  return { name: file.suggestedFilename(), bytes: readFileSync(await file.path()) };
}

/** Where across a chart the line of the selected moment is, 0 .. 1; -1: it has none. */
function markAt(chart: Element): number {
  const { width, height } = chart as HTMLCanvasElement;
  const context = (chart as HTMLCanvasElement).getContext('2d') as CanvasRenderingContext2D;
  const colour = getComputedStyle(document.documentElement).getPropertyValue('--mark-selected').trim();
  const wanted = [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16));
  const row = context.getImageData(0, Math.floor(height / 3), width, 1).data;
  for (let x = width - 1; x >= 0; x--) {
    if (wanted.every((value, i) => Math.abs((row[x * 4 + i] as number) - value) < 12)) return x / width;
  }
  return -1;
}
