/** The system calls of this room where they meet page-table entries, the page cache and memory. */
import { describe, expect, it } from 'vitest';
import { load8, store8 } from '../../src/address-space/access.ts';
import { checkVmas } from '../../src/address-space/check-vmas.ts';
import { freePgtables } from '../../src/address-space/free-pgtables.ts';
import { sysMadvise } from '../../src/address-space/madvise.ts';
import { sysMincore } from '../../src/address-space/mincore.ts';
import { sysMlock, sysMlockall, sysMunlock, sysMunlockall } from '../../src/address-space/mlock.ts';
import { MADV, MAP, MCL, MREMAP, MS, PROT } from '../../src/address-space/mman.ts';
import { sysMmap2 } from '../../src/address-space/mmap.ts';
import { sysMprotect } from '../../src/address-space/mprotect.ts';
import { sysMremap } from '../../src/address-space/mremap.ts';
import { sysMsync } from '../../src/address-space/msync.ts';
import { sysMunmap } from '../../src/address-space/munmap.ts';
import { vmEnoughMemory } from '../../src/address-space/overcommit.ts';
import { CAP, RLIMIT } from '../../src/address-space/task.ts';
import { protectionOf, Vma } from '../../src/address-space/vma.ts';
import { insertVmStruct } from '../../src/address-space/vma-link.ts';
import { Errno } from '../../src/errno.ts';
import { FMODE } from '../../src/page-cache/inode.ts';
import { PTE } from '../../src/page-tables/page-tables.ts';
import { PG } from '../../src/physical/mem-map.ts';
import {
  A,
  areas,
  F,
  type Harness,
  makeFile,
  makeHarness,
  openAs,
  RULES_2_4_20,
  RW,
  tearDown,
} from './harness.ts';

const BASE = 0x40000000;
const anon = (h: Harness, addr: number, len: number, prot = RW) =>
  sysMmap2(h.vm, addr, len, prot, A | F, -1, 0);
const store = (h: Harness, addr: number, value: number) => store8(h.vm, h.mmu, addr, value);
const load = (h: Harness, addr: number) => load8(h.vm, h.mmu, addr);

/** Low 12 bits of the entry of `addr`; -1 without a page table. */
function pte(h: Harness, addr: number): number {
  const entry = h.vm.pageTables.pteOffset(h.mm.pgd, addr);
  return entry === 0 ? -1 : (h.vm.memory.words[entry] as number) & 0xfff;
}

function free(h: Harness): number {
  return h.allocator.nrFreePages() + h.vm.pageTables.cachedTables;
}

describe('sheet 2, B8: free_pgtables', () => {
  const cases: [string, [number, number][], [number, number], boolean, number[]][] = [
    ['only the stack', [], [0x40000000, 0x40001000], false, [0x100]],
    ['an area 4 MiB on', [[0x40400000, 0x40401000]], [0x40000000, 0x40400000], false, [0x100]],
    ['an area close behind', [[0x40001000, 0x40002000]], [0x40000000, 0x40001000], false, []],
    ['an area in front', [[0x40000000, 0x40001000]], [0x40001000, 0x40800000], true, [0x101]],
    [
      'areas on both sides',
      [
        [0x40000000, 0x40001000],
        [0x40802000, 0x40803000],
      ],
      [0x40001000, 0x40802000],
      true,
      [0x101],
    ],
    ['the heap shrinks', [[0x08048000, 0x0804d000]], [0x0804d000, 0x0804f000], true, []],
  ];
  for (const rules of [undefined, RULES_2_4_20]) {
    for (const [name, layout, [start, end], hasPrev, freed] of cases) {
      it(`${name}${rules ? ' (2.4.20)' : ''}`, () => {
        const h = makeHarness(rules ? { rules } : {});
        for (const [from, to] of layout) {
          insertVmStruct(h.vm, h.mm, new Vma(h.mm, from, to, 0x73, protectionOf(3)));
        }
        const before: number[] = [];
        for (const index of [0x20, 0x100, 0x101, 0x102, 0x103]) {
          h.vm.pageTables.pteAlloc(h.mm.pgd, index * 0x400000);
          before.push(index);
        }
        freePgtables(h.vm, h.mm, hasPrev ? (h.mm.mmap as Vma) : null, start, end);
        const gone = before.filter((index) => h.vm.pageTables.pteOffset(h.mm.pgd, index * 0x400000) === 0);
        expect(gone).toEqual(freed);
      });
    }
  }

  it('no area at all', () => {
    const h = makeHarness({ withoutStack: true });
    h.vm.pageTables.pteAlloc(h.mm.pgd, 0x40000000);
    freePgtables(h.vm, h.mm, null, 0x40000000, 0x40001000);
    expect(h.vm.pageTables.pteOffset(h.mm.pgd, 0x40000000)).toBe(0);
  });
});

