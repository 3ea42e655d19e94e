/** Delivery of signals: what a program asked for, the frame on its stack, and the way back. */
import { REG, type Registers, SEG, SELECTOR, USER_FLAGS } from './cpu/registers.ts';
import type { Guest } from './guest.ts';
import { cancelOpposite, continueProcess, STOP_SIGNALS, stopProcess } from './jobs.ts';
import { IGNORED_BY_DEFAULT, SIG, SIGNALS, signalBit } from './signal-numbers.ts';
import { DEFAULT_ACTION, type GuestTask } from './task.ts';

/** Flags of sigaction. */
const SA = {
  siginfo: 4,
  onStack: 0x08000000,
  restart: 0x10000000,
  nodefer: 0x40000000,
  resethand: 0x80000000,
};
const SA_RESTORER = 0x04000000;
/** Bytes of the pieces of a signal frame. */
const SIGCONTEXT = 88;
const SIGINFO = 128;
/** uc_flags, uc_link, uc_stack (3 words) lie before the context; the mask (two words) behind it. */
const UCONTEXT_HEAD = 20;
const UCONTEXT = UCONTEXT_HEAD + SIGCONTEXT + 8;

/** What a fault says of itself. */
export interface SignalInfo {
  readonly code: number;
  readonly addr: number;
}
const NO_INFO: SignalInfo = { code: 0, addr: 0 };

/** Sends a signal to a task. @linux send_sig_info() */
export function sendSignal(guest: Guest, task: GuestTask, signal: number): void {
  if (task.status !== null || signal === 0) return;
  cancelOpposite(task, signal);
  if (signal === SIG.cont) continueProcess(guest, task);
  else if (signal === SIG.kill) task.job.stoppedBy = 0;
  const { handler } = task.actions[signal] as { handler: number };
  const ignored = handler === 1 || (handler === 0 && IGNORED_BY_DEFAULT.has(signal));
  if (signal !== SIG.kill && ignored) return;
  task.pending = (task.pending | signalBit(signal)) >>> 0;
  guest.wake(task);
}

/** Whether a signal waits for the task that is not blocked. */
export function signalWaits(task: GuestTask): boolean {
  return (task.pending & ~task.blocked) !== 0;
}

/** On the way back to the program: delivers what waits. The task's registers are in `task.registers`. */
export function deliverPending(guest: Guest, task: GuestTask): void {
  for (let signal = 1; signal <= SIGNALS && task.status === null && task.job.stoppedBy === 0; signal++) {
    const bit = signalBit(signal);
    if ((task.pending & ~task.blocked & bit) === 0) continue;
    task.pending = (task.pending & ~bit) >>> 0;
    deliver(guest, task, signal, NO_INFO, false);
  }
}

/**
 * Delivers one signal.
 *
 * @param forced a fault sent it: it can be neither ignored nor blocked
 */
export function deliver(
  guest: Guest,
  task: GuestTask,
  signal: number,
  info: SignalInfo,
  forced: boolean,
): void {
  let action = task.actions[signal] ?? DEFAULT_ACTION;
  if (forced && (action.handler === 1 || (task.blocked & signalBit(signal)) !== 0)) action = DEFAULT_ACTION;
  if (signal === SIG.kill) action = DEFAULT_ACTION;
  if (action.handler === 1) return;
  guest.tracer?.signal(task, signal, info.code, info.addr);
  if (action.handler === 0) {
    if (STOP_SIGNALS.has(signal)) stopProcess(guest, task, signal);
    else if (forced || !IGNORED_BY_DEFAULT.has(signal)) guest.killTask(task, signal);
    return;
  }
  if ((action.flags & SA.resethand) !== 0) task.actions[signal] = DEFAULT_ACTION;
  if (!pushFrame(guest, task, signal, info, action)) {
    guest.killTask(task, SIG.segv);
    return;
  }
  task.blocked = (task.blocked | action.mask) >>> 0;
  if ((action.flags & SA.nodefer) === 0) task.blocked = (task.blocked | signalBit(signal)) >>> 0;
}

/** Whether a system call that the signal interrupted is made again. */
export function restarts(task: GuestTask): boolean {
  for (let signal = 1; signal <= SIGNALS; signal++) {
    if ((task.pending & ~task.blocked & signalBit(signal)) === 0) continue;
    const { handler, flags } = task.actions[signal] ?? DEFAULT_ACTION;
    if (handler > 1) return (flags & SA.restart) !== 0;
  }
  return true;
}

/**
 * ```
 *   plain:  return address | signal | sigcontext | x87 and SSE state | code
 *   info:   return address | signal | &info | &ucontext | siginfo | ucontext | x87 and SSE state | code
 * ```
 * The x87 and SSE state is in our own form: a handler cannot look at it.
 * @linux 2.4.22 arch/i386/kernel/signal.c setup_frame(), setup_rt_frame()
 */
