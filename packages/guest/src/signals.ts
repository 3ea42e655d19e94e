/** Sending and delivery of signals. @linux 2.4.22 kernel/signal.c, arch/i386/kernel/signal.c do_signal() */
import { REG } from './cpu/registers.ts';
import type { Guest } from './guest.ts';
import { cancelOpposite, continueProcess, STOP_SIGNALS, stopProcess } from './jobs.ts';
import { fromKernel, type SignalInfo } from './siginfo.ts';
import { pushFrame } from './signal-frame.ts';
import { IGNORED_BY_DEFAULT, SIG } from './signal-numbers.ts';
import { DEFAULT_ACTION, type GuestTask } from './task.ts';
import type { ThreadGroup } from './thread-group.ts';

/** Flags of sigaction. */
const SA = { restart: 0x10000000, nodefer: 0x40000000, resethand: 0x80000000 } as const;
const EINTR = -4;

/** Sends a signal to a process: to whichever thread lets it in. False: too many wait. @linux send_group_sig_info() */
export function sendSignal(
  guest: Guest,
  task: GuestTask,
  signal: number,
  info: SignalInfo = fromKernel(signal),
): boolean {
  const { group } = task;
  if (group.status !== null || signal === 0) return true;
  concernsJob(guest, task, signal);
  return isIgnored(group, signal) || group.pending.add(info);
}

/** Sends a signal to one thread. False: too many wait. @linux specific_send_sig_info() */
export function sendToThread(guest: Guest, task: GuestTask, info: SignalInfo): boolean {
  if (task.dead || info.signo === 0) return true;
  concernsJob(guest, task, info.signo);
  return isIgnored(task.group, info.signo) || task.pending.add(info);
}

/** Signals that stop and continue work when they are sent. @linux handle_stop_signal() */
function concernsJob(guest: Guest, task: GuestTask, signal: number): void {
  cancelOpposite(task, signal);
  if (signal === SIG.cont) continueProcess(guest, task);
  else if (signal === SIG.kill) task.job.stoppedBy = 0;
}

/** Who ignores a signal never sees it, unless a thread blocks it or waits for it. @linux sig_ignored() */
function isIgnored(group: ThreadGroup, signal: number): boolean {
  if (signal === SIG.kill) return false;
  return group.threads.every(({ actions, blocked, awaited }) => {
    const { handler } = actions[signal] ?? DEFAULT_ACTION;
    const ignored = handler === 1 || (handler === 0 && IGNORED_BY_DEFAULT.has(signal));
    return ignored && !blocked.has(signal) && awaited?.has(signal) !== true;
  });
}

/** Whether a signal waits for the task that is not blocked. */
export function signalWaits({ pending, group, blocked }: GuestTask): boolean {
  return pending.waits(blocked) || group.pending.waits(blocked);
}

/**
 * On the way back to the program: delivers what waits. The task's registers are in `task.registers`. A handler breaks a call off in which
 * the task sleeps.
 */
export function deliverPending(guest: Guest, task: GuestTask): void {
  const { pending, group, blocked, job } = task;
  while (job.stoppedBy === 0) {
    const info = pending.take(blocked) ?? group.pending.take(blocked);
    if (info === null) return;
    deliver(guest, task, info, false);
    if (task.dead) return;
  }
}

/**
 * Delivers one signal.
 *
 * @param forced an instruction caused it: it can be neither ignored nor blocked
 */
export function deliver(guest: Guest, task: GuestTask, info: SignalInfo, forced: boolean): void {
  const { signo } = info;
  let action = task.actions[signo] ?? DEFAULT_ACTION;
  if (forced && (action.handler === 1 || task.blocked.has(signo))) action = DEFAULT_ACTION;
  if (signo === SIG.kill) action = DEFAULT_ACTION;
  if (action.handler === 1) return;
  guest.tracer?.signal(task, info);
  if (action.handler === 0) {
    if (STOP_SIGNALS.has(signo)) stopProcess(guest, task, signo);
    else if (forced || !IGNORED_BY_DEFAULT.has(signo)) guest.killTask(task, signo);
    return;
  }
  breakOff(guest, task, (action.flags & SA.restart) !== 0);
  if ((action.flags & SA.resethand) !== 0) task.actions[signo] = DEFAULT_ACTION;
  if (!pushFrame(guest, task, info, action)) {
    guest.killTask(task, SIG.segv);
    return;
  }
  task.savedMask = null;
  task.blocked.addAll(action.mask);
  if ((action.flags & SA.nodefer) === 0) task.blocked.add(signo);
  task.blocked.blockable();
}

/** A handler is about to run: the call in which the task sleeps has a result, or is made again when the handler returns. */
function breakOff(guest: Guest, task: GuestTask, restart: boolean): void {
  const { sleep, registers } = task;
  if (sleep === null) return;
  guest.tracer?.interrupted(task);
  task.sleep = null;
  task.awaited = null;
  sleep.cancel?.();
  if (sleep.interrupted !== undefined) registers.general[REG.eax] = sleep.interrupted();
  // The number is still in EAX.
  else if (restart) registers.eip = (registers.eip - 2) >>> 0;
  else registers.general[REG.eax] = EINTR;
}

/** After exec: handlers are gone, what is ignored stays so. @linux flush_signal_handlers() */
export function resetHandlers(task: GuestTask): void {
  task.actions = task.actions.map(({ handler }) =>
    handler === 1 ? { ...DEFAULT_ACTION, handler } : DEFAULT_ACTION,
  );
}
