import { Errno } from '../errno.ts';
import { PTE } from '../page-tables/page-tables.ts';
import { type Addr, pageAlign, type SysResult } from '../types.ts';
import { findVmaPrev, prevOf } from './find-vma.ts';
import type { MmStruct } from './mm-struct.ts';
import { PROT } from './mman.ts';
import { splitOut } from './split-vma.ts';
import type { Vm } from './vm.ts';
import { protectionOf, VM, type Vma } from './vma.ts';
import { freeVma } from './vma-alloc.ts';
import { vmaUnlink } from './vma-link.ts';
import { canVmaMerge } from './vma-merge.ts';
import { SYSCALL, traceEnter, traceExit, traceMerge } from './vma-tracepoints.ts';

const PROT_ALL = PROT.read | PROT.write | PROT.exec;
/** All bits of an entry's low word that `pte_modify` replaces. */
const REPLACED = 0xfff & ~PTE.chgMask;

/**
 * Gives the entries of [start, end) that are present (PROT_NONE ones count) the protection `pageProt`; accessed and dirty
 * bits stay, entries of swapped pages too. A private page never becomes writable here: PAGE_COPY is read-only, so that
 * the next write goes through copy-on-write.
 * @linux 2.4.22 mm/mprotect.c change_protection()
 */
function changeProtection(vm: Vm, mm: MmStruct, start: Addr, end: Addr, pageProt: number): void {
  const { pageTables, memory, tlb } = vm;
  const { pmdSize, entryWords } = pageTables;
  tlb.flushCacheRange(mm.pgd, start, end);
  for (let addr = start; addr < end; ) {
    const tableEnd = Math.min(end, ((addr & -pmdSize) >>> 0) + pmdSize);
    let entry = pageTables.pteOffset(mm.pgd, addr);
    if (entry !== 0) {
      const words = memory.words;
      for (; addr < tableEnd; addr += 4096, entry += entryWords) {
        const pte = words[entry] as number;
        if (pte & PTE.presentMask) words[entry] = (pte & ~REPLACED) | pageProt;
      }
    }
    addr = tableEnd;
  }
  tlb.flushTlbRange(mm.pgd, start, end);
}

/**
 * Changes the flags of [start, end), which lies in `vma`, to `newFlags`.
 *
 *     prev has the new flags:  |pppp|====|----|  ->  |pppppppp|----|   the boundary moves, vmPgoff of the rest does not
 *     otherwise                |----|====|----|  ->  split, see splitOut()
 *
 * @returns the area that holds the range now; null: no memory for a split, nothing changed. The kernel's `*pprev` is the
 *   same wherever it is looked at again.
 * @linux 2.4.22 mm/mprotect.c mprotect_fixup() and its four cases
 */
function mprotectFixup(
  vm: Vm,
  mm: MmStruct,
  vma: Vma,
  prev: Vma | null,
  start: Addr,
  end: Addr,
  newFlags: number,
): Vma | null {
  if (newFlags === vma.vmFlags) return vma;
  const pageProt = protectionOf(newFlags);
  let holder: Vma | null;
  if (start === vma.vmStart && mergesWithPrev(vm, prev, vma, start, end, newFlags)) {
    holder = prev as Vma;
    if (end === vma.vmEnd) {
      vmaUnlink(mm, vma, holder);
      freeVma(vm, vma);
    } else {
      vma.vmStart = end;
    }
    holder.vmEnd = end;
  } else {
    holder = splitOut(vm, mm, vma, start, end);
    if (holder === null) return null;
    holder.vmFlags = newFlags;
    holder.vmPageProt = pageProt;
  }
  changeProtection(vm, mm, start, end, pageProt);
  return holder;
}

/** Whether a range at the start of `vma` with new flags becomes part of the area before it. */
function mergesWithPrev(
  vm: Vm,
  prev: Vma | null,
  vma: Vma,
  start: Addr,
  end: Addr,
  newFlags: number,
): boolean {
  if (!vm.rules.merging.changedAreas) return false;
  const anonymous = isAnonymousPrivate(vma);
  const merges = anonymous && prev !== null && prev.vmEnd === start && canVmaMerge(prev, newFlags);
  if (vm.trace.on) traceMerge(vm.trace, start, end, newFlags, anonymous, prev, null, merges);
  return merges;
}

function isAnonymousPrivate(vma: Vma): boolean {
  return vma.vmFile === null && !(vma.vmFlags & VM.shared);
}

/**
 * Sets the protection of [start, start + len). The areas must be gapless; those before a gap or a refused area stay
 * changed. There is no limit on the areas made, and no check of memory.
 * @returns 0; -EINVAL; -ENOMEM (2.4.0: -EFAULT): a part is not mapped; -ENOMEM: there is no memory for a split; -EACCES: the
 *   file was not opened for that
 * @linux 2.4.22 mm/mprotect.c sys_mprotect()
 */
function doMprotect(vm: Vm, start: Addr, len: number, prot: number): SysResult {
  if (start & 0xfff) return -Errno.EINVAL;
  len = pageAlign(len);
  const end = start + len;
  if (end > 0xffffffff) return -Errno.EINVAL;
  if (prot & ~PROT_ALL) return -Errno.EINVAL;
  if (len === 0) return 0;
  const mm = vm.current.mm as MmStruct;
  let vma = findVmaPrev(mm, start);
  let prev = prevOf.vma;
  if (vma === null || vma.vmStart > start) return vm.rules.mprotectHole;

  for (let at = start; ; ) {
    const newFlags = prot | (vma.vmFlags & ~PROT_ALL);
    // VM_MAYREAD and its like lie four bits above what they permit.
    if (newFlags & ~(newFlags >> 4) & 0xf) return -Errno.EACCES;
    const areaEnd: Addr = vma.vmEnd;
    if (areaEnd > end) {
      return mprotectFixup(vm, mm, vma, prev, at, end, newFlags) === null ? -Errno.ENOMEM : 0;
    }
    const next: Vma | null = vma.vmNext;
    prev = mprotectFixup(vm, mm, vma, prev, at, areaEnd, newFlags);
    if (prev === null) return -Errno.ENOMEM;
    if (areaEnd === end) {
      if (next !== null) mergeWithNext(vm, mm, prev, next);
      return 0;
    }
    at = areaEnd;
    vma = next;
    if (vma === null || vma.vmStart !== at) return vm.rules.mprotectHole;
  }
}

/** The last step of mprotect: the area changed last swallows the one behind it if both are now alike. */
function mergeWithNext(vm: Vm, mm: MmStruct, prev: Vma, next: Vma): void {
  if (!vm.rules.merging.changedAreas) return;
  const anonymous = isAnonymousPrivate(prev);
  const merges = anonymous && prev.vmEnd === next.vmStart && canVmaMerge(next, prev.vmFlags);
  if (vm.trace.on) {
    traceMerge(vm.trace, prev.vmStart, prev.vmEnd, prev.vmFlags, anonymous, null, next, merges);
  }
  if (!merges) return;
  vmaUnlink(mm, next, prev);
  prev.vmEnd = next.vmEnd;
  freeVma(vm, next);
}

/** mprotect. See {@link doMprotect} for results. */
export function sysMprotect(vm: Vm, start: Addr, len: number, prot: number): SysResult {
  if (vm.trace.on) traceEnter(vm.trace, SYSCALL.mprotect, start, len, prot);
  const result = doMprotect(vm, start, len, prot);
  if (vm.trace.on) traceExit(vm.trace, SYSCALL.mprotect, result);
  return result;
}
