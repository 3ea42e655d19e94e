import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { filemapNopage } from '../../src/page-cache/filemap-nopage.ts';
import { readFile } from '../../src/page-cache/generic-file-read.ts';
import { writeFile } from '../../src/page-cache/generic-file-write.ts';
import { fput } from '../../src/page-cache/open-file.ts';
import { ftruncateFile } from '../../src/page-cache/truncate.ts';
import { SGP } from '../../src/shmem/shmem-index.ts';
import type { ShmemInode } from '../../src/shmem/shmem-inode.ts';
import { CacheMachine, NO_LIMIT } from './cache-machine.ts';

/** Largest position: well inside the indirect pages of tmpfs. */
const END = 24 * 4096;

const position = fc.oneof(
  fc.nat(END),
  fc.nat(24).map((page) => page * 4096),
);
const operation = fc.oneof(
  fc.record({ op: fc.constant('read' as const), at: position, count: fc.nat(20000) }),
  fc.record({
    op: fc.constant('write' as const),
    at: position,
    count: fc.nat(20000),
    seed: fc.nat(255),
    good: fc.nat(30000),
  }),
  fc.record({ op: fc.constant('truncate' as const), size: position }),
  fc.record({ op: fc.constant('fault' as const), page: fc.nat(24), store: fc.boolean(), seed: fc.nat(255) }),
);

/** Vitest's own comparison of byte arrays takes a second for a few pages. */
function same(actual: Uint8Array, expected: Uint8Array): void {
  if (Buffer.compare(actual, expected) === 0) return;
  const at = expected.findIndex((byte, i) => actual[i] !== byte);
  expect.fail(
    `length ${actual.length} of ${expected.length}, byte ${at}: ${actual[at]} is not ${expected[at]}`,
  );
}

describe.each(['ramfs', 'tmpfs', 'disk'] as const)('a file of %s', (kind) => {
  it('holds what a plain byte array would hold, whatever is done to it', () => {
    fc.assert(
      fc.property(fc.nat(END), fc.array(operation, { maxLength: 25 }), (size, operations) => {
        const machine = new CacheMachine({ frames: 512 });
        const contents = Uint8Array.from({ length: size }, (_, i) => (i * 31 + (i >> 7)) & 255);
        machine.fs.create('/f', { kind, bytes: contents });
        const file = machine.open('/f');
        let shadow = contents.slice();
        const resize = (length: number) => {
          const next = new Uint8Array(length);
          next.set(shadow.subarray(0, length));
          shadow = next;
        };
        for (const step of operations) {
          if (step.op === 'read') {
            const buffer = new Uint8Array(step.count);
            const result = readFile(file, step.at, step.count, machine.reader(buffer));
            same(buffer.subarray(0, result), shadow.subarray(step.at, step.at + step.count));
          } else if (step.op === 'write') {
            const data = new Uint8Array(Math.min(step.good, step.count)).fill(step.seed);
            const result = writeFile(file, step.at, step.count, machine.writer(data), NO_LIMIT);
            const copied = Math.min(data.length, step.count);
            // The page in which the buffer ended is written as a whole: what was copied, then zeroes.
            const end =
              copied < step.count
                ? Math.min(step.at + step.count, (Math.floor((step.at + copied) / 4096) + 1) * 4096)
                : step.at + copied;
            if (step.count > 0 && end > shadow.length) resize(end);
            if (copied > 0) shadow.set(data.subarray(0, copied), step.at);
            if (copied < step.count) shadow.fill(0, step.at + copied, end);
            if (copied === step.count) expect(result).toBe(copied);
          } else if (step.op === 'truncate') {
            expect(ftruncateFile(machine.cache, file, step.size, NO_LIMIT)).toBe(0);
            resize(step.size);
          } else if (step.page * 4096 < shadow.length) {
            const pfn =
              kind === 'tmpfs'
                ? machine.shmem.getpage(file.inode as ShmemInode, step.page, SGP.cache)
                : filemapNopage(
                    machine.cache,
                    { vmStart: 0, vmEnd: 25 * 4096, vmPgoff: 0, vmFlags: 0, vmFile: file, vmRaend: 0 },
                    step.page * 4096,
                  );
            const base = machine.memory.base(pfn) * 4;
            const from = step.page * 4096;
            const length = Math.min(4096, shadow.length - from);
            same(machine.memory.bytes.subarray(base, base + length), shadow.subarray(from, from + length));
            if (step.store) {
              // A mapping may write behind the end of the file too: nobody must ever see that.
              machine.memory.bytes.fill(step.seed, base, base + 4096);
              machine.cache.setPageDirty(pfn);
              shadow.fill(step.seed, from, from + length);
              ftruncateFile(machine.cache, file, shadow.length, NO_LIMIT);
            }
            machine.allocator.putPage(pfn);
          }
          expect(file.inode.size).toBe(shadow.length);
          machine.check();
        }
        const all = new Uint8Array(shadow.length);
        expect(readFile(file, 0, all.length, machine.reader(all))).toBe(all.length);
        same(all, shadow);
        fput(file);
        machine.fs.unlink('/f');
        machine.expectAllFree();
      }),
      { numRuns: 150 },
    );
  });
});
