/** Words of memory that threads wait at. @linux 2.6 kernel/futex.c */
import { Errno } from '@pagewalk/mm';
import type { Guest } from '../guest.ts';
import type { GuestTask } from '../task.ts';

const KERNEL = 0xc0000000;

/** Where a word is: in an address space, or, if it is shared, in a file. */
export interface FutexKey {
  /** The address space or the inode. */
  readonly space: object;
  /** Address, or offset in the file. */
  readonly at: number;
}

/** A task that waits at a word. */
export class FutexWaiter {
  woken = false;
  key: FutexKey;
  /** Whom it listens to: a waker with a bit in common. */
  readonly bits: number;

  constructor(key: FutexKey, bits: number) {
    this.key = key;
    this.bits = bits;
  }
}

/** Who waits where, in the order of their coming. */
export class Futexes {
  private readonly spaces = new Map<object, Map<number, FutexWaiter[]>>();

  /** The key of an address of the running task, or -EINVAL (not a word's), -EFAULT. @linux get_futex_key() */
  keyOf(guest: Guest, task: GuestTask, addr: number, isPrivate: boolean): FutexKey | number {
    if ((addr & 3) !== 0) return -Errno.EINVAL;
    if (addr >= KERNEL) return -Errno.EFAULT;
    const { mm } = task.process.task;
    if (mm === null) return -Errno.EFAULT;
    if (isPrivate) return { space: mm, at: addr };
    // The page must be there, for what it belongs to is the key.
    if (guest.user.words(addr, 1) === null) return -Errno.EFAULT;
    const shared = task.process.sharedAddress(addr);
    return shared === null ? { space: mm, at: addr } : { space: shared.inode, at: shared.offset };
  }

  /** A task begins to wait. */
  add(waiter: FutexWaiter): void {
    const { space, at } = waiter.key;
    let words = this.spaces.get(space);
    if (words === undefined) {
      words = new Map();
      this.spaces.set(space, words);
    }
    const queue = words.get(at);
    if (queue === undefined) words.set(at, [waiter]);
    else queue.push(waiter);
  }

  /** It does not wait any more. */
  remove(waiter: FutexWaiter): void {
    const queue = this.queue(waiter.key);
    const at = queue.indexOf(waiter);
    if (at < 0) return;
    queue.splice(at, 1);
    this.tidy(waiter.key);
  }

  /** Wakes up to `most` that listen to one of `bits`, but at least one if there is one: how many. */
  wake(key: FutexKey, most: number, bits = 0xffffffff): number {
    let woken = 0;
    for (const waiter of this.queue(key).slice()) {
      if ((waiter.bits & bits) === 0) continue;
      waiter.woken = true;
      this.remove(waiter);
      if (++woken >= most) break;
    }
    return woken;
  }

  /** Wakes `wake`, and has up to `move` others wait at another word: how many in all. @linux futex_requeue() */
  requeue(from: FutexKey, to: FutexKey, wake: number, move: number): number {
    let count = 0;
    for (const waiter of this.queue(from).slice()) {
      if (count - wake >= move) break;
      this.remove(waiter);
      if (++count <= wake) waiter.woken = true;
      else {
        waiter.key = to;
        this.add(waiter);
      }
    }
    return count;
  }

  private queue({ space, at }: FutexKey): FutexWaiter[] {
    return this.spaces.get(space)?.get(at) ?? [];
  }

  private tidy(key: FutexKey): void {
    const words = this.spaces.get(key.space);
    if (words === undefined || this.queue(key).length > 0) return;
    words.delete(key.at);
    if (words.size === 0) this.spaces.delete(key.space);
  }
}
