/** A small machine for tests of faults, fork, exec and exit: 16 MiB, no boot, files as plain byte arrays. */
import { expect } from 'vitest';
import { checkAddressSpaces } from '../../src/address-space/check.ts';
import { doExit, releaseTask } from '../../src/address-space/exit.ts';
import { allocTaskStruct, doFork } from '../../src/address-space/fork.ts';
import { mmAlloc, mmlistAdd } from '../../src/address-space/mm-life.ts';
import type { MmStruct } from '../../src/address-space/mm-struct.ts';
import { doPageFault } from '../../src/address-space/page-fault.ts';
import { RLIM_INFINITY, RLIMIT, Task } from '../../src/address-space/task.ts';
import { getUser } from '../../src/address-space/user-struct.ts';
import { CLONE } from '../../src/address-space/vfork.ts';
import { type AddressSpaceRules, Vm } from '../../src/address-space/vm.ts';
import { protectionOf, VM_STACK_FLAGS, type Vma } from '../../src/address-space/vma.ts';
import { newVma } from '../../src/address-space/vma-alloc.ts';
import { insertVmStruct } from '../../src/address-space/vma-link.ts';
import { Clock } from '../../src/hardware/clock.ts';
import { Mmu } from '../../src/hardware/mmu.ts';
import { PhysicalMemory } from '../../src/hardware/physical-memory.ts';
import { ClassZoneAllocator } from '../../src/page-allocator/class-zone-allocator.ts';
import { GFP_HIGHUSER } from '../../src/page-allocator/gfp.ts';
import type { PageAllocator } from '../../src/page-allocator/page-allocator.ts';
import { NO_RECLAIM } from '../../src/page-allocator/ports.ts';
import type { AddressSpace } from '../../src/page-cache/address-space.ts';
import type { File, Inode } from '../../src/page-cache/inode.ts';
import { PageCache } from '../../src/page-cache/page-cache.ts';
import { I386PageTables } from '../../src/page-tables/i386-page-tables.ts';
import { PaePageTables } from '../../src/page-tables/pae-page-tables.ts';
import type { PageTables } from '../../src/page-tables/page-tables.ts';
import { TlbFlushI386 } from '../../src/page-tables/tlb-flush.ts';
import { MemMap, PG } from '../../src/physical/mem-map.ts';
import { PhysicalNode } from '../../src/physical/node.ts';
import { addressSpaceRules } from '../../src/release/address-space-rules.ts';
import { slabPgds } from '../../src/slab/pae-pgd.ts';
import { Trace } from '../../src/trace/trace.ts';
import { makeSlab, shrinkAll } from './slab-rig.ts';

const FRAMES = 4096;
const SWAPPER = 1;
const ZERO_PAGE = 2;

export interface MachineOptions {
  /** Page tables with 64-bit entries. */
  readonly pae?: boolean;
  readonly contentFree?: boolean;
  /** Default: those of 2.4.22. */
  readonly rules?: AddressSpaceRules;
}

export class FaultMachine {
  readonly memory: PhysicalMemory;
  readonly memMap = new MemMap(FRAMES);
  readonly trace = new Trace(() => 0, 65536);
  readonly allocator: PageAllocator;
  readonly pageCache: PageCache;
  readonly pageTables: PageTables;
  readonly mmu: Mmu;
  readonly vm: Vm;
  readonly tasks: Task[] = [];
  /** Free pages before the first task. */
  readonly freeAtStart: number;

