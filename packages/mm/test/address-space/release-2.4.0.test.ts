/** The calls on the address space as 2.4.0 answers them: worked examples of sheet 7, and every errno in the order of its check. */
import { describe, expect, it } from 'vitest';
import { sysBrk } from '../../src/address-space/brk.ts';
import { sysMadvise } from '../../src/address-space/madvise.ts';
import { sysMincore } from '../../src/address-space/mincore.ts';
import { sysMlock, sysMlockall, sysMunlock, sysMunlockall } from '../../src/address-space/mlock.ts';
import { MADV, MAP, MCL, MREMAP, MS, PROT } from '../../src/address-space/mman.ts';
import { oldMmap, sysMmap2 } from '../../src/address-space/mmap.ts';
import { sysMprotect } from '../../src/address-space/mprotect.ts';
import { sysMremap } from '../../src/address-space/mremap.ts';
import { sysMsync } from '../../src/address-space/msync.ts';
import { sysMunmap } from '../../src/address-space/munmap.ts';
import { CAP, RLIM_INFINITY, RLIMIT } from '../../src/address-space/task.ts';
import { VM } from '../../src/address-space/vma.ts';
import { Errno } from '../../src/errno.ts';
import { FMODE } from '../../src/page-cache/inode.ts';
import {
  A,
  areas,
  F,
  type Harness,
  type HarnessOptions,
  makeFile,
  makeHarness,
  openAs,
  RULES_2_4_0,
  RULES_2_4_22,
  RW,
} from './harness.ts';

const R = PROT.read;
const { ENOMEM, EINVAL, EFAULT, EACCES, EAGAIN, EPERM, ENODEV, EBADF, EIO, ENOEXEC } = Errno;
const SHARED = MAP.shared | MAP.anonymous;

const machine = (options: HarnessOptions = {}) => makeHarness({ rules: RULES_2_4_0, ...options });
const mmap = (h: Harness, addr: number, len: number, prot: number, flags: number, fd = -1, pgoff = 0) =>
  sysMmap2(h.vm, addr, len, prot, flags, fd, pgoff);
/** Takes away what root may do. */
const unprivileged = (h: Harness) => {
  h.task.capEffective = 0;
};

