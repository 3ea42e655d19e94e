/** Signals that the kernel sends to the running program because of its faults. */
import { GFP_ATOMIC } from '../page-allocator/gfp.ts';
import type { Addr } from '../types.ts';
import { type PendingSignal, SIGBUS, type Task } from './task.ts';
import type { Vm } from './vm.ts';

/** How a release queues them. One that is pending already is never sent again, as for every signal below 32. */
export interface SignalQueue {
  /** Sends a signal that cannot be ignored. @linux force_sig_info() */
  force(task: Task, signo: number, code: number, addr: Addr): void;
  /** Takes the oldest undelivered signal off the queue; null = none. @linux dequeue_signal() */
  take(task: Task): PendingSignal | null;
  /** Forgets what an ended task has. @linux exit_sighand() */
  drop(task: Task): void;
}

function isPending(task: Task, signo: number): boolean {
  for (const signal of task.pending) if (signal.signo === signo) return true;
  return false;
}

/** Each signal arrives with its code and address. @linux 2.4.22 kernel/signal.c */
export class FaultSignals implements SignalQueue {
  force(task: Task, signo: number, code: number, addr: Addr): void {
    if (!isPending(task, signo)) task.pending.push({ signo, code, addr });
  }

  take(task: Task): PendingSignal | null {
    return task.pending.shift() ?? null;
  }

  drop(_task: Task): void {
    // Who ends a task may still look at what killed it.
  }
}

/** Records of all processes together. @linux max_queued_signals */
export const MAX_QUEUED_SIGNALS = 1024;

/**
 * The signals of 2.4.0, which forgets to write the signal's number into the record of a SIGBUS.
 *
 * ```
 *   SIGBUS:   set bit 7; record {si_signo: ?, code 2, addr} -> queue
 *   deliver:  bit 7 is set; no record with si_signo 7       -> the handler sees code 0, address 0
 *             the record stays in the queue until the process ends
 * ```
 * There are {@link MAX_QUEUED_SIGNALS} records for all processes. When they are used up, a SIGSEGV gets none either, and
 * its handler sees code 0 and address 0 as well.
 *
 * @linux 2.4.0 arch/i386/mm/fault.c do_page_fault(), kernel/signal.c send_signal(), collect_signal()
 */
export class LeakySignals implements SignalQueue {
  /** Records in use. @linux nr_queued_signals */
  queued = 0;
  private readonly vm: Vm;
  /** What each task holds for ever, and (in `due`, by signal) until delivery. */
  private readonly held = new Map<Task, { readonly leaked: Addr[]; readonly due: Map<number, Addr> }>();

  constructor(vm: Vm) {
    this.vm = vm;
  }

  force(task: Task, signo: number, code: number, addr: Addr): void {
    if (isPending(task, signo)) return;
    const record = this.queued < MAX_QUEUED_SIGNALS ? this.alloc() : 0;
    if (record !== 0) {
      this.queued++;
      const { leaked, due } = this.of(task);
      if (signo === SIGBUS) leaked.push(record);
      else due.set(signo, record);
    }
    const known = record !== 0 && signo !== SIGBUS;
    task.pending.push(known ? { signo, code, addr } : { signo, code: 0, addr: 0 });
  }

  take(task: Task): PendingSignal | null {
    const signal = task.pending.shift() ?? null;
    if (signal !== null) {
      const due = this.held.get(task)?.due;
      const record = due?.get(signal.signo);
      if (record !== undefined) {
        due?.delete(signal.signo);
        this.free(record);
      }
    }
    return signal;
  }

  drop(task: Task): void {
    const held = this.held.get(task);
    if (held === undefined) return;
    this.held.delete(task);
    for (const record of held.leaked) this.free(record);
    for (const record of held.due.values()) this.free(record);
  }

  private of(task: Task) {
    let held = this.held.get(task);
    if (held === undefined) {
      held = { leaked: [], due: new Map() };
      this.held.set(task, held);
    }
    return held;
  }

  /** Without waiting: 0 = no memory, and the signal goes without a record. */
  private alloc(): Addr {
    return this.vm.slab.kmemCacheAlloc(this.vm.caches.sigqueue, GFP_ATOMIC);
  }

  private free(record: Addr): void {
    this.queued--;
    this.vm.slab.kmemCacheFree(this.vm.caches.sigqueue, record);
  }
}

/** Makes a machine's queue. */
export type NewSignalQueue = (vm: Vm) => SignalQueue;