describe('mprotect and entries (sheet 2, B10)', () => {
  it('keeps frame, accessed and dirty; what becomes writable stays read-only for copy-on-write', () => {
    const h = makeHarness();
    anon(h, BASE, 0x3000);
    store(h, BASE, 7);
    store(h, BASE + 0x1000, 8);
    expect(pte(h, BASE)).toBe(0x067);
    expect(sysMprotect(h.vm, BASE, 0x1000, PROT.none)).toBe(0);
    expect(pte(h, BASE)).toBe(0x0e0);
    expect(store(h, BASE, 1)).toBe(false);
    expect(load(h, BASE)).toBe(-1);
    expect(h.task.pending.map(({ signo, code }) => [signo, code])).toEqual([[11, 2]]);
    expect(sysMprotect(h.vm, BASE, 0x1000, RW)).toBe(0);
    expect(pte(h, BASE)).toBe(0x065);
    expect(pte(h, BASE + 0x1000)).toBe(0x067);
    expect(load(h, BASE)).toBe(7);
    expect(store(h, BASE, 9)).toBe(true);
    expect([load(h, BASE), load(h, BASE + 0x1000)]).toEqual([9, 8]);
    checkVmas(h.mm);
  });

  it('needs no page table, and crosses page tables', () => {
    const h = makeHarness();
    anon(h, BASE, 0x1000000);
    store(h, BASE + 0x3ff000, 1);
    store(h, BASE + 0x800000, 2);
    expect(sysMprotect(h.vm, BASE, 0x1000000, PROT.read)).toBe(0);
    expect([pte(h, BASE + 0x3ff000), pte(h, BASE + 0x400000), pte(h, BASE + 0x800000)]).toEqual([
      0x065, -1, 0x065,
    ]);
  });
});

