import { describe, expect, test } from 'vitest';
import type { ProgramChoice } from '../../src/protocol/choice.ts';
import type { ViewRequest } from '../../src/protocol/views.ts';
import { choiceOf, TestPage } from './engine-host.ts';
import { everyView } from './every-view.ts';

const HELLO: ProgramChoice = { kind: 'program', name: 'hello', args: [] };
const QUICKSORT: ProgramChoice = { kind: 'program', name: 'quicksort', args: ['20'] };
const SEQ: ProgramChoice = { kind: 'workload', args: ['seq', '1', '5000', '3'] };
const PIPELINE: ProgramChoice = { kind: 'recording', name: 'pipeline' };

describe('the engine', () => {
  test('runs a program of the guest to its end', async () => {
    const page = new TestPage();
    await page.do({ type: 'start', choice: choiceOf(HELLO) });
    expect(page.status?.turn).toBe(0);
    await page.do({ type: 'run', speed: null });
    expect(page.status).toMatchObject({ phase: 'ended', reason: 'exited with 0' });
    expect(page.output).toContain('ello');
    expect(await page.do({ type: 'pause' })).toMatchObject({ phase: 'ended', reason: 'exited with 0' });
    expect(page.refusals).toEqual([]);
  });

  test.each([QUICKSORT, SEQ, PIPELINE])('steps back to the state that it had: %o', async (program) => {
    const page = new TestPage();
    await page.do({ type: 'start', choice: choiceOf(program) });
    const places = [100, 777, 2000, 3333];
    const hashes: unknown[] = [];
    for (const turn of places) {
      const status = await page.do({ type: 'seek', turn });
      expect(status.turn).toBe(turn);
      hashes.push(await page.ask({ ask: 'state-hash' }));
    }
    for (const i of [2, 0, 3, 1]) {
      const status = await page.do({ type: 'seek', turn: places[i] as number });
      expect(status.turn).toBe(places[i]);
      expect(await page.ask({ ask: 'state-hash' })).toEqual(hashes[i]);
    }
    expect(page.refusals).toEqual([]);
  });

  test('gives views of a machine that stands', async () => {
    const page = new TestPage();
    await page.do({ type: 'start', choice: choiceOf(QUICKSORT) });
    await page.do({ type: 'seek', turn: 500 });
    const memory = await page.view({ view: 'memory' });
    expect(memory.totals.reduce((sum, count) => sum + count, 0)).toBe(page.status?.frames);
    const zones = await page.view({ view: 'zones' });
    expect(zones.zones.map(({ name }) => name)).toEqual(['DMA']);
    const tasks = await page.view({ view: 'tasks' });
    expect(tasks.tasks.map(({ comm }) => comm)).toContain('quicksort');
  });

  test('gives each view again and again, with its arrays handed over', async () => {
    const page = new TestPage();
    await page.do({ type: 'start', choice: choiceOf(PIPELINE), until: 20_000 });
    const { tasks } = await page.view({ view: 'tasks' });
    const pid = tasks.at(-1)?.pid ?? 0;
    for (const request of everyView(pid)) {
      const first = await page.view(request);
      expect(await page.view(request), request.view).toEqual(first);
    }
  });

  test('goes on with the other views when one cannot be made, and says so once', async () => {
    const page = new TestPage();
    await page.do({ type: 'start', choice: choiceOf(HELLO), until: 5 });
    const broken = { view: 'events', from: 0, count: 5 } as unknown as ViewRequest;
    page.send({ type: 'views', requests: { broken, zones: { view: 'zones' } } });
    await page.until(() => page.views.has('zones'));
    const settled = page.refusals.length;
    expect(settled).toBe(1);
    page.send({ type: 'views', requests: { broken, zones: { view: 'zones' }, lists: { view: 'lists' } } });
    await page.until(() => page.views.has('lists'));
    expect(page.refusals.length).toBe(settled);
  });

  test('refuses a turn that is no number, and stands', async () => {
    const page = new TestPage();
    await page.do({ type: 'start', choice: choiceOf(HELLO), until: 5 });
    page.send({ type: 'seek', turn: Number.NaN });
    page.send({ type: 'step', unit: 'turn', count: Number.NaN });
    expect(await page.do({ type: 'pause' })).toMatchObject({ phase: 'paused', turn: 5 });
    expect(page.refusals).toEqual(['turn NaN: must be a number', 'turn NaN: must be a number']);
  });
});
