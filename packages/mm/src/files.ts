/** System calls on files that copy to and from a process: they join the page cache's copy loops with the user copies. */
import { RLIMIT, SIGXFSZ } from './address-space/task.ts';
import { accessOk, copyFromUser, copyToUser, getUser } from './address-space/uaccess.ts';
import type { Vm } from './address-space/vm.ts';
import { Errno } from './errno.ts';
import type { Mmu } from './hardware/mmu.ts';
import { readFile } from './page-cache/generic-file-read.ts';
import { writeFile } from './page-cache/generic-file-write.ts';
import { type File, FMODE } from './page-cache/inode.ts';
import { OpenFile } from './page-cache/open-file.ts';
import type { FileSizeLimit } from './page-cache/ports.ts';
import { doReadahead } from './page-cache/read-ahead.ts';
import { ftruncateFile } from './page-cache/truncate.ts';
import type { Addr, Pfn, SysResult } from './types.ts';

const SSIZE_MAX = 0x7fffffff;

/** The bytes of a page from `offset` on, as a view. */
function pageBytes(vm: Vm, pfn: Pfn, offset: number, bytes: number): Uint8Array {
  const start = vm.memory.base(pfn) * 4 + offset;
  return vm.memory.bytes.subarray(start, start + bytes);
}

/** Whether a call that may use the file at all has a buffer outside of user space. */
function badBuffer(file: File, mode: number, addr: Addr, len: number): boolean {
  return (file.mode & mode) !== 0 && len <= SSIZE_MAX && !accessOk(addr, len);
}

function sizeLimit(vm: Vm): FileSizeLimit {
  return {
    fsizeLimit: vm.current.rlimCur[RLIMIT.fsize] as number,
    sendSigxfsz: () => vm.signals.force(vm.current, SIGXFSZ, 0, 0),
  };
}

/** Reads into the process's memory: bytes read, or -errno. @linux 2.4.22 fs/read_write.c sys_pread() */
export function sysPread(
  vm: Vm,
  mmu: Mmu,
  file: File | null,
  addr: Addr,
  len: number,
  offset: number,
): SysResult {
  if (file === null) return -Errno.EBADF;
  if (badBuffer(file, FMODE.read, addr, len)) return -Errno.EFAULT;
  if (file instanceof OpenFile && file.inode.ops.readUser !== undefined) {
    if ((file.mode & FMODE.read) === 0) return -Errno.EBADF;
    if (offset < 0 || len > SSIZE_MAX) return -Errno.EINVAL;
    return file.inode.ops.readUser(file, addr, len, offset);
  }
  return readFile(file, offset, len, (pfn, at, bytes, done) =>
    copyToUser(vm, mmu, addr + done, pageBytes(vm, pfn, at, bytes)),
  );
}

/** Writes from the process's memory: bytes written, or -errno. @linux 2.4.22 fs/read_write.c sys_pwrite() */
export function sysPwrite(
  vm: Vm,
  mmu: Mmu,
  file: File | null,
  addr: Addr,
  len: number,
  offset: number,
): SysResult {
  if (file === null) return -Errno.EBADF;
  if (badBuffer(file, FMODE.write, addr, len)) return -Errno.EFAULT;
  if (file instanceof OpenFile && file.inode.ops.writeUser !== undefined) {
    if ((file.mode & FMODE.write) === 0) return -Errno.EBADF;
    if (offset < 0 || len > SSIZE_MAX) return -Errno.EINVAL;
    return file.inode.ops.writeUser(file, addr, len, offset);
  }
  return writeFile(
    file,
    offset,
    len,
    (pfn, at, bytes, done) => copyFromUser(vm, mmu, pageBytes(vm, pfn, at, bytes), addr + done),
    sizeLimit(vm),
    (done, bytes) => {
      // One read of the first byte, and one of the last if it lies in another page, brings the buffer in.
      getUser(vm, mmu, addr + done, 1);
      const last = addr + done + bytes - 1;
      if (last >>> 12 !== (addr + done) >>> 12) getUser(vm, mmu, last, 1);
    },
  );
}

/** Sets a file's length: 0 or -errno. @linux 2.4.22 fs/open.c sys_ftruncate() */
export function sysFtruncate(vm: Vm, file: File | null, size: number): SysResult {
  if (size < 0) return -Errno.EINVAL;
  if (file === null) return -Errno.EBADF;
  if ((file.mode & FMODE.write) === 0) return -Errno.EINVAL;
  return ftruncateFile(vm.pageCache, file, size, sizeLimit(vm));
}

/**
 * Reads file contents for the kernel itself, as exec does with headers.
 *
 * @returns a reader: the bytes (fewer at the end of the file), or -errno
 * @linux 2.4.22 fs/exec.c kernel_read()
 */
export function kernelRead(vm: Vm): (file: File, offset: number, length: number) => Uint8Array | number {
  return (file, offset, length) => {
    const into = new Uint8Array(length);
    const result = readFile(file, offset, length, (pfn, at, bytes, done) => {
      into.set(pageBytes(vm, pfn, at, bytes), done);
      return 0;
    });
    return result < 0 ? result : into.subarray(0, result);
  };
}

/** Where read and write go on: the new position, or -EBADF, -EINVAL. @linux 2.4.22 fs/read_write.c sys_lseek() */
export function sysLseek(file: File | null, offset: number, whence: number): number {
  if (!(file instanceof OpenFile)) return -Errno.EBADF;
  const base = [0, file.pos, file.inode.size][whence];
  if (base === undefined || base + offset < 0) return -Errno.EINVAL;
  const position = base + offset;
  if (position !== file.pos) {
    file.pos = position;
    // The next read does not go on from the last.
    file.reada = 0;
  }
  return position;
}

/** Reads at the file's position, which moves on. @linux sys_read() */
export function sysRead(vm: Vm, mmu: Mmu, file: File | null, addr: Addr, len: number): SysResult {
  if (!(file instanceof OpenFile)) return -Errno.EBADF;
  const result = sysPread(vm, mmu, file, addr, len, file.pos);
  if (result > 0) file.pos += result;
  return result;
}

/** Writes at the file's position, which moves on; with O_APPEND at its end. @linux sys_write() */
export function sysWrite(vm: Vm, mmu: Mmu, file: File | null, addr: Addr, len: number): SysResult {
  if (!(file instanceof OpenFile)) return -Errno.EBADF;
  const from = file.append ? file.inode.size : file.pos;
  const result = sysPwrite(vm, mmu, file, addr, len, file.pos);
  if (result > 0) file.pos = from + result;
  return result;
}

/**
 * Starts to read part of a file: at most half of the inactive pages. @returns 0, -EBADF, -EINVAL
 * @linux 2.4.22 mm/filemap.c sys_readahead()
 */
export function sysReadahead(vm: Vm, file: File | null, offset: number, count: number): SysResult {
  if (file === null || (file.mode & FMODE.read) === 0) return -Errno.EBADF;
  const first = Math.floor(offset / 4096);
  return doReadahead(vm.pageCache, file, first, Math.floor((count + (offset % 4096)) / 4096));
}
