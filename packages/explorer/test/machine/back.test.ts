import { describe, expect, test } from 'vitest';
import { machineMaker } from '../../src/machine/boot-machine.ts';
import { Machine } from '../../src/machine/machine.ts';
import type { MachineChoice, ProgramChoice } from '../../src/protocol/choice.ts';
import { choiceOf, nodeAssets } from './engine-host.ts';

const MIB = 2 ** 20;

/** About so many states are kept on the way. */
const STATES = 12;
/** Time of execution between two states, ms. */
const SPACING_MS = 250;

function forward(machine: Machine, turn: number): void {
  while (machine.turn < turn && machine.ended === null && !machine.waits) {
    machine.forward(turn, Number.POSITIVE_INFINITY);
  }
}

function hashes(machine: Machine): string {
  return `${machine.turn} ${machine.kernel.trace.seq} ${machine.kernel.trace.hash} ${machine.kernel.stateHash()}`;
}

const program = (name: string, ...args: string[]): ProgramChoice => ({ kind: 'program', name, args });
const workload = (text: string): ProgramChoice => ({ kind: 'workload', args: text.split(' ') });

/** Name, machine, turns that it goes. */
const CASES: readonly (readonly [string, MachineChoice, number])[] = [
  ['a program that swaps', choiceOf(program('quicksort', '12'), { memory: 8 * MIB }), 3000],
  ['one on 2.4.0', choiceOf(program('quicksort', '12'), { memory: 8 * MIB, release: '2.4.0' }), 3000],
  ['forks', choiceOf(program('forkstorm', '6')), 600],
  ['pipes, signals, shared memory', choiceOf(program('checks')), 230],
  ['a hog that is killed', choiceOf(program('hog', '40'), { memory: 8 * MIB, swap: 2 * MIB }), 1500],
  ['a recording', choiceOf({ kind: 'recording', name: 'pipeline' }), 40_000],
  ['seq', choiceOf(workload('seq 1 3000 2'), { memory: 8 * MIB }), 5000],
  ['zipf on 2.4.0', choiceOf(workload('zipf 7 3000 2000 30'), { memory: 8 * MIB, release: '2.4.0' }), 4500],
  ['filehot on 2.4.20', choiceOf(workload('filehot 1 1500 400 2 16 /f'), { release: '2.4.20' }), 5000],
  ['forkcow', choiceOf(workload('forkcow 5 500 2 50 30'), { memory: 8 * MIB }), 2500],
];

describe('going back', () => {
  test.each(CASES)('comes to the same state: %s', async (_name, choice, last) => {
    const make = await machineMaker(choice, nodeAssets);
    // The host's clock goes as the machine does.
    let turns = () => 0;
    const machine = new Machine(make, () => (turns() * STATES * SPACING_MS) / last);
    turns = () => machine.turn;
    let seed = 12345;
    const draw = (below: number) => {
      seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
      return Math.floor((seed / 2 ** 32) * below);
    };
    const places = Array.from({ length: 6 }, () => draw(last)).sort((a, b) => a - b);
    const first: string[] = [];
    for (const turn of places) {
      forward(machine, turn);
      first.push(hashes(machine));
    }
    for (let i = 0; i < 8; i++) {
      const at = draw(places.length);
      const turn = places[at] as number;
      if (turn < machine.turn) machine.back(turn);
      forward(machine, turn);
      expect(hashes(machine), `place ${at}: turn ${turn}`).toBe(first[at]);
    }
    expect(machine.keptTurns.length).toBeGreaterThan(2);
    machine.kernel.checkInvariants();
  });

  test('leaves a state near the turn: the next step back is short', async () => {
    const last = 5000;
    const make = await machineMaker(choiceOf(workload('seq 1 3000 2'), { memory: 8 * MIB }), nodeAssets);
    let turns = () => 0;
    // A state every quarter of the way.
    const machine = new Machine(make, () => (turns() * 4 * SPACING_MS) / last);
    turns = () => machine.turn;
    forward(machine, last);
    const before = machine.keptTurns.length;
    machine.back(2400);
    forward(machine, 2400);
    expect(machine.keptTurns.length).toBe(before + 1);
    expect(machine.keptTurns.some((turn) => turn <= 2400 && turn > 2100)).toBe(true);
  });
});
