/** Tracepoints of the memory system calls, and the decisions that they take. */
import { defineTracepoint, type Trace } from '../trace/trace.ts';
import type { Addr } from '../types.ts';
import type { Vma } from './vma.ts';

/** Memory system calls by their i386 number. @linux include/asm-i386/unistd.h */
export const SYSCALL = {
  brk: 45,
  oldMmap: 90,
  munmap: 91,
  mprotect: 125,
  msync: 144,
  mlock: 150,
  munlock: 151,
  mlockall: 152,
  munlockall: 153,
  mremap: 163,
  mmap2: 192,
  mincore: 218,
  madvise: 219,
} as const;

const SYSCALL_NAMES = new Map<number, string>([
  [SYSCALL.brk, 'brk'],
  [SYSCALL.oldMmap, 'mmap'],
  [SYSCALL.munmap, 'munmap'],
  [SYSCALL.mprotect, 'mprotect'],
  [SYSCALL.msync, 'msync'],
  [SYSCALL.mlock, 'mlock'],
  [SYSCALL.munlock, 'munlock'],
  [SYSCALL.mlockall, 'mlockall'],
  [SYSCALL.munlockall, 'munlockall'],
  [SYSCALL.mremap, 'mremap'],
  [SYSCALL.mmap2, 'mmap2'],
  [SYSCALL.mincore, 'mincore'],
  [SYSCALL.madvise, 'madvise'],
]);

/** A memory system call begins, with its arguments as the program passed them. */
export const SYS_ENTER = defineTracepoint({
  name: 'sys_enter',
  fields: ['nr', 'call', 'arg0', 'arg1', 'arg2', 'arg3', 'arg4', 'arg5'],
  origin: 'arch/i386/kernel/entry.S system_call',
  hex: ['arg0', 'arg1', 'arg2', 'arg3', 'arg4', 'arg5'],
  text: ['call'],
  values: { call: [...SYSCALL_NAMES.values()] },
});

/** It ends: `ret` is an address, a value >= 0 or a negative errno. */
export const SYS_EXIT = defineTracepoint({
  name: 'sys_exit',
  fields: ['nr', 'call', 'ret'],
  origin: 'arch/i386/kernel/entry.S ret_from_sys_call',
  text: ['call'],
  values: { call: [...SYSCALL_NAMES.values()] },
});

/**
 * Where a mapping goes (`addr`: the address, or a negative errno). `skipped` is the number of areas that the first-fit
 * search stepped over because the gap before them was too small; -1: nothing was searched (MAP_FIXED, or the hint fits).
 */
export const VM_UNMAPPED_AREA = defineTracepoint({
  name: 'vm_unmapped_area',
  fields: ['addr', 'hint', 'length', 'flags', 'skipped'],
  origin: 'mm/mmap.c get_unmapped_area()',
  hex: ['addr', 'hint', 'length', 'flags'],
});

/**
 * Whether the new range [addr, end) with `flags` becomes part of a neighbour instead of an area of its own.
 *
 * A neighbour that does not exist has end or start {@link NO_NEIGHBOUR}. Files never merge in 2.4, so the flags of a
 * neighbour with a file carry {@link HAS_FILE}, and those of a new range that has a file or is shared
 * {@link NOT_ANONYMOUS}: flags with one of these bits equal nothing.
 */
export const VMA_MERGE = defineTracepoint({
  name: 'vma_merge',
  fields: ['addr', 'end', 'flags', 'prev_end', 'prev_flags', 'next_start', 'next_flags', 'outcome'],
  origin: 'mm/mmap.c vma_merge()',
  hex: ['addr', 'end', 'flags', 'prev_end', 'prev_flags', 'next_start', 'next_flags'],
  decision: '(prev_end == addr && prev_flags == flags) || (next_start == end && next_flags == flags)',
});
export const NO_NEIGHBOUR = 0xffffffff;
export const HAS_FILE = 0x1000000;
export const NOT_ANONYMOUS = 0x2000000;

/**
 * Whether there is enough memory for `pages` more: `free` = page cache + free pages + free swap + swap cache + unused
 * dentries and inodes, all in pages. Nothing is reserved by a yes.
 */
export const VM_ENOUGH_MEMORY = defineTracepoint({
  name: 'vm_enough_memory',
  fields: ['pages', 'free', 'page_cache', 'free_pages', 'swap', 'swap_cache', 'slab', 'outcome'],
  origin: 'mm/mmap.c vm_enough_memory()',
  decision: 'free > pages',
});

/** vm.overcommit_memory is not 0, so `pages` were granted without a look at memory. */
export const VM_OVERCOMMIT_ALWAYS = defineTracepoint({
  name: 'vm_overcommit_always',
  fields: ['pages', 'overcommit_memory'],
  origin: 'mm/mmap.c vm_enough_memory()',
});

/** A request was refused because of a limit; `value` and `limit` in the unit of the limit named `what`. */
export const VMA_LIMIT = defineTracepoint({
  name: 'vma_limit',
  fields: ['what', 'value', 'limit', 'outcome'],
  origin: 'mm/mmap.c do_mmap_pgoff()',
  text: ['what'],
  decision: 'value > limit',
});

/**
 * The real 2.4.0 stops here for ever: madvise splits an area without a file, and takes a reference to that file all the same;
 * the fault comes while the address space is locked. pagewalk goes on as the later releases do.
 */
export const MADVISE_STOPS = defineTracepoint({
  name: 'madvise_stops',
  fields: ['vm_start', 'vm_end', 'start', 'end', 'advice'],
  origin: 'mm/filemap.c madvise_fixup_start()',
  hex: ['vm_start', 'vm_end', 'start', 'end'],
});

/** Records the begin of system call `nr`. Call only while tracing is on. */
export function traceEnter(trace: Trace, nr: number, a = 0, b = 0, c = 0, d = 0, e = 0, f = 0): void {
  trace.emit(SYS_ENTER, nr, trace.intern(SYSCALL_NAMES.get(nr) ?? `${nr}`), a, b, c, d, e, f);
}

/** Records the end of system call `nr` and passes its result on. Call only while tracing is on. */
export function traceExit(trace: Trace, nr: number, result: number): number {
  trace.emit(SYS_EXIT, nr, trace.intern(SYSCALL_NAMES.get(nr) ?? `${nr}`), result);
  return result;
}

/**
 * Records a merge decision. `prev` and `next` are the neighbours that were considered; `mergeable` false = the new range
 * has a file or is shared. Call only while tracing is on.
 */
export function traceMerge(
  trace: Trace,
  addr: Addr,
  end: Addr,
  flags: number,
  mergeable: boolean,
  prev: Vma | null,
  next: Vma | null,
  merged: boolean,
): void {
  trace.emit(
    VMA_MERGE,
    addr,
    end,
    mergeable ? flags : flags | NOT_ANONYMOUS,
    prev === null ? NO_NEIGHBOUR : prev.vmEnd,
    prev === null ? 0 : neighbourFlags(prev),
    next === null ? NO_NEIGHBOUR : next.vmStart,
    next === null ? 0 : neighbourFlags(next),
    merged ? 1 : 0,
  );
}

function neighbourFlags(vma: Vma): number {
  return vma.vmFile !== null ? vma.vmFlags | HAS_FILE : vma.vmFlags;
}

/** Whether `value` is over `limit`; a yes is recorded as the refusal that the caller makes of it. */
export function isOverLimit(trace: Trace, what: string, value: number, limit: number): boolean {
  if (value <= limit) return false;
  if (trace.on) trace.emit(VMA_LIMIT, trace.intern(what), value, limit, 1);
  return true;
}
