import { KernelBug } from '../kernel-bug.ts';
import type { MappedArea } from '../page-cache/address-space.ts';
import { TASK_SIZE } from './layout.ts';
import type { MmStruct } from './mm-struct.ts';
import { protectionOf, VM, type Vma } from './vma.ts';

function fail(mm: MmStruct, what: string): never {
  throw new KernelBug(`address space with pgd ${mm.pgd.toString(16)}: ${what}`);
}

function nameOf(vma: Vma): string {
  return `area ${vma.vmStart.toString(16)}-${vma.vmEnd.toString(16)}`;
}

/** Checks one area on its own. */
function checkArea(mm: MmStruct, vma: Vma): void {
  if (vma.vmMm !== mm) fail(mm, `${nameOf(vma)} belongs to another one`);
  if (vma.vmStart & 0xfff || vma.vmEnd & 0xfff) fail(mm, `${nameOf(vma)} is not page aligned`);
  if (vma.vmStart >= vma.vmEnd || vma.vmEnd > TASK_SIZE) fail(mm, `${nameOf(vma)} is empty or too high`);
  if (!Number.isInteger(vma.vmPgoff) || vma.vmPgoff < 0 || vma.vmPgoff > 0xffffffff) {
    fail(mm, `${nameOf(vma)} has page offset ${vma.vmPgoff}`);
  }
  if (vma.vmPageProt !== protectionOf(vma.vmFlags)) {
    fail(mm, `${nameOf(vma)} has protection ${vma.vmPageProt} with flags ${vma.vmFlags.toString(16)}`);
  }
  if (vma.vmFile === null) return;
  if (vma.vmFile.count < 1) fail(mm, `${nameOf(vma)} maps a file without references`);
  const mapping = vma.vmFile.inode.mapping;
  const shared = (vma.vmFlags & VM.shared) !== 0;
  const times = (list: readonly MappedArea[]) => list.filter((area) => area === vma).length;
  if (times(mapping.iMmap) !== (shared ? 0 : 1) || times(mapping.iMmapShared) !== (shared ? 1 : 0)) {
    fail(mm, `${nameOf(vma)} is not once in its share list`);
  }
}

/**
 * Recounts an address space's areas: list and index agree, are sorted and disjoint; each area is well-formed and in its
 * file's share list; `mapCount`, `lockedVm` and, unless `totalVmOverCounted`, `totalVm` are right; `mmapCache` names a
 * live area. KernelBug on the first thing that is wrong.
 *
 * @param totalVmOverCounted the address space comes from a fork that skipped VM_DONTCOPY areas, which stay counted
 */
export function checkVmas(mm: MmStruct, totalVmOverCounted = false): void {
  let previousEnd = 0;
  let count = 0;
  let pages = 0;
  let locked = 0;
  for (let vma = mm.mmap; vma !== null; vma = vma.vmNext) {
    if (mm.index[count] !== vma)
      fail(mm, `${nameOf(vma)} is number ${count} of the list but not of the index`);
    checkArea(mm, vma);
    if (vma.vmStart < previousEnd) fail(mm, `${nameOf(vma)} begins before ${previousEnd.toString(16)}`);
    previousEnd = vma.vmEnd;
    count++;
    pages += (vma.vmEnd - vma.vmStart) >>> 12;
    if (vma.vmFlags & VM.locked) locked += (vma.vmEnd - vma.vmStart) >>> 12;
  }
  if (mm.index.length !== count) fail(mm, `index of ${mm.index.length} areas, list of ${count}`);
  if (mm.mapCount !== count) fail(mm, `map_count ${mm.mapCount}, areas ${count}`);
  if (mm.lockedVm !== locked) fail(mm, `locked_vm ${mm.lockedVm}, locked pages ${locked}`);
  if (totalVmOverCounted ? mm.totalVm < pages : mm.totalVm !== pages) {
    fail(mm, `total_vm ${mm.totalVm}, pages ${pages}`);
  }
  if (mm.mmapCache !== null && !mm.index.includes(mm.mmapCache))
    fail(mm, 'mmap_cache is not one of its areas');
}
