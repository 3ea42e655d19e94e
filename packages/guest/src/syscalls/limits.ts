/** System calls on limits, on what was used, and on who goes first. @linux 2.4.22 kernel/sys.c */
import { Errno, RLIM_INFINITY } from '@pagewalk/mm';
import type { Guest } from '../guest.ts';
import type { GuestTask } from '../task.ts';
import { Usage } from '../usage.ts';
import type { SystemCall } from './call.ts';

/** The limits of 2.4: what is newer is -EINVAL. */
const LIMITS = 11;
const OLD_INFINITY = 0x7fffffff;
const CAP_SYS_RESOURCE = 24;

/** Sets a limit of all threads of a process. To raise what it may be at most, one must be allowed to. @param by whose call it is */
function setLimit(by: GuestTask, of: GuestTask, resource: number, cur: number, max: number): number {
  if (cur > max) return -Errno.EINVAL;
  const raises = max > (of.process.task.rlimMax[resource] as number);
  if (raises && !by.process.task.capable(CAP_SYS_RESOURCE)) return -Errno.EPERM;
  for (const { process } of of.group.threads) {
    process.task.rlimCur[resource] = cur;
    process.task.rlimMax[resource] = max;
  }
  return 0;
}

export const getrlimit: SystemCall = ({ user }, { process }, resource, at) => {
  if (resource >= LIMITS) return -Errno.EINVAL;
  const { cur, max } = process.getrlimit(resource);
  return user.putWords(at, cur, max) ? 0 : -Errno.EFAULT;
};
/** Knows no numbers of 32 bits. @linux sys_old_getrlimit() */
export const oldGetrlimit: SystemCall = ({ user }, { process }, resource, at) => {
  if (resource >= LIMITS) return -Errno.EINVAL;
  const { cur, max } = process.getrlimit(resource);
  const old = [cur, max].map((limit) => Math.min(limit, OLD_INFINITY));
  return user.putWords(at, ...old) ? 0 : -Errno.EFAULT;
};
export const setrlimit: SystemCall = ({ user }, task, resource, at) => {
  if (resource >= LIMITS) return -Errno.EINVAL;
  const words = user.words(at, 2);
  return words === null
    ? -Errno.EFAULT
    : setLimit(task, task, resource, words[0] as number, words[1] as number);
};

/** Limits of 64 bits, of any process. */
export const prlimit64: SystemCall = (guest, task, pid, resource, newAt, oldAt) => {
  const target = pid === 0 ? task : guest.tasks.find((other) => other.pid === pid);
  if (target === undefined) return -Errno.ESRCH;
  if (resource >= LIMITS) return -Errno.EINVAL;
  const words = newAt === 0 ? null : guest.user.words(newAt, 4);
  if (newAt !== 0 && words === null) return -Errno.EFAULT;
  const { cur, max } = target.process.getrlimit(resource);
  if (words !== null) {
    const [low = 0, high = 0, maxLow = 0, maxHigh = 0] = words;
    const result = setLimit(
      task,
      target,
      resource,
      high === 0 ? low : RLIM_INFINITY,
      maxHigh === 0 ? maxLow : RLIM_INFINITY,
    );
    if (result !== 0) return result;
  }
  const wide = [cur, max].flatMap((limit) => [limit, limit === RLIM_INFINITY ? RLIM_INFINITY : 0]);
  return oldAt === 0 || guest.user.putWords(oldAt, ...wide) ? 0 : -Errno.EFAULT;
};

const WHO = { self: 0, children: -1, thread: 1 } as const;

export const getrusage: SystemCall = (guest, task, who, at) => {
  guest.kernel.cpus.charge();
  const { group } = task;
  let usage: Usage;
  if ((who | 0) === WHO.self) usage = group.usage();
  else if ((who | 0) === WHO.children) usage = group.waitedFor;
  else if (who === WHO.thread) {
    usage = new Usage();
    usage.addTask(task);
  } else return -Errno.EINVAL;
  return guest.user.putWords(at, ...usage.words()) ? 0 : -Errno.EFAULT;
};

const PRIO = { process: 0, group: 1, user: 2 } as const;
const ACCES = -13;

