/** System calls on who one is and what one may. @linux 2.4.22 kernel/sys.c, kernel/capability.c */
import { Errno } from '@pagewalk/mm';
import type { SystemCall } from './call.ts';

/** Everybody is root. */
export const getuid: SystemCall = () => 0;
/** Real, effective and saved. */
export const getresuid: SystemCall = ({ user }, _task, a, b, c) => {
  for (const at of [a, b, c]) if (!user.putWords(at, 0)) return -Errno.EFAULT;
  return 0;
};
/** ... and stays it. @param ids of which each must be 0, or -1: as it is */
function staysRoot(...ids: readonly number[]): number {
  return ids.every((id) => id === 0 || id === 0xffffffff || id === 0xffff) ? 0 : -Errno.EPERM;
}
export const setuid: SystemCall = (_guest, _task, id) => staysRoot(id);
export const setreuid: SystemCall = (_guest, _task, real, effective) => staysRoot(real, effective);
export const setresuid: SystemCall = (_guest, _task, real, effective, saved) =>
  staysRoot(real, effective, saved);
/** The old one. */
export const setfsuid: SystemCall = () => 0;
/** There are no others. */
export const getgroups: SystemCall = () => 0;
export const setgroups: SystemCall = ({ user }, _task, count, at) => {
  if (count > 32) return -Errno.EINVAL;
  const ids = user.words(at, count);
  return ids === null ? -Errno.EFAULT : staysRoot(...ids);
};

/** Forms of the header, and how many triples of words follow. */
const CAP_VERSIONS: Readonly<Record<number, number>> = { 429392688: 1, 537333798: 2, 537396514: 2 };
const CAP_NEWEST = 0x20080522;

/** effective | permitted | inheritable, once for each 32 capabilities; those above 31 there are not. */
export const capget: SystemCall = (guest, task, headerAt, dataAt) => {
  const header = guest.user.words(headerAt, 2);
  if (header === null) return -Errno.EFAULT;
  const [version = 0, pid = 0] = header;
  const triples = CAP_VERSIONS[version];
  if (triples === undefined) {
    if (!guest.user.putWords(headerAt, CAP_NEWEST)) return -Errno.EFAULT;
    return dataAt === 0 ? 0 : -Errno.EINVAL;
  }
  if ((pid | 0) < 0) return -Errno.EINVAL;
  const of = pid === 0 ? task : guest.tasks.find((other) => other.tid === pid);
  if (of === undefined) return -Errno.ESRCH;
  if (dataAt === 0) return 0;
  const { capEffective } = of.process.task;
  const words = [capEffective, capEffective, 0, 0, 0, 0].slice(0, 3 * triples);
  return guest.user.putWords(dataAt, ...words) ? 0 : -Errno.EFAULT;
};

/** Of oneself: gives capabilities away, or takes them back as far as they are permitted. */
export const capset: SystemCall = ({ user }, task, headerAt, dataAt) => {
  const header = user.words(headerAt, 2);
  if (header === null) return -Errno.EFAULT;
  const [version = 0, pid = 0] = header;
  if (CAP_VERSIONS[version] === undefined) {
    return user.putWords(headerAt, CAP_NEWEST) ? -Errno.EINVAL : -Errno.EFAULT;
  }
  if (pid !== 0 && pid !== task.tid) return -Errno.EPERM;
  const words = user.words(dataAt, 3);
  if (words === null) return -Errno.EFAULT;
  const { task: own } = task.process;
  const [effective = 0, permitted = 0] = words;
  // What is effective is permitted here: what is given away does not come back.
  if ((permitted & ~own.capEffective) !== 0 || (effective & ~permitted) !== 0) return -Errno.EPERM;
  own.capEffective = effective;
  return 0;
};

const ADDR_NO_RANDOMIZE = 0x0040000;
const AS_IT_IS = 0xffffffff;

/** PER_LINUX; addresses are not random here, whatever is asked. Others: -EINVAL. */
export const personality: SystemCall = (_guest, { group }, wanted) => {
  const old = group.personality;
  if (wanted === AS_IT_IS) return old;
  if ((wanted & ~ADDR_NO_RANDOMIZE) !== 0) return -Errno.EINVAL;
  group.personality = wanted;
  return old;
};

const PR = {
  getDumpable: 3,
  setDumpable: 4,
  setName: 15,
  getName: 16,
  setNoNewPrivs: 38,
  getNoNewPrivs: 39,
} as const;
const NAME_BYTES = 16;

/** The thread's name; nothing is ever dumped; there are no set-uid programs, whose rights one could renounce. */
export const prctl: SystemCall = ({ user }, { process }, option, argument) => {
  switch (option) {
    case PR.setName: {
      const name = user.text(argument, NAME_BYTES);
      const bytes = name === null ? user.get(argument, NAME_BYTES - 1) : null;
      if (name === null && bytes === null) return -Errno.EFAULT;
      process.task.comm = name ?? new TextDecoder().decode(bytes as Uint8Array);
      return 0;
    }
    case PR.getName: {
      const bytes = new Uint8Array(NAME_BYTES);
      bytes.set(new TextEncoder().encode(process.task.comm).subarray(0, NAME_BYTES - 1));
      return user.put(argument, bytes) ? 0 : -Errno.EFAULT;
    }
    case PR.getDumpable:
      return 1;
    case PR.setDumpable:
      return argument <= 1 ? 0 : -Errno.EINVAL;
    case PR.setNoNewPrivs:
      return argument === 1 ? 0 : -Errno.EINVAL;
    case PR.getNoNewPrivs:
      return 0;
    default:
      return -Errno.EINVAL;
  }
};
