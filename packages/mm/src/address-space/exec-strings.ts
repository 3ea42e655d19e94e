/** The argument pages of exec: strings are collected in pages of no address space before the old program goes. */
import { Errno } from '../errno.ts';
import { GFP_HIGHUSER } from '../page-allocator/gfp.ts';
import type { Pfn } from '../types.ts';
import { TASK_SIZE } from './layout.ts';
import type { MmStruct } from './mm-struct.ts';
import { SIGKILL, type Task } from './task.ts';
import type { Vm } from './vm.ts';
import { protectionOf, VM_STACK_FLAGS } from './vma.ts';
import { newVma } from './vma-alloc.ts';
import { insertVmStruct } from './vma-link.ts';

/** Pages for the strings of arguments and environment. */
export const MAX_ARG_PAGES = 32;
const ARG_BYTES = MAX_ARG_PAGES * 4096;
/** Where the argument pages will lie. */
const ARG_BASE = TASK_SIZE - ARG_BYTES;

/**
 * What exec has collected so far.
 *
 * ```
 *   ARG_BASE                    p                                      C0000000
 *      |  pages not allocated   | argv 0 .. n | envp 0 .. n | filename | 0000 |
 * ```
 * @linux struct linux_binprm
 */
export interface BinPrm {
  /** Frames by page of the argument area, 0 = none yet. */
  readonly pages: Pfn[];
  /** Offset of the lowest string in the argument area; from {@link setupArgPages} on its address. */
  p: number;
}

export function newBinPrm(): BinPrm {
  return { pages: new Array<Pfn>(MAX_ARG_PAGES).fill(0), p: ARG_BYTES - 4 };
}

/**
 * Copies strings below the ones that are there, the last one first.
 *
 * @returns 0, -E2BIG when the area is full, -ENOMEM
 * @linux 2.4.22 fs/exec.c copy_strings()
 */
export function copyStrings(vm: Vm, bprm: BinPrm, strings: readonly Uint8Array[]): number {
  const { memory, allocator } = vm;
  for (let i = strings.length - 1; i >= 0; i--) {
    const text = strings[i] as Uint8Array;
    const length = text.length + 1;
    if (bprm.p < length) return -Errno.E2BIG;
    bprm.p -= length;
    let done = 0;
    while (done < length) {
      const position = bprm.p + done;
      const page = position >>> 12;
      const offset = position & 4095;
      let pfn = bprm.pages[page] as Pfn;
      if (pfn === 0) {
        pfn = allocator.allocPages(GFP_HIGHUSER, 0);
        if (pfn === 0) return -Errno.ENOMEM;
        bprm.pages[page] = pfn;
        memory.clearUser(pfn);
      }
      const count = Math.min(4096 - offset, length - done);
      // The page is zeroed, so the NUL at the end is there already.
      if (!memory.contentFree) {
        memory.bytes.set(text.subarray(done, done + count), memory.base(pfn) * 4 + offset);
      }
      done += count;
    }
  }
  return 0;
}

/** Frees the argument pages that no address space has taken. */
export function freeArgPages(vm: Vm, bprm: BinPrm): void {
  for (let i = 0; i < MAX_ARG_PAGES; i++) {
    const pfn = bprm.pages[i] as Pfn;
    if (pfn !== 0) vm.allocator.putPage(pfn);
    bprm.pages[i] = 0;
  }
}

/**
 * Makes the stack of a new program: an area from the page of the lowest string up to the top, with the argument pages in it.
 *
 * @returns 0, or -ENOMEM
 * @linux 2.4.22 fs/exec.c setup_arg_pages()
 */
export function setupArgPages(vm: Vm, bprm: BinPrm): number {
  const mm = vm.current.mm as MmStruct;
  bprm.p += ARG_BASE;
  const prot = protectionOf(VM_STACK_FLAGS & 7);
  const stack = newVma(vm, mm, (bprm.p & ~4095) >>> 0, TASK_SIZE, VM_STACK_FLAGS, prot);
  if (stack === null) return -Errno.ENOMEM;
  insertVmStruct(vm, mm, stack);
  mm.totalVm = (stack.vmEnd - stack.vmStart) >>> 12;
  for (let i = 0; i < MAX_ARG_PAGES; i++) {
    const pfn = bprm.pages[i] as Pfn;
    if (pfn === 0) continue;
    bprm.pages[i] = 0;
    putDirtyPage(vm, vm.current, mm, pfn, ARG_BASE + i * 4096, prot);
  }
  return 0;
}

/**
 * Maps an argument page. Without memory for a page table the task is killed; exec goes on all the same.
 *
 * @linux 2.4.22 fs/exec.c put_dirty_page()
 */
function putDirtyPage(vm: Vm, task: Task, mm: MmStruct, pfn: Pfn, address: number, prot: number): void {
  const entry = vm.pageTables.pteAlloc(mm.pgd, address);
  if (entry === 0 || (vm.memory.words[entry] as number) !== 0) {
    vm.allocator.putPage(pfn);
    vm.signals.force(task, SIGKILL, 0, 0);
    return;
  }
  if (vm.rules.listsAnonymousPages) vm.pageCache.lruCacheAdd(pfn);
  vm.tlb.flushDcachePage(pfn);
  vm.tlb.flushPageToRam(pfn);
  vm.pageTables.setPte(entry, pfn, prot | 0x042);
  mm.rss++;
}