function pushFrame(
  guest: Guest,
  task: GuestTask,
  signal: number,
  info: SignalInfo,
  action: { readonly handler: number; readonly flags: number; readonly restorer: number },
): boolean {
  const { registers } = task;
  const withInfo = (action.flags & SA.siginfo) !== 0;
  const contextAt = withInfo ? 16 + SIGINFO + UCONTEXT_HEAD : 8;
  const fpuAt = withInfo ? 16 + SIGINFO + UCONTEXT : 8 + SIGCONTEXT;
  const codeAt = fpuAt + registers.fpu.length;
  const bytes = new Uint8Array(codeAt + 8);
  const view = new DataView(bytes.buffer);
  const esp = registers.general[REG.esp] as number;
  const frame = ((((esp - bytes.length) >>> 0) & ~15) - 4) >>> 0;

  view.setUint32(4, signal, true);
  if (withInfo) {
    view.setUint32(8, frame + 16, true);
    view.setUint32(12, frame + 16 + SIGINFO, true);
    view.setUint32(16, signal, true);
    view.setInt32(16 + 8, info.code, true);
    view.setUint32(16 + 12, info.addr, true);
    view.setUint32(contextAt + SIGCONTEXT, task.blocked, true);
    bytes.set([0xb8, 0xad, 0, 0, 0, 0xcd, 0x80], codeAt);
  } else {
    bytes.set([0x58, 0xb8, 0x77, 0, 0, 0, 0xcd, 0x80], codeAt);
  }
  putContext(view, contextAt, registers, task.blocked, info.addr);
  bytes.set(registers.fpu, fpuAt);
  view.setUint32(0, (action.flags & SA_RESTORER) !== 0 ? action.restorer : frame + codeAt, true);
  if (!guest.user.put(frame, bytes)) return false;

  const { fpu } = registers;
  const kept = fpu.slice();
  registers.start(action.handler, frame);
  fpu.set(kept);
  registers.general[REG.eax] = signal;
  registers.general[REG.edx] = withInfo ? frame + 16 : 0;
  registers.general[REG.ecx] = withInfo ? frame + 16 + SIGINFO : 0;
  registers.selectors[SEG.gs] = view.getUint32(contextAt, true);
  guest.loadTlsSegments(task);
  return true;
}

/** Registers in the order of a sigcontext: gs fs es ds edi esi ebp esp ebx edx ecx eax. */
const CONTEXT_SEGMENTS = [SEG.gs, SEG.fs, SEG.es, SEG.ds];
const CONTEXT_GENERAL = [REG.edi, REG.esi, REG.ebp, REG.esp, REG.ebx, REG.edx, REG.ecx, REG.eax];

function putContext(view: DataView, at: number, registers: Registers, mask: number, cr2: number): void {
  CONTEXT_SEGMENTS.forEach((segment, i) => {
    view.setUint32(at + 4 * i, registers.selectors[segment] as number, true);
  });
  CONTEXT_GENERAL.forEach((index, i) => {
    view.setUint32(at + 16 + 4 * i, registers.general[index] as number, true);
  });
  view.setUint32(at + 56, registers.eip, true);
  view.setUint32(at + 60, SELECTOR.userCs, true);
  view.setUint32(at + 64, registers.eflags, true);
  view.setUint32(at + 68, registers.general[REG.esp] as number, true);
  view.setUint32(at + 72, SELECTOR.userDs, true);
  view.setUint32(at + 80, mask, true);
  view.setUint32(at + 84, cr2, true);
}

/**
 * Goes back to where a signal interrupted the program. A frame that cannot be read is a SIGSEGV.
 *
 * @param withInfo the frame is one with siginfo
 * @linux sys_sigreturn(), sys_rt_sigreturn()
 */
export function signalReturn(guest: Guest, task: GuestTask, withInfo: boolean): void {
  const { registers } = task;
  const esp = registers.general[REG.esp] as number;
  // The handler's return has popped the address, the code of the plain frame the signal as well.
  const frame = (esp - (withInfo ? 4 : 8)) >>> 0;
  const contextAt = withInfo ? 16 + SIGINFO + UCONTEXT_HEAD : 8;
  const fpuAt = withInfo ? 16 + SIGINFO + UCONTEXT : 8 + SIGCONTEXT;
  const bytes = guest.user.get(frame, fpuAt + registers.fpu.length);
  if (bytes === null) {
    guest.killTask(task, SIG.segv);
    return;
  }
  const view = new DataView(bytes.buffer);
  registers.start(view.getUint32(contextAt + 56, true), 0);
  CONTEXT_GENERAL.forEach((index, i) => {
    registers.general[index] = view.getUint32(contextAt + 16 + 4 * i, true);
  });
  registers.selectors[SEG.gs] = view.getUint32(contextAt, true);
  registers.eflags = (view.getUint32(contextAt + 64, true) & USER_FLAGS) | 0x202;
  registers.fpu.set(bytes.subarray(fpuAt));
  const mask = view.getUint32(withInfo ? contextAt + SIGCONTEXT : contextAt + 80, true);
  task.blocked = (mask & ~signalBit(SIG.kill) & ~signalBit(SIG.stop)) >>> 0;
  guest.loadTlsSegments(task);
}
