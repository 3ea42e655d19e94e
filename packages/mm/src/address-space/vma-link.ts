/**
 * Putting areas into an address space and into the lists of the file that they map.
 *
 * An area is in three places: the `vmNext` list, `mm.index` (both in address order, always in step) and, when it maps a
 * file, one of its mapping's two share lists, where truncate finds it.
 */
import { assertKernel } from '../kernel-bug.ts';
import { lowerBound } from './find-vma.ts';
import type { MmStruct } from './mm-struct.ts';
import type { Vm } from './vm.ts';
import { VM, Vma } from './vma.ts';

/** Moving up to this many elements by hand is faster than a call of `splice`. */
const SHIFT_BY_HAND_MAX = 32;

function indexInsert(index: Vma[], at: number, vma: Vma): void {
  const length = index.length;
  if (length - at > SHIFT_BY_HAND_MAX) {
    index.splice(at, 0, vma);
    return;
  }
  index.push(vma);
  for (let i = length; i > at; i--) index[i] = index[i - 1] as Vma;
  index[at] = vma;
}

/** Takes the areas at positions [first, last) out of `mm.index` only. */
export function indexRemove(index: Vma[], first: number, last: number): void {
  const length = index.length;
  if (length - last > SHIFT_BY_HAND_MAX) {
    index.splice(first, last - first);
    return;
  }
  let to = first;
  for (let from = last; from < length; from++) index[to++] = index[from] as Vma;
  while (index.length > to) index.pop();
}

/**
 * Enters an area in its file's share list, at the head, and takes write access away for VM_DENYWRITE.
 * Nothing for an area without a file. @linux 2.4.22 mm/mmap.c __vma_link_file()
 */
export function linkShareList(vma: Vma): void {
  if (vma.vmFile === null) return;
  const inode = vma.vmFile.inode;
  if (vma.vmFlags & VM.denyWrite) inode.writecount--;
  (vma.vmFlags & VM.shared ? inode.mapping.iMmapShared : inode.mapping.iMmap).unshift(vma);
}

/**
 * The same for fork's copy of an area: the copy stands right behind the parent's `original`.
 * @linux 2.4.22 kernel/fork.c dup_mmap()
 */
export function linkShareListAfter(vma: Vma, original: Vma): void {
  if (vma.vmFile === null) return;
  const inode = vma.vmFile.inode;
  if (vma.vmFlags & VM.denyWrite) inode.writecount--;
  const list = vma.vmFlags & VM.shared ? inode.mapping.iMmapShared : inode.mapping.iMmap;
  const at = list.indexOf(original);
  assertKernel(at >= 0, 'linkShareListAfter: the original is not in its share list');
  list.splice(at + 1, 0, vma);
}

/**
 * Takes an area out of its file's share list and gives write access back for VM_DENYWRITE.
 * @linux 2.4.22 mm/mmap.c remove_shared_vm_struct()
 */
export function removeSharedVmStruct(vma: Vma): void {
  if (vma.vmFile === null) return;
  const inode = vma.vmFile.inode;
  if (vma.vmFlags & VM.denyWrite) inode.writecount++;
  const list = vma.vmFlags & VM.shared ? inode.mapping.iMmapShared : inode.mapping.iMmap;
  const at = list.indexOf(vma);
  assertKernel(at >= 0, 'removeSharedVmStruct: the area is not in its share list');
  if (at === 0) list.shift();
  else list.splice(at, 1);
}

/**
 * Links an area at position `at` of the index, as {@link lowerBound} of its start gave it. The area must overlap nothing.
 * @linux 2.4.22 mm/mmap.c vma_link()
 */
export function linkAt(mm: MmStruct, vma: Vma, at: number): void {
  const index = mm.index;
  const prev = at > 0 ? (index[at - 1] as Vma) : null;
  const next = at < index.length ? (index[at] as Vma) : null;
  assertKernel(next === null || next.vmStart >= vma.vmEnd, 'vma_link: the new area overlaps the next one');
  if (prev === null) {
    mm.mmap = vma;
  } else {
    assertKernel(prev.vmEnd <= vma.vmStart, 'vma_link: the new area overlaps the one before it');
    prev.vmNext = vma;
  }
  vma.vmNext = next;
  indexInsert(index, at, vma);
  linkShareList(vma);
  mm.mapCount++;
}

/** Links an area whose place is not known yet. KernelBug when it overlaps another. @linux 2.4.22 mm/mmap.c insert_vm_struct() */
export function insertVmStruct(_vm: Vm, mm: MmStruct, vma: Vma): void {
  linkAt(mm, vma, lowerBound(mm.index, vma.vmStart));
}

/**
 * Takes `vma`, the successor of `prev`, off list and index because `prev` swallows it. It has no file, so no share list
 * knows it. `prev` may already have been extended over it. The caller frees it. @linux 2.4.22 include/linux/mm.h __vma_unlink()
 */
export function vmaUnlink(mm: MmStruct, vma: Vma, prev: Vma): void {
  const at = lowerBound(mm.index, prev.vmStart) + 1;
  assertKernel(mm.index[at] === vma && prev.vmNext === vma, 'vma_unlink: not the successor');
  prev.vmNext = vma.vmNext;
  indexRemove(mm.index, at, at + 1);
  if (mm.mmapCache === vma) mm.mmapCache = prev;
  mm.mapCount--;
}

/**
 * A copy of an area's fields for [start, end) of the same or another address space; `vmPgoff` stays that of the original
 * and the read-ahead mark starts afresh. The caller takes the file reference and links it.
 *
 * @param object its object, which the caller has allocated
 */
export function cloneVma(vma: Vma, start: number, end: number, object: number): Vma {
  const copy = new Vma(vma.vmMm, start, end, vma.vmFlags, vma.vmPageProt);
  copy.object = object;
  copy.vmOps = vma.vmOps;
  copy.vmPgoff = vma.vmPgoff;
  copy.vmFile = vma.vmFile;
  copy.vmPrivateData = vma.vmPrivateData;
  return copy;
}
