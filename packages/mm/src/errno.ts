/** Error numbers of i386 Linux. System calls return them negated. @linux 2.4.22 include/asm-i386/errno.h */
export const Errno = {
  EPERM: 1,
  ENOENT: 2,
  ESRCH: 3,
  EINTR: 4,
  EIO: 5,
  ENXIO: 6,
  E2BIG: 7,
  ENOEXEC: 8,
  EBADF: 9,
  ECHILD: 10,
  EAGAIN: 11,
  ENOMEM: 12,
  EACCES: 13,
  EFAULT: 14,
  EBUSY: 16,
  EEXIST: 17,
  EXDEV: 18,
  ENODEV: 19,
  ENOTDIR: 20,
  EISDIR: 21,
  EINVAL: 22,
  ENFILE: 23,
  EMFILE: 24,
  ENOTTY: 25,
  ETXTBSY: 26,
  EFBIG: 27,
  ENOSPC: 28,
  ESPIPE: 29,
  EROFS: 30,
  EMLINK: 31,
  ENAMETOOLONG: 36,
  ENOSYS: 38,
  ENOTEMPTY: 39,
  ELOOP: 40,
  EIDRM: 43,
  /** Accessing a corrupted shared library: the interpreter is no ELF file. */
  ELIBBAD: 80,
} as const;

const names = new Map<number, string>(Object.entries(Errno).map(([name, value]) => [value, name]));

/** The name of an error number (`errnoName(12)` is `'ENOMEM'`); `'E<n>'` for one that has no name here. */
export function errnoName(errno: number): string {
  return names.get(errno) ?? `E${errno}`;
}

/** Whether a system call's 32-bit result is an error, i.e. lies in the last page of the address space. */
export function isErrno(result: number): boolean {
  return result < 0 && result >= -4095;
}