describe('mremap and entries (sheet 2, B12)', () => {
  it('moves the pages themselves, and the old place is empty', () => {
    const h = makeHarness();
    const before = free(h);
    anon(h, BASE, 0x4000);
    for (let i = 0; i < 4; i++) store(h, BASE + i * 0x1000, 10 + i);
    anon(h, BASE + 0x4000, 0x1000, PROT.read);
    const to = sysMremap(h.vm, BASE, 0x4000, 0x6000, MREMAP.mayMove, 0);
    expect(to).toBe(BASE + 0x5000);
    expect([0, 1, 2, 3, 4].map((i) => load(h, to + i * 0x1000))).toEqual([10, 11, 12, 13, 0]);
    expect(load(h, BASE)).toBe(-1);
    expect(h.mm.rss).toBe(4);
    checkVmas(h.mm);
    sysMunmap(h.vm, 0, 0xc0000000);
    expect(free(h)).toBe(before);
  });

  it('a failed page table takes everything back: -ENOMEM, no page lost', () => {
    for (let n = 1; n <= 3; n++) {
      const h = makeHarness();
      anon(h, BASE + 0x3fe000, 0x4000);
      for (let i = 0; i < 4; i++) store(h, BASE + 0x3fe000 + i * 0x1000, 20 + i);
      h.allocator.failAlloc(n);
      // Two page tables are needed at the target.
      const result = sysMremap(h.vm, BASE + 0x3fe000, 0x4000, 0x4000, 3, 0x507fe000);
      expect(result).toBe(n <= 2 ? -Errno.ENOMEM : 0x507fe000);
      const at = n <= 2 ? BASE + 0x3fe000 : 0x507fe000;
      expect([0, 1, 2, 3].map((i) => load(h, at + i * 0x1000))).toEqual([20, 21, 22, 23]);
      checkVmas(h.mm);
    }
  });

  it('a failed move into a neighbour leaves the neighbour larger, and counted', () => {
    const h = makeHarness();
    anon(h, BASE, 0x1000);
    store(h, BASE, 1);
    anon(h, 0x503ff000, 0x1000);
    h.allocator.failAlloc(1);
    expect(sysMremap(h.vm, BASE, 0x1000, 0x1000, 3, 0x50400000)).toBe(-Errno.ENOMEM);
    expect(areas(h.mm)).toEqual(['40000000-40001000 rw-', '503ff000-50401000 rw-']);
    checkVmas(h.mm);
  });

  it('an old length of 0 maps the same file pages a second time', () => {
    const h = makeHarness();
    const file = makeFile(h, 4);
    sysMmap2(h.vm, BASE, 0x2000, RW, MAP.shared | F, openAs(h, file), 1);
    expect(sysMremap(h.vm, BASE, 0, 0x2000, MREMAP.mayMove, 0)).toBe(BASE + 0x2000);
    expect(areas(h.mm)).toEqual(['40000000-40002000 rw-s [1000]', '40002000-40004000 rw-s [1000]']);
    store(h, BASE + 5, 99);
    expect([load(h, BASE + 0x2005), load(h, BASE + 0x3000)]).toEqual([99, 2]);
    expect(file.inode.mapping.iMmapShared.length).toBe(2);
    checkVmas(h.mm);
  });

  it('moves that would corrupt the lists are refused', () => {
    const h = makeHarness();
    anon(h, BASE, 0x4000);
    anon(h, 0x50000000, 0x4000, PROT.read);
    expect(sysMremap(h.vm, BASE, 0, 0, 3, 0x60000000)).toBe(-Errno.EINVAL);
    h.vm.sysctls.maxMapCount = h.mm.mapCount;
    // The target lies inside an area, and the hole that it needs may not be made.
    expect(sysMremap(h.vm, BASE, 0x1000, 0x1000, 3, 0x50001000)).toBe(-Errno.ENOMEM);
    // A shrinking move whose tail lies inside an area.
    expect(sysMremap(h.vm, BASE, 0x3000, 0x1000, 3, 0x60000000)).toBe(-Errno.ENOMEM);
    expect(areas(h.mm)).toEqual(['40000000-40004000 rw-', '50000000-50004000 r--']);
    checkVmas(h.mm);
  });

  it('VM_LOCKED: 2.4.22 faults the new part in, 2.4.20 the whole new area', () => {
    for (const rules of [undefined, RULES_2_4_20]) {
      const h = makeHarness(rules ? { rules } : {});
      anon(h, BASE, 0x3000);
      anon(h, BASE + 0x3000, 0x1000, PROT.read);
      expect(sysMlock(h.vm, BASE, 0x3000)).toBe(0);
      sysMadvise(h.vm, BASE, 0x1000, MADV.normal);
      expect(h.mm.rss).toBe(3);
      expect(sysMremap(h.vm, BASE + 0x1000, 0x2000, 0x4000, MREMAP.mayMove, 0)).toBe(BASE + 0x4000);
      expect([h.mm.lockedVm, h.mm.rss]).toEqual([5, 5]);
      checkVmas(h.mm);
    }
  });
});

