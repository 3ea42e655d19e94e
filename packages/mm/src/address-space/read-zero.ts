import { Errno } from '../errno.ts';
import type { Mmu } from '../hardware/mmu.ts';
import type { Addr } from '../types.ts';
import { findVma } from './find-vma.ts';
import type { MmStruct } from './mm-struct.ts';
import { accessOk, clearUser } from './uaccess.ts';
import type { Vm } from './vm.ts';
import { protectionOf, VM, type Vma } from './vma.ts';
import { zapPageRange } from './zap.ts';
import { zeromapPageRange } from './zeromap.ts';

/** From so many bytes on, whole pages are mapped instead of written. */
const MAP_FROM_BYTES = 4 * 4096;
/** @linux PAGE_COPY: readable, not writable, whatever the area says */
const PAGE_COPY = protectionOf(VM.read);

/**
 * Fills the running task's buffer with zeros, as a read of /dev/zero. In a large buffer the whole pages of private areas
 * are not written: what was mapped there goes, and the zero page takes its place, so that such a read *frees* memory, and
 * the next write to a page takes a fresh one.
 *
 * ```
 *   buffer      ...xx|xxxx|xxxx|xxxx|xx...
 *   cleared       ~~                ~~         the two ends
 *   zero page        |0000|0000|0000|          write-protected
 * ```
 *
 * @returns bytes, less than `count` where the buffer ends, or -EFAULT
 * @linux 2.4.22 drivers/char/mem.c read_zero()
 */
export function readZero(vm: Vm, mmu: Mmu, addr: Addr, count: number): number {
  if (count === 0) return 0;
  if (!accessOk(addr, count)) return -Errno.EFAULT;
  let at = addr;
  let left = count;
  if (count >= MAP_FROM_BYTES) {
    const partial = -addr & 0xfff;
    const unwritten = clearUser(vm, mmu, at, partial);
    if (unwritten !== 0) return partial - unwritten || -Errno.EFAULT;
    at += partial;
    left -= partial;
    const whole = left - (left % 4096);
    const rest = readZeroPages(vm, mmu, at, whole);
    if (rest !== 0) return partial + whole - rest || -Errno.EFAULT;
    at += whole;
    left -= whole;
  }
  left = clearUser(vm, mmu, at, left);
  return count - left || -Errno.EFAULT;
}

/**
 * The whole pages. A shared area, and everything behind it, is cleared in the ordinary way.
 *
 * @returns bytes that are missing
 * @linux 2.4.22 drivers/char/mem.c read_zero_pagealigned()
 */
function readZeroPages(vm: Vm, mmu: Mmu, addr: Addr, size: number): number {
  const mm = vm.current.mm as MmStruct;
  let at = addr;
  let left = size;
  for (let vma: Vma | null = findVma(mm, at); vma !== null; vma = vma.vmNext) {
    if (vma.vmStart > at || (vma.vmFlags & VM.write) === 0) return left;
    if ((vma.vmFlags & VM.shared) !== 0) break;
    const bytes = Math.min(vma.vmEnd - at, left);
    zapPageRange(vm, mm, at, bytes);
    // Nobody looks at the result: without a page table the pages are missing, and the next touch brings what belongs there.
    zeromapPageRange(vm, at, bytes, PAGE_COPY);
    at += bytes;
    left -= bytes;
    if (left === 0) return 0;
  }
  for (; left > 0; at += 4096, left -= 4096) {
    const unwritten = clearUser(vm, mmu, at, 4096);
    if (unwritten !== 0) return left + unwritten - 4096;
  }
  return 0;
}
