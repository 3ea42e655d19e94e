/** System calls on memory: all of them are the memory manager's. */
import { Errno } from '@pagewalk/mm';
import type { SystemCall } from './call.ts';

const PAGE = 4096;

export const brk: SystemCall = (_guest, { process }, addr) => process.brk(addr);
export const munmap: SystemCall = (_guest, { process }, addr, len) => process.munmap(addr, len);
export const mprotect: SystemCall = (_guest, { process }, addr, len, prot) =>
  process.mprotect(addr, len, prot);
export const mremap: SystemCall = (_guest, { process }, addr, oldLen, newLen, flags, newAddr) =>
  process.mremap(addr, oldLen, newLen, flags, newAddr);
export const madvise: SystemCall = (_guest, { process }, addr, len, advice) =>
  process.madvise(addr, len, advice);
export const mlock: SystemCall = (_guest, { process }, addr, len) => process.mlock(addr, len);
export const munlock: SystemCall = (_guest, { process }, addr, len) => process.munlock(addr, len);
export const mlockall: SystemCall = (_guest, { process }, flags) => process.mlockall(flags);
export const munlockall: SystemCall = (_guest, { process }) => process.munlockall();
export const msync: SystemCall = (_guest, { process }, addr, len, flags) => process.msync(addr, len, flags);

export const mmap2: SystemCall = (guest, { process }, addr, len, prot, flags, fd, pgoff) => {
  const result = process.mmap2(addr, len, prot, flags, fd | 0, pgoff);
  guest.cpuForgets(process.task.files[fd | 0]);
  return result;
};

/** The arguments lie in memory. @linux 2.4.22 arch/i386/kernel/sys_i386.c old_mmap() */
export const oldMmap: SystemCall = (guest, { process }, at) => {
  const words = guest.user.words(at, 6);
  if (words === null) return -Errno.EFAULT;
  const [addr = 0, len = 0, prot = 0, flags = 0, fd = 0, offset = 0] = words;
  const result = process.oldMmap(addr, len, prot, flags, fd | 0, offset);
  guest.cpuForgets(process.task.files[fd | 0]);
  return result;
};

const IPC = { shmat: 21, shmdt: 22, shmget: 23, shmctl: 24 } as const;
/** Commands of shmctl without a buffer. */
const IPC_RMID = 0;
const SHM_LOCK = 11;
const SHM_UNLOCK = 12;

/**
 * All of System V's calls are one. Of shared memory there is all but what reads or writes a buffer (IPC_STAT …: -EINVAL); queues
 * and semaphores are not there: -ENOSYS.
 * @linux 2.4.22 arch/i386/kernel/sys_i386.c sys_ipc()
 */
export const ipc: SystemCall = (guest, { process }, call, first, second, third, at) => {
  switch (call & 0xffff) {
    case IPC.shmget:
      return process.shmget(first | 0, second, third);
    case IPC.shmat: {
      const result = process.shmat(first, at, second);
      if (result < 0 && result > -4096) return result;
      return guest.user.putWords(third, result) ? 0 : -Errno.EFAULT;
    }
    case IPC.shmdt:
      return process.shmdt(at);
    case IPC.shmctl: {
      const command = second & 0xff;
      if (command !== IPC_RMID && command !== SHM_LOCK && command !== SHM_UNLOCK) return -Errno.EINVAL;
      return process.shmctl(first, command);
    }
    default:
      return -Errno.ENOSYS;
  }
};

export const mincore: SystemCall = (guest, { process }, addr, len, vec) => {
  const pages = Math.ceil(len / PAGE);
  const bytes = new Uint8Array(Math.min(pages, 0xc0000));
  const result = process.mincore(addr, len, bytes);
  if (result !== 0) return result;
  return guest.user.put(vec, bytes) ? 0 : -Errno.EFAULT;
};
