import { Errno } from '../errno.ts';
import { type Addr, pageAlign, type SysResult } from '../types.ts';
import { findVma, lowerBound } from './find-vma.ts';
import { TASK_SIZE, TASK_UNMAPPED_BASE } from './layout.ts';
import type { MmStruct } from './mm-struct.ts';
import { MAP } from './mman.ts';
import type { Vm } from './vm.ts';
import type { Vma } from './vma.ts';
import { VM_UNMAPPED_AREA } from './vma-tracepoints.ts';

/**
 * More results of {@link getUnmappedArea}, to be read before the next call: `at` is the position in the index where the new
 * area goes, -1 = not known; `skipped` the number of areas that the search stepped over, -1 = nothing was searched.
 */
export const unmappedArea = { at: -1, skipped: -1 };

/**
 * Finds a free range of `len` bytes (page aligned): its address or -ENOMEM. Sets {@link unmappedArea} if it searches.
 * @param hint where the program would like it, 0 = anywhere; any alignment
 */
export type FreeRangeSearch = (mm: MmStruct, hint: Addr, len: number) => SysResult;

/**
 * The address for a mapping of `len` bytes (page aligned) in the running task: `addr` itself with MAP_FIXED (whatever
 * is mapped there), else what the release's search finds.
 * @returns the address, -ENOMEM, or -EINVAL for a MAP_FIXED address that is not page aligned
 * @linux 2.4.22 mm/mmap.c get_unmapped_area()
 */
export function getUnmappedArea(vm: Vm, addr: Addr, len: number, flags: number): SysResult {
  const mm = vm.current.mm as MmStruct;
  unmappedArea.skipped = -1;
  unmappedArea.at = -1;
  const result = flags & MAP.fixed ? fixedArea(addr, len) : vm.rules.searchFreeRange(mm, addr, len);
  if (vm.trace.on) vm.trace.emit(VM_UNMAPPED_AREA, result, addr, len, flags, unmappedArea.skipped);
  return result;
}

function fixedArea(addr: Addr, len: number): SysResult {
  // The size is tested before the alignment; a length above TASK_SIZE wraps, and its sum is caught by the callers.
  if (addr > (TASK_SIZE - len) >>> 0) return -Errno.ENOMEM;
  return addr & 0xfff ? -Errno.EINVAL : addr;
}

/**
 * The hint rounded up if that range is free, else the first free range from 1 GiB on.
 * @linux 2.4.22 mm/mmap.c arch_get_unmapped_area()
 */
export const tryHintThenSearch: FreeRangeSearch = (mm, hint, len) => {
  if (len > TASK_SIZE) return -Errno.ENOMEM;
  const highest = TASK_SIZE - len;
  if (hint !== 0) {
    const addr = pageAlign(hint);
    const vma = findVma(mm, addr);
    if (highest >= addr && (vma === null || addr + len <= vma.vmStart)) return addr;
  }
  return firstFit(mm, TASK_UNMAPPED_BASE, len, highest);
};

/**
 * The first free range from the hint on (rounded up), or from 1 GiB on without one: what lies below a hint is not looked at,
 * and a hint may find nothing where no hint would.
 * @linux 2.4.0 mm/mmap.c get_unmapped_area()
 */
export const searchUpFromHint: FreeRangeSearch = (mm, hint, len) => {
  if (len > TASK_SIZE) return -Errno.ENOMEM;
  return firstFit(mm, hint === 0 ? TASK_UNMAPPED_BASE : pageAlign(hint), len, TASK_SIZE - len);
};

/**
 * ```
 *  base       |////|   |//////|          |//|
 *  addr -> gap too small, skip; skip;  -> fits
 * ```
 */
function firstFit(mm: MmStruct, base: Addr, len: number, highest: Addr): SysResult {
  const index = mm.index;
  let addr = base;
  let at = lowerBound(index, addr);
  unmappedArea.skipped = 0;
  // The kernel begins with find_vma(), which leaves its answer in mmap_cache.
  if (at < index.length) mm.mmapCache = index[at] as Vma;
  for (; addr <= highest; at++, unmappedArea.skipped++) {
    if (at === index.length || addr + len <= (index[at] as Vma).vmStart) {
      unmappedArea.at = at;
      return addr;
    }
    addr = (index[at] as Vma).vmEnd;
  }
  return -Errno.ENOMEM;
}
