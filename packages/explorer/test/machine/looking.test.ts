import { expect, test } from 'vitest';
import { machineMaker } from '../../src/machine/boot-machine.ts';
import { fileExport } from '../../src/machine/file-export.ts';
import { Machine } from '../../src/machine/machine.ts';
import { answerTo } from '../../src/machine/questions.ts';
import { procPaths } from '../../src/machine/views/proc-view.ts';
import { Views } from '../../src/machine/views.ts';
import type { ProgramChoice } from '../../src/protocol/choice.ts';
import type { ViewRequest } from '../../src/protocol/views.ts';
import { choiceOf, nodeAssets } from './engine-host.ts';
import { everyView } from './every-view.ts';

const PROGRAMS: readonly (readonly [ProgramChoice, number, string])[] = [
  [{ kind: 'program', name: 'files', args: [] }, 80, '2.4.22'],
  [{ kind: 'program', name: 'quicksort', args: ['4'] }, 400, '2.4.22'],
  [{ kind: 'workload', args: 'filehot 1 1500 400 1 16 /f'.split(' ') }, 1500, '2.4.22'],
  [{ kind: 'recording', name: 'pipeline' }, 20_000, '2.4.22'],
  // 2.4.0 makes pages younger that are found in the page cache.
  [{ kind: 'recording', name: 'pipeline' }, 20_000, '2.4.0'],
  [{ kind: 'workload', args: 'filehot 1 1500 400 1 16 /f'.split(' ') }, 1500, '2.4.0'],
];

test.each(PROGRAMS)('looking at a machine changes nothing: %o', async (program, turn, release) => {
  const choice = choiceOf(program, { release });
  const machine = new Machine(await machineMaker(choice, nodeAssets), () => 0);
  while (machine.turn < turn && machine.ended === null) machine.forward(turn, 1);
  const { kernel } = machine;
  const now = () => [kernel.stateHash(), kernel.trace.seq, kernel.trace.hash, kernel.clock.now];
  const before = now();
  const views = new Views(machine);
  const pid = kernel.lifecycle.lastRun()?.pid ?? 0;
  const all: ViewRequest[] = [
    ...everyView(pid),
    ...procPaths(kernel).map((path) => ({ view: 'proc', path, pid: 0 }) as const),
  ];
  for (const request of all) {
    views.view(request, true);
    expect(now(), request.view).toEqual(before);
  }
  for (const seq of [1, 20, kernel.trace.seq]) await answerTo({ ask: 'why', seq }, machine);
  for (const format of ['proc', 'ftrace', 'perfetto'] as const) {
    const file = await fileExport(machine, format);
    while (!file.next().done);
  }
  expect(now()).toEqual(before);
});
