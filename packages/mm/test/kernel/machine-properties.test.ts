import fc from 'fast-check';
import { describe, it } from 'vitest';
import { SegmentContents, World } from './shadow-world.ts';

/** First page of the window in which mappings are placed; a page-table border lies in its middle. */
const WINDOW_PAGE = 0x203f8;
const WINDOW = 16;
const MIB = 2 ** 20;

type Op =
  | { op: 'mmap'; who: number; at: number; len: number; prot: number; kind: number; pgoff: number }
  | { op: 'munmap' | 'mlock' | 'munlock' | 'msync' | 'dontneed'; who: number; at: number; len: number }
  | { op: 'mprotect'; who: number; at: number; len: number; prot: number }
  | { op: 'mremap'; who: number; at: number; len: number; newLen: number; flags: number; to: number }
  | { op: 'store' | 'load'; who: number; at: number; offset: number; value: number }
  | { op: 'pread' | 'pwrite'; who: number; file: number; position: number; len: number; value: number }
  | { op: 'ftruncate'; who: number; file: number; size: number }
  | { op: 'shmat'; who: number; at: number; segment: number; readOnly: boolean }
  | { op: 'shmdt'; who: number; at: number }
  | { op: 'shmget' | 'shmrm'; who: number; segment: number }
  | { op: 'fork' | 'exit' | 'exec'; who: number }
  | { op: 'failAlloc'; n: number };

const who = fc.nat(3);
const at = fc.nat(WINDOW - 1);
const len = fc.integer({ min: 1, max: 6 });
const prot = fc.constantFrom(0, 1, 3, 3, 3, 7);
const offset = fc.constantFrom(0, 1, 1000, 2048, 4095);
const position = fc.constantFrom(0, 7, 4090, 4096, 9000, 12287, 20000);
const size = fc.constantFrom(0, 1, 100, 4096, 5000, 8192, 12289, 20480);
const value = fc.integer({ min: 1, max: 255 });
const file = fc.nat(1);

function weighted<T extends string, R extends Record<string, fc.Arbitrary<unknown>>>(
  weight: number,
  names: readonly T[],
  rest: R,
) {
  return { weight, arbitrary: fc.record({ op: fc.constantFrom(...names), ...rest }) as fc.Arbitrary<never> };
}

function operations(failures: boolean): fc.Arbitrary<Op> {
  return fc.oneof(
    weighted(6, ['mmap'], { who, at, len, prot, kind: fc.nat(6), pgoff: fc.nat(3) }),
    weighted(8, ['store'], { who, at, offset, value }),
    weighted(4, ['load'], { who, at, offset, value }),
    weighted(2, ['munmap', 'mlock', 'munlock', 'msync', 'dontneed'], { who, at, len }),
    weighted(2, ['mprotect'], { who, at, len, prot }),
    weighted(3, ['mremap'], { who, at, len, newLen: len, flags: fc.constantFrom(0, 1, 3), to: at }),
    weighted(4, ['pread', 'pwrite'], { who, file, position, len: fc.constantFrom(1, 10, 4096, 5000), value }),
    weighted(3, ['ftruncate'], { who, file, size }),
    weighted(2, ['shmat'], { who, at, segment: fc.nat(1), readOnly: fc.boolean() }),
    weighted(1, ['shmdt'], { who, at }),
    weighted(1, ['shmget', 'shmrm'], { who, segment: fc.nat(1) }),
    weighted(3, ['fork'], { who }),
    weighted(1, ['exit', 'exec'], { who }),
    ...(failures ? [weighted(4, ['failAlloc'], { n: fc.integer({ min: 1, max: 4 }) })] : []),
  );
}

function perform(world: World, op: Op): void {
  if (op.op === 'failAlloc') {
    world.kernel.allocator.failAlloc(op.n);
    return;
  }
  const actor = world.actors[op.who % world.actors.length];
  if (actor === undefined) return;
  const page = 'at' in op ? WINDOW_PAGE + op.at : 0;
  switch (op.op) {
    case 'mmap':
      world.mmap(actor, page, op.len, op.prot, op.kind, op.pgoff);
      break;
    case 'munmap':
      actor.process.munmap(page * 4096, op.len * 4096);
      break;
    case 'mlock':
      world.mlock(actor, page, op.len);
      break;
    case 'munlock':
      actor.process.munlock(page * 4096, op.len * 4096);
      break;
    case 'msync':
      actor.process.msync(page * 4096, op.len * 4096, 4);
      break;
    case 'dontneed':
      world.dontneed(actor, page, op.len);
      break;
    case 'mprotect':
      actor.process.mprotect(page * 4096, op.len * 4096, op.prot);
      break;
    case 'mremap':
      world.mremap(actor, page, op.len, op.newLen, op.flags, WINDOW_PAGE + op.to);
      break;
    case 'store':
      world.store(actor, page * 4096 + op.offset, op.value);
      break;
    case 'load':
      world.load(actor, page * 4096 + op.offset);
      break;
    case 'pread':
      world.pread(actor, op.file, op.position, op.len);
      break;
    case 'pwrite':
      world.pwrite(actor, op.file, op.position, op.len, op.value);
      break;
    case 'ftruncate':
      world.ftruncate(actor, op.file, op.size);
      break;
    case 'shmget':
      world.shmget(actor, op.segment);
      break;
    case 'shmrm':
      world.shmrm(actor, op.segment);
      break;
    case 'shmat':
      world.shmat(actor, page, op.segment, op.readOnly);
      break;
    case 'shmdt':
      actor.process.shmdt(page * 4096);
      break;
    case 'fork':
      if (world.actors.length < 4) world.fork(actor);
      break;
    case 'exit':
      if (world.actors.length > 1) world.exit(actor);
      break;
    case 'exec':
      world.exec(actor);
      break;
  }
}

const MACHINES = [
  { name: '2.4.22', config: { memory: 16 * MIB } },
  { name: '2.4.20', config: { memory: 16 * MIB, release: '2.4.20' } },
  { name: '2.4.22 with PAE', config: { memory: 16 * MIB, machine: 'ref-pae' } },
] as const;

describe.each(MACHINES)('a machine of $name', ({ config }) => {
  it.each([
    { name: 'with all the memory that it asks for', failures: false, numRuns: 12 },
    { name: 'with allocations that fail', failures: true, numRuns: 18 },
  ])('loses no byte, leaks no page, and recounts right after every call, $name', ({ failures, numRuns }) => {
    fc.assert(
      fc.property(fc.array(operations(failures), { maxLength: 60, size: 'max' }), (ops) => {
        const world = new World(config);
        for (const op of ops) {
          perform(world, op);
          world.settle();
          world.check();
        }
        world.kernel.allocator.failAlloc(0);
        world.end();
      }),
      { numRuns },
    );
  }, 120_000);

  it('sees what two attachments of a segment store, also after its id is gone', () => {
    const world = new World(config);
    const [first] = world.actors;
    if (first === undefined) throw new Error('no process');
    world.shmget(first, 0);
    world.shmat(first, WINDOW_PAGE, 0, false);
    world.fork(first);
    world.shmrm(first, 0);
    const second = world.actors[1];
    if (second === undefined) throw new Error('no child');
    world.store(first, WINDOW_PAGE * 4096 + 5, 77);
    world.load(second, WINDOW_PAGE * 4096 + 5);
    world.check();
    if (!(first.pages.get(WINDOW_PAGE)?.source instanceof SegmentContents)) throw new Error('not attached');
    world.end();
  });
});
