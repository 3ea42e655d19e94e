/** The frame that a handler finds on its stack, and the way back from it. */

import { REG, type Registers, SEG, SELECTOR, USER_FLAGS } from './cpu/registers.ts';
import { FPSTATE_BYTES, fpstateOf, takeFpstate } from './fpu-image.ts';
import type { Guest } from './guest.ts';
import { SIGINFO_BYTES, type SignalInfo, siginfoBytes } from './siginfo.ts';
import { SIG } from './signal-numbers.ts';
import { SignalSet } from './signal-set.ts';
import { onSignalStack, SS } from './signal-stack.ts';
import { type GuestTask, NO_STACK, type SignalAction } from './task.ts';

/** Flags of sigaction that shape the frame. */
const SA = { siginfo: 4, restorer: 0x04000000, onStack: 0x08000000 } as const;
/** Bytes of a sigcontext. */
const SIGCONTEXT = 88;
/** uc_flags, uc_link, uc_stack (3 words) lie before the context; the mask (two words) behind it. */
const UCONTEXT_HEAD = 20;
const UCONTEXT = UCONTEXT_HEAD + SIGCONTEXT + 8;
const INFO_AT = 16;
const UCONTEXT_AT = INFO_AT + SIGINFO_BYTES;
/** mov eax, rt_sigreturn; int 0x80 */
const RT_CODE = [0xb8, 0xad, 0, 0, 0, 0xcd, 0x80];
/** pop eax; mov eax, sigreturn; int 0x80 */
const PLAIN_CODE = [0x58, 0xb8, 0x77, 0, 0, 0, 0xcd, 0x80];

/**
 * ```
 *   plain:  return address | signal | sigcontext | mask 33..64 | code                      | x87 and SSE state
 *   info:   return address | signal | &info | &ucontext | siginfo | ucontext | code        | x87 and SSE state
 * ```
 * @returns false: it cannot be written
 * @linux 2.4.22 arch/i386/kernel/signal.c setup_frame(), setup_rt_frame()
 */
export function pushFrame(guest: Guest, task: GuestTask, info: SignalInfo, action: SignalAction): boolean {
  const { registers } = task;
  const withInfo = (action.flags & SA.siginfo) !== 0;
  const contextAt = withInfo ? UCONTEXT_AT + UCONTEXT_HEAD : 8;
  const codeAt = withInfo ? UCONTEXT_AT + UCONTEXT : contextAt + SIGCONTEXT + 4;
  const bytes = new Uint8Array(codeAt + 8);
  const view = new DataView(bytes.buffer);
  const fpstate = (stackTop(task, action) - FPSTATE_BYTES) & ~63;
  const frame = ((((fpstate - bytes.length) >>> 0) & ~15) - 4) >>> 0;
  const mask = task.savedMask ?? task.blocked;

  view.setUint32(4, info.signo, true);
  if (withInfo) {
    view.setUint32(8, frame + INFO_AT, true);
    view.setUint32(12, frame + UCONTEXT_AT, true);
    bytes.set(siginfoBytes(info), INFO_AT);
    putStack(view, task);
    view.setUint32(contextAt + SIGCONTEXT, mask.lo, true);
    view.setUint32(contextAt + SIGCONTEXT + 4, mask.hi, true);
  } else view.setUint32(contextAt + SIGCONTEXT, mask.hi, true);
  bytes.set(withInfo ? RT_CODE : PLAIN_CODE, codeAt);
  putContext(view, contextAt, registers);
  view.setUint32(contextAt + 76, fpstate, true);
  view.setUint32(contextAt + 80, mask.lo, true);
  view.setUint32(contextAt + 84, guest.cpu.cr2, true);
  view.setUint32(0, (action.flags & SA.restorer) !== 0 ? action.restorer : frame + codeAt, true);
  if (!guest.user.put(frame, bytes) || !guest.user.put(fpstate >>> 0, fpstateOf(registers.fpu))) return false;

  const gs = registers.selectors[SEG.gs] as number;
  registers.start(action.handler, frame);
  guest.cpu.resetFpu(registers);
  registers.general[REG.eax] = info.signo;
  registers.general[REG.edx] = withInfo ? frame + INFO_AT : 0;
  registers.general[REG.ecx] = withInfo ? frame + UCONTEXT_AT : 0;
  registers.selectors[SEG.gs] = gs;
  guest.loadTlsSegments(task);
  return true;
}