describe('mmap (sheet 7, 10.1)', () => {
  it('sheet 7, 19 vector 9: the search goes upwards from the hint; an address without room is -EINVAL', () => {
    const h = machine();
    expect(mmap(h, 0x50000800, 0x1000, RW, A)).toBe(0x50001000);
    expect(mmap(h, 0x50000800, 0x1000, RW, A)).toBe(0x50002000);
    expect(mmap(h, 0xbfffe000, 0x2000, RW, A)).toBe(-ENOMEM);
    expect(mmap(h, 0xbffff000, 0x2000, RW, A | F)).toBe(-EINVAL);
    expect(mmap(h, 0x1234, 0xfffff001, RW, A)).toBe(0x1234);
    expect(mmap(h, 0, 0xc0001000, RW, A)).toBe(-EINVAL);
    expect(mmap(h, 0, 0x90000000, RW, A)).toBe(-ENOMEM);
    expect(mmap(h, 0, 0x1000, RW, MAP.anonymous)).toBe(0x40000000);
    h.vm.ports.shmemZeroSetup = () => 0;
    expect(mmap(h, 0, 0x1000, RW, MAP.anonymous | 3)).toBe(0x40001000);
    expect(areas(h.mm)).toEqual([
      '40000000-40001000 rw-',
      '40001000-40002000 rw-s',
      '50001000-50002000 rw-',
      '50002000-50003000 rw-',
    ]);
  });

  it('a search that begins at the hint does not come back to 1 GiB', () => {
    const h = machine();
    expect(mmap(h, 0xb0000000, 0xffff000, R, A | F)).toBe(0xb0000000);
    expect(mmap(h, 0xb0000000, 0x1000, R, A)).toBe(-ENOMEM);
    expect(mmap(h, 0, 0x1000, R, A)).toBe(0x40000000);
  });

  it('a hint below 1 GiB is searched from there', () => {
    const h = machine();
    expect(mmap(h, 0x1000, 0x3000, R, A)).toBe(0x1000);
    expect(mmap(h, 0x1000, 0x1000, R, A)).toBe(0x4000);
  });

  /** Each case is wrong in the way of its row and of all rows below it. */
  it.each<[string, (h: Harness) => number, number]>([
    ['a file without mmap', (h) => mmapFile(h, { kind: null, len: 0 }), -ENODEV],
    ['length 0', (h) => mmapFile(h, { len: 0 }), 0x123],
    ['length that wraps', (h) => mmapFile(h, { len: 0xfffff001 }), 0x123],
    ['length above user space', (h) => mmapFile(h, { len: 0xc0001000 }), -EINVAL],
    ['an address without room', (h) => mmapFile(h, { addr: 0xbffff001 }), -EINVAL],
    ['an offset that wraps', (h) => mmapFile(h, { addr: 0x10000, pgoff: 0xffffffff }), -EINVAL],
    ['one area too many', (h) => mmapFile(h, { addr: 0x10000, manyAreas: true }), -ENOMEM],
    ['over RLIMIT_MEMLOCK', (h) => mmapFile(h, { addr: 0x10000, locked: true }), -EAGAIN],
    ['a write through a read-only descriptor', (h) => mmapFile(h, { addr: 0x10000 }), -EACCES],
    ['a descriptor that cannot be read', (h) => mmapFile(h, { mode: FMODE.write, addr: 0x10000 }), -EACCES],
    ['no type', (h) => mmapFile(h, { mode: FMODE.read | FMODE.write, type: 0, addr: 0x10000 }), -EINVAL],
    [
      'MAP_FIXED at an odd address',
      (h) => mmapFile(h, { mode: FMODE.read | FMODE.write, addr: 0x10001, flags: F }),
      -EINVAL,
    ],
    [
      'no room',
      (h) => mmapFile(h, { mode: FMODE.read | FMODE.write, addr: 0xbffff000, noRoom: true }),
      -ENOMEM,
    ],
    ['over RLIMIT_AS', (h) => mmapFile(h, { mode: FMODE.read | FMODE.write, rlimAs: 4096 }), -ENOMEM],
    ['no memory', (h) => mmapFile(h, { type: MAP.private, overcommit: true }), -ENOMEM],
    ['not a regular file', (h) => mmapFile(h, { type: MAP.private, special: true }), -EACCES],
    ['a file that cannot be read', (h) => mmapFile(h, { type: MAP.private, readpage: false }), -ENOEXEC],
  ])('%s', (_name, run, result) => {
    const h = machine();
    expect(run(h)).toBe(result);
    expect(h.vm.slab.kmemCacheShrink(h.vm.caches.vmArea)).toBeDefined();
  });

  it('the place is looked for after the checks: 2.4.22 does it before', () => {
    const bad = (h: Harness) => mmap(h, 0xbffff000, 0x2000, RW, A | F);
    expect([bad(machine()), bad(makeHarness({ rules: RULES_2_4_22 }))]).toEqual([-EINVAL, -ENOMEM]);
  });

  it('a failure after the old mapping is gone leaves a hole', () => {
    const h = machine();
    expect(mmap(h, 0x20000000, 0x4000, RW, A | F)).toBe(0x20000000);
    h.task.rlimCur[RLIMIT.as] = 0x2000;
    expect(mmap(h, 0x20001000, 0x3000, RW, A | F)).toBe(-ENOMEM);
    expect(areas(h.mm)).toEqual(['20000000-20001000 rw-']);
  });

  it('a file may be mapped with MAP_GROWSDOWN', () => {
    const h = machine();
    const fd = openAs(h, makeFile(h, 4));
    expect(mmap(h, 0, 0x1000, R, MAP.private | MAP.growsDown, fd)).toBe(0x40000000);
    const later = makeHarness();
    const fd2 = openAs(later, makeFile(later, 4));
    expect(mmap(later, 0, 0x1000, R, MAP.private | MAP.growsDown, fd2)).toBe(-EINVAL);
  });

  it('the wrappers are those of later releases', () => {
    const h = machine();
    expect(oldMmap(h.vm, 0, 0x1000, RW, A, -1, 1)).toBe(-EINVAL);
    expect(mmap(h, 0, 0x1000, RW, MAP.private, 99)).toBe(-EBADF);
  });

  it('without memory for the struct the old mapping stays', () => {
    const h = machine();
    expect(mmap(h, 0x20000000, 0x1000, RW, A | F)).toBe(0x20000000);
    h.vm.slab.kmemCacheAlloc = () => 0;
    expect(mmap(h, 0x20000000, 0x1000, R, A | F)).toBe(-ENOMEM);
    expect(areas(h.mm)).toEqual(['20000000-20001000 rw-']);
  });
});