describe('mlock family (sheet 2, B11)', () => {
  it('refusals, in the order of the tests', () => {
    const h = makeHarness({ frames: 1024 });
    anon(h, BASE, 0x4000);
    h.task.rlimCur[RLIMIT.memlock] = 2 * 4096 + 5;
    expect(sysMlock(h.vm, BASE, 0x3000)).toBe(-Errno.ENOMEM);
    expect(sysMlock(h.vm, BASE, 0x2000)).toBe(0);
    // Pages that are locked already count twice.
    expect(sysMlock(h.vm, BASE, 0x1000)).toBe(-Errno.ENOMEM);
    h.task.rlimCur[RLIMIT.memlock] = 0xffffffff;
    expect(sysMlock(h.vm, BASE, 513 * 4096)).toBe(-Errno.ENOMEM);
    h.task.capEffective &= ~(1 << CAP.ipcLock);
    expect(sysMlock(h.vm, BASE, 0x1000)).toBe(-Errno.EPERM);
    expect(sysMlockall(h.vm, MCL.current)).toBe(-Errno.EPERM);
    expect(sysMunlockall(h.vm)).toBe(-Errno.EPERM);
    expect(sysMunlock(h.vm, BASE, 0x4000)).toBe(0);
    expect(sysMunlock(h.vm, 0x70000000, 0x1000)).toBe(-Errno.ENOMEM);
    expect(sysMunlock(h.vm, 0xfffff000, 0x2000)).toBe(-Errno.EINVAL);
    expect(sysMunlock(h.vm, BASE, 0)).toBe(0);
    checkVmas(h.mm);
  });

  it('mlockall(MCL_FUTURE) alone unlocks what is locked', () => {
    const h = makeHarness();
    anon(h, BASE, 0x2000);
    expect(sysMlockall(h.vm, 0)).toBe(-Errno.EINVAL);
    expect(sysMlockall(h.vm, 4)).toBe(-Errno.EINVAL);
    expect(sysMlockall(h.vm, MCL.current)).toBe(0);
    expect([h.mm.lockedVm, h.mm.rss, h.mm.defFlags]).toEqual([3, 3, 0]);
    expect(sysMlockall(h.vm, MCL.future)).toBe(0);
    expect([h.mm.lockedVm, h.mm.defFlags]).toEqual([0, 0x2000]);
    expect(sysMunlockall(h.vm)).toBe(0);
    expect(h.mm.defFlags).toBe(0);
    h.task.rlimCur[RLIMIT.memlock] = 2 * 4096;
    expect(sysMlockall(h.vm, MCL.current)).toBe(-Errno.ENOMEM);
    checkVmas(h.mm);
  });
});

