import { describe, expect, it } from 'vitest';
import { doBrk, sysBrk } from '../../src/address-space/brk.ts';
import { checkVmas } from '../../src/address-space/check-vmas.ts';
import { expandStack } from '../../src/address-space/expand-stack.ts';
import { sysMadvise } from '../../src/address-space/madvise.ts';
import { sysMlock, sysMunlock } from '../../src/address-space/mlock.ts';
import { MADV, MAP, MREMAP, PROT } from '../../src/address-space/mman.ts';
import { doMmapPgoff, sysMmap2 } from '../../src/address-space/mmap.ts';
import { sysMprotect } from '../../src/address-space/mprotect.ts';
import { sysMremap } from '../../src/address-space/mremap.ts';
import { sysMunmap } from '../../src/address-space/munmap.ts';
import { RLIMIT } from '../../src/address-space/task.ts';
import { protectionOf, type Vma, Vma as VmaClass } from '../../src/address-space/vma.ts';
import { insertVmStruct } from '../../src/address-space/vma-link.ts';
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
  RULES_2_4_20,
  RULES_2_4_22,
  RW,
} from './harness.ts';

const R = PROT.read;
const RX = PROT.read | PROT.exec;
const ENOMEM = -Errno.ENOMEM;
const EINVAL = -Errno.EINVAL;
const EFAULT = -Errno.EFAULT;
const EACCES = -Errno.EACCES;

/** Steps of a sequence: what to do and what must come out. */
type Step = readonly [name: string, run: (h: Harness) => number, result: number];

const mmap = (addr: number, len: number, prot: number, flags: number, result: number): Step => [
  `mmap(${addr.toString(16)}, ${len.toString(16)})`,
  (h) => sysMmap2(h.vm, addr, len, prot, flags, -1, 0),
  result,
];
const munmap = (addr: number, len: number, result = 0): Step => [
  `munmap(${addr.toString(16)}, ${len.toString(16)})`,
  (h) => sysMunmap(h.vm, addr, len),
  result,
];
const mprotect = (addr: number, len: number, prot: number, result = 0): Step => [
  `mprotect(${addr.toString(16)}, ${len.toString(16)}, ${prot})`,
  (h) => sysMprotect(h.vm, addr, len, prot),
  result,
];
const mremap = (addr: number, old: number, len: number, flags: number, to: number, result: number): Step => [
  `mremap(${addr.toString(16)}, ${old.toString(16)}, ${len.toString(16)}, ${flags})`,
  (h) => sysMremap(h.vm, addr, old, len, flags, to),
  result,
];
const mlock = (addr: number, len: number, result = 0): Step => [
  `mlock(${addr.toString(16)})`,
  (h) => sysMlock(h.vm, addr, len),
  result,
];
const munlock = (addr: number, len: number, result = 0): Step => [
  `munlock(${addr.toString(16)})`,
  (h) => sysMunlock(h.vm, addr, len),
  result,
];
const madvise = (addr: number, len: number, advice: number, result = 0): Step => [
  `madvise(${addr.toString(16)}, ${len.toString(16)}, ${advice})`,
  (h) => sysMadvise(h.vm, addr, len, advice),
  result,
];
const brk = (addr: number, result: number): Step => [
  `brk(${addr.toString(16)})`,
  (h) => sysBrk(h.vm, addr),
  result,
];
/** Areas must be these now. */
const expectAreas = (...lines: string[]): Step => [
  'areas',
  (h) => {
    expect(areas(h.mm)).toEqual(lines);
    return 0;
  },
  0,
];
/** Counters must be these now. */
const counts = (want: { map?: number; total?: number; locked?: number }): Step => [
  'counts',
  ({ mm }) => {
    if (want.map !== undefined) expect(mm.mapCount, 'map_count').toBe(want.map);
    if (want.total !== undefined) expect(mm.totalVm, 'total_vm').toBe(want.total);
    if (want.locked !== undefined) expect(mm.lockedVm, 'locked_vm').toBe(want.locked);
    return 0;
  },
  0,
];
const set = (name: string, change: (h: Harness) => void): Step => [
  name,
  (h) => {
    change(h);
    return 0;
  },
  0,
];

