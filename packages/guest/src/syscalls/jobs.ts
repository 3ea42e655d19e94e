/** System calls on process groups and sessions. @linux 2.4.22 kernel/sys.c */
import { Errno } from '@pagewalk/mm';
import type { Guest } from '../guest.ts';
import { groupMembers } from '../jobs.ts';
import type { GuestTask } from '../task.ts';
import type { SystemCall } from './call.ts';

function byPid(guest: Guest, task: GuestTask, pid: number): GuestTask | undefined {
  return pid === 0 ? task : guest.tasks.find((other) => other.pid === pid);
}

/** Oneself, or a child that has not called execve yet, within one's session; a session's leader stays where it is. */
export const setpgid: SystemCall = (guest, task, pid, group) => {
  if ((pid | 0) < 0 || (group | 0) < 0) return -Errno.EINVAL;
  const target = byPid(guest, task, pid);
  if (target === undefined) return -Errno.ESRCH;
  const { job } = target;
  const own = job === task.job;
  if (!own) {
    if (target.parent?.job !== task.job) return -Errno.ESRCH;
    if (job.session !== task.job.session) return -Errno.EPERM;
    if (job.hasExeced) return -Errno.EACCES;
  }
  if (job.session === target.pid) return -Errno.EPERM;
  const wanted = group === 0 ? target.pid : group;
  if (wanted !== target.pid) {
    const member = groupMembers(guest, wanted)[0];
    if (member === undefined || member.job.session !== task.job.session) return -Errno.EPERM;
  }
  job.group = wanted;
  return 0;
};

export const getpgid: SystemCall = (guest, task, pid) => byPid(guest, task, pid)?.job.group ?? -Errno.ESRCH;
export const getpgrp: SystemCall = (_guest, task) => task.job.group;
export const getsid: SystemCall = (guest, task, pid) => byPid(guest, task, pid)?.job.session ?? -Errno.ESRCH;

/** A new session and group, without a terminal. -EPERM: the task leads a group already */
export const setsid: SystemCall = (guest, { job, pid }) => {
  if (groupMembers(guest, pid).length > 0) return -Errno.EPERM;
  job.session = pid;
  job.group = pid;
  job.hasTerminal = false;
  return pid;
};