/** Whom a priority concerns. */
function concerned(guest: Guest, task: GuestTask, which: number, who: number): readonly GuestTask[] | number {
  if (which > PRIO.user) return -Errno.EINVAL;
  const found = guest.tasks.filter((other) => {
    if (which === PRIO.process) return who === 0 ? other === task : other.tid === who;
    if (which === PRIO.group) return other.job.group === (who === 0 ? task.job.group : who);
    return who === 0;
  });
  return found.length === 0 ? -Errno.ESRCH : found;
}

/** Of the best: 20 less the nice value, as a result below 0 would be an error. */
export const getpriority: SystemCall = (guest, task, which, who) => {
  const found = concerned(guest, task, which, who);
  if (typeof found === 'number') return found;
  return 20 - Math.min(...found.map(({ process }) => process.task.nice));
};
/** The nice value is kept, and the OOM killer looks at it; turns are equal. */
export const setpriority: SystemCall = (guest, task, which, who, nice) => {
  const found = concerned(guest, task, which, who);
  if (typeof found === 'number') return found;
  const value = Math.max(-20, Math.min(19, nice | 0));
  for (const { process } of found) {
    if (value < process.task.nice && process.task.uid !== 0) return ACCES;
    process.task.nice = value;
  }
  return 0;
};
export const nice: SystemCall = (guest, task, more) => {
  const value = task.process.task.nice + Math.max(-40, Math.min(40, more | 0));
  return setpriority(guest, task, PRIO.process, 0, value, 0, 0, 0);
};

/** One CPU. @returns bytes of the mask, as glibc wants to know */
export const schedGetaffinity: SystemCall = (guest, task, tid, length, at) => {
  if (find(guest, task, tid) === undefined) return -Errno.ESRCH;
  if (length < 4 || length % 4 !== 0) return -Errno.EINVAL;
  return guest.user.putWords(at, 1) ? 4 : -Errno.EFAULT;
};
export const schedSetaffinity: SystemCall = (guest, task, tid, length, at) => {
  if (length === 0) return -Errno.EINVAL;
  const byte = guest.user.get(at, 1)?.[0];
  if (byte === undefined) return -Errno.EFAULT;
  if (find(guest, task, tid) === undefined) return -Errno.ESRCH;
  return (byte & 1) === 1 ? 0 : -Errno.EINVAL;
};
function find({ tasks }: Guest, task: GuestTask, tid: number): GuestTask | undefined {
  return tid === 0 ? task : tasks.find((other) => other.tid === tid);
}

const POLICY = { other: 0, fifo: 1, rr: 2, batch: 3, idle: 5 } as const;

/** All take turns. */
export const schedGetscheduler: SystemCall = (guest, task, tid) =>
  find(guest, task, tid) === undefined ? -Errno.ESRCH : POLICY.other;
export const schedGetparam: SystemCall = (guest, task, tid, at) => {
  if (find(guest, task, tid) === undefined) return -Errno.ESRCH;
  return guest.user.putWords(at, 0) ? 0 : -Errno.EFAULT;
};
/** There are no others: -EPERM. */
export const schedSetscheduler: SystemCall = (guest, task, tid, policy, at) => {
  if (find(guest, task, tid) === undefined) return -Errno.ESRCH;
  const priority = guest.user.words(at, 1)?.[0];
  if (priority === undefined) return -Errno.EFAULT;
  if (policy !== POLICY.other) return -Errno.EPERM;
  return priority === 0 ? 0 : -Errno.EINVAL;
};
export const schedSetparam: SystemCall = (guest, task, tid, at) =>
  schedSetscheduler(guest, task, tid, POLICY.other, at, 0, 0, 0);

function priorities(policy: number, ofRealTime: number): number {
  if (policy === POLICY.fifo || policy === POLICY.rr) return ofRealTime;
  return policy === POLICY.other || policy === POLICY.batch || policy === POLICY.idle ? 0 : -Errno.EINVAL;
}
export const schedGetPriorityMax: SystemCall = (_guest, _task, policy) => priorities(policy, 99);
export const schedGetPriorityMin: SystemCall = (_guest, _task, policy) => priorities(policy, 1);

/** Node and CPU are 0. */
export const getcpu: SystemCall = ({ user }, _task, cpuAt, nodeAt) => {
  for (const at of [cpuAt, nodeAt]) if (at !== 0 && !user.putWords(at, 0)) return -Errno.EFAULT;
  return 0;
};