interface FileCase {
  kind?: null;
  len?: number;
  addr?: number;
  pgoff?: number;
  mode?: number;
  type?: number;
  flags?: number;
  manyAreas?: boolean;
  locked?: boolean;
  noRoom?: boolean;
  rlimAs?: number;
  overcommit?: boolean;
  special?: boolean;
  readpage?: false;
}

/** mmap of a file for writing, wrong in the ways of the case. */
function mmapFile(h: Harness, wrong: FileCase): number {
  const file = makeFile(h, 4, wrong.mode ?? FMODE.read);
  if (wrong.kind === null) Object.assign(file, { mmapKind: null });
  if (wrong.special) Object.assign(file.inode, { kind: 'blockdev' });
  if (wrong.readpage === false) Object.assign(file.inode.mapping, { ops: {} });
  const fd = openAs(h, file);
  if (wrong.manyAreas) h.mm.mapCount = 65537;
  if (wrong.locked) {
    h.mm.defFlags = VM.locked;
    h.task.rlimCur[RLIMIT.memlock] = 0;
  }
  if (wrong.noRoom) mmap(h, 0xb0000000, 0xffff000, R, A | F);
  if (wrong.rlimAs !== undefined) h.task.rlimCur[RLIMIT.as] = wrong.rlimAs;
  if (wrong.overcommit) h.vm.ports.nrSwapPages = () => -1_000_000;
  const flags = (wrong.type ?? MAP.shared) | (wrong.flags ?? 0);
  return mmap(h, wrong.addr ?? 0x123, wrong.len ?? 0x1000, RW, flags, fd, wrong.pgoff ?? 0);
}

describe('areas do not merge (sheet 7, 10)', () => {
  it('sheet 7, 19 vector 10: four mmaps are four areas; a protection that comes back leaves three', () => {
    const h = machine();
    for (const [len, prot] of [
      [0x3000, RW],
      [0x1000, RW],
      [0x2000, R],
      [0x1000, RW],
    ] as const) {
      expect(mmap(h, 0, len, prot, A)).toBeGreaterThan(0);
    }
    expect(areas(h.mm)).toHaveLength(4);
    expect([h.mm.mapCount, h.mm.totalVm]).toEqual([5, 8]);

    const g = machine();
    expect(mmap(g, 0, 0x6000, RW, A)).toBe(0x40000000);
    expect(sysMprotect(g.vm, 0x40002000, 0x2000, R)).toBe(0);
    expect(sysMprotect(g.vm, 0x40002000, 0x2000, RW)).toBe(0);
    expect(areas(g.mm)).toEqual([
      '40000000-40002000 rw-',
      '40002000-40004000 rw- [2000]',
      '40004000-40006000 rw- [4000]',
    ]);
    expect(g.mm.mapCount).toBe(4);
  });

  it('sheet 7, 19 vector 11: mprotect up to a hole, mremap beside itself', () => {
    const h = machine();
    expect(mmap(h, 0x50000000, 0x2000, RW, A)).toBe(0x50000000);
    expect(sysMprotect(h.vm, 0x50001000, 0x3000, R)).toBe(-EFAULT);
    expect(areas(h.mm)).toEqual(['50000000-50001000 rw-', '50001000-50002000 r-- [1000]']);

    const g = machine();
    expect(mmap(g, 0, 0x4000, RW, A)).toBe(0x40000000);
    expect(sysMremap(g.vm, 0x40000000, 0x1000, 0x2000, MREMAP.mayMove, 0)).toBe(0x40004000);
    expect(areas(g.mm)).toEqual(['40001000-40004000 rw- [1000]', '40004000-40006000 rw-']);
    expect(g.mm.totalVm).toBe(6);
  });

  it('sheet 7, 19 vector 12: only brk extends the area before it, unless the flags differ', () => {
    const h = machine();
    h.mm.brk = 0x08050000;
    expect(sysBrk(h.vm, 0x08051000)).toBe(0x08051000);
    expect(sysBrk(h.vm, 0x08052000)).toBe(0x08052000);
    expect(areas(h.mm)).toEqual(['08050000-08052000 rwx']);
    expect(sysMlockall(h.vm, MCL.future)).toBe(0);
    expect(sysBrk(h.vm, 0x08053000)).toBe(0x08053000);
    expect(areas(h.mm)).toEqual(['08050000-08052000 rwx', '08052000-08053000 rwx +2000']);
  });

  it('brk leaves the area behind the new break alone', () => {
    const h = machine();
    h.mm.brk = 0x08050000;
    expect(mmap(h, 0x08053000, 0x1000, 7, A | F)).toBe(0x08053000);
    expect(sysBrk(h.vm, 0x08052000)).toBe(0x08052000);
    expect(areas(h.mm)).toEqual(['08050000-08052000 rwx', '08053000-08054000 rwx']);
  });

  it('the decision is recorded for brk, and there is none for mmap', () => {
    const h = machine();
    h.trace.on = true;
    h.mm.brk = 0x08050000;
    mmap(h, 0, 0x1000, RW, A);
    sysBrk(h.vm, 0x08051000);
    sysBrk(h.vm, 0x08052000);
    const outcomes = [...h.trace.events()].filter(({ name }) => name === 'vma_merge');
    expect(outcomes.map(({ values }) => values['outcome'])).toEqual([0, 1]);
  });
});

