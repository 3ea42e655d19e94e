/** System calls that replace and end programs, and tell who one is. */
import { Errno } from '@pagewalk/mm';
import { releaseFutexesAfterExec } from '../futex/robust-list.ts';
import { resetHandlers } from '../signals.ts';
import { NO_STACK } from '../task.ts';
import type { SystemCall } from './call.ts';

/** Ends one thread. */
export const exit: SystemCall = (guest, task, code) => {
  guest.life.exitThread(task, code);
  return null;
};
/** Ends all threads of a process. */
export const exitGroup: SystemCall = (guest, task, code) => {
  guest.life.exitGroup(task.group, (code & 0xff) << 8);
  return null;
};

export const getpid: SystemCall = (_guest, task) => task.pid;
export const getppid: SystemCall = (_guest, { parent }) => parent?.pid ?? 1;

/** Gives the rest of the slice away. */
export const schedYield: SystemCall = () => ({ ready: () => true, finish: () => 0 });

export const execve: SystemCall = (guest, task, pathAt, argvAt, envpAt) => {
  const path = guest.user.text(pathAt);
  const argv = guest.user.texts(argvAt);
  const envp = guest.user.texts(envpAt);
  if (path === null || argv === null || envp === null) return -Errno.EFAULT;
  const { mm } = task.process.task;
  const result = task.process.exec(path, argv, envp);
  if (task.process.ended !== null) return null;
  // Behind the point of no return a failure is a signal, which is delivered on the way back.
  if (result !== 0) return result;
  releaseFutexesAfterExec(guest, task, mm);
  guest.life.becomeSingle(task);
  task.job.hasExeced = true;
  task.signalStack = NO_STACK;
  resetHandlers(task);
  guest.enterProgram(task);
  return null;
};
