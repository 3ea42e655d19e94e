/**
 * A machine just large enough for the address space room: real page allocator, page tables, MMU and page cache; no boot,
 * no shared memory, no swap.
 */

import { mmAlloc } from '../../src/address-space/mm-life.ts';
import type { MmStruct } from '../../src/address-space/mm-struct.ts';
import { MAP, PROT } from '../../src/address-space/mman.ts';
import { RLIM_INFINITY, Task } from '../../src/address-space/task.ts';
import { type AddressSpacePorts, type AddressSpaceRules, Vm } from '../../src/address-space/vm.ts';
import { protectionOf, VM, VM_STACK_FLAGS, type Vma } from '../../src/address-space/vma.ts';
import { freeVma, newVma } from '../../src/address-space/vma-alloc.ts';
import { insertVmStruct } from '../../src/address-space/vma-link.ts';
import { zapPageRange } from '../../src/address-space/zap.ts';
import { Errno } from '../../src/errno.ts';
import { Clock } from '../../src/hardware/clock.ts';
import { Mmu } from '../../src/hardware/mmu.ts';
import { PhysicalMemory } from '../../src/hardware/physical-memory.ts';
import { ClassZoneAllocator } from '../../src/page-allocator/class-zone-allocator.ts';
import { GFP_HIGHUSER } from '../../src/page-allocator/gfp.ts';
import type { PageAllocator } from '../../src/page-allocator/page-allocator.ts';
import { NO_RECLAIM } from '../../src/page-allocator/ports.ts';
import type { AddressSpaceOperations } from '../../src/page-cache/address-space.ts';
import { type File, FMODE, type Inode } from '../../src/page-cache/inode.ts';
import { PageCache } from '../../src/page-cache/page-cache.ts';
import { I386PageTables } from '../../src/page-tables/i386-page-tables.ts';
import { PaePageTables } from '../../src/page-tables/pae-page-tables.ts';
import { TlbFlushI386 } from '../../src/page-tables/tlb-flush.ts';
import { MemMap, PG } from '../../src/physical/mem-map.ts';
import { PhysicalNode } from '../../src/physical/node.ts';
import { addressSpaceRules } from '../../src/release/address-space-rules.ts';
import { slabPgds } from '../../src/slab/pae-pgd.ts';
import { Trace } from '../../src/trace/trace.ts';
import { makeSlab, shrinkAll } from './slab-rig.ts';

export const RULES_2_4_22 = addressSpaceRules('2.4.22');
export const RULES_2_4_20 = addressSpaceRules('2.4.20');
export const RULES_2_4_0 = addressSpaceRules('2.4.0');

const SWAPPER_PG_DIR = 1;
const ZERO_PAGE = 2;
const FIRST_FREE = 16;

/** PROT_READ | PROT_WRITE */
export const RW = PROT.read | PROT.write;
/** MAP_PRIVATE | MAP_ANONYMOUS: the sheet's "A". */
export const A = MAP.private | MAP.anonymous;
/** MAP_FIXED: the sheet's "F". */
export const F = MAP.fixed;

export interface HarnessOptions {
  readonly rules?: AddressSpaceRules;
  /** Page frames of RAM. */
  readonly frames?: number;
  /** What the machine claims to have free as swap: makes room for large mappings. */
  readonly swapPages?: number;
  /** Page tables with 64-bit entries. */
  readonly pae?: boolean;
  /** Leave the stack area out. */
  readonly withoutStack?: boolean;
}

export interface Harness {
  readonly vm: Vm;
  readonly mm: MmStruct;
  readonly task: Task;
  readonly mmu: Mmu;
  readonly allocator: PageAllocator;
  readonly cache: PageCache;
  readonly trace: Trace;
}

function ports(options: HarnessOptions): AddressSpacePorts {
  return {
    shmemZeroSetup: () => -Errno.ENODEV,
    shmemMmap: () => -Errno.ENODEV,
    nrSwapPages: () => options.swapPages ?? 1_000_000,
    swapCachePages: () => 0,
    shrinkableSlabPages: () => 0,
    catchUp: () => {},
    vmalloc: () => 0,
    vfree: () => {
      throw new Error('there is no vmalloc');
    },
  };
}

