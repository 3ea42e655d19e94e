/** ioctl of terminals. @linux include/asm-i386/ioctls.h, drivers/char/tty_ioctl.c */
import { Errno } from '@pagewalk/mm';
import type { Guest } from '../guest.ts';
import { SIG } from '../signal-numbers.ts';
import type { CallResult, GuestTask } from '../task.ts';
import { TERMIO_BYTES, TERMIOS_BYTES, TERMIOS2_BYTES } from './termios.ts';
import type { Tty } from './tty.ts';

/** Requests, by name. */
export const TTY = {
  tcgets: 0x5401,
  tcsets: 0x5402,
  tcsetsw: 0x5403,
  tcsetsf: 0x5404,
  tcgeta: 0x5405,
  tcseta: 0x5406,
  tcsetaw: 0x5407,
  tcsetaf: 0x5408,
  tcsbrk: 0x5409,
  tcxonc: 0x540a,
  tcflsh: 0x540b,
  tiocexcl: 0x540c,
  tiocnxcl: 0x540d,
  tiocsctty: 0x540e,
  tiocgpgrp: 0x540f,
  tiocspgrp: 0x5410,
  tiocoutq: 0x5411,
  tiocsti: 0x5412,
  tiocgwinsz: 0x5413,
  tiocswinsz: 0x5414,
  fionread: 0x541b,
  tiocnotty: 0x5422,
  tiocgetd: 0x5424,
  tcsbrkp: 0x5425,
  tiocgsid: 0x5429,
  tcgets2: 0x802c542a,
  tcsets2: 0x402c542b,
  tcsetsw2: 0x402c542c,
  tcsetsf2: 0x402c542d,
} as const;

/** @linux ENOIOCTLCMD, as a program sees it */
const ENOTTY = -Errno.ENOTTY;

type Request = (guest: Guest, task: GuestTask, tty: Tty, arg: number) => CallResult;

/** Only a program in front may change settings; TCSETSF forgets input. */
function setter(length: number, flush: boolean): Request {
  const set: Request = (guest, task, tty, arg) => {
    const held = tty.fromBehind(task, SIG.ttou, () => set(guest, task, tty, arg));
    if (held !== null) return held;
    const bytes = guest.user.get(arg, length);
    if (bytes === null) return -Errno.EFAULT;
    if (flush) tty.flushInput();
    if (length === TERMIO_BYTES) tty.termios.fromTermio(bytes);
    else tty.termios.fromBytes(bytes);
    tty.settingsChanged();
    return 0;
  };
  return set;
}

function getter(length: number): Request {
  return ({ user }, _task, tty, arg) => {
    const bytes = length === TERMIO_BYTES ? tty.termios.toTermio() : tty.termios.toBytes(length);
    return user.put(arg, bytes) ? 0 : -Errno.EFAULT;
  };
}

const putWord =
  (value: (tty: Tty) => number): Request =>
  ({ user }, _task, tty, arg) =>
    user.putWords(arg, value(tty)) ? 0 : -Errno.EFAULT;

const nothing: Request = () => 0;

/** Input (0), output (1: there is none that waits) or both (2) are forgotten. */
const flush: Request = (_guest, _task, tty, queue) => {
  if (queue > 2) return -Errno.EINVAL;
  if (queue !== 1) tty.flushInput();
  return 0;
};

/** Output stops (0) or goes on (1); 2 and 3 would send a character to the other end. */
const flow: Request = (_guest, _task, tty, action) => {
  if (action > 3) return -Errno.EINVAL;
  if (action < 2) tty.discipline.stopped = action === 0;
  return 0;
};

/** Only a leader of a session without terminal gets one, and only one that has no session; root may take it away with 1. */
const takeTerminal: Request = (guest, task, tty, steal) => {
  const { job, pid } = task;
  if (job.session === pid && tty.session === job.session && job.hasTerminal) return 0;
  if (job.session !== pid || job.hasTerminal) return -Errno.EPERM;
  if (tty.session !== 0) {
    if (steal !== 1) return -Errno.EPERM;
    guest.console.releaseSession(tty.session);
  }
  tty.control(task);
  return 0;
};

