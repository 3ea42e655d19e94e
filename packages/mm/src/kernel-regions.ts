/** What lies where in the kernel's gigabyte. */
import { PAGE_OFFSET } from './arch/i386.ts';
import { FIXADDR_TOP, fixToVirt, PKMAP_BASE } from './arch/i386-layout.ts';
import { type Highmem, pkmapAddr } from './highmem/highmem.ts';
import type { Addr, Pfn } from './types.ts';
import { VM_IOREMAP } from './vmalloc/vm-struct.ts';
import type { VmallocArea } from './vmalloc/vmalloc.ts';

/** A piece of the address space, `end` excluded (2^32 at the top). */
export interface KernelRegion {
  /**
   * - `user`: not the kernel's
   * - `direct`: the direct map of low memory
   * - `vmalloc`, `ioremap`: an area; `guard`: the page behind one
   * - `kmap`: a slot of the kmap window; `kmap_atomic`, `fixmap`: a slot of the fixmap
   * - `hole`: nothing may be there, or no area is
   */
  readonly kind:
    | 'user'
    | 'direct'
    | 'vmalloc'
    | 'ioremap'
    | 'guard'
    | 'kmap'
    | 'kmap_atomic'
    | 'fixmap'
    | 'hole';
  readonly start: Addr;
  readonly end: number;
  /** Number of the slot, in the window or the fixmap; of `kmap_atomic` the km_type plus KM_TYPE_NR a CPU. -1: no slot. */
  readonly slot: number;
  /** Users of a `kmap` slot; -1: no such slot. */
  readonly users: number;
  /** Page in a `kmap` slot; -1: none. */
  readonly pfn: Pfn | -1;
}

/** Tells what an address belongs to. It may be unmapped all the same. */
export function kernelRegion(vmalloc: VmallocArea, highmem: Highmem, addr: Addr): KernelRegion {
  const { highMemory } = vmalloc.parts;
  const { configured, lastPkmap, fixmap, rules } = highmem.parts;
  if (addr < PAGE_OFFSET) return region('user', 0, PAGE_OFFSET);
  if (addr < highMemory) return region('direct', PAGE_OFFSET, highMemory);
  let gap = highMemory;
  for (const area of vmalloc.vmlist()) {
    const guard = area.addr + area.size - 4096;
    if (addr < area.addr) return region('hole', gap, area.addr);
    if (addr < guard) return region(area.flags === VM_IOREMAP ? 'ioremap' : 'vmalloc', area.addr, guard);
    if (addr < guard + 4096) return region('guard', guard, guard + 4096);
    gap = guard + 4096;
  }
  const window = configured ? PKMAP_BASE + lastPkmap * 4096 : PKMAP_BASE;
  if (addr >= PKMAP_BASE && addr < window) {
    const slot = (addr - PKMAP_BASE) >>> 12;
    const users = Math.max(0, (highmem.pkmapCount[slot] as number) - 1);
    const start = pkmapAddr(slot);
    return { kind: 'kmap', start, end: start + 4096, slot, users, pfn: highmem.pfnInSlot(slot) };
  }
  const lowest = fixToVirt(fixmap.slots - 1);
  if (addr >= lowest && addr < FIXADDR_TOP + 4096) {
    const slot = (FIXADDR_TOP - ((addr & -4096) >>> 0)) >>> 12;
    const atomic = slot - fixmap.kmapBegin;
    const isAtomic = configured && atomic >= 0 && atomic < rules.kmTypeNr * nrCpus(highmem);
    const start = fixToVirt(slot);
    const found = region(isAtomic ? 'kmap_atomic' : 'fixmap', start, start + 4096);
    return { ...found, slot: isAtomic ? atomic : slot };
  }
  return holeAfter(gap, addr, [vmalloc.end, ...(configured ? [PKMAP_BASE, window] : []), lowest]);
}

/** CPUs that the kernel image is built for. */
function nrCpus(highmem: Highmem): number {
  return highmem.parts.mmus.length > 1 ? 32 : 1;
}

function holeAfter(from: Addr, addr: Addr, borders: readonly number[]): KernelRegion {
  let start = from;
  for (const border of borders) {
    if (border <= start) continue;
    if (addr < border) return region('hole', start, border);
    start = border;
  }
  return region('hole', Math.max(start, FIXADDR_TOP + 4096), 2 ** 32);
}

function region(kind: KernelRegion['kind'], start: Addr, end: number): KernelRegion {
  return { kind, start, end, slot: -1, users: -1, pfn: -1 };
}
