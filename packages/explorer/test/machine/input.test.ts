import { describe, expect, test, vi } from 'vitest';
import { History } from '../../src/machine/history.ts';
import type { TimedInput } from '../../src/protocol/messages.ts';
import { choiceOf, TestPage } from './engine-host.ts';

const CHOICE = choiceOf({ kind: 'program', name: 'quicksort', args: ['4'] });
const typed = (text: string) => new TextEncoder().encode(text);

function inputLog(page: TestPage): readonly TimedInput[] {
  const last = page.reports.findLast((report) => report.type === 'input-log');
  return last?.type === 'input-log' ? last.input : [];
}

describe('terminal input', () => {
  test('is recorded with its turn, and comes again whenever the machine passes there', async () => {
    const page = new TestPage();
    await page.do({ type: 'start', choice: CHOICE });
    await page.do({ type: 'seek', turn: 150 });
    page.send({ type: 'input', bytes: typed('abc') });
    page.send({ type: 'window-size', columns: 100, rows: 30 });
    expect(inputLog(page).map(({ turn }) => turn)).toEqual([150, 150]);
    expect(page.output).not.toContain('abc');
    await page.do({ type: 'seek', turn: 400 });
    expect(page.output).toContain('abc');
    const hashes = await page.ask({ ask: 'state-hash' });
    await page.do({ type: 'seek', turn: 100 });
    expect(page.output).not.toContain('abc');
    await page.do({ type: 'seek', turn: 400 });
    expect(page.output.match(/abc/g)?.length).toBe(1);
    expect(await page.ask({ ask: 'state-hash' })).toEqual(hashes);

    const other = new TestPage();
    const status = await other.do({ type: 'start', choice: CHOICE, until: 400, input: inputLog(page) });
    expect(status.turn).toBe(400);
    expect(await other.ask({ ask: 'state-hash' })).toEqual(hashes);
    expect(other.output).toBe(page.output);
  });

  test('that is typed after going back makes another future', async () => {
    const page = new TestPage();
    await page.do({ type: 'start', choice: CHOICE });
    await page.do({ type: 'seek', turn: 300 });
    page.send({ type: 'input', bytes: typed('late') });
    await page.do({ type: 'seek', turn: 350 });
    const before = page.status?.seq ?? 0;
    await page.do({ type: 'seek', turn: 200 });
    page.send({ type: 'window-size', columns: 90, rows: 20 });
    expect((await page.do({ type: 'pause' })).furthest).toBe(350);
    page.send({ type: 'input', bytes: typed('early') });
    const status = await page.do({ type: 'pause' });
    expect(status.furthest).toBe(200);
    expect(status.seq).toBeLessThan(before);
    expect(inputLog(page).some(({ bytes }) => new TextDecoder().decode(bytes) === 'late')).toBe(false);
    await page.do({ type: 'run', speed: null });
    expect(page.status?.reason).toBe('exited with 0');
    expect(page.output).toContain('early');
    expect(page.output).not.toContain('late');
  });
});

test('what is known of later turns is gone from the views when input makes another future', async () => {
  const page = new TestPage();
  await page.do({ type: 'start', choice: CHOICE, until: 300 });
  await page.do({ type: 'seek', turn: 100 });
  page.send({ type: 'views', requests: { counters: { view: 'counters' } } });
  const lastSample = () => {
    const view = page.views.get('counters');
    return view?.view === 'counters' ? (view.turn.at(-1) ?? -1) : -1;
  };
  await vi.waitUntil(() => lastSample() === 300);
  page.send({ type: 'input', bytes: typed('x') });
  await vi.waitUntil(() => lastSample() === 100);
});

test('is found without looking at all of it: a link may have very much', () => {
  const history = new History();
  history.inputs = Array.from({ length: 100_000 }, (_, i) => ({ turn: i >> 1, bytes: typed('x') }));
  const start = performance.now();
  let found = 0;
  for (let turn = 0; turn < 100_000; turn++) {
    found += history.inputsAt(turn).length;
    expect(history.nextInput(turn) === turn).toBe(turn < 50_000);
  }
  expect(found).toBe(100_000);
  expect(performance.now() - start).toBeLessThan(5000);
});
