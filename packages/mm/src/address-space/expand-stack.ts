import { Errno } from '../errno.ts';
import type { Addr } from '../types.ts';
import { EXPAND_STACK } from './fault-tracepoints.ts';
import { RLIMIT } from './task.ts';
import type { Vm } from './vm.ts';
import { VM, type Vma } from './vma.ts';

/**
 * Grows a VM_GROWSDOWN area down to the page of `address`, which lies below it: 0, or -ENOMEM when the running task's
 * RLIMIT_STACK or RLIMIT_AS forbids it. 2.4 keeps no gap to the area below and tests no RLIMIT_MEMLOCK.
 *
 * ```
 *   address      vmStart            vmEnd
 *      |  grow      |     stack       |
 *      +------------+-----------------+      vmPgoff falls by grow, so offsets of old pages stay
 * ```
 * @linux 2.4.22 include/linux/mm.h expand_stack()
 */
export function expandStack(vm: Vm, vma: Vma, address: Addr): number {
  const page = (address & ~4095) >>> 0;
  const mm = vma.vmMm;
  const grow = (vma.vmStart - page) >>> 12;
  const limits = vm.current.rlimCur;
  const stackLimit = limits[RLIMIT.stack] as number;
  const asLimit = limits[RLIMIT.as] as number;
  const ok = vma.vmEnd - page <= stackLimit && (mm.totalVm + grow) * 4096 <= asLimit;
  if (vm.trace.on) {
    vm.trace.emit(EXPAND_STACK, page, vma.vmEnd, mm.totalVm, grow, stackLimit, asLimit, ok ? 1 : 0);
  }
  if (!ok) return -Errno.ENOMEM;
  vma.vmStart = page;
  vma.vmPgoff = (vma.vmPgoff - grow) >>> 0;
  mm.totalVm += grow;
  if ((vma.vmFlags & VM.locked) !== 0) mm.lockedVm += grow;
  return 0;
}
