import { describe, expect, test } from 'vitest';
import { choiceOf, TestPage } from './engine-host.ts';
import { ENDLESS, FORK_BOMB, OWN_ELF, printer } from './tiny-elf.ts';

const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Runs a file for a while; what the page heard meanwhile. */
async function runFor(ms: number, file: Uint8Array): Promise<TestPage> {
  const page = new TestPage();
  await page.do({ type: 'start', choice: choiceOf(OWN_ELF), file });
  page.reports.length = 0;
  page.send({ type: 'run', speed: null });
  await wait(ms);
  return page;
}

describe('a program', () => {
  test('that never enters the kernel is told of, and can be paused', async () => {
    const page = await runFor(600, ENDLESS);
    expect(page.reports.filter(({ type }) => type === 'status').length).toBeGreaterThan(3);
    const turn = page.status?.turn ?? 0;
    expect(turn).toBeGreaterThan(0);
    const asked = performance.now();
    expect((await page.do({ type: 'pause' })).phase).toBe('paused');
    expect(performance.now() - asked).toBeLessThan(200);
    const back = Math.floor(turn / 2);
    expect((await page.do({ type: 'seek', turn: back })).turn).toBe(back);
    expect(page.refusals).toEqual([]);
  });

  test('that forks without end can be paused, and taken back', async () => {
    const page = await runFor(600, FORK_BOMB);
    await page.do({ type: 'pause' });
    await page.do({ type: 'seek', turn: 40 });
    const hashes = await page.ask({ ask: 'state-hash' });
    const fresh = new TestPage();
    await fresh.do({ type: 'start', choice: choiceOf(OWN_ELF), file: FORK_BOMB, until: 40 });
    expect(await fresh.ask({ ask: 'state-hash' })).toEqual(hashes);
    expect(page.refusals).toEqual([]);
  });

  test('that prints without end waits for the terminal, and only the latest is kept', async () => {
    const page = await runFor(1000, printer(60_000));
    let sent = 0;
    for (const report of page.reports) if (report.type === 'output') sent += report.bytes.length;
    expect(sent).toBeGreaterThan(100_000);
    expect(sent).toBeLessThan(1_000_000);
    const { turn } = await page.do({ type: 'pause' });
    // On the way to a turn nothing is shown: at its end what is kept is.
    page.reports.length = 0;
    await page.do({ type: 'seek', turn: turn + 300 });
    const shown = page.reports.filter((report) => report.type === 'output');
    expect(shown.length).toBe(1);
    expect(shown[0]).toMatchObject({ reset: true });
    expect(shown[0]?.bytes.length).toBeGreaterThan(2 ** 18);
    expect(shown[0]?.bytes.length).toBeLessThan(2 ** 18 + 100);
    expect(page.output).toMatch(/^\[\d+ bytes that were printed before are not shown\]\r\n/);
    await page.do({ type: 'seek', turn: 2 });
    expect(page.output.length).toBeLessThan(100);
  });
});
