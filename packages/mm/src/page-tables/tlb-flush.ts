import type { Mmu } from '../hardware/mmu.ts';
import type { PhysicalMemory } from '../hardware/physical-memory.ts';
import type { Trace } from '../trace/trace.ts';
import type { Addr, Pfn } from '../types.ts';
import type { TlbFlush } from './page-tables.ts';
import {
  FLUSH_CACHE_MM,
  FLUSH_CACHE_PAGE,
  FLUSH_CACHE_RANGE,
  FLUSH_DCACHE_PAGE,
  FLUSH_ICACHE_PAGE,
  FLUSH_PAGE_TO_RAM,
  FLUSH_TLB_ALL,
  FLUSH_TLB_MM,
  FLUSH_TLB_PAGE,
  FLUSH_TLB_PGTABLES,
  FLUSH_TLB_RANGE,
  LEAVE_MM,
  SWITCH_MM,
  UPDATE_MMU_CACHE,
} from './tracepoints.ts';

/** What the flush calls work on. */
export interface TlbFlushParts {
  readonly memory: PhysicalMemory;
  readonly trace: Trace;
  /** One a CPU. More than one makes it an SMP kernel. */
  readonly mmus: readonly Mmu[];
  readonly swapperPgDir: number;
}

/**
 * TLB flushes of i386: a flush of an address space reloads cr3 on the CPUs that have it loaded, and does nothing on others.
 * The cache flush calls are empty, as i386 caches are coherent: they are only traced.
 *
 * Linux asks `mm == current->active_mm`, and on SMP the mm's cpu_vm_mask; here the question is put to the hardware: is this
 * page directory in that CPU's cr3? That is the same as long as a loaded page directory is not freed.
 *
 * Lazy mode (SMP): a CPU that runs a kernel thread keeps the last address space loaded. The first flush that reaches it
 * makes it leave that address space, so that no more follow; {@link switchMm} loads it again.
 * @linux 2.4.22 include/asm-i386/pgalloc.h; arch/i386/kernel/smp.c
 */
export class TlbFlushI386 implements TlbFlush {
  private readonly memory: PhysicalMemory;
  private readonly trace: Trace;
  private readonly mmus: readonly Mmu[];
  private readonly swapperPgDir: number;
  private readonly smp: boolean;
  // Per CPU: 1 in lazy mode. @linux cpu_tlbstate[].state
  private readonly lazy: Uint8Array;

  constructor(parts: TlbFlushParts) {
    this.memory = parts.memory;
    this.trace = parts.trace;
    this.mmus = parts.mmus;
    this.swapperPgDir = parts.swapperPgDir;
    this.smp = parts.mmus.length > 1;
    this.lazy = new Uint8Array(parts.mmus.length);
  }

  /**
   * Makes `pgd` the address space of a CPU. Loading the one that is loaded already costs nothing.
   * @linux switch_mm(), activate_mm()
   */
  switchMm(cpu: number, pgd: number): void {
    const mmu = this.mmus[cpu] as Mmu;
    const lazy = this.lazy[cpu] as number;
    this.lazy[cpu] = 0;
    if (mmu.cr3 === pgd) return;
    if (this.trace.on) this.trace.emit(SWITCH_MM, cpu, mmu.cr3, pgd, lazy);
    mmu.loadCr3(pgd);
  }

  /** A CPU begins to run a kernel thread on a borrowed address space. Empty on one CPU. @linux enter_lazy_tlb() */
  enterLazyTlb(cpu: number): void {
    if (this.smp) this.lazy[cpu] = 1;
  }

  flushTlbAll(): void {
    for (let cpu = 0; cpu < this.mmus.length; cpu++) {
      const mmu = this.mmus[cpu] as Mmu;
      mmu.flushAll();
      if (this.lazy[cpu] === 1) this.leaveMm(cpu, mmu);
    }
    if (this.trace.on) this.trace.emit(FLUSH_TLB_ALL, this.mmus.length);
  }

  flushTlbMm(pgd: number): void {
    const cpus = this.flushMm(pgd);
    if (this.trace.on) this.trace.emit(FLUSH_TLB_MM, pgd, cpus);
  }

  flushTlbRange(pgd: number, start: Addr, end: Addr): void {
    const cpus = this.flushMm(pgd);
    if (this.trace.on) this.trace.emit(FLUSH_TLB_RANGE, pgd, start, end, cpus);
  }

  flushTlbPage(pgd: number, addr: Addr): void {
    let cpus = 0;
    for (let cpu = 0; cpu < this.mmus.length; cpu++) {
      const mmu = this.mmus[cpu] as Mmu;
      if (mmu.cr3 !== pgd) continue;
      if (this.lazy[cpu] === 1) this.leaveMm(cpu, mmu);
      else mmu.invlpg(addr);
      cpus++;
    }
    if (this.trace.on) this.trace.emit(FLUSH_TLB_PAGE, pgd, addr, cpus);
  }

  flushTlbPgtables(pgd: number, start: Addr, end: Addr): void {
    const cpus = this.flushMm(pgd);
    if (this.trace.on) this.trace.emit(FLUSH_TLB_PGTABLES, pgd, start, end, cpus);
  }

  flushCacheMm(pgd: number): void {
    if (this.trace.on) this.trace.emit(FLUSH_CACHE_MM, pgd);
  }

  flushCacheRange(pgd: number, start: Addr, end: Addr): void {
    if (this.trace.on) this.trace.emit(FLUSH_CACHE_RANGE, pgd, start, end);
  }

  flushCachePage(pgd: number, addr: Addr): void {
    if (this.trace.on) this.trace.emit(FLUSH_CACHE_PAGE, pgd, addr);
  }

  flushDcachePage(pfn: Pfn): void {
    if (this.trace.on) this.trace.emit(FLUSH_DCACHE_PAGE, pfn);
  }

  flushPageToRam(pfn: Pfn): void {
    if (this.trace.on) this.trace.emit(FLUSH_PAGE_TO_RAM, pfn);
  }

  flushIcachePage(pgd: number, pfn: Pfn): void {
    if (this.trace.on) this.trace.emit(FLUSH_ICACHE_PAGE, pgd, pfn);
  }

  updateMmuCache(pgd: number, addr: Addr, entry: number): void {
    if (this.trace.on) {
      this.trace.emit(UPDATE_MMU_CACHE, pgd, addr, (this.memory.words[entry] as number) >>> 0);
    }
  }

  /** Flushes every CPU that has `pgd` loaded; how many. */
  private flushMm(pgd: number): number {
    let cpus = 0;
    for (let cpu = 0; cpu < this.mmus.length; cpu++) {
      const mmu = this.mmus[cpu] as Mmu;
      if (mmu.cr3 !== pgd) continue;
      if (this.lazy[cpu] === 1) this.leaveMm(cpu, mmu);
      else mmu.reloadCr3();
      cpus++;
    }
    return cpus;
  }

  private leaveMm(cpu: number, mmu: Mmu): void {
    if (this.trace.on) this.trace.emit(LEAVE_MM, cpu, mmu.cr3);
    mmu.loadCr3(this.swapperPgDir);
  }
}