describe('madvise, mincore, msync (sheet 2, B13)', () => {
  it('madvise: errors', () => {
    const h = makeHarness();
    anon(h, BASE, 0x2000);
    const fd = openAs(h, makeFile(h, 4));
    sysMmap2(h.vm, BASE + 0x3000, 0x8000, PROT.read, MAP.private | F, fd, 0);
    expect(sysMadvise(h.vm, BASE + 1, 0x1000, MADV.normal)).toBe(-Errno.EINVAL);
    expect(sysMadvise(h.vm, 0xfffff000, 0x2000, MADV.normal)).toBe(-Errno.EINVAL);
    expect(sysMadvise(h.vm, BASE, 0, 99)).toBe(0);
    expect(sysMadvise(h.vm, BASE, 0x1000, 5)).toBe(-Errno.EINVAL);
    expect(sysMadvise(h.vm, 0x70000000, 0x1000, 5)).toBe(-Errno.ENOMEM);
    expect(sysMadvise(h.vm, BASE, 0x1000, MADV.willNeed)).toBe(-Errno.EBADF);
    expect(sysMadvise(h.vm, BASE + 0x2000, 0x2000, MADV.willNeed)).toBe(-Errno.ENOMEM);
    expect(h.cache.pageCacheSize).toBe(4);
    // Wholly beyond the end of the file.
    expect(sysMadvise(h.vm, BASE + 0x3000 + 0x4000, 0x1000, MADV.willNeed)).toBe(0);
    expect(sysMadvise(h.vm, BASE + 0x3000 + 0x4000, 0x1000, MADV.random)).toBe(0);
    expect(sysMadvise(h.vm, BASE + 0x3000 + 0x4000, 0x1000, MADV.willNeed)).toBe(-Errno.EIO);
    h.task.rlimCur[RLIMIT.rss] = 1;
    expect(sysMadvise(h.vm, BASE + 0x3000, 0x2000, MADV.willNeed)).toBe(-Errno.EIO);
    sysMlock(h.vm, BASE, 0x1000);
    expect(sysMadvise(h.vm, BASE, 0x1000, MADV.dontNeed)).toBe(-Errno.EINVAL);
    h.vm.sysctls.maxMapCount = h.mm.mapCount - 1;
    expect(sysMadvise(h.vm, BASE, 0x1000, MADV.normal)).toBe(-Errno.ENOMEM);
    checkVmas(h.mm);
  });

  it('WILLNEED reads aligned clusters of 2^page_cluster pages; with MADV_RANDOM single pages', () => {
    const h = makeHarness();
    h.cache.pageCluster = 2;
    const fd = openAs(h, makeFile(h, 32));
    sysMmap2(h.vm, BASE, 0x20000, PROT.read, MAP.private | F, fd, 0);
    expect(sysMadvise(h.vm, BASE + 0x5000, 0x1000, MADV.willNeed)).toBe(0);
    const vec = new Uint8Array(12);
    expect(sysMincore(h.vm, BASE, 0xc000, vec)).toBe(0);
    expect([...vec]).toEqual([0, 0, 0, 0, 1, 1, 1, 1, 0, 0, 0, 0]);
    sysMadvise(h.vm, BASE, 0x20000, MADV.random);
    expect(sysMadvise(h.vm, BASE + 0x9000, 0x1000, MADV.willNeed)).toBe(0);
    sysMincore(h.vm, BASE, 0xc000, vec);
    expect([...vec]).toEqual([0, 0, 0, 0, 1, 1, 1, 1, 0, 1, 0, 0]);
    expect(h.mm.rss).toBe(0);
  });

  it('WILLNEED without readpage: -EBADF since 2.4.22, before the size is looked at', () => {
    for (const [rules, result] of [
      [undefined, -Errno.EBADF],
      [RULES_2_4_20, -Errno.EIO],
    ] as const) {
      const h = makeHarness(rules ? { rules } : {});
      const file = makeFile(h, 0);
      sysMmap2(h.vm, BASE, 0x1000, PROT.read, MAP.private | F, openAs(h, file), 0);
      Object.assign(file.inode.mapping, { ops: {} });
      expect(sysMadvise(h.vm, BASE, 0x1000, MADV.willNeed)).toBe(result);
    }
  });

  it('DONTNEED: anonymous data is lost, file pages come back', () => {
    const h = makeHarness();
    const before = free(h);
    anon(h, BASE, 0x2000);
    store(h, BASE, 5);
    expect(sysMadvise(h.vm, BASE, 0x2000, MADV.dontNeed)).toBe(0);
    expect([h.mm.rss, load(h, BASE)]).toEqual([0, 0]);
    sysMunmap(h.vm, BASE, 0x2000);
    expect(free(h)).toBe(before);
  });

  it('mincore: holes take no place in the vector; anonymous areas end it', () => {
    const h = makeHarness();
    h.cache.pageCluster = 0;
    const fd = openAs(h, makeFile(h, 8));
    sysMmap2(h.vm, BASE, 0x2000, PROT.read, MAP.private | F, fd, 0);
    sysMmap2(h.vm, BASE + 0x3000, 0x2000, PROT.read, MAP.private | F, fd, 4);
    expect([load(h, BASE + 0x1000), load(h, BASE + 0x3000)]).toEqual([1, 4]);
    const vec = new Uint8Array(8).fill(9);
    expect(sysMincore(h.vm, BASE, 0x5000, vec)).toBe(-Errno.ENOMEM);
    expect([...vec]).toEqual([0, 1, 1, 0, 9, 9, 9, 9]);
    expect(sysMincore(h.vm, BASE, 0x2000, new Uint8Array(1))).toBe(-Errno.EFAULT);
    expect(sysMincore(h.vm, BASE, 0x2000, () => 1)).toBe(-Errno.EFAULT);
    expect(sysMincore(h.vm, BASE + 1, 0x2000, vec)).toBe(-Errno.EINVAL);
    expect(sysMincore(h.vm, BASE, 0, vec)).toBe(0);
    anon(h, 0x50000000, 0x1000);
    expect(sysMincore(h.vm, 0x50000000, 0x1000, vec)).toBe(-Errno.ENOMEM);
    h.allocator.failAlloc(1);
    expect(sysMincore(h.vm, BASE, 0x2000, vec)).toBe(-Errno.EAGAIN);
  });

  it('msync moves the dirty bits to the pages and writes them', () => {
    const written: number[] = [];
    const h = makeHarness();
    const file = makeFile(h, 8, FMODE.read | FMODE.write, {
      writepage: (_inode, pfn) => {
        written.push(h.vm.memMap.index[pfn] as number);
        h.cache.unlockPage(pfn);
        return 0;
      },
    });
    sysMmap2(h.vm, BASE, 0x4000, RW, MAP.shared | F, openAs(h, file), 2);
    store(h, BASE, 1);
    store(h, BASE + 0x3000, 1);
    load(h, BASE + 0x1000);
    expect(pte(h, BASE) & PTE.dirty).toBe(PTE.dirty);
    expect(sysMsync(h.vm, BASE, 0x4000, MS.invalidate)).toBe(0);
    expect(written).toEqual([]);
    expect([pte(h, BASE) & PTE.dirty, pte(h, BASE + 0x3000) & PTE.dirty]).toEqual([0, 0]);
    const pfn = h.cache.findPage(file.inode.mapping, 2);
    expect(h.cache.testFlags(pfn, PG.dirty)).toBe(true);
    // The flush made the CPU forget: the next store sets the bit again.
    store(h, BASE, 2);
    expect(pte(h, BASE) & PTE.dirty).toBe(PTE.dirty);
    expect(sysMsync(h.vm, BASE, 0x4000, MS.sync)).toBe(0);
    expect(written.sort()).toEqual([2, 5]);
    expect(h.cache.testFlags(pfn, PG.dirty)).toBe(false);
  });

  it('msync: errors', () => {
    const h = makeHarness();
    anon(h, BASE, 0x1000);
    expect(sysMsync(h.vm, BASE + 1, 0x1000, 0)).toBe(-Errno.EINVAL);
    expect(sysMsync(h.vm, BASE, 0x1000, 8)).toBe(-Errno.EINVAL);
    expect(sysMsync(h.vm, BASE, 0x1000, MS.async | MS.sync)).toBe(-Errno.EINVAL);
    expect(sysMsync(h.vm, BASE, 0, MS.sync)).toBe(0);
    expect(sysMsync(h.vm, BASE, 0x1000, MS.sync)).toBe(0);
    expect(sysMsync(h.vm, BASE, 0x2000, MS.sync)).toBe(-Errno.ENOMEM);
    sysMlock(h.vm, BASE, 0x1000);
    expect(sysMsync(h.vm, BASE, 0x1000, MS.invalidate)).toBe(-Errno.EBUSY);
  });
});

