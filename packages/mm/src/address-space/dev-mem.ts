import { Errno } from '../errno.ts';
import type { CopyActor, OpenFile } from '../page-cache/open-file.ts';
import { PTE } from '../page-tables/page-tables.ts';
import type { CharDriver } from './char-device.ts';
import { remapPageRange } from './remap-page-range.ts';
import { CAP } from './task.ts';
import type { Vm } from './vm.ts';
import { VM, type Vma } from './vma.ts';

/** What differs between releases in the memory devices. */
export interface MemoryDeviceRules {
  /** 2.4.22: mmap of /dev/kmem knows the areas of vmalloc; 2.4.20 takes every offset for a physical address. */
  readonly kmemMapsVmalloc: boolean;
}

/** What the memory devices must know of the machine. */
export interface MemoryDeviceParts {
  readonly vm: Vm;
  readonly rules: MemoryDeviceRules;
  /** Bytes of memory that the kernel maps directly. @linux __pa(high_memory) */
  readonly lowMemory: number;
  /** Whether the CPU has memory type range registers (a Pentium Pro has, a Pentium has not). @linux X86_FEATURE_MTRR */
  readonly mtrr: boolean;
}

/** Only who may touch the hardware opens memory. @linux 2.4.22 drivers/char/mem.c open_port() */
export function openPort(vm: Vm): number {
  return vm.current.capable(CAP.sysRawio) ? 0 : -Errno.EPERM;
}

/**
 * Copies between physical memory and a program's buffer.
 *
 * @param phys first byte; `[phys, phys + count)` must lie in memory
 * @returns false when the buffer faulted
 */
export function copyPhysical(phys: number, count: number, done: number, copy: CopyActor): boolean {
  for (let copied = 0; copied < count; ) {
    const at = phys + copied;
    const bytes = Math.min(4096 - (at % 4096), count - copied);
    if (copy(at >>> 12, at % 4096, bytes, done + copied) !== 0) return false;
    copied += bytes;
  }
  return true;
}

/**
 * /dev/mem: physical memory by its address. read and write reach what the kernel maps directly, i.e. no high memory and no
 * device; mmap reaches every address of 32 bits, but of RAM in use only reserved frames (see {@link remapPageRange}).
 *
 * Who writes to it can break the kernel, as on a real machine.
 *
 * @linux 2.4.22 drivers/char/mem.c mem_fops
 */
export function devMem(parts: MemoryDeviceParts): CharDriver {
  const { vm, lowMemory } = parts;
  const transfer = (_file: OpenFile, position: number, count: number, copy: CopyActor): number => {
    // An unsigned long holds the offset: what lies above 4 GiB is cut off.
    const phys = position % 2 ** 32;
    if (phys >= lowMemory) return 0;
    const bytes = Math.min(count, lowMemory - phys);
    return copyPhysical(phys, bytes, 0, copy) ? bytes : -Errno.EFAULT;
  };
  return {
    open: () => openPort(vm),
    read: transfer,
    write: transfer,
    mmap: (file, vma) => mmapMem(parts, file, vma),
  };
}

/**
 * Shows physical memory from the area's offset on. VM_RESERVED keeps reclaim away; what lies above the kernel's memory, or
 * was opened with O_SYNC, is VM_IO as well: no core dump and no direct I/O touches it.
 *
 * @returns 0, or -EAGAIN without memory for page tables
 * @linux 2.4.22 drivers/char/mem.c mmap_mem()
 */
export function mmapMem(parts: MemoryDeviceParts, file: OpenFile, vma: Vma): number {
  const offset = (vma.vmPgoff << 12) >>> 0;
  setNoncached(parts, file, vma, offset);
  vma.vmFlags |= VM.reserved;
  if (offset >= parts.lowMemory || file.sync) vma.vmFlags |= VM.io;
  const size = vma.vmEnd - vma.vmStart;
  return remapPageRange(parts.vm, vma.vmStart, offset, size, vma.vmPageProt) === 0 ? 0 : -Errno.EAGAIN;
}

/**
 * Makes an area's pages bypass the caches where it must be: O_SYNC asks for it, and a CPU without range registers does not
 * know by itself that there is no RAM at an address.
 *
 * @linux 2.4.22 drivers/char/mem.c noncached_address(), pgprot_noncached()
 */
export function setNoncached(parts: MemoryDeviceParts, file: OpenFile, vma: Vma, offset: number): void {
  const beyondRam = !parts.mtrr && offset >= parts.lowMemory;
  if (beyondRam || file.sync) vma.vmPageProt |= PTE.pcd | PTE.pwt;
}
