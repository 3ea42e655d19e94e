/** What the end of a thread means for those that wait for it. @linux 2.6 kernel/futex.c exit_robust_list(), kernel/fork.c mm_release() */
import type { MmStruct } from '@pagewalk/mm';
import type { Guest } from '../guest.ts';
import type { GuestTask } from '../task.ts';

/** Bits of a word that a mutex is. */
const TID_MASK = 0x3fffffff;
const OWNER_DIED = 0x40000000;
const WAITERS = 0x80000000;
/** A list that is longer is taken for a ring. @linux ROBUST_LIST_LIMIT */
const MOST = 2048;

/**
 * Marks the mutexes that an ending thread holds, clears its tid where it asked for that, and wakes who waits there. If the memory manager
 * has ended it already, that is done through another thread of its memory.
 */
export function releaseFutexes(guest: Guest, task: GuestTask): void {
  const { robustListAt, clearTidAt } = task;
  if (robustListAt === 0 && clearTidAt === 0) return;
  const gone = task.process.ended !== null || task.process.task.vforkChild !== null;
  const through = gone ? task.group.threads.find((other) => isUsable(other, task)) : task;
  if (through !== undefined) release(guest, task, through);
}

/** The same after exec, through another task that has the memory which the program had before: nobody else can know. */
export function releaseFutexesAfterExec(guest: Guest, task: GuestTask, before: MmStruct | null): void {
  const through = guest.tasks.find((other) => other.process.task.mm === before && isUsable(other, task));
  if (through !== undefined) release(guest, task, through);
  guest.kernel.run(task.process);
  task.robustListAt = 0;
  task.clearTidAt = 0;
}

function release(guest: Guest, task: GuestTask, through: GuestTask): void {
  const { robustListAt, clearTidAt } = task;
  guest.kernel.run(through.process);
  if (robustListAt !== 0) walkRobustList(guest, task, through, robustListAt);
  const users = through.process.task.mm?.mmUsers ?? 0;
  if (clearTidAt !== 0 && (users > 1 || through !== task) && guest.user.putWords(clearTidAt, 0)) {
    wake(guest, through, clearTidAt);
  }
}

function isUsable(other: GuestTask, task: GuestTask): boolean {
  return (
    other !== task && !other.dead && other.process.ended === null && other.process.task.vforkChild === null
  );
}

function wake(guest: Guest, through: GuestTask, addr: number): void {
  const key = guest.futexes.keyOf(guest, through, addr, false);
  if (typeof key !== 'number') guest.futexes.wake(key, 1);
}

/**
 * ```
 *   head: next | offset of the word from an entry | entry that is just being locked or unlocked
 *   entry: next, whose bit 0 says: inherits priority
 * ```
 */
function walkRobustList(guest: Guest, task: GuestTask, through: GuestTask, head: number): void {
  const words = guest.user.words(head, 3);
  if (words === null) return;
  const [first = 0, offset = 0, pendingAt = 0] = words;
  const pending = (pendingAt & ~1) >>> 0;
  let entry = first;
  for (let i = 0; i < MOST && (entry & ~1) >>> 0 !== head; i++) {
    const at = (entry & ~1) >>> 0;
    // The entry may be gone when its word is freed: what follows is read first.
    const next = guest.user.words(at, 1)?.[0];
    if (at !== pending && !ownerDied(guest, task, through, (at + offset) >>> 0, (entry & 1) !== 0, false))
      return;
    if (next === undefined) return;
    entry = next;
  }
  if (pending !== 0) ownerDied(guest, task, through, (pending + offset) >>> 0, (pendingAt & 1) !== 0, true);
}

/** @linux handle_futex_death() */
function ownerDied(
  guest: Guest,
  task: GuestTask,
  through: GuestTask,
  addr: number,
  inherits: boolean,
  pending: boolean,
): boolean {
  if ((addr & 3) !== 0) return false;
  const word = guest.user.words(addr, 1)?.[0];
  if (word === undefined) return false;
  // It had let go, and not yet woken who waits.
  if (pending && !inherits && word === 0) {
    wake(guest, through, addr);
    return true;
  }
  if ((word & TID_MASK) !== task.tid) return true;
  if (!guest.user.putWords(addr, (word & WAITERS) | OWNER_DIED)) return false;
  if (!inherits && (word & WAITERS) !== 0) wake(guest, through, addr);
  return true;
}