function run(steps: readonly Step[], options: HarnessOptions = {}): Harness {
  const harness = makeHarness(options);
  for (const [index, [name, step, result]] of steps.entries()) {
    expect(step(harness), `step ${index + 1}: ${name}`).toBe(result);
    checkVmas(harness.mm);
  }
  return harness;
}

const B_T11: readonly Step[] = [
  mmap(0, 0, RW, A, 0),
  mmap(0x12345, 0, RW, MAP.anonymous, 0x12345),
  mmap(0, 0xc0001000, RW, A, EINVAL),
  mmap(0xbffff000, 0x2000, RW, A | F, ENOMEM),
  mmap(0x40000800, 0x1000, RW, A | F, EINVAL),
  mmap(0, 0x1000, RW, MAP.anonymous, EINVAL),
  mmap(0, 0x1000, RW, MAP.anonymous | 3, EINVAL),
  mmap(0, 0x90000000, RW, A | MAP.noReserve, ENOMEM),
  munmap(0x40000001, 0x1000, EINVAL),
  munmap(0x40000000, 0, EINVAL),
  munmap(0xc0000000, 0x1000, EINVAL),
  munmap(0x40000000, 0x1000, 0),
  mprotect(0x40000000, 0x1000, R, ENOMEM),
  mprotect(0x40000000, 0x1000, 8, EINVAL),
  mprotect(0x40000000, 0, R, 0),
  counts({ map: 1, total: 1 }),
];

