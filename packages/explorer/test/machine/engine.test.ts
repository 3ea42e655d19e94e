import { describe, expect, test } from 'vitest';
import type { ProgramChoice } from '../../src/protocol/choice.ts';
import { choiceOf, TestPage } from './engine-host.ts';

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
});
