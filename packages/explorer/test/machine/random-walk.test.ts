import { describe, expect, test } from 'vitest';
import type { MachineChoice } from '../../src/protocol/choice.ts';
import type { Command, TimedInput } from '../../src/protocol/messages.ts';
import type { Question } from '../../src/protocol/questions.ts';
import { choiceOf, TestPage } from './engine-host.ts';
import { everyView } from './every-view.ts';

const MIB = 2 ** 20;
const COMMANDS = 60;

/** Machine, and turns that it is led about in. */
const CASES: readonly (readonly [string, MachineChoice, number])[] = [
  [
    'a program with a terminal',
    choiceOf({ kind: 'program', name: 'quicksort', args: ['4'] }, { memory: 8 * MIB }),
    900,
  ],
  ['forks', choiceOf({ kind: 'program', name: 'forkstorm', args: ['4', '64'] }, { release: '2.4.0' }), 400],
  ['a pattern', choiceOf({ kind: 'workload', args: ['zipf', '7', '3000', '6000', '30'] }), 6000],
  ['a recording', choiceOf({ kind: 'recording', name: 'pipeline' }), 20_000],
];

/** Numbers below `below`, the same for each seed. */
function numbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

/** Any command, as a page may send it at any time. */
function anyCommand(draw: (below: number) => number, choice: MachineChoice, turns: number): Command {
  const count = (draw(2) === 0 ? -1 : 1) * (1 + draw(20));
  const commands: (() => Command)[] = [
    () => ({ type: 'run', speed: [null, 100, 20_000][draw(3)] ?? null }),
    () => ({ type: 'pause' }),
    () => ({ type: 'step', unit: (['turn', 'fault', 'event'] as const)[draw(3)] ?? 'turn', count }),
    () => ({ type: 'seek', turn: draw(turns) }),
    () => ({ type: 'seek', turn: draw(turns) }),
    () => ({ type: 'seek-event', seq: draw(5000) }),
    () => ({
      type: 'breakpoints',
      list: [{ event: 'mm_fault', condition: 'address > 0', enabled: draw(2) > 0 }],
    }),
    () => ({ type: 'input', bytes: Uint8Array.of(97 + draw(26)) }),
    () => ({ type: 'window-size', columns: 80 + draw(3), rows: 24 }),
    () => ({ type: 'views', requests: Object.fromEntries(someViews(draw)) }),
    () => ({ type: 'stop-export' }),
    () => (draw(4) === 0 ? { type: 'start', choice, until: draw(turns) } : { type: 'pause' }),
  ];
  return (commands[draw(commands.length)] as () => Command)();
}

function someViews(draw: (below: number) => number) {
  return everyView(7)
    .filter(() => draw(4) === 0)
    .map((request) => [JSON.stringify(request), request] as const);
}

function anyQuestion(draw: (below: number) => number): Question {
  const questions: readonly Question[] = [
    { ask: 'state-hash' },
    { ask: 'why', seq: 1 + draw(300) },
    { ask: 'export', format: 'ftrace' },
    { ask: 'export', format: 'perfetto' },
    { ask: 'export', format: 'proc' },
    { ask: 'find', seq: 1, text: 'pfn=77', backwards: false },
  ];
  return questions[draw(questions.length)] as Question;
}

/** Lets the machine work for some slices. */
async function breathe(slices: number): Promise<void> {
  for (let i = 0; i < slices; i++) await new Promise((resolve) => setImmediate(resolve));
}

function inputOf(page: TestPage): readonly TimedInput[] {
  const since = page.reports.findLastIndex((r) => r.type === 'status' && r.status.phase === 'booting');
  const log = page.reports.slice(since).findLast((report) => report.type === 'input-log');
  return log?.type === 'input-log' ? log.input : [];
}

/** What there is to compare of a machine. */
async function stateOf(page: TestPage): Promise<unknown> {
  const views: unknown[] = [];
  for (const view of ['memory', 'tasks', 'lists', 'slab', 'swap', 'vmalloc'] as const) {
    views.push(await page.view({ view }));
  }
  const { turn, seq, time } = page.status ?? {};
  return { turn, seq, time, hash: await page.ask({ ask: 'state-hash' }), output: page.output, views };
}

describe('whatever is commanded, the machine is as one that went straight there', () => {
  test.each(CASES)('%s', async (_name, choice, turns) => {
    for (let seed = 1; seed <= 2; seed++) {
      const draw = numbers(seed * 7919);
      const page = new TestPage();
      const answers: Promise<unknown>[] = [];
      page.send({ type: 'start', choice });
      for (let i = 0; i < COMMANDS; i++) {
        page.send(anyCommand(draw, choice, turns));
        if (draw(4) === 0) answers.push(page.ask(anyQuestion(draw)).catch((error: Error) => error.message));
        await breathe(draw(4));
      }
      page.send({ type: 'stop-export' });
      // Whatever was asked is answered.
      await Promise.all(answers);
      page.send({ type: 'views', requests: {} });
      const { turn } = await page.do({ type: 'pause' });
      const walked = await stateOf(page);
      const straight = new TestPage();
      await straight.do({ type: 'start', choice, until: turn, input: inputOf(page) });
      expect(walked, `seed ${seed}`).toEqual(await stateOf(straight));
      const wrong = page.refusals.filter((text) => !/^event \d+: not known/.test(text));
      expect(wrong, `seed ${seed}`).toEqual([]);
    }
  });
});
