/** System calls that wait for children. @linux 2.6 kernel/exit.c do_wait() */
import { Errno } from '@pagewalk/mm';
import type { Guest } from '../guest.ts';
import { endInfo } from '../lifecycle.ts';
import { CLD, type SignalInfo, siginfoBytes } from '../siginfo.ts';
import { SIG } from '../signal-numbers.ts';
import type { CallResult, GuestTask } from '../task.ts';
import type { ThreadGroup } from '../thread-group.ts';
import { Usage } from '../usage.ts';
import type { SystemCall } from './call.ts';

const W = {
  noHang: 1,
  /** WUNTRACED, too. */
  stopped: 2,
  exited: 4,
  continued: 8,
  noWait: 0x01000000,
  /** Children of other threads are not waited for: here they are. */
  noThread: 0x20000000,
  all: 0x40000000,
  clone: 0x80000000,
} as const;
const WAIT4_FLAGS = W.noHang | W.stopped | W.continued | W.noThread | W.all | W.clone;
const WAITID_FLAGS = WAIT4_FLAGS | W.exited | W.noWait;
/** What wait4 tells of one that goes on. */
const CONTINUED = 0xffff;

/** What there is to tell of a child. */
interface News {
  readonly child: ThreadGroup;
  readonly kind: 'ended' | 'stopped' | 'continued';
}

/** Children that a call asks for. @param pid of one; -1: any; 0: of one's own group; others below 0: of that group */
function wanted({ group, job }: GuestTask, pid: number, options: number): readonly ThreadGroup[] {
  const jobs = pid === 0 ? job.group : -pid;
  return group.children.filter((child) => {
    if (pid > 0 ? child.pid !== pid : pid !== -1 && child.job.group !== jobs) return false;
    return (options & W.all) !== 0 || (child.exitSignal !== SIG.chld) === ((options & W.clone) !== 0);
  });
}

function newsOf(children: readonly ThreadGroup[], options: number): News | undefined {
  for (const child of children) {
    if (child.status !== null) {
      if ((options & W.exited) !== 0) return { child, kind: 'ended' };
    } else if (child.job.news === 'stopped' && (options & W.stopped) !== 0) return { child, kind: 'stopped' };
    else if (child.job.news === 'continued' && (options & W.continued) !== 0)
      return { child, kind: 'continued' };
  }
  return undefined;
}

/** Waits for news, and has them told; `nothing`: there are none, and the call does not wait. */
function waitFor(
  task: GuestTask,
  pid: number,
  options: number,
  tell: (news: News) => number,
  nothing: () => number,
): CallResult {
  const children = wanted(task, pid, options);
  if (children.length === 0) return -Errno.ECHILD;
  const news = newsOf(children, options);
  if (news !== undefined) return tell(news);
  if ((options & W.noHang) !== 0) return nothing();
  const again = () => wanted(task, pid, options);
  return {
    ready: () => again().length === 0 || newsOf(again(), options) !== undefined,
    finish: () => waitFor(task, pid, options, tell, nothing),
  };
}

/** The news are told: a zombie goes, unless the call only looks. */
function consume(task: GuestTask, guest: Guest, { child, kind }: News, options: number): void {
  if ((options & W.noWait) !== 0) return;
  if (kind === 'ended') guest.life.reap(task.group, child);
  else child.job.news = null;
}

/** Processor time of a child and of those that it waited for. */
function usageOf({ ended, waitedFor }: ThreadGroup): Usage {
  const usage = new Usage();
  usage.add(ended);
  usage.add(waitedFor);
  return usage;
}

export const wait4: SystemCall = (guest, task, pid, statusAt, options, rusageAt) => {
  if ((options & ~WAIT4_FLAGS) !== 0) return -Errno.EINVAL;
  const { user } = guest;
  const wants = options | W.exited;
  const tell = (news: News) => {
    const { child, kind } = news;
    const stopped = (child.job.stoppedBy << 8) | 0x7f;
    const status = kind === 'ended' ? (child.status ?? 0) : kind === 'stopped' ? stopped : CONTINUED;
    if (statusAt !== 0 && !user.putWords(statusAt, status)) return -Errno.EFAULT;
    if (rusageAt !== 0 && !user.putWords(rusageAt, ...usageOf(child).words())) return -Errno.EFAULT;
    consume(task, guest, news, wants);
    return child.pid;
  };
  return waitFor(task, pid | 0, wants, tell, () => 0);
};
export const waitpid: SystemCall = (guest, task, pid, statusAt, options) =>
  wait4(guest, task, pid, statusAt, options, 0, 0, 0);

/** Kinds of ids. */
const P = { all: 0, pid: 1, group: 2 } as const;

/** Tells by a siginfo. */
export const waitid: SystemCall = (guest, task, kind, id, infoAt, options, rusageAt) => {
  if ((options & ~WAITID_FLAGS) !== 0) return -Errno.EINVAL;
  if ((options & (W.exited | W.stopped | W.continued)) === 0) return -Errno.EINVAL;
  if (kind > P.group || (kind === P.pid && (id | 0) <= 0) || (kind === P.group && (id | 0) < 0)) {
    return -Errno.EINVAL;
  }
  const { user } = guest;
  const pid = kind === P.all ? -1 : kind === P.pid ? id | 0 : -id;
  const tell = (news: News) => {
    if (infoAt !== 0 && !user.put(infoAt, siginfoBytes(infoOf(news)).subarray(0, 24))) return -Errno.EFAULT;
    if (rusageAt !== 0 && !user.putWords(rusageAt, ...usageOf(news.child).words())) return -Errno.EFAULT;
    consume(task, guest, news, options);
    return 0;
  };
  const nothing = () => (infoAt === 0 || user.put(infoAt, new Uint8Array(24)) ? 0 : -Errno.EFAULT);
  return waitFor(task, pid, options, tell, nothing);
};

function infoOf({ child, kind }: News): SignalInfo {
  if (kind === 'ended') return { ...endInfo(child), signo: SIG.chld };
  const code = kind === 'stopped' ? CLD.stopped : CLD.continued;
  return {
    signo: SIG.chld,
    code,
    words: [child.pid, 0, kind === 'stopped' ? child.job.stoppedBy : SIG.cont],
  };
}