describe('/dev/zero, overcommit, traces', () => {
  it('a private mapping of /dev/zero enters the zero page at once, write-protected, not resident', () => {
    const h = makeHarness();
    const before = free(h);
    const zero = { ...makeFile(h, 0), mmapKind: 'devzero' as const };
    const fd = openAs(h, zero);
    expect(sysMmap2(h.vm, BASE, 0x3000, RW, MAP.private | F, fd, 0)).toBe(BASE);
    expect([pte(h, BASE), pte(h, BASE + 0x2000), h.mm.rss]).toEqual([0x025, 0x025, 0]);
    expect([load(h, BASE), store(h, BASE, 3), load(h, BASE)]).toEqual([0, true, 3]);
    expect(h.mm.rss).toBe(1);
    h.allocator.failAlloc(1);
    expect(sysMmap2(h.vm, 0x50000000, 0x1000, RW, MAP.private | F, fd, 0)).toBe(-Errno.EAGAIN);
    expect(zero.count).toBe(2);
    sysMunmap(h.vm, BASE, 0x3000);
    expect([zero.count, free(h)]).toEqual([1, before]);
  });

  it('sheet 2, B6: what there is must be more than what is asked', () => {
    const h = makeHarness({ swapPages: 1000 });
    const vm = h.vm as unknown as { ports: object };
    vm.ports = { ...h.vm.ports, swapCachePages: () => 50, shrinkableSlabPages: () => 26 + 56 };
    h.cache.pageCacheSize = 2000;
    while (h.allocator.nrFreePages() > 500) h.allocator.allocPages(0, 0);
    expect(vmEnoughMemory(h.vm, 3631)).toBe(true);
    expect(vmEnoughMemory(h.vm, 3632)).toBe(false);
    h.trace.on = true;
    const refused = sysMmap2(h.vm, 0, 3632 * 4096, RW, A, -1, 0);
    expect(refused).toBe(-Errno.ENOMEM);
    const event = [...h.trace.events()].find(({ name }) => name === 'vm_enough_memory');
    expect(event?.values).toEqual({
      pages: 3632,
      free: 3632,
      page_cache: 2000,
      free_pages: 500,
      swap: 1000,
      swap_cache: 50,
      slab: 82,
      outcome: 0,
    });
    expect(sysMmap2(h.vm, 0, 3632 * 4096, RW, A | MAP.noReserve, -1, 0)).toBe(BASE);
    expect(sysMmap2(h.vm, 0, 3632 * 4096, PROT.read, A, -1, 0)).toBe(BASE + 3632 * 4096);
    h.vm.sysctls.overcommitMemory = 1;
    expect(vmEnoughMemory(h.vm, 1e6)).toBe(true);
  });

  it('records the calls, where they were put and why they merged or not', () => {
    const h = makeHarness();
    h.trace.on = true;
    sysMmap2(h.vm, 0, 0x1000, RW, A, -1, 0);
    sysMmap2(h.vm, 0, 0x1000, PROT.read, A, -1, 0);
    sysMmap2(h.vm, 0, 0x1000, PROT.read, A, -1, 0);
    const events = [...h.trace.events()].filter(({ name }) => !name.startsWith('kmem'));
    expect(events.slice(0, 5).map(({ name }) => name)).toEqual([
      'sys_enter',
      'vm_unmapped_area',
      'vm_enough_memory',
      'vma_merge',
      'sys_exit',
    ]);
    const merges = events.filter(({ name }) => name === 'vma_merge').map(({ values }) => values);
    expect(merges.map(({ outcome }) => outcome)).toEqual([0, 0, 1]);
    expect(merges[1]).toEqual({
      addr: BASE + 0x1000,
      end: BASE + 0x2000,
      flags: 0x71,
      prev_end: BASE + 0x1000,
      prev_flags: 0x73,
      next_start: 0xbffff000,
      next_flags: 0x177,
      outcome: 0,
    });
    const exits = events.filter(({ name }) => name === 'sys_exit').map(({ values }) => values['ret']);
    expect(exits).toEqual([BASE, BASE + 0x1000, BASE + 0x2000]);
    expect(h.trace.format(events[0]!)).toContain('sys_enter: nr=192 call=mmap2 arg0=0 arg1=1000');
  });

  it('gives all memory back', () => {
    const h = makeHarness();
    anon(h, BASE, 0x400000);
    for (let i = 0; i < 64; i++) store(h, BASE + i * 0x10000, i);
    sysMprotect(h.vm, BASE + 0x5000, 0x7000, PROT.read);
    sysMremap(h.vm, BASE + 0x10000, 0x20000, 0x40000, MREMAP.mayMove, 0);
    const fresh = makeHarness();
    expect(tearDown(h)).toBe(tearDown(fresh));
  });
});
