/** The virtual clock as programs read it, and times in their memory. */
import { Errno, POWER_ON } from '@pagewalk/mm';
import type { Guest } from '../guest.ts';
import type { GuestTask } from '../task.ts';

/** Numbers of the clocks. */
export const CLOCK = {
  realtime: 0,
  monotonic: 1,
  processTime: 2,
  threadTime: 3,
  monotonicRaw: 4,
  realtimeCoarse: 5,
  monotonicCoarse: 6,
  boottime: 7,
  realtimeAlarm: 8,
  boottimeAlarm: 9,
  tai: 11,
} as const;
const REALTIME: ReadonlySet<number> = new Set([
  CLOCK.realtime,
  CLOCK.realtimeCoarse,
  CLOCK.realtimeAlarm,
  CLOCK.tai,
]);
const MONOTONIC: ReadonlySet<number> = new Set([
  CLOCK.monotonic,
  CLOCK.monotonicRaw,
  CLOCK.monotonicCoarse,
  CLOCK.boottime,
  CLOCK.boottimeAlarm,
]);
/** How many bytes a number of seconds has in memory. */
export type TimeWidth = 4 | 8;
/** Clocks of other processes have negative numbers: ~pid in the upper 29 bits; 2 in the lower ones: all its time, 4: a thread's. */
const OF_THREAD = 4;

/** Nanoseconds of a clock; null: there is no such clock. The clock of the epoch is apart: see {@link isRealtime}. */
export function readClock({ kernel, tasks }: Guest, task: GuestTask, clock: number): number | null {
  if (REALTIME.has(clock) || MONOTONIC.has(clock)) return kernel.clock.now;
  kernel.cpus.charge();
  if (clock === CLOCK.threadTime) return task.process.task.cpuNs;
  if (clock === CLOCK.processTime) return timeOf(task);
  if (clock < 0x80000000) return null;
  const pid = ~(clock >> 3);
  const thread = (clock & OF_THREAD) !== 0;
  const of = pid === 0 ? task : tasks.find((other) => (thread ? other.tid : other.pid) === pid);
  if (of === undefined) return null;
  return thread ? of.process.task.cpuNs : timeOf(of);
}

function timeOf({ group }: GuestTask): number {
  const { user, system } = group.usage();
  return user + system;
}

/** Whether a clock counts from the epoch, not from when the machine was switched on. */
export function isRealtime(clock: number): boolean {
  return REALTIME.has(clock);
}

/** Whether one can sleep by a clock. */
export function canSleepBy(clock: number): boolean {
  return REALTIME.has(clock) || MONOTONIC.has(clock);
}

/** ns of a timespec in memory, or -EFAULT, -EINVAL. @returns an object, as negative numbers are errors */
export function readTimespec(guest: Guest, at: number, width: TimeWidth): { readonly ns: number } | number {
  const words = guest.user.words(at, width === 4 ? 2 : 4);
  if (words === null) return -Errno.EFAULT;
  const high = width === 4 ? 0 : (words[1] as number);
  const [seconds = 0, nanos = 0] = width === 4 ? words : [words[0], words[2]];
  if (nanos >= 1e9 || high > 0x7fffffff || (width === 4 && seconds > 0x7fffffff)) return -Errno.EINVAL;
  return { ns: (high * 2 ** 32 + seconds) * 1e9 + nanos };
}

/** The same of a timeval: seconds and microseconds. */
export function readTimeval(guest: Guest, at: number): { readonly ns: number } | number {
  const words = guest.user.words(at, 2);
  if (words === null) return -Errno.EFAULT;
  const [seconds = 0, micros = 0] = words;
  if (micros >= 1e6 || seconds > 0x7fffffff) return -Errno.EINVAL;
  return { ns: seconds * 1e9 + micros * 1e3 };
}

/** Words of a time as a program of this width reads it. */
export function timespecWords(ns: number, width: TimeWidth): readonly number[] {
  const seconds = Math.floor(ns / 1e9);
  const nanos = Math.floor(ns % 1e9);
  return width === 4 ? [seconds, nanos] : [seconds, 0, nanos, 0];
}

/** The virtual time, ns, of a time that is relative, or (`absolute`) a clock's. One that is over is now. */
export function deadlineOf(
  { kernel }: Guest,
  clock: number,
  { ns }: { readonly ns: number },
  absolute: boolean,
): number {
  const { now } = kernel.clock;
  const origin = absolute ? (isRealtime(clock) ? -POWER_ON * 1e9 : 0) : now;
  return Math.max(now, origin + ns);
}
