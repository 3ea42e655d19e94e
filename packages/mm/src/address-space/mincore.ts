import { Errno } from '../errno.ts';
import { GFP_KERNEL } from '../page-allocator/gfp.ts';
import { PG } from '../physical/mem-map.ts';
import type { Addr, SysResult } from '../types.ts';
import { rangeEnd, visitAreas } from './area-range.ts';
import type { Vm } from './vm.ts';
import type { Vma } from './vma.ts';
import { SYSCALL, traceEnter, traceExit } from './vma-tracepoints.ts';

/**
 * Where mincore's answer goes: an array, or a function that copies `bytes` to user space at `offset` from the vector's
 * begin and returns the number of bytes that could not be copied.
 */
export type MincoreVector = Uint8Array | ((offset: number, bytes: Uint8Array) => number);

interface Answer {
  readonly vec: MincoreVector;
  /** Bytes answered so far; a gap takes none. */
  offset: number;
}

/** Copies out; false = -EFAULT. */
function copyOut(answer: Answer, bytes: Uint8Array): boolean {
  const { vec, offset } = answer;
  if (typeof vec === 'function') return vec(offset, bytes) === 0;
  if (offset + bytes.length > vec.length) return false;
  vec.set(bytes, offset);
  return true;
}

/**
 * Answers for a part of one area: 1 = the file's page is in the page cache and up to date. Page tables are not looked at,
 * so the copies in a private mapping do not show.
 * @linux 2.4.22 mm/filemap.c mincore_vma()
 */
function mincoreVma(vm: Vm, vma: Vma, start: Addr, end: Addr, answer: Answer): number {
  if (vma.vmFile === null) return -Errno.ENOMEM;
  const { pageCache, memMap, allocator } = vm;
  const mapping = vma.vmFile.inode.mapping;
  // The kernel collects its answers in a page of its own.
  const buffer = allocator.allocPages(GFP_KERNEL, 0);
  if (buffer === 0) return -Errno.EAGAIN;
  let pgoff = vma.vmPgoff + ((start - vma.vmStart) >>> 12);
  let remaining = (end - start) >>> 12;
  let error = 0;
  while (remaining > 0 && error === 0) {
    const bytes = new Uint8Array(Math.min(remaining, 4096));
    for (let i = 0; i < bytes.length; i++) {
      const pfn = pageCache.findPage(mapping, pgoff++ >>> 0);
      if (pfn !== 0 && (memMap.flags[pfn] as number) & PG.uptodate) bytes[i] = 1;
    }
    if (!copyOut(answer, bytes)) error = -Errno.EFAULT;
    answer.offset += bytes.length;
    remaining -= bytes.length;
  }
  allocator.freePages(buffer, 0);
  return error;
}

/**
 * Tells which pages of [start, start + len) could be mapped without reading: a byte a page, 0 or 1.
 * @returns 0; -EINVAL; -ENOMEM: an anonymous area (at once) or a gap (at the end); -EFAULT on `vec`; -EAGAIN: no memory
 * @linux 2.4.22 mm/filemap.c sys_mincore()
 */
export function sysMincore(vm: Vm, start: Addr, len: number, vec: MincoreVector): SysResult {
  if (vm.trace.on) traceEnter(vm.trace, SYSCALL.mincore, start, len);
  const end = rangeEnd(start, len);
  let result: SysResult = 0;
  if (end < 0) result = end;
  else if (end > start) result = visitAreas<Answer>(vm, start, end, { vec, offset: 0 }, mincoreVma);
  if (vm.trace.on) traceExit(vm.trace, SYSCALL.mincore, result);
  return result;
}
