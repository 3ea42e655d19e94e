/**
 * The memory of a descriptor table.
 *
 * ```
 *   files_struct (one object)          more descriptors            1024 and more
 *   | .. | open_fds | fd[0..31] |  ->  fd[256], fd[1024], ..  ->   bit sets of 32768, ..
 * ```
 * An array or set of at most a page is kmalloced, a larger one vmalloced; none ever shrinks. What the descriptors refer to is in
 * {@link Task.files}.
 */
import { Errno } from '../errno.ts';
import { GFP_KERNEL } from '../page-allocator/gfp.ts';
import type { File } from '../page-cache/inode.ts';
import type { Addr } from '../types.ts';
import { fput } from './fput.ts';
import { RLIMIT, type Task } from './task.ts';
import type { Vm } from './vm.ts';

/** Descriptors that the struct has room for by itself. @linux NR_OPEN_DEFAULT */
export const NR_OPEN_DEFAULT = 32;
/** Bits of the sets in the struct. @linux max_fdset */
export const FD_SETSIZE = 1024;
/** Descriptors that a process can ever have. @linux NR_OPEN */
export const NR_OPEN = 1024 * 1024;
const PAGE_SIZE = 4096;
const POINTER_BYTES = 4;

/** What a task has of its table. */
export type FileTable = Pick<Task, 'files' | 'closeOnExec' | 'filesStruct'>;

/** A descriptor table. @linux struct files_struct */
export class FilesStruct {
  /** Its object in `files_cache`, 0 = static. */
  slabAddr: Addr = 0;
  /** Tasks that have it. @linux count */
  users = 1;
  /** Entries of the array of files. /proc/PID/status: FDSize. @linux max_fds */
  maxFds = NR_OPEN_DEFAULT;
  /** The array, 0 = the one in the struct. */
  fd: Addr = 0;
  /** Bits of each of the two sets. @linux max_fdset */
  maxFdset = FD_SETSIZE;
  /** The sets, 0 = those in the struct. */
  openFds: Addr = 0;
  closeOnExec: Addr = 0;
}

function allocFdMem(vm: Vm, bytes: number): Addr {
  return bytes <= PAGE_SIZE ? vm.slab.kmalloc(bytes, GFP_KERNEL) : vm.ports.vmalloc(bytes);
}

function freeFdMem(vm: Vm, addr: Addr, bytes: number): void {
  if (addr === 0) return;
  if (bytes <= PAGE_SIZE) vm.slab.kfree(addr);
  else vm.ports.vfree(addr);
}

/**
 * Makes room for descriptor `nr`: 256, 1024, then twice as many each time.
 *
 * @returns 0, -EMFILE or -ENOMEM
 * @linux 2.4.22 fs/file.c expand_fd_array()
 */
function expandFdArray(vm: Vm, files: FilesStruct, nr: number): number {
  if (files.maxFds >= NR_OPEN || nr >= NR_OPEN) return -Errno.EMFILE;
  let size = files.maxFds;
  do {
    if (size < 256) size = 256;
    else size = size < PAGE_SIZE / POINTER_BYTES ? PAGE_SIZE / POINTER_BYTES : Math.min(size * 2, NR_OPEN);
  } while (size <= nr);
  const array = allocFdMem(vm, size * POINTER_BYTES);
  if (array === 0) return -Errno.ENOMEM;
  freeFdMem(vm, files.fd, files.maxFds * POINTER_BYTES);
  files.fd = array;
  files.maxFds = size;
  return 0;
}

/**
 * The same for the bit sets: 32768 bits, then twice as many each time.
 * @linux 2.4.22 fs/file.c expand_fdset()
 */
function expandFdset(vm: Vm, files: FilesStruct, nr: number): number {
  if (files.maxFdset >= NR_OPEN || nr >= NR_OPEN) return -Errno.EMFILE;
  let bits = files.maxFdset;
  do {
    bits = bits < PAGE_SIZE * 8 ? PAGE_SIZE * 8 : Math.min(bits * 2, NR_OPEN);
  } while (bits <= nr);
  const open = allocFdMem(vm, bits / 8);
  const exec = allocFdMem(vm, bits / 8);
  if (open === 0 || exec === 0) {
    freeFdMem(vm, open, bits / 8);
    freeFdMem(vm, exec, bits / 8);
    return -Errno.ENOMEM;
  }
  freeFdsets(vm, files);
  files.openFds = open;
  files.closeOnExec = exec;
  files.maxFdset = bits;
  return 0;
}

function freeFdsets(vm: Vm, files: FilesStruct): void {
  freeFdMem(vm, files.openFds, files.maxFdset / 8);
  freeFdMem(vm, files.closeOnExec, files.maxFdset / 8);
}

/**
 * The lowest free descriptor of a task, with room made for it.
 *
 * @param from the lowest that will do
 * @returns the descriptor, or -EMFILE (RLIMIT_NOFILE), -ENOMEM
 * @linux 2.4.22 fs/open.c get_unused_fd(), fs/fcntl.c locate_fd()
 */
export function getUnusedFd(vm: Vm, task: Task, from = 0): number {
  const hole = task.files.indexOf(null, from);
  const fd = hole < 0 ? Math.max(from, task.files.length) : hole;
  if (fd >= (task.rlimCur[RLIMIT.nofile] as number)) return -Errno.EMFILE;
  return expandFiles(vm, task, fd) || fd;
}

