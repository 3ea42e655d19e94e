import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { boot, type Kernel, KernelPanic, type Process } from '../../src/index.ts';

const MIB = 2 ** 20;
const PAGE = 4096;
const CLONE_VM = 0x100;

const KINDS = [
  'spawn',
  'map',
  'eat',
  'eat',
  'eat',
  'touch',
  'fork',
  'thread',
  'lock',
  'unmap',
  'shm',
  'file',
  'exit',
] as const;

/** What a hostile program does next; `who` and `at` choose among what there is. */
const ACTION = fc.record({
  who: fc.nat(7),
  kind: fc.constantFrom(...KINDS),
  at: fc.nat(15),
  pages: fc.integer({ min: 1, max: 3000 }),
});
type Action = typeof ACTION extends fc.Arbitrary<infer T> ? T : never;

/** The programs of one run and the areas that they know. */
class Hostiles {
  readonly kernel: Kernel;
  readonly alive: { process: Process; areas: { at: number; pages: number }[] }[] = [];
  killed = 0;

  constructor(kernel: Kernel) {
    this.kernel = kernel;
  }

  /** Programs that the kernel killed are gone. */
  private bury(): void {
    for (let i = this.alive.length - 1; i >= 0; i--) {
      const { ended } = (this.alive[i] as (typeof this.alive)[0]).process;
      if (ended === null) continue;
      expect(ended.code).toBe(0);
      if (ended.signal !== 0) this.killed++;
      this.alive.splice(i, 1);
    }
  }

  act({ who, kind, at, pages }: Action): void {
    this.bury();
    const { alive, kernel } = this;
    const actor = alive[who % Math.max(1, alive.length)];
    if (kind === 'spawn' || actor === undefined) {
      if (alive.length < 8 && kernel.allocator.nrFreePages() > 300) {
        alive.push({ process: kernel.spawn('hostile', { uid: who === 0 ? 0 : 1000 }), areas: [] });
      }
      return;
    }
    const { process, areas } = actor;
    const area = areas[at % Math.max(1, areas.length)];
    if (kind === 'map' || kind === 'eat') {
      const address = process.mmap2(0, pages * PAGE, 3, at % 4 === 0 ? 0x21 : 0x22, -1, 0);
      if (address <= 0) return;
      areas.push({ at: address, pages });
      if (kind === 'map') return;
      for (let page = 0; page < pages; page++) if (!process.store8(address + page * PAGE, page)) return;
    } else if (kind === 'touch' && area !== undefined) {
      const count = Math.min(pages, area.pages);
      for (let page = 0; page < count; page++) if (!process.store8(area.at + page * PAGE, page)) return;
    } else if (kind === 'fork' || kind === 'thread') {
      if (alive.length >= 8) return;
      const child = kind === 'fork' ? process.fork() : process.clone(CLONE_VM);
      if (typeof child !== 'number')
        alive.push({ process: child, areas: kind === 'fork' ? [...areas] : areas });
    } else if (kind === 'lock' && area !== undefined) {
      process.mlock(area.at, Math.min(pages, area.pages) * PAGE);
    } else if (kind === 'unmap' && area !== undefined) {
      process.munmap(area.at, area.pages * PAGE);
      areas.splice(areas.indexOf(area), 1);
    } else if (kind === 'shm') {
      const id = process.shmget(0, pages * PAGE, 0o1600);
      const address = id < 0 ? id : process.shmat(id, 0, 0);
      if (address > 0) areas.push({ at: address, pages });
      if (id >= 0 && process.ended === null) process.shmctl(id, 0);
    } else if (kind === 'file' && area !== undefined) {
      const path = `/f${at}`;
      if (typeof kernel.fs.namei.inode(path) === 'number')
        kernel.fs.create(path, { kind: 'disk', mode: 0o666 });
      if (process.ended !== null) return;
      const fd = process.open(path, 2);
      if (fd < 0 || process.ended !== null) return;
      process.pwrite(fd, area.at, Math.min(area.pages, pages) * PAGE, 0);
      if (process.ended === null) process.close(fd);
    } else if (kind === 'exit') {
      process.exit(0);
    }
  }
}

describe('programs that want more than there is', () => {
  test.each(['2.4.0', '2.4.20', '2.4.22'])('neither hang nor break the machine: %s', (release) => {
    fc.assert(
      fc.property(
        fc.constantFrom(8, 12),
        fc.constantFrom(0, 0, 1, 4),
        fc.array(ACTION, { minLength: 15, maxLength: 25 }),
        (memory, swap, actions) => {
          const kernel = boot({
            release,
            memory: memory * MIB,
            sysctl: { 'vm.overcommit_memory': '1' },
            swap: swap === 0 ? [] : [{ size: swap * MIB }],
          });
          const hostiles = new Hostiles(kernel);
          try {
            for (const action of actions) hostiles.act(action);
          } catch (error) {
            // Memory that no process holds cannot be had back by killing.
            if (!(error instanceof KernelPanic)) throw error;
            expect(kernel.panicked).toBe('Out of memory and no killable processes...');
            return;
          }
          kernel.checkInvariants();
          for (const { process } of hostiles.alive) if (process.ended === null) process.exit(0);
          kernel.checkInvariants();
        },
      ),
      { numRuns: 4, seed: 20, endOnFailure: true },
    );
  }, 120_000);
});