/** A machine with one running task whose address space holds only the stack area bffff000-c0000000 (or nothing). */
export function makeHarness(options: HarnessOptions = {}): Harness {
  const frames = options.frames ?? 4096;
  const memory = new PhysicalMemory(frames);
  const memMap = new MemMap(frames);
  const clock = new Clock();
  const trace = new Trace(() => clock.now, 8192);
  const node = new PhysicalNode(memMap, [frames]);
  const allocator = new ClassZoneAllocator(node, trace);
  for (let pfn = 0; pfn < FIRST_FREE; pfn++) memMap.flags[pfn] = PG.reserved;
  for (let pfn = FIRST_FREE; pfn < frames; pfn++) {
    memMap.count[pfn] = 1;
    allocator.freePages(pfn, 0);
  }
  const mmu = new Mmu({ memory, clock, pae: options.pae === true, pse: false, pge: false });
  const swapperPgDir = SWAPPER_PG_DIR * 4096;
  const tableParts = { memory, allocator, trace, swapperPgDir };
  const pageTables = options.pae ? new PaePageTables(tableParts) : new I386PageTables(tableParts);
  const tlb = new TlbFlushI386({ memory, trace, mmus: [mmu], swapperPgDir });
  const cache = new PageCache({ memory, memMap, allocator, trace });
  allocator.ports = { ...NO_RECLAIM, lruCacheDel: (pfn) => cache.lruCacheDel(pfn) };
  const { slab, caches } = makeSlab({ memory, allocator, trace });
  if (pageTables instanceof PaePageTables) pageTables.pgds = slabPgds(slab);
  const task = new Task(2, null, 'test');
  task.rlimCur.fill(RLIM_INFINITY);
  task.rlimMax.fill(RLIM_INFINITY);
  task.rlimCur[3] = 8 * 1024 * 1024;
  const vm = new Vm({
    memory,
    memMap,
    allocator,
    pageTables,
    tlb,
    pageCache: cache,
    slab,
    caches,
    trace,
    rules: options.rules ?? RULES_2_4_22,
    ports: ports(options),
    sysctls: { overcommitMemory: 0, maxMapCount: 65536 },
    zeroPage: ZERO_PAGE,
    numPhyspages: frames,
    current: task,
  });
  const mm = mmAlloc(vm) as MmStruct;
  task.mm = mm;
  task.activeMm = mm;
  mmu.loadCr3(mm.pgd);
  if (!options.withoutStack) {
    const stack = newVma(vm, mm, 0xbffff000, 0xc0000000, VM_STACK_FLAGS, protectionOf(VM_STACK_FLAGS)) as Vma;
    insertVmStruct(vm, mm, stack);
    mm.totalVm = 1;
  }
  return { vm, mm, task, mmu, allocator, cache, trace };
}

/** An ordinary file of `pages` pages; page n is filled with byte n. */
export function makeFile(
  harness: Harness,
  pages: number,
  mode: number = FMODE.read | FMODE.write,
  ops: Partial<AddressSpaceOperations> = {},
): File {
  const { cache, vm } = harness;
  let inode: Inode | null = null;
  const mapping = cache.newMapping(
    null,
    {
      readpage: (_inode, pfn) => {
        const index = vm.memMap.index[pfn] as number;
        vm.memory.bytes.fill(index & 0xff, pfn * 4096, pfn * 4096 + 4096);
        cache.setFlags(pfn, PG.uptodate);
        cache.unlockPage(pfn);
        return 0;
      },
      writepage: (_inode, pfn) => {
        cache.unlockPage(pfn);
        return 0;
      },
      ...ops,
    },
    GFP_HIGHUSER,
  );
  inode = { ino: 77, dev: 0x0301, kind: 'regular', size: pages * 4096, nlink: 1, writecount: 0, mapping };
  return { inode, mode, append: false, path: '/lib/test.so', count: 1, mmapKind: 'file' };
}

/** Opens `file` as a descriptor of the running task. */
export function openAs(harness: Harness, file: File): number {
  return harness.task.files.push(file) - 1;
}

const hex = (value: number) => value.toString(16).padStart(8, '0');

/**
 * The areas as the sheets write them, without the stack: `40000000-40004000 rw-`, ` [pgoff in bytes]` only if not 0,
 * ` 's'` for shared ones, ` +flags` for flags beyond protection, MAY bits and sharing.
 */
export function areas(mm: MmStruct): string[] {
  const lines: string[] = [];
  for (let vma = mm.mmap; vma !== null; vma = vma.vmNext) {
    if (vma.vmEnd === 0xc0000000 && vma.vmFlags & VM.growsDown) continue;
    const f = vma.vmFlags;
    const prot = `${f & 1 ? 'r' : '-'}${f & 2 ? 'w' : '-'}${f & 4 ? 'x' : '-'}${f & VM.mayShare ? 's' : ''}`;
    const offset = vma.vmPgoff === 0 ? '' : ` [${((vma.vmPgoff * 4096) >>> 0).toString(16)}]`;
    const rest = f & ~0xff;
    lines.push(
      `${hex(vma.vmStart)}-${hex(vma.vmEnd)} ${prot}${offset}${rest ? ` +${rest.toString(16)}` : ''}`,
    );
  }
  return lines;
}

/** Unmaps everything and gives the page tables back; returns the free pages then. */
export function tearDown(harness: Harness): number {
  const { vm, mm, allocator } = harness;
  for (let vma = mm.mmap; vma !== null; vma = vma.vmNext) {
    zapPageRange(vm, mm, vma.vmStart, vma.vmEnd - vma.vmStart);
    freeVma(vm, vma);
  }
  vm.pageTables.clearPageTables(mm.pgd, 0, vm.pageTables.userPgdEntries);
  vm.pageTables.pgdFree(mm.pgd);
  vm.slab.kmemCacheFree(vm.caches.mm, mm.slabAddr);
  shrinkAll(vm.slab);
  return allocator.nrFreePages() + vm.pageTables.cachedTables;
}