  constructor(options: MachineOptions = {}) {
    const pae = options.pae === true;
    const memMap = this.memMap;
    const memory = new PhysicalMemory(FRAMES, options.contentFree);
    this.memory = memory;
    const trace = this.trace;
    const allocator = new ClassZoneAllocator(new PhysicalNode(memMap, [1024, FRAMES - 1024, 0]), trace);
    this.allocator = allocator;
    this.pageCache = new PageCache({ memory, memMap, allocator, trace });
    allocator.ports = { ...NO_RECLAIM, lruCacheDel: (pfn) => this.pageCache.lruCacheDel(pfn) };
    for (let pfn = 0; pfn < 16; pfn++) memMap.flags[pfn] = PG.reserved;
    for (let pfn = 16; pfn < FRAMES; pfn++) allocator.freePagesOk(pfn, 0);
    const parts = { memory, allocator, trace, swapperPgDir: SWAPPER * 4096 };
    this.pageTables = pae ? new PaePageTables(parts) : new I386PageTables(parts);
    const slabs = makeSlab({ memory, allocator, trace });
    if (this.pageTables instanceof PaePageTables) this.pageTables.pgds = slabPgds(slabs.slab);
    this.mmu = new Mmu({ memory, clock: new Clock(), pae, pse: true, pge: true });
    const idle = new Task(0, null, 'swapper');
    this.vm = new Vm({
      memory,
      memMap,
      allocator,
      pageTables: this.pageTables,
      tlb: new TlbFlushI386({ memory, trace, mmus: [this.mmu], swapperPgDir: SWAPPER * 4096 }),
      pageCache: this.pageCache,
      ...slabs,
      trace,
      rules: options.rules ?? addressSpaceRules('2.4.22'),
      ports: {
        shmemZeroSetup: () => -12,
        shmemMmap: () => -12,
        nrSwapPages: () => 0,
        swapCachePages: () => 0,
        shrinkableSlabPages: () => 0,
        catchUp: () => {},
        vmalloc: () => 0,
        vfree: () => {},
      },
      sysctls: { overcommitMemory: 0, maxMapCount: 65536 },
      zeroPage: ZERO_PAGE,
      numPhyspages: FRAMES,
      current: idle,
    });
    this.vm.initMm.mmUsers = 2;
    idle.activeMm = this.vm.initMm;
    this.freeAtStart = allocator.nrFreePages();
  }

  /** A task with an empty address space and, with `stack`, the page below the top as its stack. It runs. */
  spawn(pid: number, stack = true): Task {
    const { vm } = this;
    const task = new Task(pid, null, `task${pid}`);
    task.rlimCur.fill(RLIM_INFINITY);
    task.rlimMax.fill(RLIM_INFINITY);
    task.rlimCur[RLIMIT.stack] = 8 << 20;
    expect(allocTaskStruct(vm, task)).toBe(0);
    vm.nrThreads++;
    getUser(vm, 0);
    const mm = mmAlloc(vm) as MmStruct;
    mmlistAdd(vm, mm, vm.initMm);
    task.mm = mm;
    task.activeMm = mm;
    task.esp = 0xbffff000;
    this.tasks.push(task);
    this.run(task);
    if (stack) this.area(0xbffff000, 0xc0000000, VM_STACK_FLAGS);
    return task;
  }

  /** Switches to a task. */
  run(task: Task): void {
    this.allocator.currentFlags = task.flags;
    this.vm.current = task;
    this.trace.pid = task.pid;
    this.mmu.loadCr3(task.activeMm?.pgd ?? this.pageTables.swapperPgDir);
  }

  /** Adds an area to the running task. */
  area(start: number, end: number, flags: number, set: (vma: Vma) => void = () => {}): Vma {
    const mm = this.vm.current.mm as MmStruct;
    const vma = newVma(this.vm, mm, start, end, flags, protectionOf(flags)) as Vma;
    set(vma);
    insertVmStruct(this.vm, mm, vma);
    mm.totalVm += (end - start) / 4096;
    return vma;
  }

  fork(pid: number, cloneVm = false): Task {
    const child = doFork(this.vm, pid, cloneVm ? CLONE.vm : 0);
    if (typeof child === 'number') throw new Error(`fork failed: ${child}`);
    this.tasks.push(child);
    return child;
  }

