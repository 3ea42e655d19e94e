import { Errno } from '../errno.ts';
import { pageCacheRead, readClusterNonblocking } from '../page-cache/filemap-nopage.ts';
import type { Addr, SysResult } from '../types.ts';
import { rangeEnd, visitAreas } from './area-range.ts';
import { MADV } from './mman.ts';
import { splitOut } from './split-vma.ts';
import { RLIMIT } from './task.ts';
import type { Vm } from './vm.ts';
import { VM, type Vma } from './vma.ts';
import { isOverLimit, MADVISE_STOPS, SYSCALL, traceEnter, traceExit } from './vma-tracepoints.ts';
import { zapPageRange } from './zap.ts';

/**
 * Sets how a part of an area will be read. The part becomes an area of its own even when nothing changes, and areas are
 * not merged again. @linux 2.4.22 mm/filemap.c madvise_behavior()
 */
function madviseBehavior(vm: Vm, vma: Vma, start: Addr, end: Addr, advice: number): number {
  const mm = vma.vmMm;
  if (isOverLimit(vm.trace, 'max_map_count', mm.mapCount, vm.sysctls.maxMapCount)) return -Errno.ENOMEM;
  const splits = start !== vma.vmStart || end !== vma.vmEnd;
  if (splits && vma.vmFile === null && vm.rules.adviceSplitStops && vm.trace.on) {
    vm.trace.emit(MADVISE_STOPS, vma.vmStart, vma.vmEnd, start, end, advice);
  }
  const piece = splitOut(vm, mm, vma, start, end);
  if (piece === null) return -Errno.EAGAIN;
  const hint = advice === MADV.sequential ? VM.seqRead : advice === MADV.random ? VM.randRead : 0;
  piece.vmFlags = (piece.vmFlags & ~(VM.seqRead | VM.randRead)) | hint;
  piece.vmRaend = 0;
  return 0;
}

/**
 * Starts to read a part of a mapped file into the page cache; page tables stay as they are. A part that lies wholly
 * beyond the end of the file is -EIO: the error of the test before is never cleared.
 * @linux 2.4.22 mm/filemap.c madvise_willneed()
 */
function madviseWillneed(vm: Vm, vma: Vma, start: Addr, end: Addr): number {
  if (vma.vmFile === null) return -Errno.EBADF;
  const { mapping, size: bytes } = vma.vmFile.inode;
  if (vm.rules.willneedChecksReadpage && mapping.ops.readpage === undefined) return -Errno.EBADF;
  const size = Math.ceil(bytes / 4096);
  let pgoff = (((start - vma.vmStart) >>> 12) + vma.vmPgoff) >>> 0;
  let endPgoff = (((end - vma.vmStart) >>> 12) + vma.vmPgoff) >>> 0;
  const limit = vm.current.rlimCur[RLIMIT.rss] as number;
  // The limit is in bytes and the sum in pages: the kernel compares them as they are.
  if (isOverLimit(vm.trace, 'RLIMIT_RSS', (vma.vmMm.rss + (endPgoff - pgoff)) >>> 0, limit))
    return -Errno.EIO;

  let error: number = -Errno.EIO;
  if (vma.vmFlags & VM.randRead) {
    for (; pgoff < endPgoff && pgoff < size; pgoff++) {
      error = pageCacheRead(vm.pageCache, mapping, pgoff);
      if (error < 0) break;
    }
  } else {
    const clusterPages = (1 << vm.pageCache.pageCluster) >>> 0;
    pgoff -= pgoff % clusterPages;
    endPgoff = Math.ceil(endPgoff / clusterPages) * clusterPages;
    for (; pgoff < endPgoff && pgoff < size; pgoff += clusterPages) {
      error = readClusterNonblocking(vm.pageCache, mapping, pgoff, size);
      if (error < 0) break;
    }
  }
  return error;
}

/** Drops the pages of a part; anonymous data is lost. @linux 2.4.22 mm/filemap.c madvise_dontneed() */
function madviseDontneed(vm: Vm, vma: Vma, start: Addr, end: Addr): number {
  if (vma.vmFlags & VM.locked) return -Errno.EINVAL;
  zapPageRange(vm, vma.vmMm, start, end - start);
  return 0;
}

/** @linux 2.4.22 mm/filemap.c madvise_vma() */
function madviseVma(vm: Vm, vma: Vma, start: Addr, end: Addr, advice: number): number {
  switch (advice) {
    case MADV.normal:
    case MADV.sequential:
    case MADV.random:
      return madviseBehavior(vm, vma, start, end, advice);
    case MADV.willNeed:
      return madviseWillneed(vm, vma, start, end);
    case MADV.dontNeed:
      return madviseDontneed(vm, vma, start, end);
    default:
      return -Errno.EINVAL;
  }
}

/**
 * Tells how [start, start + len) will be used.
 * @returns 0; -EINVAL: a bad range, unknown advice (only if something is mapped), or DONTNEED on a locked area; -ENOMEM:
 *   a gap (at the end), or too many areas; -EAGAIN: no memory for a cut; -EBADF: WILLNEED without a file; -EIO: WILLNEED beyond RLIMIT_RSS or the file
 * @linux 2.4.22 mm/filemap.c sys_madvise()
 */
export function sysMadvise(vm: Vm, start: Addr, len: number, advice: number): SysResult {
  if (vm.trace.on) traceEnter(vm.trace, SYSCALL.madvise, start, len, advice);
  const end = rangeEnd(start, len);
  let result: SysResult = 0;
  if (end < 0) result = end;
  else if (end > start) result = visitAreas(vm, start, end, advice, madviseVma);
  if (vm.trace.on) traceExit(vm.trace, SYSCALL.madvise, result);
  return result;
}
