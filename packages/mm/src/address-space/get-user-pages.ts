import { Errno } from '../errno.ts';
import { KernelBug } from '../kernel-bug.ts';
import type { Addr, Pfn } from '../types.ts';
import { expandStack } from './expand-stack.ts';
import { findVma } from './find-vma.ts';
import { handleMmFault } from './handle-mm-fault.ts';
import type { MmStruct } from './mm-struct.ts';
import type { Task } from './task.ts';
import type { Vm } from './vm.ts';
import { VM, type Vma } from './vma.ts';

/**
 * The area of an address; a stack below its start is grown to it (and faulted in when it is locked). Null: there is none.
 *
 * @linux 2.4.22 mm/mmap.c find_extend_vma()
 */
export function findExtendVma(vm: Vm, mm: MmStruct, addr: Addr): Vma | null {
  const page = (addr & ~4095) >>> 0;
  const vma = findVma(mm, page);
  if (vma === null || vma.vmStart <= page) return vma;
  if ((vma.vmFlags & VM.growsDown) === 0) return null;
  const start = vma.vmStart;
  if (expandStack(vm, vma, page) !== 0) return null;
  if ((vma.vmFlags & VM.locked) !== 0) makePagesPresent(vm, page, start);
  return vma;
}

/**
 * The frame that an address is mapped to; -1 when none, or when a write would still fault.
 *
 * @linux 2.4.22 mm/memory.c follow_page()
 */
export function followPage(vm: Vm, mm: MmStruct, address: Addr, write: boolean): Pfn {
  const entry = vm.pageTables.pteOffset(mm.pgd, address);
  if (entry === 0) return -1;
  const pte = vm.memory.words[entry] as number;
  if ((pte & 0x081) === 0) return -1;
  return !write || (pte & 0x042) === 0x042 ? vm.pageTables.ptePfn(entry) : -1;
}

/**
 * Faults `len` pages from `start` on in, and optionally takes a reference to each.
 *
 * @param task whose fault counters rise
 * @param force only VM_MAYREAD or VM_MAYWRITE is needed (ptrace)
 * @param pages filled with the frames, each with a reference that the caller drops; null: just fault them in
 * @returns pages done; less than `len` when a page failed; for the first one -EFAULT or -ENOMEM
 * @linux 2.4.22 mm/memory.c get_user_pages()
 */
export function getUserPages(
  vm: Vm,
  task: Task,
  mm: MmStruct,
  start: Addr,
  len: number,
  write: boolean,
  force: boolean,
  pages: Pfn[] | null = null,
): number {
  const needed = write ? (force ? VM.mayWrite : VM.write) : force ? VM.mayRead : VM.read;
  let done = 0;
  let address = start;
  while (done < len) {
    const vma = findExtendVma(vm, mm, address);
    if (vma === null || (pages !== null && (vma.vmFlags & VM.io) !== 0) || (vma.vmFlags & needed) === 0) {
      return done > 0 ? done : -Errno.EFAULT;
    }
    do {
      let pfn = followPage(vm, mm, address, write);
      while (pfn < 0) {
        const result = handleMmFault(vm, mm, vma, address, write ? 1 : 0);
        if (result === 1) task.minFlt++;
        else if (result === 2) task.majFlt++;
        else return done > 0 ? done : result === 0 ? -Errno.EFAULT : -Errno.ENOMEM;
        pfn = followPage(vm, mm, address, write);
      }
      if (pages !== null) {
        if (pfn >= vm.memMap.frames) {
          for (const taken of pages.splice(0, done)) vm.allocator.putPage(taken);
          return -Errno.EFAULT;
        }
        vm.allocator.getPage(pfn);
        pages[done] = pfn;
      }
      done++;
      address += 4096;
    } while (done < len && address < vma.vmEnd);
  }
  return done;
}

/**
 * Faults [addr, end) of the running task in, for writing where the area is writable: 0, or -1 if not all of it could be.
 * The range must lie in one area.
 */
export type BringIn = (vm: Vm, vma: Vma, addr: Addr, end: Addr) => number;

/** Finds the area and lets the release bring its pages in. @linux make_pages_present() */
export function makePagesPresent(vm: Vm, addr: Addr, end: Addr): number {
  const vma = findVma(vm.current.mm as MmStruct, addr);
  if (vma === null || addr >= end || end > vma.vmEnd) {
    throw new KernelBug(`make_pages_present: [${addr}, ${end}) is not inside one area`);
  }
  return vm.rules.bringIn(vm, vma, addr, end);
}

/** As a program that may read or write there: nothing in a PROT_NONE area. @linux 2.4.22 mm/memory.c make_pages_present() */
export const bringInAllowed: BringIn = (vm, vma, addr, end) => {
  const task = vm.current;
  const mm = task.mm as MmStruct;
  const len = ((end + 4095) >>> 12) - (addr >>> 12);
  const write = (vma.vmFlags & VM.write) !== 0;
  return getUserPages(vm, task, mm, addr, len, write, false) === len ? 0 : -1;
};

/**
 * Whatever the area allows: a PROT_NONE one fills with zero pages. A page that its owner does not have (SIGBUS) is passed over,
 * and the faults are not counted as the task's.
 * @linux 2.4.0 mm/memory.c make_pages_present()
 */
export const bringInAll: BringIn = (vm, vma, addr, end) => {
  const write = (vma.vmFlags & VM.write) !== 0 ? 1 : 0;
  for (let address = addr; address < end; address += 4096) {
    if (handleMmFault(vm, vma.vmMm, vma, address, write) < 0) return -1;
  }
  return 0;
};
