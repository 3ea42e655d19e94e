import { describe, expect, test } from 'vitest';
import { machineMaker } from '../../src/machine/boot-machine.ts';
import { Machine } from '../../src/machine/machine.ts';
import { BlockChanges } from '../../src/machine/views/block-changes.ts';
import type { ProgramChoice } from '../../src/protocol/choice.ts';
import { choiceOf, nodeAssets } from './engine-host.ts';

const PRESSED: ProgramChoice = { kind: 'workload', args: 'zipf 7 3000 2000 30'.split(' ') };

describe.each(['2.4.22', '2.4.0'])('splits and merges of free blocks, %s', (release) => {
  const boot = async (program: ProgramChoice, memory: number): Promise<Machine> =>
    new Machine(await machineMaker(choiceOf(program, { release, memory }), nodeAssets), () => 0);
  const forward = (machine: Machine, turn: number): void => {
    while (machine.turn < turn) machine.forward(turn, 1);
  };

  test.each([
    [PRESSED, 8, 4000],
    [{ kind: 'recording', name: 'pipeline' } as const, 64, 20_000],
  ])('what events tell leads to the lists that the kernel has: %o', async (program, mebibytes, turns) => {
    const machine = await boot(program, mebibytes * 2 ** 20);
    const { kernel, history } = machine;
    const changes = new BlockChanges(kernel);
    for (let turn = turns / 4; turn <= turns; turn += turns / 4) {
      forward(machine, turn);
      changes.follow(history.events);
      expect(changes.agrees, `at turn ${turn}`).toBe(true);
    }
    // Each split makes one block more, each merge one less; what was given out or came back does the rest.
    const sum = (counts: Float64Array) => counts.reduce((all, count) => all + count, 0);
    expect(sum(changes.splits)).toBeGreaterThan(50);
    expect(sum(changes.merges)).toBeGreaterThan(20);
    expect(kernel.allocator.nrFreePages()).toBeGreaterThan(0);
  });

  test('are counted from where the machine went back to', async () => {
    const machine = await boot(PRESSED, 8 * 2 ** 20);
    forward(machine, 1000);
    const changes = new BlockChanges(machine.kernel);
    forward(machine, 1500);
    changes.update(machine.history.events);
    const counted = [...changes.splits];
    expect(Math.max(...counted)).toBeGreaterThan(0);
    machine.back(1000);
    forward(machine, 1000);
    changes.update(machine.history.events);
    expect(Math.max(...changes.splits)).toBe(0);
    forward(machine, 1500);
    changes.update(machine.history.events);
    expect([...changes.splits]).toEqual(counted);
  });
});