/** Sheet 2, B20; one entry a sequence. */
const SEQUENCES: Readonly<Record<string, readonly Step[]>> = {
  'B-T1: neighbours with equal flags merge': [
    mmap(0, 0x3000, RW, A, 0x40000000),
    mmap(0, 0x1000, RW, A, 0x40003000),
    mmap(0, 0x2000, R, A, 0x40004000),
    mmap(0, 0x1000, RW, A, 0x40006000),
    expectAreas('40000000-40004000 rw-', '40004000-40006000 r--', '40006000-40007000 rw-'),
    counts({ map: 4, total: 8 }),
  ],
  'B-T2: a page in a hole merges on both sides': [
    mmap(0, 0x5000, RW, A, 0x40000000),
    munmap(0x40001000, 0x1000),
    munmap(0x40004000, 0x1000),
    mmap(0, 0x1000, RW, A, 0x40001000),
    expectAreas('40000000-40004000 rw-'),
    counts({ map: 2, total: 5 }),
  ],
  'B-T3: a hole that is too small is skipped': [
    mmap(0, 0x5000, RW, A, 0x40000000),
    munmap(0x40001000, 0x1000),
    mmap(0, 0x2000, RW, A, 0x40005000),
    expectAreas('40000000-40001000 rw-', '40002000-40007000 rw- [2000]'),
    counts({ map: 3, total: 7 }),
  ],
  'B-T4: merging backwards keeps the page offset': [
    mmap(0, 0x4000, RW, A, 0x40000000),
    munmap(0x40000000, 0x1000),
    expectAreas('40001000-40004000 rw- [1000]'),
    mmap(0x40000000, 0x1000, RW, A, 0x40000000),
    expectAreas('40000000-40004000 rw- [1000]'),
  ],
  'B-T5: mprotect splits and merges back': [
    mmap(0, 0x6000, RW, A, 0x40000000),
    mprotect(0x40002000, 0x2000, R),
    expectAreas('40000000-40002000 rw-', '40002000-40004000 r-- [2000]', '40004000-40006000 rw- [4000]'),
    counts({ map: 4 }),
    mprotect(0x40002000, 0x2000, RW),
    expectAreas('40000000-40006000 rw-'),
    counts({ map: 2, total: 7 }),
  ],
  'B-T6: a boundary moves up without the page offset': [
    mmap(0, 0x6000, RW, A, 0x40000000),
    mprotect(0x40000000, 0x1000, R),
    mprotect(0x40001000, 0x1000, R),
    expectAreas('40000000-40002000 r--', '40002000-40006000 rw- [1000]'),
  ],
  'B-T7: the last area changed merges with the next': [
    mmap(0, 0x6000, RW, A, 0x40000000),
    mprotect(0x40004000, 0x2000, 0),
    mprotect(0x40003000, 0x1000, 0),
    expectAreas('40000000-40003000 rw-', '40003000-40006000 --- [3000]'),
  ],
  'B-T8: mprotect over three areas': [
    mmap(0x40000000, 0x2000, RW, A | F, 0x40000000),
    mmap(0x40002000, 0x2000, R, A | F, 0x40002000),
    mmap(0x40004000, 0x2000, RW, A | F, 0x40004000),
    mprotect(0x40001000, 0x4000, RX),
    expectAreas('40000000-40001000 rw-', '40001000-40005000 r-x [1000]', '40005000-40006000 rw-'),
    counts({ map: 4 }),
  ],
  'B-T9: mprotect into a gap changes what lies before it': [
    mmap(0x50000000, 0x2000, RW, A, 0x50000000),
    mprotect(0x50001000, 0x3000, R, ENOMEM),
    expectAreas('50000000-50001000 rw-', '50001000-50002000 r-- [1000]'),
  ],
  'B-T10: MAP_FIXED replaces, and merges with both sides': [
    mmap(0, 0x6000, RW, A, 0x40000000),
    mmap(0x40002000, 0x2000, R, A | F, 0x40002000),
    mmap(0x40001000, 0x4000, RW, A | F, 0x40001000),
    expectAreas('40000000-40006000 rw-'),
    counts({ total: 7 }),
  ],
  'B-T11: errors': [...B_T11, mmap(0, 0xfffff001, RW, A, EINVAL)],
  'B-T12: hints': [
    mmap(0x50000800, 0x1000, RW, A, 0x50001000),
    mmap(0x50001000, 0x1000, RW, A, 0x40000000),
    mmap(0xbfffe000, 0x2000, RW, A, 0x40001000),
  ],
  'B-T14: mremap in place, refused, moved': [
    mmap(0, 0x2000, RW, A, 0x40000000),
    mremap(0x40000000, 0x2000, 0x5000, 0, 0, 0x40000000),
    counts({ total: 6 }),
    munmap(0x40002000, 0x3000),
    mmap(0x40003000, 0x1000, R, A | F, 0x40003000),
    mremap(0x40000000, 0x2000, 0x3000, 0, 0, 0x40000000),
    mremap(0x40000000, 0x3000, 0x4000, 0, 0, ENOMEM),
    mremap(0x40000000, 0x3000, 0x4000, MREMAP.mayMove, 0, 0x40004000),
    expectAreas('40003000-40004000 r--', '40004000-40008000 rw-'),
  ],
  'B-T15: a moved part merges with its own area': [
    mmap(0, 0x4000, RW, A, 0x40000000),
    mremap(0x40000000, 0x1000, 0x2000, MREMAP.mayMove, 0, 0x40004000),
    expectAreas('40001000-40006000 rw- [1000]'),
    counts({ total: 6 }),
  ],
  'B-T16: a part from the middle moves': [
    mmap(0, 0x4000, RW, A, 0x40000000),
    mmap(0x40004000, 0x1000, R, A | F, 0x40004000),
    mremap(0x40001000, 0x1000, 0x3000, MREMAP.mayMove, 0, 0x40005000),
    expectAreas(
      '40000000-40001000 rw-',
      '40002000-40004000 rw- [2000]',
      '40004000-40005000 r--',
      '40005000-40008000 rw- [1000]',
    ),
    counts({ map: 5, total: 8 }),
  ],
  'B-T17: MREMAP_FIXED': [
    mmap(0, 0x2000, RW, A, 0x40000000),
    mremap(0x40000000, 0x2000, 0x2000, 3, 0x50000000, 0x50000000),
    mremap(0x50000000, 0x2000, 0x1000, 3, 0x51000000, EFAULT),
    expectAreas('50000000-50001000 rw-'),
    mremap(0x70000000, 0x2000, 0x1000, 0, 0, 0x70000000),
    mremap(0x70000000, 0x1000, 0x2000, 1, 0, EFAULT),
  ],
  'B-T18: mlock splits and munlock does not merge': [
    mmap(0, 0x6000, RW, A, 0x40000000),
    mlock(0x40001800, 0x1000),
    expectAreas(
      '40000000-40001000 rw-',
      '40001000-40003000 rw- [1000] +2000',
      '40003000-40006000 rw- [3000]',
    ),
    counts({ locked: 2 }),
    munlock(0x40001000, 0x2000),
    expectAreas('40000000-40001000 rw-', '40001000-40003000 rw- [1000]', '40003000-40006000 rw- [3000]'),
    counts({ locked: 0 }),
  ],
  'B-T18: mlock over a hole locks what lies before it': [
    mmap(0, 0x2000, RW, A, 0x40000000),
    mmap(0x40003000, 0x1000, RW, A | F, 0x40003000),
    mlock(0x40000000, 0x4000, ENOMEM),
    expectAreas('40000000-40002000 rw- +2000', '40003000-40004000 rw-'),
    counts({ locked: 2 }),
  ],
  'B-T19: madvise always splits': [
    mmap(0, 0x6000, RW, A, 0x40000000),
    madvise(0x40002000, 0x1000, MADV.normal),
    expectAreas('40000000-40002000 rw-', '40002000-40003000 rw- [2000]', '40003000-40006000 rw- [3000]'),
    madvise(0x40000000, 0x10000, MADV.random, ENOMEM),
    expectAreas(
      '40000000-40002000 rw- +10000',
      '40002000-40003000 rw- [2000] +10000',
      '40003000-40006000 rw- [3000] +10000',
    ),
  ],
  'B-T22: RLIMIT_AS of 8 pages': [
    set('RLIMIT_AS', (h) => (h.task.rlimCur[RLIMIT.as] = 8 * 4096)),
    mmap(0, 0x7000, RW, A, 0x40000000),
    mmap(0, 0x1000, RW, A, ENOMEM),
    mremap(0x40000000, 0x7000, 0x8000, 0, 0, ENOMEM),
    munmap(0x40000000, 0x1000),
    mmap(0, 0x1000, RW, A, 0x40000000),
    expectAreas('40000000-40007000 rw- [1000]'),
  ],
  'B-T23: max_map_count 3': [
    set('max_map_count', (h) => (h.vm.sysctls.maxMapCount = 3)),
    mmap(0x40000000, 0x3000, RW, A | F, 0x40000000),
    mmap(0x50000000, 0x1000, RW, A | F, 0x50000000),
    mmap(0x60000000, 0x1000, RW, A | F, 0x60000000),
    counts({ map: 4 }),
    mmap(0x60001000, 0x1000, RW, A | F, ENOMEM),
    munmap(0x40001000, 0x1000, ENOMEM),
    munmap(0x40000000, 0x1000),
  ],
};

