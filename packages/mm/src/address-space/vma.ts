import type { File } from '../page-cache/inode.ts';
import type { Addr, Pfn } from '../types.ts';
import type { MmStruct } from './mm-struct.ts';

/** `vm_flags`. @linux 2.4.22 include/linux/mm.h VM_* */
export const VM = {
  read: 0x1,
  write: 0x2,
  exec: 0x4,
  shared: 0x8,
  mayRead: 0x10,
  mayWrite: 0x20,
  mayExec: 0x40,
  mayShare: 0x80,
  growsDown: 0x100,
  growsUp: 0x200,
  shm: 0x400,
  denyWrite: 0x800,
  executable: 0x1000,
  locked: 0x2000,
  io: 0x4000,
  seqRead: 0x8000,
  randRead: 0x10000,
  dontCopy: 0x20000,
  dontExpand: 0x40000,
  reserved: 0x80000,
} as const;
export const VM_STACK_FLAGS = 0x177;
export const VM_DATA_DEFAULT_FLAGS = 0x77;

/** What the owner of an area's contents does. @linux struct vm_operations_struct */
export interface VmOperations {
  readonly name: string;
  /** A second area began to use it (split, fork, move). */
  readonly open?: (vma: Vma) => void;
  /** An area stopped using it. */
  readonly close?: (vma: Vma) => void;
  /**
   * The page for `address` (page aligned) with a reference held: a pfn, NOPAGE_SIGBUS (0) or NOPAGE_OOM (-1).
   * Absent = anonymous memory.
   */
  readonly nopage?: (vma: Vma, address: Addr) => Pfn;
}

/** One memory area. @linux struct vm_area_struct */
export class Vma {
  vmMm: MmStruct;
  /** First byte; page aligned. */
  vmStart: Addr;
  /** First byte after it; page aligned, up to 0xC0000000. */
  vmEnd: Addr;
  /** Next area in address order. */
  vmNext: Vma | null = null;
  /** Low 12 bits that a fresh entry gets: protection_map[vmFlags & 15]. */
  vmPageProt: number;
  vmFlags: number;
  vmOps: VmOperations | null = null;
  /** Offset in its file, in pages, modulo 2^32 (kept for anonymous areas too). */
  vmPgoff = 0;
  vmFile: File | null = null;
  vmRaend = 0;
  /** Owner's own data (a SysV segment). */
  vmPrivateData: unknown = null;
  /** {@link slabAddr} as a signed word, which V8 keeps as a small integer: an unsigned one would be a heap object. */
  object = 0;

  constructor(mm: MmStruct, start: Addr, end: Addr, flags: number, pageProt: number) {
    this.vmMm = mm;
    this.vmStart = start;
    this.vmEnd = end;
    this.vmFlags = flags;
    this.vmPageProt = pageProt;
  }

  /** Kernel address of its object in the cache `vm_area_struct`, 0 = it has none (any more). */
  get slabAddr(): Addr {
    return this.object >>> 0;
  }
}

/** Entry flags by vm_flags & 15. @linux 2.4.22 mm/mmap.c protection_map */
const PROTECTION_MAP = [
  0x0a0, 0x025, 0x025, 0x025, 0x025, 0x025, 0x025, 0x025, 0x0a0, 0x025, 0x027, 0x027, 0x025, 0x025, 0x027,
  0x027,
] as const;

export function protectionOf(vmFlags: number): number {
  return PROTECTION_MAP[vmFlags & 15] as number;
}
