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

/** With flags, pages would be locked as they are touched: -EINVAL. */
export const mlock2: SystemCall = (_guest, { process }, addr, len, flags) =>
  flags === 0 ? process.mlock(addr, len) : -Errno.EINVAL;
/** 2.4 has no such call. */
export const remapFilePages: SystemCall = (_guest, { process }) => process.remapFilePages();
/** Numbers of the thread that writes what is dirty. */
export const bdflush: SystemCall = (_guest, { process }, func, data) => process.bdflush(func, data);

export const mincore: SystemCall = (guest, { process }, addr, len, vec) => {
  const pages = Math.ceil(len / PAGE);
  const bytes = new Uint8Array(Math.min(pages, 0xc0000));
  const result = process.mincore(addr, len, bytes);
  if (result !== 0) return result;
  return guest.user.put(vec, bytes) ? 0 : -Errno.EFAULT;
};
