import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fileVmOps } from '../../src/address-space/file-vm-ops.ts';
import type { MmStruct } from '../../src/address-space/mm-struct.ts';
import type { Task } from '../../src/address-space/task.ts';
import { zapPageRange } from '../../src/address-space/zap.ts';
import { FaultMachine } from './fault-machine.ts';

const PAGES = 6;
/** Pages 0 to 2 anonymous, 3 and 4 of a file, privately, 5 of the file, shared. */
const PRIVATE = 0x40000000;
const FILE_WORD = 0x07070707;

/** What a task must see: a value a private page; the shared page is in `shared`. */
interface Model {
  readonly task: Task;
  readonly values: number[];
}

type Op =
  | { readonly op: 'read' | 'write'; readonly who: number; readonly page: number; readonly value: number }
  | { readonly op: 'fork' | 'thread' | 'exit'; readonly who: number }
  | { readonly op: 'drop'; readonly who: number; readonly page: number }
  | { readonly op: 'fail'; readonly who: number; readonly page: number };

const who = fc.nat(4);
const page = fc.nat(PAGES - 1);
const operation: fc.Arbitrary<Op> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ op: fc.constant('write' as const), who, page, value: fc.nat(1e6) }) },
  { weight: 3, arbitrary: fc.record({ op: fc.constant('read' as const), who, page, value: fc.constant(0) }) },
  { weight: 2, arbitrary: fc.record({ op: fc.constantFrom('fork' as const, 'thread' as const), who }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('exit' as const), who }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constantFrom('drop' as const, 'fail' as const), who, page }) },
);

function initial(index: number): number {
  return index < 3 ? 0 : FILE_WORD;
}

describe.each([{ pae: false }, { pae: true }])('copy on write, pae $pae', (options) => {
  it('no task ever sees a byte of another, none is lost, and nothing leaks', () => {
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 60 }), (ops) => {
        const machine = new FaultMachine(options);
        const file = machine.file('/f', 8, new Uint8Array(PAGES * 4096).fill(7));
        const first = machine.spawn(2);
        machine.area(PRIVATE, PRIVATE + 3 * 4096, 0x73);
        for (const [from, to, flags] of [
          [3, 5, 0x73],
          [5, 6, 0xfb],
        ] as const) {
          machine.area(PRIVATE + from * 4096, PRIVATE + to * 4096, flags, (vma) => {
            vma.vmFile = file;
            vma.vmPgoff = from;
            vma.vmOps = fileVmOps(machine.vm);
            file.count++;
          });
        }
        const models: Model[] = [
          { task: first, values: Array.from({ length: PAGES - 1 }, (_, i) => initial(i)) },
        ];
        let shared = FILE_WORD;
        let pid = 3;
        const expected = (model: Model, at: number) => (at === 5 ? shared : (model.values[at] as number));
        for (const op of ops) {
          if (models.length === 0) break;
          const at = op.who % models.length;
          const model = models[at] as Model;
          machine.run(model.task);
          if (op.op === 'read') {
            expect(machine.read(PRIVATE + op.page * 4096)).toBe(expected(model, op.page));
          } else if (op.op === 'write') {
            expect(machine.write(PRIVATE + op.page * 4096, op.value)).toBe(0);
            if (op.page === 5) shared = op.value;
            else model.values[op.page] = op.value;
          } else if (op.op === 'fork' && models.length < 5) {
            models.push({ task: machine.fork(pid++), values: model.values.slice() });
          } else if (op.op === 'thread' && models.length < 5) {
            models.push({ task: machine.fork(pid++, true), values: model.values });
          } else if (op.op === 'exit') {
            machine.exit(model.task);
            models.splice(at, 1);
          } else if (op.op === 'drop') {
            zapPageRange(machine.vm, model.task.mm as MmStruct, PRIVATE + op.page * 4096, 4096);
            if (op.page !== 5) model.values[op.page] = initial(op.page);
          } else if (op.op === 'fail') {
            // Whether the write needed memory or not: either it is done or nothing has changed.
            machine.allocator.failAlloc(1);
            if (machine.write(PRIVATE + op.page * 4096, 99) === 0) {
              if (op.page === 5) shared = 99;
              else model.values[op.page] = 99;
            }
            machine.allocator.failAlloc(0);
            model.task.pending.length = 0;
          }
          machine.check();
        }
        for (const model of models) {
          machine.run(model.task);
          for (let i = 0; i < PAGES; i++) {
            expect(machine.read(PRIVATE + i * 4096)).toBe(expected(model, i));
          }
        }
        for (const model of models) machine.exit(model.task);
        machine.dropFile(file);
        machine.expectNothingLeft();
      }),
      { numRuns: 60 },
    );
  });
});
