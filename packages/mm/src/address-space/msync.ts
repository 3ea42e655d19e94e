import { Errno } from '../errno.ts';
import { filemapFdatasync, filemapFdatawait } from '../page-cache/write-back.ts';
import type { Addr, SysResult } from '../types.ts';
import { rangeEnd, visitAreas } from './area-range.ts';
import { filemapSync } from './filemap-sync.ts';
import { MS } from './mman.ts';
import type { Vm } from './vm.ts';
import { VM, type Vma } from './vma.ts';
import { SYSCALL, traceEnter, traceExit } from './vma-tracepoints.ts';

/**
 * Writes back what was changed through a part of one area. Only areas that share a file have anything to write; then the
 * whole file is written, not just the part. MS_INVALIDATE alone only moves the dirty bits to the pages.
 * @linux 2.4.22 mm/filemap.c msync_interval()
 */
function msyncInterval(vm: Vm, vma: Vma, start: Addr, end: Addr, flags: number): number {
  if (flags & MS.invalidate && vma.vmFlags & VM.locked) return -Errno.EBUSY;
  if (vma.vmFile === null || !(vma.vmFlags & VM.shared)) return 0;
  filemapSync(vm, vma, start, end - start);
  if (!(flags & (MS.sync | MS.async))) return 0;
  const mapping = vma.vmFile.inode.mapping;
  const error = filemapFdatasync(vm.pageCache, mapping);
  if (!(flags & MS.sync)) return error;
  const waitError = filemapFdatawait(vm.pageCache, mapping);
  return error !== 0 ? error : waitError;
}

/**
 * Writes back changes made through mappings of files in [start, start + len).
 * @param flags MS_ASYNC: start the writing; MS_SYNC: and wait for it; MS_INVALIDATE
 * @returns 0; -EINVAL: a bad range or bad flags; -EBUSY: MS_INVALIDATE on a locked area; -ENOMEM: a gap (at the end); or
 *   an error of the writing
 * @linux 2.4.22 mm/filemap.c sys_msync()
 */
export function sysMsync(vm: Vm, start: Addr, len: number, flags: number): SysResult {
  if (vm.trace.on) traceEnter(vm.trace, SYSCALL.msync, start, len, flags);
  const end = rangeEnd(start, len);
  const bothWays = (flags & (MS.async | MS.sync)) === (MS.async | MS.sync);
  let result: SysResult = 0;
  if (end < 0) result = end;
  else if (flags & ~(MS.async | MS.invalidate | MS.sync) || bothWays) result = -Errno.EINVAL;
  else if (end > start) result = visitAreas(vm, start, end, flags, msyncInterval);
  if (vm.trace.on) traceExit(vm.trace, SYSCALL.msync, result);
  return result;
}
