import { findVma } from '../../address-space/find-vma.ts';
import { mmput } from '../../address-space/mm-life.ts';
import type { MmStruct } from '../../address-space/mm-struct.ts';
import { VM, type Vma } from '../../address-space/vma.ts';
import { PG } from '../../physical/mem-map.ts';
import type { Addr } from '../../types.ts';
import type { AgingParts } from './aging-parts.ts';
import { AGED_SWAP_OUT } from './tracepoints.ts';
import { tryToSwapOut } from './try-to-swap-out.ts';

/**
 * An address space's quota: a thirty-second of its resident pages, at least eight.
 * @linux 2.4.0 mm/vmscan.c SWAP_SHIFT, SWAP_MIN
 */
const SWAP_SHIFT = 5;
const SWAP_MIN = 8;

/**
 * Scans the address space with the largest quota. When all quotas are used up, everybody gets a new one by its size first.
 *
 * @returns whether the quota was used up; not whether anything was unmapped
 * @linux 2.4.0 mm/vmscan.c swap_out()
 */
export function swapOut(parts: AgingParts): boolean {
  const { vm } = parts;
  const best = largestQuota(parts, false) ?? largestQuota(parts, true);
  if (best === null) return false;
  const quota = best.swapCnt;
  best.mmUsers++;
  const usedUp = swapOutMm(parts, best);
  if (vm.trace.on) vm.trace.emit(AGED_SWAP_OUT, best.pgd, quota, best.rss, usedUp ? 1 : 0);
  mmput(vm, best);
  return usedUp;
}

/** The first of the address spaces with the largest quota; null: none has one. */
function largestQuota(parts: AgingParts, assign: boolean): MmStruct | null {
  const { initMm } = parts.vm;
  let best: MmStruct | null = null;
  for (let mm = initMm.mmlistNext; mm !== initMm; mm = mm.mmlistNext) {
    if (mm.rss <= 0) continue;
    if (assign) mm.swapCnt = Math.max(mm.rss >> SWAP_SHIFT, SWAP_MIN);
    if (mm.swapCnt > (best?.swapCnt ?? 0)) best = mm;
  }
  return best;
}

/** @linux 2.4.0 mm/vmscan.c swap_out_mm() */
function swapOutMm(parts: AgingParts, mm: MmStruct): boolean {
  let address = mm.swapAddress;
  for (let vma = findVma(mm, address); vma !== null; vma = vma.vmNext) {
    address = Math.max(address, vma.vmStart);
    if (swapOutVma(parts, mm, vma, address)) return true;
    address = 0;
  }
  mm.swapAddress = 0;
  mm.swapCnt = 0;
  return false;
}

/** @linux 2.4.0 mm/vmscan.c swap_out_vma(), swap_out_pgd(), swap_out_pmd() */
function swapOutVma(parts: AgingParts, mm: MmStruct, vma: Vma, from: Addr): boolean {
  if ((vma.vmFlags & (VM.locked | VM.reserved)) !== 0) return false;
  const { pageTables, memMap, memory } = parts.vm;
  const { pmdSize, entryWords } = pageTables;
  for (let at = from; at < vma.vmEnd; ) {
    const stop = Math.min(at - (at % pmdSize) + pmdSize, vma.vmEnd);
    let entry = pageTables.pteOffset(mm.pgd, at);
    if (entry === 0) {
      at = stop;
      continue;
    }
    for (; at < stop; at += 4096, entry += entryWords) {
      mm.swapAddress = at + 4096;
      if (((memory.words[entry] as number) & 0x081) === 0) continue;
      const pfn = pageTables.ptePfn(entry);
      if (pfn >= memMap.frames || ((memMap.flags[pfn] as number) & PG.reserved) !== 0) continue;
      if (tryToSwapOut(parts, mm, at, entry, pfn)) return true;
    }
  }
  return false;
}
