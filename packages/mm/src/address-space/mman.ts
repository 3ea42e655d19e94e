/**
 * Numbers that programs pass to the memory system calls of i386 Linux.
 * @linux 2.4.22 include/asm-i386/mman.h, include/linux/mman.h
 */

/** Protections of mmap and mprotect; equal to VM_READ, VM_WRITE and VM_EXEC. */
export const PROT = { none: 0, read: 1, write: 2, exec: 4 } as const;

/** Flags of mmap. MAP_LOCKED exists and has no effect in 2.4. */
export const MAP = {
  shared: 0x01,
  private: 0x02,
  /** Mask of the two above. */
  type: 0x0f,
  fixed: 0x10,
  anonymous: 0x20,
  growsDown: 0x100,
  denyWrite: 0x800,
  executable: 0x1000,
  locked: 0x2000,
  noReserve: 0x4000,
} as const;

export const MREMAP = { mayMove: 1, fixed: 2 } as const;
export const MADV = { normal: 0, random: 1, sequential: 2, willNeed: 3, dontNeed: 4 } as const;
export const MCL = { current: 1, future: 2 } as const;
export const MS = { async: 1, invalidate: 2, sync: 4 } as const;