/** Makes room for a descriptor: 0, or -EMFILE, -ENOMEM. @linux 2.4.22 fs/fcntl.c expand_files() */
function expandFiles(vm: Vm, task: Task, fd: number): number {
  const files = task.filesStruct;
  if (fd >= files.maxFdset) {
    const error = expandFdset(vm, files, fd);
    if (error !== 0) return error;
  }
  return fd >= files.maxFds ? expandFdArray(vm, files, fd) : 0;
}

/** Gives a task a descriptor for a file, whose reference is taken over. @linux fd_install() */
export function installFd(task: Task, fd: number, file: File): void {
  while (task.files.length < fd) task.files.push(null);
  task.files[fd] = file;
  task.closeOnExec[fd] = false;
}

/**
 * One more descriptor for an open file, the lowest free one from `from` on.
 * @returns it, or -EBADF, -EINVAL (`from` is beyond the limit), -EMFILE, -ENOMEM
 * @linux 2.4.22 fs/fcntl.c dupfd()
 */
export function dupFd(vm: Vm, task: Task, old: number, from: number): number {
  const file = task.files[old] ?? null;
  if (file === null) return -Errno.EBADF;
  if (from >= (task.rlimCur[RLIMIT.nofile] as number)) return -Errno.EINVAL;
  const fd = getUnusedFd(vm, task, from);
  if (fd < 0) return fd;
  file.count++;
  installFd(task, fd, file);
  return fd;
}

/**
 * Makes `fd` one more descriptor of an open file; what it was is closed.
 * @returns `fd`, or -EBADF (also beyond the limit), -EMFILE, -ENOMEM
 * @linux 2.4.22 fs/fcntl.c sys_dup2()
 */
export function dup2Fd(vm: Vm, task: Task, old: number, fd: number): number {
  const file = task.files[old] ?? null;
  if (file === null) return -Errno.EBADF;
  if (fd === old) return fd;
  if (fd >= (task.rlimCur[RLIMIT.nofile] as number)) return -Errno.EBADF;
  const error = expandFiles(vm, task, fd);
  if (error !== 0) return error;
  const before = task.files[fd] ?? null;
  file.count++;
  installFd(task, fd, file);
  if (before !== null) fput(vm, before);
  return fd;
}

/** Bits that a copy of the table takes over: up to the last open descriptor, in words. @linux kernel/fork.c count_open_files() */
function countOpenFiles(task: Task): number {
  let last = task.files.length - 1;
  while (last > 0 && !task.files[last]) last--;
  return ((Math.max(last, 0) >>> 5) + 1) * 32;
}

/**
 * Gives a child a table of its own, large enough for its parent's open files, which become the child's too.
 *
 * @returns 0, or -ENOMEM (-EMFILE) with nothing left behind
 * @linux 2.4.22 kernel/fork.c copy_files()
 */
export function copyFiles(vm: Vm, child: FileTable, parent: Task): number {
  const files = child.filesStruct;
  files.slabAddr = vm.slab.kmemCacheAlloc(vm.caches.files, GFP_KERNEL);
  if (files.slabAddr === 0) return -Errno.ENOMEM;
  let error = 0;
  if (parent.filesStruct.maxFdset > FD_SETSIZE) {
    error = expandFdset(vm, files, parent.filesStruct.maxFdset - 1);
  }
  const open = countOpenFiles(parent);
  if (error === 0 && open > NR_OPEN_DEFAULT) {
    files.maxFds = 0;
    error = expandFdArray(vm, files, open - 1);
  }
  if (error !== 0) {
    freeFilesStruct(vm, files);
    return error;
  }
  for (const file of parent.files) {
    if (file !== null) file.count++;
    child.files.push(file);
  }
  child.closeOnExec.push(...parent.closeOnExec);
  return 0;
}

/** Lets a child use its parent's table. @linux 2.4.22 kernel/fork.c copy_files() with CLONE_FILES */
export function shareFiles(child: Task, parent: Task): void {
  child.files = parent.files;
  child.closeOnExec = parent.closeOnExec;
  child.filesStruct = parent.filesStruct;
  child.filesStruct.users++;
}

/**
 * A copy of a task's table, which it shares with others; null: it does not; or -errno.
 * @linux 2.4.22 kernel/fork.c unshare_files()
 */
export function copyOfShared(vm: Vm, task: Task): FileTable | null | number {
  if (task.filesStruct.users === 1) return null;
  const own = { files: [], closeOnExec: [], filesStruct: new FilesStruct() };
  const error = copyFiles(vm, own, task);
  return error === 0 ? own : error;
}

/** Frees the memory of a table whose files are closed. @linux 2.4.22 kernel/exit.c put_files_struct() */
export function freeFilesStruct(vm: Vm, files: FilesStruct): void {
  freeFdMem(vm, files.fd, files.maxFds * POINTER_BYTES);
  freeFdsets(vm, files);
  if (files.slabAddr !== 0) vm.slab.kmemCacheFree(vm.caches.files, files.slabAddr);
  files.slabAddr = 0;
  files.fd = 0;
  files.maxFds = NR_OPEN_DEFAULT;
  files.openFds = 0;
  files.closeOnExec = 0;
  files.maxFdset = FD_SETSIZE;
}