/** Where the frame ends: at the stack pointer, or at the end of the stack for signals. @linux get_sigframe() */
function stackTop(task: GuestTask, { flags }: SignalAction): number {
  const { signalStack: stack, registers } = task;
  const esp = registers.general[REG.esp] as number;
  const switches = (flags & SA.onStack) !== 0 && stack.size !== 0 && !onSignalStack(task);
  return switches ? (stack.start + stack.size) >>> 0 : esp;
}

/** uc_stack. A stack that disarms itself is gone until the handler returns. */
function putStack(view: DataView, task: GuestTask): void {
  const { start, size, flags } = task.signalStack;
  view.setUint32(UCONTEXT_AT + 8, start, true);
  view.setUint32(UCONTEXT_AT + 12, size === 0 ? SS.disable : flags, true);
  view.setUint32(UCONTEXT_AT + 16, size, true);
  if ((flags & SS.autodisarm) !== 0) task.signalStack = NO_STACK;
}

/** Registers in the order of a sigcontext: gs fs es ds edi esi ebp esp ebx edx ecx eax. */
const CONTEXT_SEGMENTS = [SEG.gs, SEG.fs, SEG.es, SEG.ds];
const CONTEXT_GENERAL = [REG.edi, REG.esi, REG.ebp, REG.esp, REG.ebx, REG.edx, REG.ecx, REG.eax];

function putContext(view: DataView, at: number, registers: Registers): void {
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
  const contextAt = withInfo ? UCONTEXT_AT + UCONTEXT_HEAD : 8;
  const bytes = guest.user.get(frame, contextAt + SIGCONTEXT + 8);
  const view = new DataView((bytes ?? new Uint8Array(contextAt + SIGCONTEXT + 8)).buffer);
  const fpstate = view.getUint32(contextAt + 76, true);
  const fpu = fpstate === 0 ? null : guest.user.get(fpstate, FPSTATE_BYTES);
  if (bytes === null || (fpstate !== 0 && fpu === null)) {
    guest.killTask(task, SIG.segv);
    return;
  }
  registers.start(view.getUint32(contextAt + 56, true), 0);
  CONTEXT_GENERAL.forEach((index, i) => {
    registers.general[index] = view.getUint32(contextAt + 16 + 4 * i, true);
  });
  registers.selectors[SEG.gs] = view.getUint32(contextAt, true);
  registers.selectors[SEG.fs] = view.getUint32(contextAt + 4, true);
  registers.eflags = (view.getUint32(contextAt + 64, true) & USER_FLAGS) | 0x202;
  if (fpu === null) guest.cpu.resetFpu(registers);
  else takeFpstate(registers.fpu, fpu);
  const lo = view.getUint32(withInfo ? contextAt + SIGCONTEXT : contextAt + 80, true);
  const hi = view.getUint32(contextAt + SIGCONTEXT + (withInfo ? 4 : 0), true);
  task.blocked.set(new SignalSet(lo, hi).blockable());
  if (withInfo) {
    const [start, flags, size] = [8, 12, 16].map((at) => view.getUint32(UCONTEXT_AT + at, true));
    const kept = (flags as number) & SS.autodisarm;
    task.signalStack =
      ((flags as number) & SS.disable) !== 0
        ? NO_STACK
        : { start: start as number, size: size as number, flags: kept >>> 0 };
  }
  guest.loadTlsSegments(task);
}
