/**
 * Emptying a swap area: whatever lies on it comes back into memory, and whoever names its slots gets the page instead.
 */
import { Errno } from '../errno.ts';
import { KernelBug } from '../kernel-bug.ts';
import { PG } from '../physical/mem-map.ts';
import type { SwapCache } from '../swap/swap-cache.ts';
import { SWAP_MAP_BAD, SWAP_MAP_MAX, type SwapInfo } from '../swap/swap-info.ts';
import { swpEntry } from '../swap/swp-entry.ts';
import type { Pfn } from '../types.ts';
import { SWAP_UNUSE, traceRss } from './fault-tracepoints.ts';
import { mmput } from './mm-life.ts';
import type { MmStruct } from './mm-struct.ts';
import type { Vm } from './vm.ts';
import type { Vma } from './vma.ts';

/**
 * Looks for the file of shared memory that has a swap entry, and gives it the locked page back. True: one had it.
 * @linux 2.4.22 mm/shmem.c shmem_unuse()
 */
export type ShmemUnuse = (entry: number, pfn: Pfn) => boolean;

/**
 * Brings everything that lies on a swap area back into memory, slot after slot. Nothing new may be put there meanwhile.
 *
 * ```
 *   slot in use -> its page (read, if it is not in the cache) -> locked -> page tables and shared memory get it
 *               -> out of the swap cache -> dirty: the next swap_out finds it another slot
 * ```
 * Who names a slot is not recorded, so address spaces are searched: first the one in which the last slot was found (its
 * children stand right behind it), then the others. The kernel's own, which has no pages, stands for shared memory.
 *
 * Reentrancy: reading allocates and waits, so slots may be freed meanwhile, and faults may take pages back first.
 *
 * @param type number of the area
 * @returns 0, or -ENOMEM: what was brought in so far stays in memory
 * @linux 2.4.22 mm/swapfile.c try_to_unuse()
 */
export function tryToUnuse(vm: Vm, type: number, shmemUnuse: ShmemUnuse): number {
  const swap = swapOf(vm);
  const { pageCache, memMap, allocator } = vm;
  const area = swap.areas.areas[type] as SwapInfo;
  const map = area.swapMap;
  let startMm = vm.initMm;
  startMm.mmUsers++;
  let result = 0;
  let overflowed = false;
  for (let slot = findNextToUnuse(area, 0); slot !== 0; slot = findNextToUnuse(area, slot)) {
    const entry = swpEntry(type, slot);
    const pfn = swap.readAsync(entry);
    if (pfn === 0) {
      if (map[slot] === 0) continue;
      result = -Errno.ENOMEM;
      break;
    }
    if (startMm.mmUsers === 1) {
      mmput(vm, startMm);
      startMm = vm.initMm;
      startMm.mmUsers++;
    }
    pageCache.waitOnPage(pfn);
    pageCache.lockPage(pfn);

    const before = map[slot] as number;
    // Whether shared memory had the entry; only the last search counts.
    let ofShmem = false;
    const search = (mm: MmStruct): void => {
      if (mm === vm.initMm) ofShmem = shmemUnuse(entry, pfn);
      else unuseProcess(vm, swap, mm, entry, pfn);
    };
    let count = before;
    if (count > 1) search(startMm);
    if ((map[slot] as number) > 1) {
      let wantsStart = (map[slot] as number) >= before;
      let newStart = startMm;
      for (let mm = startMm.mmlistNext; (map[slot] as number) > 1 && mm !== startMm; mm = mm.mmlistNext) {
        count = map[slot] as number;
        if (mm === vm.initMm) wantsStart = true;
        search(mm);
        if (wantsStart && (map[slot] as number) < count) {
          newStart = mm;
          wantsStart = false;
        }
      }
      newStart.mmUsers++;
      mmput(vm, startMm);
      startMm = newStart;
    }

    if (vm.rules.swapoffDirtiesMappings) {
      for (let mm = vm.initMm.mmlistNext; mm !== vm.initMm; mm = mm.mmlistNext) {
        unuseProcess(vm, swap, mm, entry, pfn);
      }
    }
    if (map[slot] === SWAP_MAP_MAX) {
      swap.areas.nrSwapPages++;
      map[slot] = 1;
      overflowed = true;
    }
    if (vm.trace.on) vm.trace.emit(SWAP_UNUSE, entry, pfn, before, map[slot] as number, ofShmem ? 1 : 0);
    // Somebody was not found, and will read the slot again: what it holds must be right.
    if ((map[slot] as number) > 1 && ((memMap.flags[pfn] as number) & PG.dirty) !== 0 && swap.has(pfn)) {
      swap.rwPage(true, pfn);
      pageCache.lockPage(pfn);
    }
    if (swap.has(pfn)) {
      // Shared memory has another page in its place by now: the slot is tried again later.
      if (ofShmem) swap.areas.swapDuplicate(entry);
      else swap.delete(pfn);
    }
    // The entries were made clean; the page is not.
    pageCache.setFlags(pfn, PG.dirty);
    pageCache.unlockPage(pfn);
    allocator.putPage(pfn);
  }
  mmput(vm, startMm);
  if (overflowed) swap.areas.clearOverflow();
  return result;
}

