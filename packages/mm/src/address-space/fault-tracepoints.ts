/** Tracepoints and decisions of the fault path and of an address space's life. */
import { defineTracepoint } from '../trace/trace.ts';
import type { Addr, Pfn } from '../types.ts';
import type { MmStruct } from './mm-struct.ts';
import type { Vm } from './vm.ts';

/** A page fault of user code. @linux 6.1 arch/x86/include/asm/trace/exceptions.h page_fault_user */
export const PAGE_FAULT_USER = defineTracepoint({
  name: 'page_fault_user',
  fields: ['address', 'error_code'],
  hex: ['address', 'error_code'],
  origin: 'arch/i386/mm/fault.c do_page_fault()',
});

/** A page fault of the kernel, e.g. inside copy_to_user. */
export const PAGE_FAULT_KERNEL = defineTracepoint({
  name: 'page_fault_kernel',
  fields: ['address', 'error_code'],
  hex: ['address', 'error_code'],
  origin: 'arch/i386/mm/fault.c do_page_fault()',
});

/** May this access grow the stack? User code may touch at most 32 bytes below its stack pointer (pusha), the kernel anything. */
export const STACK_ACCESS = defineTracepoint({
  name: 'stack_access',
  fields: ['address', 'esp', 'user', 'outcome'],
  hex: ['address', 'esp'],
  origin: 'arch/i386/mm/fault.c do_page_fault()',
  decision: 'user == 0 || address + 32 >= esp',
});

/** Does the stack grow? `total_vm` and `grow` are pages, the others bytes or addresses. */
export const EXPAND_STACK = defineTracepoint({
  name: 'expand_stack',
  fields: ['address', 'vm_end', 'total_vm', 'grow', 'rlim_stack', 'rlim_as', 'outcome'],
  hex: ['address', 'vm_end'],
  origin: 'include/linux/mm.h expand_stack()',
  decision: 'vm_end - address <= rlim_stack && (total_vm + grow) * 4096 <= rlim_as',
});

/** Does the area allow the access? Error code: bit 0 = the page is present, bit 1 = write. */
export const FAULT_ACCESS = defineTracepoint({
  name: 'fault_access',
  fields: ['address', 'error_code', 'vm_flags', 'outcome'],
  hex: ['address', 'vm_flags'],
  origin: 'arch/i386/mm/fault.c do_page_fault()',
  decision:
    '((error_code & 2) != 0 && (vm_flags & 2) != 0) || ((error_code & 3) == 0 && (vm_flags & 5) != 0)',
});

/**
 * May a write fault on a read-only page just make it writable? Only if nobody else refers to the page; `slots` are the users of
 * its swap slot, the swap cache included, 0 when it has none; `buffers` is 1 if the page has any.
 */
export const COW_REUSE = defineTracepoint({
  name: 'cow_reuse',
  fields: ['address', 'pfn', 'count', 'reserved', 'locked', 'buffers', 'slots', 'outcome'],
  hex: ['address'],
  origin: 'mm/memory.c do_wp_page()',
  decision: 'locked == 0 && ((count == 1 && reserved == 0) || (count - buffers == 2 && slots == 1))',
});

/**
 * The same of 2.4.0: a page with buffers is copied, and of one reference it does not matter what the page is.
 */
export const COW_REUSE_UNSHARED = defineTracepoint({
  name: 'cow_reuse_unshared',
  fields: ['address', 'pfn', 'count', 'locked', 'slots', 'outcome'],
  hex: ['address'],
  origin: 'mm/memory.c do_wp_page()',
  decision: 'count == 1 || (count == 2 && locked == 0 && slots == 1)',
});

/** A kernel address faulted in 2.4.0: is the top-level `entry` copied from the `reference` page table? */
export const VMALLOC_SYNC = defineTracepoint({
  name: 'vmalloc_sync',
  fields: ['address', 'pgd', 'entry', 'reference', 'outcome'],
  hex: ['address', 'pgd', 'entry', 'reference'],
  origin: 'arch/i386/mm/fault.c do_page_fault()',
  decision: '(entry & 1) == 0 && (reference & 1) != 0',
});

/** Names of the classes by number, as the events carry them. */
export const FAULT_CLASS_NAMES = [
  'demand_zero',
  'zero_page',
  'file_read',
  'file_cow',
  'shared',
  'cow_copy',
  'cow_reuse',
  'swap',
  'spurious',
  'raced',
  'sigbus',
  'oom',
  'sigsegv',
] as const;