describe('sheet 2, B20: worked sequences', () => {
  for (const [name, steps] of Object.entries(SEQUENCES)) {
    it(name, () => {
      run(steps);
    });
    if (!name.startsWith('B-T11')) it(`${name} (2.4.20)`, () => void run(steps, { rules: RULES_2_4_20 }));
  }

  it('B-T11 on 2.4.20: a length that rounds to 0 returns the address', () => {
    run([...B_T11, mmap(0, 0xfffff001, RW, A, 0)], { rules: RULES_2_4_20 });
  });

  it('B-T13: brk', () => {
    const h = makeHarness();
    const exe: Vma = new VmaClass(h.mm, 0x08049000, 0x0804b000, 0x1873, protectionOf(3));
    insertVmStruct(h.vm, h.mm, exe);
    h.mm.totalVm += 2;
    h.mm.endCode = 0x08049000;
    h.mm.brk = 0x0804a123;
    const steps: Step[] = [
      brk(0, 0x0804a123),
      brk(0x0804b000, 0x0804b000),
      counts({ map: 2 }),
      brk(0x0804b001, 0x0804b001),
      expectAreas('08049000-0804b000 rw- +1800', '0804b000-0804c000 rwx'),
      brk(0x0804e000, 0x0804e000),
      expectAreas('08049000-0804b000 rw- +1800', '0804b000-0804e000 rwx'),
      brk(0x0804c800, 0x0804c800),
      expectAreas('08049000-0804b000 rw- +1800', '0804b000-0804d000 rwx'),
      brk(0x08048fff, 0x0804c800),
      mmap(0x08050000, 0x1000, RW, A, 0x08050000),
      brk(0x0804f000, 0x0804f000),
      expectAreas('08049000-0804b000 rw- +1800', '0804b000-0804f000 rwx', '08050000-08051000 rw-'),
      brk(0x0804f001, 0x0804f000),
    ];
    for (const [name, step, result] of steps) {
      expect(step(h), name).toBe(result);
      checkVmas(h.mm);
    }
  });

  it('B-T20: a file mapping is cut and never merges', () => {
    const h = makeHarness();
    const file = makeFile(h, 16);
    const fd = openAs(h, file);
    expect(sysMmap2(h.vm, 0, 0x5000, RX, MAP.private, fd, 0)).toBe(0x40000000);
    expect(sysMmap2(h.vm, 0x40003000, 0x2000, RW, MAP.private | F, fd, 2)).toBe(0x40003000);
    expect(sysMmap2(h.vm, 0x40005000, 0x1000, RW, A | F, -1, 0)).toBe(0x40005000);
    expect(sysMprotect(h.vm, 0x40003000, 0x1000, R)).toBe(0);
    expect(sysMunmap(h.vm, 0x40001000, 0x1000)).toBe(0);
    expect(areas(h.mm)).toEqual([
      '40000000-40001000 r-x',
      '40002000-40003000 r-x [2000]',
      '40003000-40004000 r-- [2000]',
      '40004000-40005000 rw- [3000]',
      '40005000-40006000 rw-',
    ]);
    expect(h.mm.mapCount).toBe(6);
    checkVmas(h.mm);
    // One reference a descriptor and an area.
    expect(file.count).toBe(5);
    expect(sysMunmap(h.vm, 0x40000000, 0x6000)).toBe(0);
    expect(file.count).toBe(1);
    expect(file.inode.mapping.iMmap).toEqual([]);
  });

  it('B-T21: what the descriptor permits', () => {
    const h = makeHarness();
    const readOnly = openAs(h, makeFile(h, 4, FMODE.read));
    const writeOnly = openAs(h, makeFile(h, 4, FMODE.write));
    const both = openAs(h, makeFile(h, 4));
    expect(sysMmap2(h.vm, 0, 0x1000, R, MAP.shared, readOnly, 0)).toBe(0x40000000);
    expect(h.mm.mmap?.vmFlags).toBe(0xd1);
    expect(areas(h.mm)).toEqual(['40000000-40001000 r--s']);
    expect(sysMprotect(h.vm, 0x40000000, 0x1000, RW)).toBe(EACCES);
    expect(sysMmap2(h.vm, 0, 0x1000, RW, MAP.shared, readOnly, 0)).toBe(EACCES);
    expect(sysMmap2(h.vm, 0, 0x1000, R, MAP.private, writeOnly, 0)).toBe(EACCES);
    expect(sysMmap2(h.vm, 0, 0x1000, R, MAP.private | MAP.growsDown, both, 0)).toBe(EINVAL);
    expect(sysMmap2(h.vm, 0, 0x1000, R, MAP.private, 99, 0)).toBe(-Errno.EBADF);
    checkVmas(h.mm);
  });

  it('B-T24: the stack grows down to its limit', () => {
    const h = makeHarness({ rules: RULES_2_4_22 });
    const stack = h.mm.mmap as Vma;
    expect(expandStack(h.vm, stack, 0xbfffe123)).toBe(0);
    expect(stack.vmStart).toBe(0xbfffe000);
    expect(expandStack(h.vm, stack, 0xbff00000)).toBe(0);
    expect(stack.vmStart).toBe(0xbff00000);
    expect(expandStack(h.vm, stack, 0xbf7fffff)).toBeLessThan(0);
    expect(expandStack(h.vm, stack, 0xbf800000)).toBe(0);
    expect([stack.vmStart, (stack.vmPgoff * 4096) >>> 0, h.mm.totalVm]).toEqual([
      0xbf800000, 0xff801000, 2048,
    ]);
    checkVmas(h.mm);
  });
});

