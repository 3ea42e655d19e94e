/** System calls that make tasks. */
import { CLONE, Errno, type Process } from '@pagewalk/mm';
import { REG } from '../cpu/registers.ts';
import type { Guest } from '../guest.ts';
import { NEW_PROCESS } from '../lifecycle.ts';
import { type GuestTask, NO_STACK, type Sharing } from '../task.ts';
import type { SystemCall } from './call.ts';
import { setTlsDescriptor } from './thread-area.ts';

export const fork: SystemCall = (guest, task) => {
  const child = task.process.fork();
  if (typeof child === 'number') return child;
  bear(guest, task, child, NEW_PROCESS);
  return child.pid;
};

/** The parent sleeps until the child leaves its memory. */
export const vfork: SystemCall = (guest, task) => {
  const child = task.process.vfork();
  if (typeof child === 'number') return child;
  bear(guest, task, child, NEW_PROCESS);
  return child.pid;
};

function bear(guest: Guest, task: GuestTask, process: Process, sharing: Sharing): GuestTask {
  guest.registersOf(task);
  const child = guest.life.adopt(process, task, sharing);
  child.registers.general[REG.eax] = 0;
  child.signalStack = task.signalStack;
  return child;
}

/** Further bits of clone's flags, newer than 2.4. */
const NEWER = {
  sysvSem: 0x00040000,
  setTls: 0x00080000,
  parentSetTid: 0x00100000,
  childClearTid: 0x00200000,
  detached: 0x00400000,
  untraced: 0x00800000,
  childSetTid: 0x01000000,
  io: 0x80000000,
} as const;
/** What the memory manager shares. */
const SHARED = CLONE.vm | CLONE.fs | CLONE.files | CLONE.sigHand | CLONE.vfork | CLONE.parent | CLONE.thread;
/** There are no semaphores to undo, no I/O contexts, and no tracers. */
const WITHOUT_EFFECT = NEWER.sysvSem | NEWER.detached | NEWER.untraced | NEWER.io | CLONE.ptrace;
const KNOWN =
  CLONE.signal |
  SHARED |
  WITHOUT_EFFECT |
  NEWER.setTls |
  NEWER.parentSetTid |
  NEWER.childClearTid |
  NEWER.childSetTid;

/** What Linux refuses, and namespaces, of which there are none: -EINVAL. */
function refuses(flags: number): boolean {
  if ((flags & ~KNOWN) !== 0) return true;
  if ((flags & CLONE.thread) !== 0 && (flags & CLONE.sigHand) === 0) return true;
  return (flags & CLONE.sigHand) !== 0 && (flags & CLONE.vm) === 0;
}

/**
 * A task that shares what the flags say.
 *
 * @param stack its stack pointer; 0: the parent's
 * @param tlsAt the descriptor of its thread-local storage (CLONE_SETTLS)
 * @linux sys_clone(), 2.6 copy_process()
 */
export const clone: SystemCall = (guest, task, flags, stack, parentTidAt, tlsAt, childTidAt) => {
  if (refuses(flags)) return -Errno.EINVAL;
  const tls = (flags & NEWER.setTls) !== 0 ? guest.user.words(tlsAt, 4) : undefined;
  if (tls === null) return -Errno.EFAULT;
  const process = task.process.clone(flags & (SHARED | CLONE.signal));
  if (typeof process === 'number') return process;
  const thread = (flags & CLONE.thread) !== 0;
  const child = bear(guest, task, process, {
    thread,
    handlers: (flags & CLONE.sigHand) !== 0,
    parent: (flags & CLONE.parent) !== 0,
    exitSignal: (flags & CLONE.parent) !== 0 ? task.group.exitSignal : flags & CLONE.signal,
  });
  const { tid } = child;
  if (stack !== 0) child.registers.general[REG.esp] = stack;
  // Two cannot use one stack for signals.
  if ((flags & (CLONE.vm | CLONE.vfork)) === CLONE.vm) child.signalStack = NO_STACK;
  if (tls !== undefined) {
    setTlsDescriptor(child, tls);
    guest.loadTlsSegments(child);
  }
  if ((flags & NEWER.childClearTid) !== 0) child.clearTidAt = childTidAt;
  if ((flags & NEWER.parentSetTid) !== 0) guest.user.putWords(parentTidAt, tid);
  if ((flags & NEWER.childSetTid) !== 0) {
    guest.kernel.run(process);
    guest.user.putWords(childTidAt, tid);
    if ((flags & CLONE.vfork) === 0) guest.kernel.run(task.process);
  }
  return tid;
};