function swapOf(vm: Vm): SwapCache {
  if (vm.swap === null) throw new KernelBug('a swap area is switched off on a machine without swap');
  return vm.swap;
}

/**
 * The next slot behind `previous` that is in use; from the top on once more when none is, until none is at all: 0.
 *
 * @linux 2.4.22 mm/swapfile.c find_next_to_unuse()
 */
function findNextToUnuse(area: SwapInfo, previous: number): number {
  const map = area.swapMap;
  const inUse = (slot: number) => map[slot] !== 0 && map[slot] !== SWAP_MAP_BAD;
  for (let slot = previous + 1; slot < area.max; slot++) if (inUse(slot)) return slot;
  for (let slot = 1; slot <= previous; slot++) if (inUse(slot)) return slot;
  return 0;
}

/** Maps a page wherever an address space names its entry. @linux 2.4.22 mm/swapfile.c unuse_process(), unuse_vma() */
function unuseProcess(vm: Vm, swap: SwapCache, mm: MmStruct, entry: number, pfn: Pfn): void {
  const { pageTables } = vm;
  const { pmdSize, entryWords } = pageTables;
  const rss = mm.rss;
  for (let vma = mm.mmap; vma !== null; vma = vma.vmNext) {
    for (let at = vma.vmStart; at < vma.vmEnd; ) {
      const stop = Math.min(at - (at % pmdSize) + pmdSize, vma.vmEnd);
      let place = pageTables.pteOffset(mm.pgd, at);
      if (place === 0) {
        at = stop;
        continue;
      }
      for (; at < stop; at += 4096, place += entryWords) unusePte(vm, swap, vma, place, entry, pfn);
    }
  }
  if (vm.trace.on && mm.rss !== rss) traceRss(vm, mm);
}

/**
 * One entry: it maps the page now, clean, old and as the area's protection has it: for writing it faults.
 * @linux 2.4.22 mm/swapfile.c unuse_pte()
 */
function unusePte(vm: Vm, swap: SwapCache, vma: Vma, place: number, entry: number, pfn: Pfn): void {
  const pte = vm.memory.words[place] as number;
  const dirty = vm.rules.swapoffDirtiesMappings ? 0x040 : 0;
  if (dirty !== 0 && (pte & 0x081) !== 0 && vm.pageTables.ptePfn(place) === pfn) {
    vm.memory.words[place] = pte | dirty;
    return;
  }
  if (pte !== (entry | 0)) return;
  vm.allocator.getPage(pfn);
  vm.pageTables.setPte(place, pfn, (vma.vmPageProt & ~0x020) | dirty);
  swap.areas.swapFree(entry);
  vma.vmMm.rss++;
}