const giveUpTerminal: Request = (guest, task, tty) => {
  const { job, pid } = task;
  if (!job.hasTerminal || tty.session !== job.session) return ENOTTY;
  if (job.session === pid) guest.console.sessionEnded(pid);
  job.hasTerminal = false;
  return 0;
};

const getForeground: Request = ({ user }, task, tty, arg) => {
  if (!task.job.hasTerminal || tty.session !== task.job.session) return ENOTTY;
  return user.putWords(arg, tty.foreground) ? 0 : -Errno.EFAULT;
};

const setForeground: Request = (guest, task, tty, arg) => {
  const held = tty.fromBehind(task, SIG.ttou, () => setForeground(guest, task, tty, arg));
  if (held !== null) return held;
  if (!task.job.hasTerminal || tty.session !== task.job.session) return ENOTTY;
  const group = guest.user.words(arg, 1)?.[0];
  if (group === undefined) return -Errno.EFAULT;
  return (group | 0) <= 0 ? -Errno.EINVAL : tty.setForeground(group);
};

const getSession: Request = ({ user }, task, tty, arg) => {
  if (!task.job.hasTerminal || tty.session !== task.job.session) return ENOTTY;
  return user.putWords(arg, tty.session) ? 0 : -Errno.EFAULT;
};

/** rows | columns | width | height (in dots, unknown), a half word each */
const getWindow: Request = ({ user }, _task, { rows, columns }, arg) =>
  user.putWords(arg, rows | (columns << 16), 0) ? 0 : -Errno.EFAULT;

const setWindow: Request = ({ user }, _task, tty, arg) => {
  const words = user.words(arg, 2);
  if (words === null) return -Errno.EFAULT;
  const size = words[0] as number;
  tty.resize(size & 0xffff, size >>> 16);
  return 0;
};

/** As if it had been typed. */
const typeCharacter: Request = ({ user }, _task, tty, arg) => {
  const bytes = user.get(arg, 1);
  if (bytes === null) return -Errno.EFAULT;
  tty.push(bytes);
  return 0;
};

const REQUESTS: Readonly<Record<number, Request>> = {
  [TTY.tcgets]: getter(TERMIOS_BYTES),
  [TTY.tcsets]: setter(TERMIOS_BYTES, false),
  [TTY.tcsetsw]: setter(TERMIOS_BYTES, false),
  [TTY.tcsetsf]: setter(TERMIOS_BYTES, true),
  [TTY.tcgeta]: getter(TERMIO_BYTES),
  [TTY.tcseta]: setter(TERMIO_BYTES, false),
  [TTY.tcsetaw]: setter(TERMIO_BYTES, false),
  [TTY.tcsetaf]: setter(TERMIO_BYTES, true),
  [TTY.tcgets2]: getter(TERMIOS2_BYTES),
  [TTY.tcsets2]: setter(TERMIOS2_BYTES, false),
  [TTY.tcsetsw2]: setter(TERMIOS2_BYTES, false),
  [TTY.tcsetsf2]: setter(TERMIOS2_BYTES, true),
  [TTY.tcsbrk]: nothing,
  [TTY.tcsbrkp]: nothing,
  [TTY.tcxonc]: flow,
  [TTY.tcflsh]: flush,
  [TTY.tiocexcl]: nothing,
  [TTY.tiocnxcl]: nothing,
  [TTY.tiocsctty]: takeTerminal,
  [TTY.tiocnotty]: giveUpTerminal,
  [TTY.tiocgpgrp]: getForeground,
  [TTY.tiocspgrp]: setForeground,
  [TTY.tiocgsid]: getSession,
  [TTY.tiocoutq]: putWord(() => 0),
  [TTY.tiocgetd]: putWord(() => 0),
  [TTY.fionread]: putWord((tty) => tty.discipline.available),
  [TTY.tiocsti]: typeCharacter,
  [TTY.tiocgwinsz]: getWindow,
  [TTY.tiocswinsz]: setWindow,
};

/** A request of a program to a terminal. -ENOTTY: there is no such request */
export function ttyIoctl(guest: Guest, task: GuestTask, tty: Tty, request: number, arg: number): CallResult {
  const found = REQUESTS[request];
  if (found === undefined) return ENOTTY;
  return tty.hungUp ? -Errno.EIO : found(guest, task, tty, arg);
}
