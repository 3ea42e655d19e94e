import { findVma } from '../../address-space/find-vma.ts';
import { TASK_SIZE } from '../../address-space/layout.ts';
import { mmput } from '../../address-space/mm-life.ts';
import type { MmStruct } from '../../address-space/mm-struct.ts';
import type { Vm } from '../../address-space/vm.ts';
import { VM, type Vma } from '../../address-space/vma.ts';
import { PG } from '../../physical/mem-map.ts';
import type { Zone } from '../../physical/zone.ts';
import type { SwapCache } from '../../swap/swap-cache.ts';
import type { Addr } from '../../types.ts';
import { MM_VMSCAN_SWAP_OUT } from './tracepoints.ts';
import { tryToSwapOut } from './try-to-swap-out.ts';

/** Pages that one search, and one round of reclaim, looks for. @linux SWAP_CLUSTER_MAX */
export const SWAP_CLUSTER_MAX = 32;

/**
 * Searches the page tables of all address spaces in turn for mappings that can be taken away, until 32 pages are free of
 * mappings or every address space was looked at.
 *
 * ```
 *   mmlist:  init_mm -> A -> B -> ... -> init_mm          vm.swapMm: the one whose turn it is
 *                       A.swapAddress: where to go on; TASK_SIZE: done, next time from 0
 * ```
 * @returns whether 32 pages were found
 * @linux 2.4.22 mm/vmscan.c swap_out()
 */
export function swapOut(vm: Vm, swap: SwapCache, priority: number, classzone: Zone): boolean {
  const counter = { left: vm.mmlistNr };
  let left = SWAP_CLUSTER_MAX;
  do {
    let mm = vm.swapMm;
    while (mm.swapAddress === TASK_SIZE || mm === vm.initMm) {
      mm.swapAddress = 0;
      mm = mm.mmlistNext;
      if (mm === vm.swapMm) return ended(vm, priority, left);
      vm.swapMm = mm;
    }
    mm.mmUsers++;
    left = swapOutMm(vm, swap, mm, left, counter, classzone);
    mmput(vm, mm);
    if (left === 0) return ended(vm, priority, left);
  } while (--counter.left >= 0);
  return ended(vm, priority, left);
}

function ended(vm: Vm, priority: number, left: number): boolean {
  if (vm.trace.on) vm.trace.emit(MM_VMSCAN_SWAP_OUT, priority, left, left === 0 ? 1 : 0);
  return left === 0;
}

/**
 * One address space, from where the last search stopped. If the count is used up in its last area, it counts as done
 * nevertheless: the test for the next area comes first.
 *
 * @returns how many are still wanted
 * @linux 2.4.22 mm/vmscan.c swap_out_mm()
 */
function swapOutMm(
  vm: Vm,
  swap: SwapCache,
  mm: MmStruct,
  count: number,
  counter: { left: number },
  classzone: Zone,
): number {
  if (mm.swapAddress === TASK_SIZE || vm.swapMm !== mm) {
    counter.left++;
    return count;
  }
  let left = count;
  let vma = findVma(mm, mm.swapAddress);
  let address = vma === null ? 0 : Math.max(mm.swapAddress, vma.vmStart);
  while (vma !== null) {
    left = swapOutVma(vm, swap, mm, vma, address, left, classzone);
    vma = vma.vmNext;
    if (vma === null) break;
    if (left === 0) return 0;
    address = vma.vmStart;
  }
  mm.swapAddress = TASK_SIZE;
  return left;
}

/** @linux 2.4.22 mm/vmscan.c swap_out_vma(), swap_out_pgd(), swap_out_pmd() */
function swapOutVma(
  vm: Vm,
  swap: SwapCache,
  mm: MmStruct,
  vma: Vma,
  from: Addr,
  count: number,
  classzone: Zone,
): number {
  if ((vma.vmFlags & VM.reserved) !== 0) return count;
  const { pageTables, memMap, memory } = vm;
  const { pmdSize, entryWords } = pageTables;
  const end = vma.vmEnd;
  let left = count;
  let at = from;
  while (at < end) {
    const stop = Math.min(at - (at % pmdSize) + pmdSize, end);
    let entry = pageTables.pteOffset(mm.pgd, at);
    if (entry === 0) {
      at = stop;
      continue;
    }
    for (; at < stop; at += 4096, entry += entryWords) {
      if (((memory.words[entry] as number) & 0x081) === 0) continue;
      const pfn = pageTables.ptePfn(entry);
      if (pfn >= memMap.frames || ((memMap.flags[pfn] as number) & PG.reserved) !== 0) continue;
      left -= tryToSwapOut(vm, swap, mm, vma, at, entry, pfn, classzone);
      if (left === 0) {
        mm.swapAddress = at + 4096;
        return 0;
      }
    }
    mm.swapAddress = at;
  }
  return left;
}