  /** Ends a task and frees what is left of it. */
  exit(task: Task): void {
    this.run(task);
    doExit(this.vm, task, 0);
    const { vm } = this;
    vm.current = new Task(0, null, 'swapper');
    this.allocator.currentFlags = 0;
    this.mmu.loadCr3(this.pageTables.swapperPgDir);
    releaseTask(vm, task);
    this.tasks.splice(this.tasks.indexOf(task), 1);
  }

  /** An access of user code by the running task: the word index, minus the signal that was sent, or -100 plus what else the fault gave. */
  access(addr: number, write: 0 | 1): number {
    for (let tries = 0; tries < 4; tries++) {
      const base = this.mmu.translate(addr, write, 1);
      if (base >= 0) return base + ((addr & 4095) >>> 2);
      const result = doPageFault(this.vm, addr, this.mmu.errorCode);
      if (result !== 0) return result > 0 ? -result : result - 100;
    }
    throw new Error(`the fault at ${addr.toString(16)} does not end`);
  }

  read(addr: number): number {
    const at = this.access(addr, 0);
    return at < 0 ? at : (this.memory.words[at] as number);
  }

  write(addr: number, value: number): number {
    const at = this.access(addr, 1);
    if (at >= 0) this.memory.words[at] = value;
    return Math.min(at, 0);
  }

  /** Low 12 bits of an entry of a task, 0 = none. */
  pte(task: Task, addr: number): number {
    const entry = this.pageTables.pteOffset((task.mm as MmStruct).pgd, addr);
    return entry === 0 ? 0 : (this.memory.words[entry] as number) & 0xfff;
  }

  pfn(task: Task, addr: number): number {
    return this.pageTables.ptePfn(this.pageTables.pteOffset((task.mm as MmStruct).pgd, addr));
  }

  count(pfn: number): number {
    return this.memMap.count[pfn] as number;
  }

  /** A file whose pages come into the page cache filled with `content`, repeated. */
  file(path: string, ino: number, content: Uint8Array): File {
    const { memory, pageCache } = this;
    const inode: Inode = {
      ino,
      dev: 0x301,
      kind: 'regular',
      size: content.length,
      nlink: 1,
      writecount: 0,
      mapping: null as unknown as AddressSpace,
    };
    const readpage = (_inode: Inode, pfn: number) => {
      const at = memory.base(pfn) * 4;
      const from = (this.memMap.index[pfn] as number) * 4096;
      memory.bytes.fill(0, at, at + 4096);
      memory.bytes.set(content.subarray(from, from + 4096), at);
      pageCache.setFlags(pfn, PG.uptodate);
      pageCache.unlockPage(pfn);
      return 0;
    };
    const mapping = pageCache.newMapping(inode, { readpage, writepage: () => 0 }, GFP_HIGHUSER);
    Object.assign(inode, { mapping });
    return { inode, mode: 1, append: false, path, count: 1, mmapKind: 'file' };
  }

  /** Drops all cached pages of a file. */
  dropFile(file: File): void {
    const { mapping } = file.inode;
    for (const head of [mapping.cleanPages, mapping.dirtyPages]) {
      while ((this.memMap.next[head] as number) !== head) {
        const pfn = this.memMap.next[head] as number;
        this.pageCache.removeFromPageCache(pfn);
        this.allocator.putPage(pfn);
      }
    }
  }

  check(): void {
    checkAddressSpaces(this.vm, this.tasks);
  }

  /** All tasks are gone: every page but the cached page tables is free. */
  expectNothingLeft(): void {
    expect(this.tasks).toEqual([]);
    shrinkAll(this.vm.slab);
    expect(this.allocator.nrFreePages() + this.pageTables.cachedTables).toBe(this.freeAtStart);
    expect(this.pageCache.nrActivePages + this.pageCache.nrInactivePages).toBe(0);
    expect(this.vm.initMm.mmlistNext).toBe(this.vm.initMm);
  }
}
