import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { boot, type Process } from '../../src/index.ts';

const MIB = 2 ** 20;
const CLONE_VM = 0x100;
const PAGES = 12;
const AT = 0x50000000;

interface Family {
  /** Tasks of one address space. */
  readonly tasks: Process[];
  /** What each page holds; null: not mapped. `readOnly`: not to be written. */
  readonly bytes: (number | null)[];
  readonly readOnly: boolean[];
}

type Op =
  | { readonly kind: 'store' | 'load'; readonly page: number; readonly value: number }
  | {
      readonly kind: 'map' | 'unmap' | 'protect' | 'unprotect';
      readonly page: number;
      readonly count: number;
    }
  | { readonly kind: 'fork' | 'thread' | 'exit' | 'idle' };

const page = fc.nat(PAGES - 1);
const op: fc.Arbitrary<Op> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constantFrom('store', 'load'),
      page,
      value: fc.integer({ min: 1, max: 255 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constantFrom('map', 'unmap', 'protect', 'unprotect'),
      page,
      count: fc.integer({ min: 1, max: 4 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constantFrom('fork', 'thread', 'exit', 'idle') }) },
) as fc.Arbitrary<Op>;

describe.each(['ref-h4g', 'ref-pae'])('%s: TLBs of several CPUs', (machine) => {
  it('no CPU ever reads stale data: what one task writes, maps or unmaps is what all of its address space see', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 4 }),
        fc.integer(),
        fc.array(fc.tuple(fc.nat(), op), { minLength: 10, maxLength: 80 }),
        (cpus, seed, steps) => {
          const kernel = boot({ memory: 32 * MIB, cpus, seed, machine });
          const families: Family[] = [
            {
              tasks: [kernel.spawn('first')],
              bytes: Array(PAGES).fill(null),
              readOnly: Array(PAGES).fill(false),
            },
          ];
          for (const [, step] of steps) {
            const process = kernel.nextProcess();
            if (process === null) break;
            const family = families.find(({ tasks }) => tasks.includes(process)) as Family;
            apply(kernel, families, family, process, step);
            kernel.checkInvariants();
          }
          for (const { tasks, bytes } of families) {
            for (const task of tasks) {
              for (const [i, byte] of bytes.entries()) {
                expect(task.load8(AT + i * 4096), `page ${i}`).toBe(byte ?? -1);
              }
              while (task.takeSignal() !== null);
            }
          }
          for (const process of [...kernel.processes.values()]) process.exit(0);
          kernel.quiesce();
          kernel.checkInvariants();
          for (const task of kernel.cpus.idle) expect(task.activeMm).toBe(kernel.vm.initMm);
        },
      ),
      { numRuns: 40 },
    );
  });
});

function apply(
  kernel: ReturnType<typeof boot>,
  families: Family[],
  family: Family,
  process: Process,
  step: Op,
): void {
  const { bytes, readOnly } = family;
  switch (step.kind) {
    case 'load':
      expect(process.load8(AT + step.page * 4096)).toBe(bytes[step.page] ?? -1);
      process.takeSignal();
      return;
    case 'store': {
      const allowed = bytes[step.page] !== null && !readOnly[step.page];
      expect(process.store8(AT + step.page * 4096, step.value)).toBe(allowed);
      if (allowed) bytes[step.page] = step.value;
      else process.takeSignal();
      return;
    }
    case 'map':
    case 'unmap':
    case 'protect':
    case 'unprotect': {
      const end = Math.min(PAGES, step.page + step.count);
      const length = (end - step.page) * 4096;
      const at = AT + step.page * 4096;
      if (step.kind === 'map') expect(process.mmap2(at, length, 3, 0x32, -1, 0)).toBe(at);
      else if (step.kind === 'unmap') expect(process.munmap(at, length)).toBe(0);
      else if (bytes.slice(step.page, end).includes(null)) return;
      else expect(process.mprotect(at, length, step.kind === 'protect' ? 1 : 3)).toBe(0);
      for (let i = step.page; i < end; i++) {
        if (step.kind === 'map') bytes[i] = 0;
        if (step.kind === 'unmap') bytes[i] = null;
        readOnly[i] = step.kind === 'protect';
      }
      return;
    }
    case 'fork':
    case 'thread': {
      if (kernel.processes.size >= 6) return;
      const made = step.kind === 'fork' ? process.fork() : process.clone(CLONE_VM, 0);
      if (typeof made === 'number') throw new Error(`${step.kind}: ${made}`);
      if (step.kind === 'thread') family.tasks.push(made);
      else families.push({ tasks: [made], bytes: bytes.slice(), readOnly: readOnly.slice() });
      return;
    }
    case 'exit':
      if (kernel.processes.size === 1) return;
      process.exit(0);
      family.tasks.splice(family.tasks.indexOf(process), 1);
      return;
    case 'idle':
      kernel.run(process);
      kernel.cpus.goIdle();
  }
}