/**
 * How a fault ended. `class`: {@link FAULT_CLASS_NAMES}; `pte` is the low word of the entry before, `pfn` the page mapped
 * after (0: none), `count` the references to the page that was there before or (file pages) to the cached page;
 * `result` as handle_mm_fault gives it (1 minor, 2 major, 0 SIGBUS, -1 OOM; -2: refused before that), `rss` pages after.
 */
export const MM_FAULT = defineTracepoint({
  name: 'mm_fault',
  fields: ['address', 'class', 'vm_flags', 'pte', 'pfn', 'count', 'result', 'rss'],
  hex: ['address', 'vm_flags', 'pte'],
  text: ['class'],
  values: { class: FAULT_CLASS_NAMES },
  origin: 'mm/memory.c handle_mm_fault()',
});

/** Pages that an address space has resident now. @linux 6.1 include/trace/events/kmem.h rss_stat */
export const RSS_STAT = defineTracepoint({
  name: 'rss_stat',
  fields: ['pgd', 'size'],
  hex: ['pgd'],
  origin: 'mm/memory.c',
});

/**
 * A slot of a swap area that is switched off: its users (the swap cache included) before and after page tables and shared memory
 * were searched; `shmem`: shared memory had it.
 */
export const SWAP_UNUSE = defineTracepoint({
  name: 'swap_unuse',
  fields: ['entry', 'pfn', 'before', 'after', 'shmem'],
  hex: ['entry'],
  origin: 'mm/swapfile.c try_to_unuse()',
});

export const ZAP_PAGE_RANGE = defineTracepoint({
  name: 'zap_page_range',
  fields: ['pgd', 'start', 'size', 'freed'],
  hex: ['pgd', 'start', 'size'],
  origin: 'mm/memory.c zap_page_range()',
});

/** `vmas` and `rss` of the child's new address space; both 0 for a thread. */
export const SCHED_PROCESS_FORK = defineTracepoint({
  name: 'sched_process_fork',
  fields: ['parent_pid', 'child_pid', 'clone_vm', 'vmas', 'rss', 'result'],
  origin: 'kernel/fork.c do_fork()',
});

export const SCHED_PROCESS_EXEC = defineTracepoint({
  name: 'sched_process_exec',
  fields: ['filename', 'pid', 'entry', 'esp', 'total_vm', 'rss'],
  text: ['filename'],
  hex: ['entry', 'esp'],
  origin: 'fs/exec.c search_binary_handler()',
});

export const SCHED_PROCESS_EXIT = defineTracepoint({
  name: 'sched_process_exit',
  fields: ['comm', 'pid', 'exit_code', 'rss'],
  text: ['comm'],
  origin: 'kernel/exit.c do_exit()',
});

/** "VM: killing process COMM": a fault found no memory. */
export const OOM_FAULT_KILL = defineTracepoint({
  name: 'oom_fault_kill',
  fields: ['pid', 'address', 'error_code'],
  hex: ['address'],
  origin: 'arch/i386/mm/fault.c do_page_fault()',
});

/** Classes of fault, as numbers for {@link traceFault}. */
export const FAULT_CLASS = {
  demandZero: 0,
  zeroPage: 1,
  fileRead: 2,
  fileCow: 3,
  shared: 4,
  cowCopy: 5,
  cowReuse: 6,
  swap: 7,
  spurious: 8,
  raced: 9,
  sigbus: 10,
  oom: 11,
  sigsegv: 12,
} as const;

/** Records how a fault ended. Call only when `vm.trace.on`. */
export function traceFault(
  vm: Vm,
  faultClass: number,
  address: Addr,
  vmFlags: number,
  pteBefore: number,
  pfn: Pfn,
  count: number,
  result: number,
  rss: number,
): void {
  const name = vm.trace.intern(FAULT_CLASS_NAMES[faultClass] as string);
  vm.trace.emit(MM_FAULT, address, name, vmFlags, pteBefore >>> 0, pfn, count, result, rss);
}

/** Records an address space's new rss. Call only when `vm.trace.on`. */
export function traceRss(vm: Vm, mm: MmStruct): void {
  vm.trace.emit(RSS_STAT, mm.pgd, mm.rss);
}