describe('errno and the order of checks (sheet 7, 10.2 and 7)', () => {
  const AT = 0x20000000;
  /** Two areas with a hole between them. */
  const holed = () => {
    const h = machine();
    for (const addr of [AT, AT + 0x2000]) expect(mmap(h, addr, 0x1000, RW, A | F)).toBe(addr);
    return h;
  };

  it.each<[string, (h: Harness) => number, number]>([
    ['unaligned', (h) => sysMprotect(h.vm, AT + 1, 0xffffffff, 9), -EINVAL],
    ['wraps', (h) => sysMprotect(h.vm, 0xfffff000, 0x2000, 9), -EINVAL],
    ['unknown protection', (h) => sysMprotect(h.vm, AT, 0, 9), -EINVAL],
    ['length 0', (h) => sysMprotect(h.vm, 0x1000, 0, R), 0],
    ['nothing there', (h) => sysMprotect(h.vm, 0x1000, 0x1000, R), -EFAULT],
    ['hole', (h) => sysMprotect(h.vm, AT, 0x3000, R), -EFAULT],
    ['hole in front', (h) => sysMprotect(h.vm, AT + 0x1000, 0x2000, R), -EFAULT],
    ['all mapped', (h) => sysMprotect(h.vm, AT, 0x1000, R), 0],
  ])('mprotect: %s', (_name, run, result) => {
    expect(run(holed())).toBe(result);
  });

  it('mprotect: more than the file was opened for is -EACCES, and what comes before stays changed', () => {
    const h = machine();
    expect(mmap(h, AT, 0x1000, R, A | F)).toBe(AT);
    const fd = openAs(h, makeFile(h, 4, FMODE.read));
    expect(mmap(h, AT + 0x1000, 0x1000, R, MAP.shared | F, fd)).toBe(AT + 0x1000);
    expect(sysMprotect(h.vm, AT, 0x2000, RW)).toBe(-EACCES);
    expect(areas(h.mm)).toEqual(['20000000-20001000 rw-', '20001000-20002000 r--s']);
  });

  it.each<[string, (h: Harness) => number, number]>([
    ['unaligned', (h) => sysMsync(h.vm, AT + 1, 0, 8), -EINVAL],
    ['wraps', (h) => sysMsync(h.vm, 0xfffff000, 0x2000, 8), -EINVAL],
    ['unknown flags', (h) => sysMsync(h.vm, AT, 0, 8), -EINVAL],
    ['length 0', (h) => sysMsync(h.vm, 0x1000, 0, MS.async | MS.sync), 0],
    ['both ways', (h) => sysMsync(h.vm, AT, 0x1000, MS.async | MS.sync), 0],
    ['hole', (h) => sysMsync(h.vm, AT, 0x3000, MS.sync), -EFAULT],
    ['hole, both ways', (h) => sysMsync(h.vm, AT, 0x3000, MS.async | MS.sync), -EFAULT],
    ['nothing above', (h) => sysMsync(h.vm, 0xc0000000, 0x1000, MS.sync), -EFAULT],
  ])('msync: %s', (_name, run, result) => {
    expect(run(holed())).toBe(result);
  });

  it('msync: MS_INVALIDATE of a locked area is no error', () => {
    const h = machine();
    expect(mmap(h, AT, 0x1000, RW, A | F)).toBe(AT);
    expect(sysMlock(h.vm, AT, 0x1000)).toBe(0);
    expect(sysMsync(h.vm, AT, 0x1000, MS.invalidate)).toBe(0);
  });

  it.each([
    ['MS_ASYNC', MS.async, 0],
    ['MS_INVALIDATE', MS.invalidate, 0],
    ['MS_SYNC', MS.sync, 1],
    ['MS_ASYNC | MS_SYNC', MS.async | MS.sync, 1],
  ])('msync: %s writes %3$i page', (_name, flags, pages) => {
    const h = machine();
    let written = 0;
    const file = makeFile(h, 4, FMODE.read | FMODE.write, {
      writepage: (_inode, pfn) => {
        written++;
        h.cache.unlockPage(pfn);
        // The error of a page is nobody's business.
        return -EIO;
      },
    });
    const fd = openAs(h, file);
    expect(mmap(h, AT, 0x1000, RW, MAP.shared | F, fd)).toBe(AT);
    expect(sysMlock(h.vm, AT, 0x1000)).toBe(0);
    expect(sysMsync(h.vm, AT, 0x1000, flags)).toBe(0);
    expect(written).toBe(pages);
  });

  it.each<[string, (h: Harness) => number, number]>([
    ['unaligned', (h) => sysMadvise(h.vm, AT + 1, 0, 99), -EINVAL],
    ['wraps', (h) => sysMadvise(h.vm, 0xfffff000, 0x2000, 99), -EINVAL],
    ['length 0, unknown advice', (h) => sysMadvise(h.vm, AT, 0, 99), 0],
    ['length that wraps to 0', (h) => sysMadvise(h.vm, AT, 0xfffff001, 99), 0],
    ['nothing above', (h) => sysMadvise(h.vm, 0xc0000000, 0x1000, 99), -ENOMEM],
    ['unknown advice', (h) => sysMadvise(h.vm, AT, 0x1000, 99), -EINVAL],
    ['WILLNEED without a file', (h) => sysMadvise(h.vm, AT, 0x1000, MADV.willNeed), -EBADF],
    ['hole', (h) => sysMadvise(h.vm, AT, 0x3000, MADV.dontNeed), -ENOMEM],
    ['DONTNEED of a locked area', (h) => locked(h, AT, MADV.dontNeed), -EINVAL],
    ['too many areas', (h) => crowded(h, AT, MADV.random), -ENOMEM],
  ])('madvise: %s', (_name, run, result) => {
    expect(run(holed())).toBe(result);
  });

  it('madvise: splitting anonymous memory stops the real kernel; here it is told, and goes on', () => {
    const h = machine();
    expect(mmap(h, AT, 0x3000, RW, A | F)).toBe(AT);
    h.trace.on = true;
    expect(sysMadvise(h.vm, AT + 0x1000, 0x1000, MADV.random)).toBe(0);
    const told = [...h.trace.events()].filter(({ name }) => name === 'madvise_stops');
    expect(told.map(({ values }) => values)).toEqual([
      { vm_start: AT, vm_end: AT + 0x3000, start: AT + 0x1000, end: AT + 0x2000, advice: MADV.random },
    ]);
    expect(areas(h.mm)).toHaveLength(3);
    expect(sysMadvise(h.vm, AT + 0x1000, 0x1000, MADV.normal)).toBe(0);
    expect([...h.trace.events()].filter(({ name }) => name === 'madvise_stops')).toHaveLength(1);
  });

  it.each<[string, (h: Harness) => number, number]>([
    ['unaligned', (h) => sysMincore(h.vm, AT + 1, 0, new Uint8Array(9)), -EINVAL],
    ['wraps', (h) => sysMincore(h.vm, 0xfffff000, 0x2000, new Uint8Array(9)), -EINVAL],
    ['length 0', (h) => sysMincore(h.vm, AT, 0, new Uint8Array(0)), 0],
    ['nothing above', (h) => sysMincore(h.vm, 0xc0000000, 0x1000, new Uint8Array(9)), -ENOMEM],
    ['anonymous', (h) => sysMincore(h.vm, AT, 0x1000, new Uint8Array(9)), -ENOMEM],
  ])('mincore: %s', (_name, run, result) => {
    expect(run(holed())).toBe(result);
  });

  it('mincore: a hole is -ENOMEM at the end, a bad vector -EFAULT', () => {
    const h = machine();
    const fd = openAs(h, makeFile(h, 4));
    expect(mmap(h, AT, 0x1000, R, MAP.private | F, fd)).toBe(AT);
    expect(mmap(h, AT + 0x2000, 0x1000, R, MAP.private | F, fd)).toBe(AT + 0x2000);
    expect(sysMincore(h.vm, AT, 0x3000, new Uint8Array(3))).toBe(-ENOMEM);
    expect(sysMincore(h.vm, AT, 0x1000, new Uint8Array(0))).toBe(-EFAULT);
  });

  it.each<[string, (h: Harness) => number, number]>([
    ['over the limit, without the capability', (h) => lock(h, { limit: 0, cap: false }), -ENOMEM],
    ['more than half of memory, without it', (h) => lock(h, { len: 0xffffe000, cap: false }), -ENOMEM],
    ['without the capability', (h) => lock(h, { cap: false }), -EPERM],
    ['length 0', (h) => lock(h, { len: 0 }), 0],
    ['nothing there', (h) => lock(h, { addr: 0x1000 }), -ENOMEM],
    ['hole', (h) => lock(h, { len: 0x3000 }), -ENOMEM],
    ['one page', (h) => lock(h, {}), 0],
  ])('mlock: %s', (_name, run, result) => {
    expect(run(holed())).toBe(result);
  });

  it('munlock needs no capability, munlockall does; mlockall looks at flags and limits first', () => {
    const h = holed();
    unprivileged(h);
    expect(sysMunlock(h.vm, AT, 0x1000)).toBe(0);
    expect(sysMunlock(h.vm, AT, 0x3000)).toBe(-ENOMEM);
    expect(sysMunlockall(h.vm)).toBe(-EPERM);
    expect(sysMlockall(h.vm, 0)).toBe(-EINVAL);
    expect(sysMlockall(h.vm, 4)).toBe(-EINVAL);
    h.task.rlimCur[RLIMIT.memlock] = 4096;
    expect(sysMlockall(h.vm, MCL.current)).toBe(-ENOMEM);
    h.task.rlimCur[RLIMIT.memlock] = RLIM_INFINITY;
    expect(sysMlockall(h.vm, MCL.current)).toBe(-EPERM);
  });

  it.each<[string, (h: Harness) => number, number]>([
    ['unknown flags', (h) => sysMremap(h.vm, AT + 1, 0, 0, 4, 1), -EINVAL],
    ['unaligned', (h) => sysMremap(h.vm, AT + 1, 0, 0, 3, 1), -EINVAL],
    ['FIXED, unaligned', (h) => sysMremap(h.vm, AT, 0x1000, 0x1000, 2, 1), -EINVAL],
    ['FIXED without MAYMOVE', (h) => sysMremap(h.vm, AT, 0x1000, 0x1000, 2, 0x30000000), -EINVAL],
    ['FIXED beyond user space', (h) => sysMremap(h.vm, AT, 0x1000, 0x2000, 3, 0xbffff000), -EINVAL],
    ['FIXED onto itself', (h) => sysMremap(h.vm, AT, 0x1000, 0x1000, 3, AT), -EINVAL],
    ['FIXED over its end', (h) => sysMremap(h.vm, AT, 0x2000, 0x1000, 3, AT + 0x1000), -EINVAL],
    ['nothing to shrink', (h) => sysMremap(h.vm, 0x1000, 0x2000, 0x1000, 0, 0), 0x1000],
    ['nothing to grow', (h) => sysMremap(h.vm, 0x1000, 0x1000, 0x2000, 1, 0), -EFAULT],
    ['over the end of the area', (h) => sysMremap(h.vm, AT, 0x2000, 0x3000, 1, 0), -EFAULT],
    ['shrinks and moves', (h) => sysMremap(h.vm, AT, 0x2000, 0x1000, 3, 0x30000000), -EFAULT],
    ['grows in place', (h) => sysMremap(h.vm, AT, 0x1000, 0x2000, 0, 0), AT],
    ['no room, may not move', (h) => sysMremap(h.vm, AT, 0x1000, 0x3000, 0, 0), -ENOMEM],
    ['no room, moves', (h) => sysMremap(h.vm, AT, 0x1000, 0x3000, 1, 0), 0x40000000],
    ['of length 0: a second view', (h) => sysMremap(h.vm, AT, 0, 0x1000, 1, 0), 0x40000000],
  ])('mremap: %s', (_name, run, result) => {
    expect(run(holed())).toBe(result);
  });

  it('mremap: over RLIMIT_MEMLOCK -EAGAIN, over RLIMIT_AS or without memory -ENOMEM', () => {
    const h = holed();
    expect(sysMlock(h.vm, AT, 0x1000)).toBe(0);
    h.task.rlimCur[RLIMIT.memlock] = 0x1000;
    h.task.rlimCur[RLIMIT.as] = 0x1000;
    expect(sysMremap(h.vm, AT, 0x1000, 0x2000, 1, 0)).toBe(-EAGAIN);
    expect(sysMunlock(h.vm, AT, 0x1000)).toBe(0);
    expect(sysMremap(h.vm, AT, 0x1000, 0x2000, 1, 0)).toBe(-ENOMEM);
    h.task.rlimCur[RLIMIT.as] = RLIM_INFINITY;
    h.vm.ports.nrSwapPages = () => -1_000_000;
    expect(sysMremap(h.vm, AT, 0x1000, 0x2000, 1, 0)).toBe(-ENOMEM);
  });

  it('munmap: a hole in one area too many is -ENOMEM', () => {
    const h = machine();
    expect(mmap(h, AT, 0x3000, RW, A | F)).toBe(AT);
    h.mm.mapCount = 65536;
    expect(sysMunmap(h.vm, AT + 0x1000, 0x1000)).toBe(-ENOMEM);
    h.mm.mapCount = 65535;
    expect(sysMunmap(h.vm, AT + 0x1000, 0x1000)).toBe(0);
  });

  it('brk: below the code the old break, over a limit or another area too', () => {
    const h = machine();
    h.mm.endCode = 0x08049000;
    h.mm.startData = 0x0804f000;
    h.mm.brk = 0x08050000;
    expect(sysBrk(h.vm, 0x1000)).toBe(0x08050000);
    expect(sysBrk(h.vm, 0x0804ff00)).toBe(0x0804ff00);
    h.task.rlimCur[RLIMIT.data] = 0x2000;
    expect(sysBrk(h.vm, 0x08051001)).toBe(0x0804ff00);
    expect(sysBrk(h.vm, 0x08051000)).toBe(0x08051000);
    h.task.rlimCur[RLIMIT.data] = RLIM_INFINITY;
    expect(mmap(h, 0x08053000, 0x1000, RW, A | F)).toBe(0x08053000);
    expect(sysBrk(h.vm, 0x08053000)).toBe(0x08051000);
    expect(sysBrk(h.vm, 0x08052000)).toBe(0x08052000);
  });
});

