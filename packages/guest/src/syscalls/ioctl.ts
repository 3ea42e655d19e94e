/** The system call for what is special to a device. */
import { Errno } from '@pagewalk/mm';
import { ttyIoctl } from '../terminal/ioctl.ts';
import type { SystemCall } from './call.ts';

/** Terminals answer; to all else it is -ENOTTY. */
export const ioctl: SystemCall = (guest, task, fd, request, arg) => {
  const file = task.process.task.files[fd] ?? null;
  if (file === null) return -Errno.EBADF;
  const { tty } = guest.console;
  return tty !== null && guest.streamOf(file) === tty
    ? ttyIoctl(guest, task, tty, request, arg)
    : -Errno.ENOTTY;
};
