import { Errno } from '../errno.ts';
import type { Addr, SysResult } from '../types.ts';
import { rangeEnd, visitAreas } from './area-range.ts';
import { MS } from './mman.ts';
import type { Vm } from './vm.ts';
import { SYSCALL, traceEnter, traceExit } from './vma-tracepoints.ts';

/**
 * Writes back changes made through mappings of files in [start, start + len).
 * @param flags MS_ASYNC: start the writing; MS_SYNC: and wait for it; MS_INVALIDATE
 * @returns 0; -EINVAL: a bad range or bad flags; -EBUSY: MS_INVALIDATE on a locked area; -ENOMEM (2.4.0: -EFAULT): a gap (at
 *   the end); or an error of the writing
 * @linux 2.4.22 mm/filemap.c sys_msync()
 */
export function sysMsync(vm: Vm, start: Addr, len: number, flags: number): SysResult {
  if (vm.trace.on) traceEnter(vm.trace, SYSCALL.msync, start, len, flags);
  const end = rangeEnd(start, len);
  const rules = vm.rules.msync;
  const bothWays = (flags & (MS.async | MS.sync)) === (MS.async | MS.sync) && !rules.acceptsBothWays;
  let result: SysResult = 0;
  if (end < 0) result = end;
  else if (flags & ~(MS.async | MS.invalidate | MS.sync) || bothWays) result = -Errno.EINVAL;
  else if (end > start) result = visitAreas(vm, start, end, flags, rules.interval, rules.hole);
  if (vm.trace.on) traceExit(vm.trace, SYSCALL.msync, result);
  return result;
}