describe('sheet 2, B7 and B9: what the sequences do not show', () => {
  it('shared anonymous maps take their file from the shared-memory room and never merge', () => {
    const h = makeHarness();
    const seen: Vma[] = [];
    const vm = h.vm as unknown as { ports: object };
    vm.ports = { ...h.vm.ports, shmemZeroSetup: (vma: Vma) => seen.push(vma) * 0 };
    expect(sysMmap2(h.vm, 0, 0x1000, RW, MAP.shared | MAP.anonymous, -1, 0)).toBe(0x40000000);
    expect(sysMmap2(h.vm, 0, 0x1000, RW, MAP.shared | MAP.anonymous, -1, 0)).toBe(0x40001000);
    expect(seen.map((vma) => vma.vmFlags)).toEqual([0xfb, 0xfb]);
    expect(h.mm.mapCount).toBe(3);
    checkVmas(h.mm);
  });

  it('VM_DENYWRITE: one write count less a mapping, and -ETXTBSY while somebody writes', () => {
    const h = makeHarness();
    const file = makeFile(h, 8);
    const deny = MAP.private | MAP.denyWrite;
    expect(doMmapPgoff(h.vm, file, 0, 0x4000, RX, deny, 0)).toBe(0x40000000);
    expect(file.inode.writecount).toBe(-1);
    sysMunmap(h.vm, 0x40001000, 0x1000);
    expect(file.inode.writecount).toBe(-2);
    sysMunmap(h.vm, 0x40000000, 0x4000);
    expect(file.inode.writecount).toBe(0);
    file.inode.writecount = 1;
    expect(doMmapPgoff(h.vm, file, 0, 0x4000, RX, deny, 0)).toBe(-Errno.ETXTBSY);
    expect([file.inode.writecount, file.count]).toEqual([1, 1]);
  });

  it('a mapping whose file refuses leaves nothing, but the old mapping is gone', () => {
    const h = makeHarness();
    const noRead = makeFile(h, 4);
    const noReadpage = { ...noRead.inode.mapping.ops };
    delete (noReadpage as { readpage?: unknown }).readpage;
    Object.assign(noRead.inode.mapping, { ops: noReadpage });
    expect(sysMmap2(h.vm, 0x40000000, 0x2000, RW, A | F, -1, 0)).toBe(0x40000000);
    const fd = openAs(h, noRead);
    expect(sysMmap2(h.vm, 0x40000000, 0x1000, R, MAP.private | F, fd, 0)).toBe(-Errno.ENOEXEC);
    expect(areas(h.mm)).toEqual(['40001000-40002000 rw- [1000]']);
    expect(noRead.count).toBe(1);
    checkVmas(h.mm);
  });

  it('MCL_FUTURE makes new mappings locked and populated', () => {
    const h = makeHarness();
    h.mm.defFlags = 0x2000;
    expect(sysMmap2(h.vm, 0, 0x3000, RW, A, -1, 0)).toBe(0x40000000);
    expect([h.mm.lockedVm, h.mm.rss]).toEqual([3, 3]);
    expect(doBrk(h.vm, 0x08050000, 0x2000)).toBe(0x08050000);
    expect([h.mm.lockedVm, h.mm.rss]).toEqual([5, 5]);
    h.task.rlimCur[RLIMIT.memlock] = 5 * 4096;
    expect(sysMmap2(h.vm, 0, 0x1000, RW, A, -1, 0)).toBe(-Errno.EAGAIN);
    expect(doBrk(h.vm, 0x08052000, 0x1000)).toBe(-Errno.EAGAIN);
    checkVmas(h.mm);
  });

  it('brk into kernel space is refused even when memory is granted without a look', () => {
    const h = makeHarness({ withoutStack: true });
    h.vm.sysctls.overcommitMemory = 1;
    h.mm.brk = 0x08050000;
    for (const brkTo of [0xc0001000, 0xfffff000, 0xfffff001, 0xffffffff]) {
      expect(sysBrk(h.vm, brkTo)).toBe(0x08050000);
    }
    expect(sysBrk(h.vm, 0xc0000000)).toBe(0xc0000000);
    checkVmas(h.mm);
  });
});
