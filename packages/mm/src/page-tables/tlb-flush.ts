import type { Mmu } from '../hardware/mmu.ts';
import type { PhysicalMemory } from '../hardware/physical-memory.ts';
import type { Trace } from '../trace/trace.ts';
import type { Addr, Pfn } from '../types.ts';
import type { TlbFlush } from './page-tables.ts';
import {
  ENTER_LAZY_TLB,
  FLUSH_CACHE_MM,
  FLUSH_CACHE_PAGE,
  FLUSH_CACHE_RANGE,
  FLUSH_DCACHE_PAGE,
  FLUSH_ICACHE_PAGE,
  FLUSH_PAGE_TO_RAM,
  FLUSH_TLB_ALL,
  FLUSH_TLB_ALL_IPI,
  FLUSH_TLB_MM,
  FLUSH_TLB_OTHERS,
  FLUSH_TLB_PAGE,
  FLUSH_TLB_PGTABLES,
  FLUSH_TLB_RANGE,
  LEAVE_MM,
  SMP_INVALIDATE_INTERRUPT,
  SWITCH_MM,
  UPDATE_MMU_CACHE,
} from './tracepoints.ts';

/** Instead of an address: everything. @linux FLUSH_ALL */
const ALL = 0xffffffff;

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
 * Several CPUs: the running one drops its own entries and sends an interrupt to those others that have the address space
 * loaded. It waits for them, so the interrupts have arrived when a flush returns. TLBs are not kept equal in any other way: a
 * CPU that nobody told goes on with what it has.
 *
 * Lazy mode (SMP): a CPU that runs a kernel thread keeps the last address space loaded. The first flush that reaches it
 * makes it leave that address space, so that no more follow; {@link switchMm} loads it again.
 * @linux 2.4.22 include/asm-i386/pgalloc.h; arch/i386/kernel/smp.c
 */
export class TlbFlushI386 implements TlbFlush {
  /** The running CPU: the scheduler sets it. */
  cpu = 0;
  /** Called when a CPU leaves an address space: its bit in cpu_vm_mask is to be cleared. */
  onLeaveMm: (cpu: number) => void = () => {};
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

  /** A CPU begins to run without an address space of its own, on the one it has. Empty on one CPU. @linux enter_lazy_tlb() */
  enterLazyTlb(cpu = this.cpu): void {
    if (!this.smp || this.lazy[cpu] === 1) return;
    this.lazy[cpu] = 1;
    if (this.trace.on) this.trace.emit(ENTER_LAZY_TLB, cpu, (this.mmus[cpu] as Mmu).cr3);
  }

  /** Whether a CPU is in lazy mode. @linux cpu_tlbstate[].state == TLBSTATE_LAZY */
  isLazy(cpu: number): boolean {
    return this.lazy[cpu] === 1;
  }

  flushTlbAll(): void {
    for (let cpu = 0; cpu < this.mmus.length; cpu++) {
      const mmu = this.mmus[cpu] as Mmu;
      const lazy = this.lazy[cpu] as number;
      if (cpu !== this.cpu && this.trace.on) this.trace.emit(FLUSH_TLB_ALL_IPI, cpu, lazy);
      mmu.flushAll();
      if (lazy === 1) this.leaveMm(cpu, mmu);
    }
    if (this.trace.on) this.trace.emit(FLUSH_TLB_ALL, this.mmus.length);
  }

  flushTlbMm(pgd: number): void {
    const cpus = this.flushMm(pgd, ALL);
    if (this.trace.on) this.trace.emit(FLUSH_TLB_MM, pgd, cpus);
  }

  flushTlbRange(pgd: number, start: Addr, end: Addr): void {
    const cpus = this.flushMm(pgd, ALL);
    if (this.trace.on) this.trace.emit(FLUSH_TLB_RANGE, pgd, start, end, cpus);
  }

  flushTlbPage(pgd: number, addr: Addr): void {
    const cpus = this.flushMm(pgd, addr & -4096);
    if (this.trace.on) this.trace.emit(FLUSH_TLB_PAGE, pgd, addr, cpus);
  }

  flushTlbPgtables(pgd: number, start: Addr, end: Addr): void {
    const cpus = this.flushMm(pgd, ALL);
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
    const { attached } = this.mmus[this.cpu] as Mmu;
    if (attached !== null) attached.mapped((this.memory.words[entry] as number) >>> 12);
    if (this.trace.on) {
      this.trace.emit(UPDATE_MMU_CACHE, pgd, addr, (this.memory.words[entry] as number) >>> 0);
    }
  }

  /** Flushes one page, or {@link ALL}, on every CPU that has `pgd` loaded; how many. */
  private flushMm(pgd: number, address: number): number {
    const own = this.mmus[this.cpu] as Mmu;
    let cpus = 0;
    if (own.cr3 === pgd) {
      this.flushOn(this.cpu, own, address);
      cpus = 1;
    }
    return this.smp ? cpus + this.flushOthers(pgd, address) : cpus;
  }

  /** @linux 2.4.22 arch/i386/kernel/smp.c flush_tlb_others(), smp_invalidate_interrupt() */
  private flushOthers(pgd: number, address: number): number {
    let mask = 0;
    let cpus = 0;
    for (let cpu = 0; cpu < this.mmus.length; cpu++) {
      if (cpu === this.cpu || (this.mmus[cpu] as Mmu).cr3 !== pgd) continue;
      mask |= 1 << cpu;
      cpus++;
    }
    if (mask === 0) return 0;
    if (this.trace.on) this.trace.emit(FLUSH_TLB_OTHERS, mask >>> 0, pgd, address >>> 0);
    for (let cpu = 0; cpu < this.mmus.length; cpu++) {
      if (((mask >>> cpu) & 1) === 0) continue;
      if (this.trace.on) {
        this.trace.emit(SMP_INVALIDATE_INTERRUPT, cpu, pgd, address >>> 0, this.lazy[cpu] as number);
      }
      this.flushOn(cpu, this.mmus[cpu] as Mmu, address);
    }
    return cpus;
  }

  private flushOn(cpu: number, mmu: Mmu, address: number): void {
    if (this.lazy[cpu] === 1) this.leaveMm(cpu, mmu);
    else if (address === ALL) mmu.reloadCr3();
    else mmu.invlpg(address >>> 0);
  }

  private leaveMm(cpu: number, mmu: Mmu): void {
    if (this.trace.on) this.trace.emit(LEAVE_MM, cpu, mmu.cr3);
    this.onLeaveMm(cpu);
    mmu.loadCr3(this.swapperPgDir);
  }
}
