import { PAGE_OFFSET } from '../arch/i386.ts';
import { fixToVirt, PKMAP_BASE } from '../arch/i386-layout.ts';
import { assertKernel, ConfigError, KernelBug } from '../kernel-bug.ts';
import type { Addr, Pfn } from '../types.ts';
import type { HighmemParts } from './ports.ts';
import {
  KMAP,
  KMAP_ATOMIC,
  KUNMAP,
  KUNMAP_ATOMIC,
  PKMAP_FLUSH,
  PKMAP_FULL,
  PKMAP_SLOT,
} from './tracepoints.ts';

/** What {@link Highmem.kmap} returns when it would sleep. */
export const KMAP_BLOCKED = 0;

/**
 * Kernel addresses for pages of high memory, which have none of their own.
 *
 * ```
 *   pkmap_count   0  free, and no TLB knows it            -> may be used
 *                 1  no users, but still mapped           -> the same page may use it again; else it waits for a flush
 *                 n  n - 1 users
 * ```
 * @linux 2.4.22 mm/highmem.c; include/asm-i386/highmem.h
 */
export class Highmem {
  /** @internal for the other files of this room */
  readonly parts: HighmemParts;
  /** Users + 1 of each slot. @linux pkmap_count */
  readonly pkmapCount: Int32Array;
  /**
   * Whether atomic mappings are watched: taking a slot in use is a bug, giving one back unmaps it.
   * @linux CONFIG_DEBUG_HIGHMEM
   */
  debug = false;
  /** Slot that was used last. @linux last_pkmap_nr */
  lastPkmapNr = 0;
  /** Times that the window was flushed. */
  flushRounds = 0;
  /** Slot + 1 of a high page, 0 = it has no address. @linux page->virtual */
  private readonly slotOf: Int16Array;
  /** @linux pkmap_map_wait */
  private waiters: (() => void)[] = [];

  constructor(parts: HighmemParts) {
    this.parts = parts;
    const { configured, lastPkmap, memMap, highStartPfn } = parts;
    this.pkmapCount = new Int32Array(configured ? lastPkmap : 0);
    this.slotOf = new Int16Array(configured ? Math.max(0, memMap.frames - highStartPfn) : 0);
  }

  /** Whether the page has no permanent address. */
  isHigh(pfn: Pfn): boolean {
    return this.parts.configured && pfn >= this.parts.highStartPfn;
  }

  /** A page's kernel address now, 0: it has none. @linux page_address(), page->virtual */
  pageAddress(pfn: Pfn): Addr {
    if (!this.isHigh(pfn)) return PAGE_OFFSET + pfn * 4096;
    const slot = this.slotOf[pfn - this.parts.highStartPfn] as number;
    return slot === 0 ? 0 : pkmapAddr(slot - 1);
  }

  /**
   * Gives a page an address until {@link kunmap}. While a page has users, or just has not been flushed yet, it is the same
   * address.
   *
   * @param wake where all slots are in use, the kernel would sleep: the call returns {@link KMAP_BLOCKED}, and `wake` is
   *   called once when a slot loses its last user. Calling kmap() again is then what the sleeper would do
   * @returns address of the page's first byte, or {@link KMAP_BLOCKED}
   * @linux 2.4.22 include/asm-i386/highmem.h kmap(); mm/highmem.c kmap_high()
   */
  kmap(pfn: Pfn, wake: (() => void) | null = null): Addr {
    const addr = this.isHigh(pfn) ? this.kmapHigh(pfn, 0) : this.pageAddress(pfn);
    if (addr === KMAP_BLOCKED && wake !== null) this.waiters.push(wake);
    return addr;
  }

  /** The same for callers that may not sleep: 0 when all slots are in use. @throws ConfigError in 2.4.20 @linux kmap_nonblock() */
  kmapNonblock(pfn: Pfn): Addr {
    if (!this.parts.rules.hasKmapNonblock) {
      throw new ConfigError('kmap_nonblock: this release has none; allowed: 2.4.22');
    }
    return this.isHigh(pfn) ? this.kmapHigh(pfn, 1) : this.pageAddress(pfn);
  }