function locked(h: Harness, addr: number, advice: number): number {
  expect(sysMlock(h.vm, addr, 0x1000)).toBe(0);
  return sysMadvise(h.vm, addr, 0x1000, advice);
}

function crowded(h: Harness, addr: number, advice: number): number {
  h.mm.mapCount = 65537;
  return sysMadvise(h.vm, addr, 0x1000, advice);
}

interface LockCase {
  readonly addr?: number;
  readonly len?: number;
  readonly limit?: number;
  readonly cap?: boolean;
}

function lock(h: Harness, { addr = 0x20000000, len = 0x1000, limit, cap = true }: LockCase): number {
  if (limit !== undefined) h.task.rlimCur[RLIMIT.memlock] = limit;
  if (!cap) h.task.capEffective &= ~(1 << CAP.ipcLock);
  return sysMlock(h.vm, addr, len);
}

describe('memory that is promised and brought in', () => {
  it('what is promised: buffers, page cache, free pages and swap, not what slabs or the swap cache would give', () => {
    const h = machine({ swapPages: 0 });
    h.vm.ports.swapCachePages = () => 1_000_000;
    h.vm.ports.shrinkableSlabPages = () => 1_000_000;
    const free = h.allocator.nrFreePages();
    expect(mmap(h, 0, (free + 1) * 4096, RW, A)).toBe(-ENOMEM);
    h.cache.buffermemPages = 2;
    expect(mmap(h, 0, (free + 1) * 4096, RW, A)).toBe(0x40000000);
    const later = makeHarness({ swapPages: 0 });
    later.vm.ports.shrinkableSlabPages = () => 1_000_000;
    expect(mmap(later, 0, (free + 1) * 4096, RW, A)).toBe(0x40000000);
  });

  it('a locked PROT_NONE area fills with zero pages, and nobody is charged for the faults', () => {
    const h = machine();
    expect(mmap(h, 0x20000000, 0x2000, PROT.none, A | F)).toBe(0x20000000);
    expect(sysMlock(h.vm, 0x20000000, 0x2000)).toBe(0);
    const entry = h.vm.pageTables.pteOffset(h.mm.pgd, 0x20001000);
    expect(h.vm.pageTables.ptePfn(entry)).toBe(h.vm.zeroPage);
    expect([h.task.minFlt, h.mm.rss, h.mm.lockedVm]).toEqual([0, 0, 2]);

    const later = makeHarness();
    expect(mmap(later, 0x20000000, 0x2000, PROT.none, A | F)).toBe(0x20000000);
    expect(sysMlock(later.vm, 0x20000000, 0x2000)).toBe(0);
    expect(later.vm.pageTables.pteOffset(later.mm.pgd, 0x20001000)).toBe(0);
  });

  it('sheet 7, 19 vector 18: one touch brings in an aligned cluster of the file, whatever the area shows', () => {
    const h = machine();
    h.cache.pageCluster = 4;
    const fd = openAs(h, makeFile(h, 64));
    expect(mmap(h, 0x20000000, 0x1000, R, MAP.private | F, fd, 20)).toBe(0x20000000);
    expect(sysMlock(h.vm, 0x20000000, 0x1000)).toBe(0);
    expect(mmap(h, 0x30000000, 64 * 4096, R, MAP.private | F, fd)).toBe(0x30000000);
    const vector = new Uint8Array(64);
    expect(sysMincore(h.vm, 0x30000000, 64 * 4096, vector)).toBe(0);
    const resident = [...vector.keys()].filter((page) => vector[page] === 1);
    expect(resident).toEqual(Array.from({ length: 16 }, (_, i) => 16 + i));
  });

  it('a shared mapping without a file goes to shared memory whatever else its type says', () => {
    const h = machine();
    const seen: number[] = [];
    h.vm.ports.shmemZeroSetup = (vma) => seen.push(vma.vmFlags & VM.shared) * 0;
    expect(mmap(h, 0, 0x1000, RW, SHARED)).toBe(0x40000000);
    expect(mmap(h, 0, 0x1000, RW, SHARED | 2)).toBe(0x40001000);
    expect(seen).toEqual([VM.shared, VM.shared]);
  });
});
