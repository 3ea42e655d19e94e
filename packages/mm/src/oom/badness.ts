import { CAP, type Task } from '../address-space/task.ts';
import { PF } from '../page-allocator/process-flags.ts';

/** How a task's badness comes about: every term, for the report and for `explain`. */
export interface Badness {
  /** What is compared: the largest is killed; 0 = never. */
  readonly points: number;
  /** Pages of all areas. */
  readonly totalVm: number;
  /** Processor time in units of 10.24 s, and what it divides by. */
  readonly cpuUnits: number;
  readonly cpuDivisor: number;
  /** Age in units of 1310.72 s, and what it divides by. */
  readonly runUnits: number;
  readonly runDivisor: number;
  /** Doubled for a niced task. */
  readonly niced: boolean;
  /** A quarter for the superuser, and once more for direct hardware access. */
  readonly admin: boolean;
  readonly rawio: boolean;
  /** Chosen already and about to die. */
  readonly dying: boolean;
}

/**
 * A square root, roughly: neither exact nor monotonic.
 *
 * @linux 2.4.22 mm/oom_kill.c int_sqrt()
 */
export function intSqrt(x: number): number {
  let rest = x >>> 0;
  let out = rest;
  while (rest > 1) {
    rest >>>= 2;
    out >>>= 1;
  }
  if (rest !== 0) out -= out >>> 2;
  return Math.max(out, 1);
}

/**
 * How good a victim a task would be: big, young, idle, unprivileged. The kernel calls its units seconds and minutes; at 100
 * ticks a second they are 10.24 s and 1310.72 s.
 *
 * @param jiffies now
 * @param sparesDying 2.4.22: a task that was chosen already is not chosen again
 * @linux 2.4.22 mm/oom_kill.c badness()
 */
export function badness(task: Task, jiffies: number, sparesDying: boolean): Badness {
  const totalVm = task.mm?.totalVm ?? 0;
  const dying = (task.flags & PF.MEMDIE) !== 0;
  const cpuUnits = task.cpuTicks >>> 10;
  const runUnits = Math.max(0, jiffies - task.startTime) >>> 17;
  const cpuDivisor = intSqrt(cpuUnits);
  const runDivisor = intSqrt(intSqrt(runUnits));
  const niced = task.nice > 0;
  const admin = task.capable(CAP.sysAdmin) || task.uid === 0;
  const rawio = task.capable(CAP.sysRawio);
  let points = Math.floor(Math.floor(totalVm / cpuDivisor) / runDivisor);
  if (niced) points *= 2;
  if (admin) points = Math.floor(points / 4);
  if (rawio) points = Math.floor(points / 4);
  if (task.mm === null || (dying && sparesDying)) points = 0;
  return { points, totalVm, cpuUnits, cpuDivisor, runUnits, runDivisor, niced, admin, rawio, dying };
}