  /**
   * One user of the page's address less. The address keeps working until the window is flushed.
   *
   * @throws KernelBug when it had no user
   * @linux 2.4.22 include/asm-i386/highmem.h kunmap(); mm/highmem.c kunmap_high()
   */
  kunmap(pfn: Pfn): void {
    if (!this.isHigh(pfn)) return;
    const slot = (this.slotOf[pfn - this.parts.highStartPfn] as number) - 1;
    if (slot < 0) throw new KernelBug(`kunmap of page ${pfn}, which has no address`);
    const count = (this.pkmapCount[slot] as number) - 1;
    if (count === 0) throw new KernelBug(`kunmap of page ${pfn}, which has no user`);
    this.pkmapCount[slot] = count;
    const wakes = count === 1 ? this.waiters.length : 0;
    const { trace } = this.parts;
    if (trace.on) trace.emit(KUNMAP, pfn, pkmapAddr(slot), count, wakes, count === 1 ? 1 : 0);
    if (wakes === 0) return;
    const woken = this.waiters;
    this.waiters = [];
    for (const wake of woken) wake();
  }

  /** Callers of {@link kmap} that sleep. */
  get sleepers(): number {
    return this.waiters.length;
  }

  /**
   * Gives a page an address at once, in the slot that the running CPU has for `type` (see {@link KM}). Nobody else may use
   * that slot until {@link kunmapAtomic}, and the caller may not sleep: the next one just overwrites it.
   *
   * @throws KernelBug with {@link debug} on, when the slot is in use; ConfigError for a type that the release lacks
   * @linux 2.4.22 include/asm-i386/highmem.h kmap_atomic()
   */
  kmapAtomic(pfn: Pfn, type: number): Addr {
    const { pageTables, memory, kmapProt, trace, mmus } = this.parts;
    this.checkType(type);
    if (!this.isHigh(pfn)) return this.pageAddress(pfn);
    const cpu = this.parts.currentCpu();
    const entry = this.atomicEntry(type, cpu);
    const addr = this.atomicAddr(type, cpu);
    if (this.debug && memory.words[entry] !== 0) {
      throw new KernelBug(`kmap_atomic of page ${pfn}: slot ${type} of CPU ${cpu} is in use`);
    }
    pageTables.setPte(entry, pfn, kmapProt);
    mmus[cpu]?.invlpg(addr);
    if (trace.on) trace.emit(KMAP_ATOMIC, pfn, type, cpu, addr);
    return addr;
  }

  /**
   * Ends an atomic mapping. Only with {@link debug} on this does something; without, the address works until the slot's next
   * use.
   *
   * @throws KernelBug with {@link debug} on, for an address that is not this slot's
   * @linux 2.4.22 include/asm-i386/highmem.h kunmap_atomic()
   */
  kunmapAtomic(vaddr: Addr, type: number): void {
    const { pageTables, fixmap, rules, trace, mmus, configured } = this.parts;
    this.checkType(type);
    if (!configured) return;
    const cpu = this.parts.currentCpu();
    const addr = rules.kunmapAtomicMasks ? (vaddr & -4096) >>> 0 : vaddr;
    const cleared = this.debug && addr >= fixmap.fixaddrStart;
    if (trace.on) trace.emit(KUNMAP_ATOMIC, vaddr, type, cpu, cleared ? 1 : 0);
    if (!cleared) return;
    if (addr !== this.atomicAddr(type, cpu)) {
      throw new KernelBug(`kunmap_atomic of ${addr.toString(16)}: not slot ${type} of CPU ${cpu}`);
    }
    pageTables.clearPte(this.atomicEntry(type, cpu));
    mmus[cpu]?.invlpg(addr);
  }

  /** The page in a slot of the window, -1: none. */
  pfnInSlot(slot: number): Pfn | -1 {
    const { pageTables, memory } = this.parts;
    const entry = this.pkmapEntry(slot);
    return memory.words[entry] === 0 ? -1 : pageTables.ptePfn(entry);
  }

  private kmapHigh(pfn: Pfn, nonblock: 0 | 1): Addr {
    const { highStartPfn, trace } = this.parts;
    let slot = (this.slotOf[pfn - highStartPfn] as number) - 1;
    const fresh = slot < 0;
    if (fresh) {
      slot = this.mapNewVirtual(pfn, nonblock);
      if (slot < 0) {
        if (trace.on) trace.emit(KMAP, pfn, 0, 0, 1);
        return KMAP_BLOCKED;
      }
    }
    const count = (this.pkmapCount[slot] as number) + 1;
    this.pkmapCount[slot] = count;
    assertKernel(count >= 2, `kmap of page ${pfn}: slot ${slot} has an address and no count`);
    if (trace.on) trace.emit(KMAP, pfn, pkmapAddr(slot), count, fresh ? 1 : 0);
    return pkmapAddr(slot);
  }

  /** Finds a slot, going round; passing slot 0 flushes. -1: none. @linux 2.4.22 mm/highmem.c map_new_virtual() */
  private mapNewVirtual(pfn: Pfn, nonblock: 0 | 1): number {
    const { lastPkmap, pageTables, kmapProt, highStartPfn, trace } = this.parts;
    let left = lastPkmap;
    for (;;) {
      this.lastPkmapNr = (this.lastPkmapNr + 1) & (lastPkmap - 1);
      if (this.lastPkmapNr === 0) {
        this.flushAllZeroPkmaps();
        left = lastPkmap;
      }
      const count = this.pkmapCount[this.lastPkmapNr] as number;
      if (trace.on) trace.emit(PKMAP_SLOT, this.lastPkmapNr, count, count === 0 ? 1 : 0);
      if (count === 0) break;
      if (--left === 0) {
        if (trace.on) trace.emit(PKMAP_FULL, pfn, nonblock);
        return -1;
      }
    }
    const slot = this.lastPkmapNr;
    pageTables.setPte(this.pkmapEntry(slot), pfn, kmapProt);
    this.pkmapCount[slot] = 1;
    this.slotOf[pfn - highStartPfn] = slot + 1;
    return slot;
  }

  /** @linux 2.4.22 mm/highmem.c flush_all_zero_pkmaps() */
  private flushAllZeroPkmaps(): void {
    const { lastPkmap, pageTables, memory, highStartPfn, tlb, trace } = this.parts;
    let unmapped = 0;
    let used = 0;
    for (let slot = 0; slot < lastPkmap; slot++) {
      const count = this.pkmapCount[slot] as number;
      if (count > 1) used++;
      if (count !== 1) continue;
      this.pkmapCount[slot] = 0;
      const entry = this.pkmapEntry(slot);
      assertKernel(memory.words[entry] !== 0, `kmap slot ${slot} has a count and no page`);
      this.slotOf[pageTables.ptePfn(entry) - highStartPfn] = 0;
      pageTables.clearPte(entry);
      unmapped++;
    }
    this.flushRounds++;
    if (trace.on) trace.emit(PKMAP_FLUSH, this.flushRounds, unmapped, used);
    tlb.flushTlbAll();
  }

  /** Entry of a slot of the window. @internal */
  pkmapEntry(slot: number): number {
    return this.parts.pkmapPageTable + slot * this.parts.pageTables.entryWords;
  }

  /** Entry of an atomic slot: the later ones lie before the first. */
  private atomicEntry(type: number, cpu: number): number {
    const { kmapPte, pageTables, rules } = this.parts;
    return kmapPte - (type + rules.kmTypeNr * cpu) * pageTables.entryWords;
  }

  private atomicAddr(type: number, cpu: number): Addr {
    return fixToVirt(this.parts.fixmap.kmapBegin + type + this.parts.rules.kmTypeNr * cpu);
  }

  private checkType(type: number): void {
    const { kmTypeNr } = this.parts.rules;
    if (!Number.isInteger(type) || type < 0 || type >= kmTypeNr) {
      throw new ConfigError(`kmap_atomic: type ${type}; allowed are 0 to ${kmTypeNr - 1}`);
    }
  }
}

/** Address of a slot of the window. @linux PKMAP_ADDR() */
export function pkmapAddr(slot: number): Addr {
  return PKMAP_BASE + slot * 4096;
}
