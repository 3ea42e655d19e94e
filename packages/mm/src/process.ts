/**
 * A process as its user sees it: the system calls and the accesses of one task. Each call first switches the CPU to the
 * task. Addresses are unsigned 32-bit numbers; a system call returns a value or address, or a negative errno.
 */
import * as access from './address-space/access.ts';
import { sysBrk } from './address-space/brk.ts';
import { doExecve, execEntry } from './address-space/exec.ts';
import type { ExecImage } from './address-space/exec-image.ts';
import { dup2Fd, dupFd, getUnusedFd, installFd } from './address-space/files-struct.ts';
import { findVma } from './address-space/find-vma.ts';
import { sysMadvise } from './address-space/madvise.ts';
import { sysMincore } from './address-space/mincore.ts';
import { sysMlock, sysMlockall, sysMunlock, sysMunlockall } from './address-space/mlock.ts';
import { oldMmap, sysMmap2 } from './address-space/mmap.ts';
import { sysMprotect } from './address-space/mprotect.ts';
import { sysMremap } from './address-space/mremap.ts';
import { sysMsync } from './address-space/msync.ts';
import { sysMunmap } from './address-space/munmap.ts';
import { doPageFault, FAULT_RETRY } from './address-space/page-fault.ts';
import { CAP, deadlySignal, type PendingSignal, RLIM_INFINITY, type Task } from './address-space/task.ts';
import { putUser } from './address-space/uaccess.ts';
import { CLONE } from './address-space/vfork.ts';
import type { Vm } from './address-space/vm.ts';
import { VM } from './address-space/vma.ts';
import { Errno } from './errno.ts';
import {
  type FileStatus,
  type FileTimes,
  mayTruncate,
  setMode,
  setOwner,
  setTimes,
  statusOf,
} from './file-attributes.ts';
import { sysFtruncate, sysLseek, sysPread, sysPwrite, sysRead, sysReadahead, sysWrite } from './files.ts';
import { COST_NS } from './hardware/cost-model.ts';
import type { Kernel } from './kernel.ts';
import { ConfigError, KernelPanic } from './kernel-bug.ts';
import { GFP_KERNEL } from './page-allocator/gfp.ts';
import { sysBdflush } from './page-cache/buffers/sys-bdflush.ts';
import type { DirectoryInode, Dirent, Statfs } from './page-cache/directory.ts';
import { O } from './page-cache/file-system.ts';
import { type EntryBytes, getdents } from './page-cache/getdents.ts';
import type { Path } from './page-cache/namei.ts';
import { type FileInode, OpenFile } from './page-cache/open-file.ts';
import { findProgram } from './programs.ts';
import type { ShmctlBuffer } from './shmem/sysv-shm.ts';
import type { Addr, SysResult } from './types.ts';

/** Values of a resource limit; {@link RLIM_INFINITY} = none. */
export interface ResourceLimit {
  readonly cur: number;
  readonly max: number;
}

/** How a process ended. */
export interface Ending {
  /** What it gave to {@link Process.exit}; 0 when a signal ended it. */
  readonly code: number;
  /** The signal that ended it: 9 or 15 from the OOM killer, 9 when a fault or an exec found no memory; 0: it exited by itself. */
  readonly signal: number;
}

/**
 * A process. When the kernel kills it, which happens only for want of memory, it ends as soon as it would go on in user mode:
 * when the system call or the access returns in which it was killed, or at once if another process runs. {@link ended} tells,
 * and whatever is asked of it then is a ConfigError, except {@link exit} and {@link takeSignal}.
 */
export class Process {
  readonly task: Task;
  /** @internal see {@link ended} */
  ending: Ending | null = null;
  private readonly kernel: Kernel;

  /** @internal made by {@link Kernel.spawn} and {@link fork} */
  constructor(kernel: Kernel, task: Task) {
    this.kernel = kernel;
    this.task = task;
  }

  get pid(): number {
    return this.task.pid;
  }
  /** Faults that needed no page from a file. */
  get minFlt(): number {
    return this.task.minFlt;
  }
  /** Faults on file pages (2.4 counts each first touch of one, cached or not). */
  get majFlt(): number {
    return this.task.majFlt;
  }

  /** How it ended; null: it lives. One that was killed while others ran ends now at the latest. */
  get ended(): Ending | null {
    if (this.task.pending.length !== 0 && this.kernel.panicked === null) this.dieIfKilled();
    return this.ending;
  }

  /** Makes this the running task, which it mostly is already, with its page directory loaded. */
  private vm(): Vm {
    const kernel = this.kernel;
    const mm = this.task.mm;
    if (this.task !== kernel.vm.current || mm === null || kernel.mmu.cr3 !== mm.pgd) kernel.run(this);
    return kernel.vm;
  }

  /** {@link vm} for a system call, which takes time. */
  private enter(): Vm {
    if (this.kernel.panicked !== null) throw new KernelPanic(this.kernel.panicked);
    if (this.task.pending.length !== 0) this.dieIfKilled();
    (this.kernel.systemCalls[0] as number)++;
    // It has the CPU before others run: a task that the OOM killer chooses in the midst of its call goes on to the call's end.
    const vm = this.vm();
    const { paging } = this.kernel;
    if (vm.needResched || paging.events.nextDue <= this.kernel.clock.now) paging.catchUp();
    return vm;
  }

  /** Back to user mode with the result of a system call or an access, unless a signal ends the process instead. */
  private leave<T>(result: T): T {
    if (this.task.pending.length !== 0) this.dieIfKilled();
    return result;
  }

  /** @linux 2.4.22 arch/i386/kernel/signal.c do_signal() */
  private dieIfKilled(): void {
    const deadly = deadlySignal(this.task);
    if (deadly === null || this.ending !== null || this.kernel.lifecycle.waitsInside(this.task)) return;
    if (this.task.vforkChild === null) {
      this.kernel.lifecycle.kill(this, deadly.signo);
    }
  }

  /** mmap with the offset in pages. @linux sys_mmap2() */
  mmap2(addr: Addr, len: number, prot: number, flags: number, fd: number, pgoff: number): SysResult {
    return this.leave(sysMmap2(this.enter(), addr >>> 0, len >>> 0, prot, flags, fd, pgoff >>> 0));
  }
  /** mmap with the offset in bytes. @linux old_mmap() */
  oldMmap(addr: Addr, len: number, prot: number, flags: number, fd: number, offset: number): SysResult {
    return this.leave(oldMmap(this.enter(), addr >>> 0, len >>> 0, prot, flags, fd, offset >>> 0));
  }
  munmap(addr: Addr, len: number): SysResult {
    return this.leave(sysMunmap(this.enter(), addr >>> 0, len >>> 0));
  }
  mprotect(addr: Addr, len: number, prot: number): SysResult {
    return this.leave(sysMprotect(this.enter(), addr >>> 0, len >>> 0, prot >>> 0));
  }
  mremap(addr: Addr, oldLen: number, newLen: number, flags: number, newAddr: Addr): SysResult {
    return this.leave(sysMremap(this.enter(), addr >>> 0, oldLen >>> 0, newLen >>> 0, flags, newAddr >>> 0));
  }
  /** Always the resulting break, never an errno. */
  brk(addr: Addr): Addr {
    return this.leave(sysBrk(this.enter(), addr >>> 0));
  }
  madvise(addr: Addr, len: number, advice: number): SysResult {
    return this.leave(sysMadvise(this.enter(), addr >>> 0, len >>> 0, advice));
  }
  mlock(addr: Addr, len: number): SysResult {
    return this.leave(sysMlock(this.enter(), addr >>> 0, len >>> 0));
  }
  munlock(addr: Addr, len: number): SysResult {
    return this.leave(sysMunlock(this.enter(), addr >>> 0, len >>> 0));
  }
  mlockall(flags: number): SysResult {
    return this.leave(sysMlockall(this.enter(), flags));
  }
  munlockall(): SysResult {
    return this.leave(sysMunlockall(this.enter()));
  }
  msync(addr: Addr, len: number, flags: number): SysResult {
    return this.leave(sysMsync(this.enter(), addr >>> 0, len >>> 0, flags));
  }
  /** Fills `vec` with one byte a page: 1 = in the page cache. */
  mincore(addr: Addr, len: number, vec: Uint8Array): SysResult {
    return this.leave(sysMincore(this.enter(), addr >>> 0, len >>> 0, vec));
  }
  /** 2.4 has no such call: -ENOSYS. */
  remapFilePages(): SysResult {
    this.enter();
    return -Errno.ENOSYS;
  }

  /**
   * Opens a file: a descriptor. `flags`: O_RDONLY 0, O_WRONLY 1, O_RDWR 2, O_CREAT 0100, O_EXCL 0200, O_TRUNC 01000, O_APPEND 02000,
   * O_DIRECTORY 0200000, O_NOFOLLOW 0400000. `mode`: permission bits of a new file in a mount.
   */
  open(path: Path, flags: number, mode = 0o666): SysResult {
    const bits = mode & ~this.task.fsStruct.umask;
    return this.named(1, () => this.openWith(() => this.kernel.fs.open(path, flags, bits, this.task)));
  }
  /** Opens a device wherever its node is: a descriptor, or -ENXIO, or what open says. @param path as it was made: `/dev/null` */
  openDevice(path: string, flags: number): SysResult {
    this.enter();
    return this.leave(this.openWith(() => this.kernel.fs.openDevice(path, flags)));
  }
  private openWith(open: () => OpenFile | number): number {
    const fd = getUnusedFd(this.kernel.vm, this.task);
    if (fd < 0) return fd;
    const file = open();
    if (typeof file === 'number') return file;
    installFd(this.task, fd, file);
    return fd;
  }
  /** One more descriptor of an open file: the lowest free one from `from` on. @linux sys_dup(), sys_fcntl() F_DUPFD */
  dup(fd: number, from = 0): SysResult {
    return this.leave(dupFd(this.enter(), this.task, fd, from));
  }
  /** Makes `to` a descriptor of an open file; what it was is closed. @linux sys_dup2() */
  dup2(fd: number, to: number): SysResult {
    return this.leave(dup2Fd(this.enter(), this.task, fd, to));
  }
  /** Whether exec closes a descriptor: 0 or -EBADF. @linux sys_fcntl() F_SETFD */
  setCloseOnExec(fd: number, on: boolean): SysResult {
    this.enter();
    if (!this.task.files[fd]) return -Errno.EBADF;
    this.task.closeOnExec[fd] = on;
    return 0;
  }
  /** 1: exec closes it, 0: it stays open, or -EBADF. @linux sys_fcntl() F_GETFD */
  getCloseOnExec(fd: number): SysResult {
    this.enter();
    if (!this.task.files[fd]) return -Errno.EBADF;
    return this.task.closeOnExec[fd] === true ? 1 : 0;
  }
  close(fd: number): SysResult {
    this.enter();
    const file = this.task.files[fd];
    if (!file) return -Errno.EBADF;
    this.task.files[fd] = null;
    this.kernel.fs.release(file);
    return this.leave(0);
  }
  pread(fd: number, addr: Addr, len: number, offset: number): SysResult {
    return this.leave(
      sysPread(this.enter(), this.kernel.mmu, this.task.files[fd] ?? null, addr >>> 0, len >>> 0, offset),
    );
  }
  pwrite(fd: number, addr: Addr, len: number, offset: number): SysResult {
    return this.leave(
      sysPwrite(this.enter(), this.kernel.mmu, this.task.files[fd] ?? null, addr >>> 0, len >>> 0, offset),
    );
  }
  /** Reads at the file's position. */
  read(fd: number, addr: Addr, len: number): SysResult {
    return this.leave(
      sysRead(this.enter(), this.kernel.mmu, this.task.files[fd] ?? null, addr >>> 0, len >>> 0),
    );
  }
  /** Writes at the file's position. */
  write(fd: number, addr: Addr, len: number): SysResult {
    return this.leave(
      sysWrite(this.enter(), this.kernel.mmu, this.task.files[fd] ?? null, addr >>> 0, len >>> 0),
    );
  }
  /** Sets the file's position: from its begin (0), from where it is (1), from the end (2). */
  lseek(fd: number, offset: number, whence: number): SysResult {
    this.enter();
    return this.leave(sysLseek(this.task.files[fd] ?? null, offset, whence));
  }
  /** Starts to read part of a file: 0, -EBADF, -EINVAL. */
  readahead(fd: number, offset: number, count: number): SysResult {
    return this.leave(sysReadahead(this.enter(), this.task.files[fd] ?? null, offset, count));
  }
  /** Writes everything that is dirty, and waits. @linux sys_sync() */
  sync(): SysResult {
    this.enter();
    this.kernel.paging.writeback.syncAll();
    return this.leave(0);
  }
  /** Writes a file and waits: 0, -EBADF, -EINVAL, -EIO. @linux sys_fsync() */
  fsync(fd: number): SysResult {
    return this.syncFile(fd, false);
  }
  /** The same, without times that nobody needs to find the data. @linux sys_fdatasync() */
  fdatasync(fd: number): SysResult {
    return this.syncFile(fd, true);
  }
  private syncFile(fd: number, datasync: boolean): SysResult {
    this.enter();
    const file = this.task.files[fd];
    return this.leave(file ? this.kernel.paging.writeback.fsync(file, datasync) : -Errno.EBADF);
  }
  ftruncate(fd: number, size: number): SysResult {
    return this.leave(sysFtruncate(this.enter(), this.task.files[fd] ?? null, size));
  }

  shmget(key: number, size: number, flags: number): SysResult {
    this.enter();
    return this.leave(this.kernel.shm.shmget(key, size, flags));
  }
  shmat(id: number, addr: Addr, flags: number): SysResult {
    this.enter();
    return this.leave(this.kernel.shm.shmat(id, addr >>> 0, flags));
  }
  shmdt(addr: Addr): SysResult {
    this.enter();
    return this.leave(this.kernel.shm.shmdt(addr >>> 0));
  }
  /**
   * `cmd`: IPC_RMID 0, IPC_SET 1, IPC_STAT 2, IPC_INFO 3, SHM_LOCK 11, SHM_UNLOCK 12, SHM_STAT 13, SHM_INFO 14.
   * @param buffer what the call's pointer points to, for those that read or write it
   */
  shmctl(id: number, cmd: number, buffer?: ShmctlBuffer): SysResult {
    this.enter();
    return this.leave(this.kernel.shm.shmctl(id, cmd, buffer));
  }

  /** Makes a directory; only mounts ({@link Kernel.mountTmpfs}) have any. */
  mkdir(path: Path, mode = 0o777): SysResult {
    return this.named(1, () => this.kernel.fs.namei.mkdir(path, mode & ~this.task.fsStruct.umask, this.task));
  }
  rmdir(path: Path): SysResult {
    return this.named(1, () => this.kernel.fs.namei.rmdir(path));
  }
  /** Gives a file one more name. A symbolic link is followed, as 2.4 does, unless `follow` is false. */
  link(oldPath: Path, newPath: Path, follow = true): SysResult {
    return this.named(2, () => this.kernel.fs.namei.link(oldPath, newPath, follow));
  }
  unlink(path: Path): SysResult {
    return this.named(1, () => this.kernel.fs.unlink(path));
  }
  rename(oldPath: Path, newPath: Path): SysResult {
    return this.named(2, () => this.kernel.fs.namei.rename(oldPath, newPath));
  }
  /** Makes a symbolic link at `path` that points to `target`, which need not exist. */
  symlink(target: string, path: Path): SysResult {
    return this.named(2, () => this.kernel.fs.namei.symlink(target, path, this.task));
  }
  /** What a symbolic link points to, or a negative errno. */
  readlink(path: Path): string | number {
    return this.named(1, () => this.kernel.fs.namei.readlink(path));
  }
  /** What a mount may hold and has left, or a negative errno; -ENOSYS outside of mounts. */
  statfs(path: Path): Statfs | number {
    return this.named(1, () => this.kernel.fs.namei.statfs(path));
  }
  /** What a file is, or a negative errno. `follow`: stat; without: lstat. */
  stat(path: Path, follow = true): FileStatus | number {
    return this.named(1, () => this.withInode(path, follow, statusOf));
  }
  /** The same of an open file. */
  fstat(fd: number): FileStatus | number {
    return this.withFile(fd, statusOf);
  }
  /** Changes permission bits. */
  chmod(path: Path, mode: number): SysResult {
    return this.named(1, () => this.change(path, true, (inode) => setMode(inode, mode)));
  }
  fchmod(fd: number, mode: number): SysResult {
    return this.withFile(fd, (inode) => setMode(inode, mode));
  }
  /** Gives a file away; -1: uid or gid stays. `follow`: chown; without: lchown. */
  chown(path: Path, uid: number, gid: number, follow = true): SysResult {
    return this.named(1, () => this.change(path, follow, (inode) => setOwner(inode, uid, gid)));
  }
  fchown(fd: number, uid: number, gid: number): SysResult {
    return this.withFile(fd, (inode) => setOwner(inode, uid, gid));
  }
  /** Sets the times of the last read and the last change; null: now. */
  utimes(path: Path, times: FileTimes | null, follow = true): SysResult {
    return this.named(1, () => this.change(path, follow, (inode) => setTimes(inode, times)));
  }
  futimes(fd: number, times: FileTimes | null): SysResult {
    return this.withFile(fd, (inode) => setTimes(inode, times));
  }
  /** Sets a file's length. @linux sys_truncate() */
  truncate(path: Path, size: number): SysResult {
    return this.named(1, () => {
      if (size < 0) return -Errno.EINVAL;
      const { fs } = this.kernel;
      const error = this.change(path, true, mayTruncate);
      if (error !== 0) return error;
      const file = fs.open(path, O.wronly | O.largefile);
      if (typeof file === 'number') return file;
      const result = sysFtruncate(this.kernel.vm, file, size);
      fs.release(file);
      return result;
    });
  }
  private withInode<T>(path: Path, follow: boolean, what: (inode: FileInode) => T): T | number {
    const inode = this.kernel.fs.namei.inode(path, follow);
    const result = typeof inode === 'number' ? inode : what(inode);
    this.kernel.fs.settle();
    return result;
  }
  private withFile<T>(fd: number, what: (inode: FileInode) => T): T | number {
    this.enter();
    const file = this.task.files[fd];
    return this.leave(file instanceof OpenFile ? what(file.inode) : -Errno.EBADF);
  }
  private change(path: Path, follow: boolean, how: (inode: FileInode) => number): number {
    const { namei } = this.kernel.fs;
    return this.withInode(path, follow, (inode) => namei.writable(path, follow) || how(inode));
  }

  /** Goes to another working directory. @linux sys_chdir() */
  chdir(path: Path): SysResult {
    return this.named(1, () => {
      const directory = this.kernel.fs.openDirectory(path);
      if (typeof directory === 'number') return directory;
      this.task.fsStruct.setPwd(directory);
      return 0;
    });
  }
  fchdir(fd: number): SysResult {
    this.enter();
    const file = this.task.files[fd];
    if (!(file instanceof OpenFile)) return this.leave(-Errno.EBADF);
    if (file.inode.kind !== 'directory') return this.leave(-Errno.ENOTDIR);
    file.count++;
    this.task.fsStruct.setPwd(file);
    return this.leave(0);
  }
  /** The working directory, or -ENOENT: it was removed. @linux sys_getcwd() */
  getcwd(): string | number {
    this.enter();
    const { pwd } = this.task.fsStruct;
    if (pwd === null) return this.leave('/');
    return this.leave(this.kernel.fs.namei.pathOf(pwd.inode as DirectoryInode) ?? -Errno.ENOENT);
  }
  /** Permission bits that new files do not get from now on: those that they did not get. @linux sys_umask() */
  umask(mask: number): number {
    this.enter();
    const { fsStruct } = this.task;
    const old = fsStruct.umask;
    fsStruct.umask = mask & 0o777;
    return this.leave(old);
  }
  /**
   * The next names of an open directory that fit into `bytes` bytes; none at its end.
   * @param entryBytes what a name takes; default: as in struct linux_dirent
   */
  getdents(fd: number, bytes = 4096, entryBytes?: EntryBytes): readonly Dirent[] | number {
    this.enter();
    return getdents(this.task.files[fd] ?? null, bytes, entryBytes);
  }

  /**
   * Swaps to a disk or a file. `flags`: 0x8000 | priority (0 .. 32767), or 0 for a lower one than all before.
   * @returns 0, or -EPERM, -ENOENT …, -EBUSY, -ENODEV, -EINVAL, -ENOMEM
   * @linux sys_swapon()
   */
  swapon(path: string, flags = 0): SysResult {
    const admin = this.task.capable(CAP.sysAdmin);
    return this.named(1, () => this.kernel.paging.swapSwitch.swapon(path, flags, admin));
  }
  /**
   * Stops swapping to a disk or a file; what is there comes back into memory.
   * @returns 0, or -EPERM, -ENOENT …, -EINVAL (not swapped to), -ENOMEM
   * @linux sys_swapoff()
   */
  swapoff(path: string): SysResult {
    const admin = this.task.capable(CAP.sysAdmin);
    return this.named(1, () => this.kernel.paging.swapSwitch.swapoff(path, admin));
  }

  /** A system call with `paths` paths, which the kernel copies to pages of its own first; -ENOMEM without them. */
  private named<T>(paths: number, call: () => T): T | number {
    const vm = this.enter();
    const names: Addr[] = [];
    let result: T | number = -Errno.ENOMEM;
    while (names.length < paths) {
      const name = getname(vm);
      if (name === 0) break;
      names.push(name);
    }
    if (names.length === paths) result = call();
    for (const name of names) putname(vm, name);
    return this.leave(result);
  }

  /**
   * Reads and sets the numbers of /proc/sys/vm/bdflush: `func` 2i + 2 stores number i at address `data`, 2i + 3 makes it
   * `data`. 0 does nothing; 1 ends the process.
   * @returns 0, or -EPERM, -EINVAL, -EFAULT
   * @linux sys_bdflush()
   */
  bdflush(func: number, data = 0): SysResult {
    const vm = this.enter();
    const { kernel } = this;
    if (!this.task.capable(CAP.sysAdmin)) return -Errno.EPERM;
    if (func === 1) kernel.lifecycle.exit(this, 0);
    if (func < 2) return 0;
    const store = (value: number) => putUser(vm, kernel.mmu, data >>> 0, 4, value);
    return this.leave(sysBdflush(kernel.paging.buffers.parameters, func, data, store));
  }

  /** @linux sys_setrlimit(): raising the hard limit needs CAP_SYS_RESOURCE. */
  setrlimit(resource: number, cur: number, max: number): SysResult {
    this.enter();
    const { rlimCur, rlimMax } = this.task;
    if (resource < 0 || resource >= rlimCur.length) return -Errno.EINVAL;
    const overHard = cur > (rlimMax[resource] as number) || max > (rlimMax[resource] as number);
    if (overHard && !this.task.capable(CAP.sysResource)) return -Errno.EPERM;
    rlimCur[resource] = Math.min(cur, RLIM_INFINITY);
    rlimMax[resource] = Math.min(max, RLIM_INFINITY);
    return 0;
  }
  getrlimit(resource: number): ResourceLimit {
    return { cur: this.task.rlimCur[resource] as number, max: this.task.rlimMax[resource] as number };
  }

  /** The child, or a negative errno. @linux sys_fork() */
  fork(): Process | number {
    this.enter();
    return this.leave(this.kernel.lifecycle.fork(this));
  }
  /**
   * A child that runs in this process's own memory, stack included, or a negative errno. Until it calls {@link exec} or
   * {@link exit}, this process sleeps: whatever is asked of it is a ConfigError. @linux sys_vfork()
   */
  vfork(): Process | number {
    return this.clone(CLONE.vfork | CLONE.vm);
  }
  /**
   * A child that shares what `flags` say: CLONE_VM 0x100 the memory, CLONE_FILES 0x400 the descriptor table, CLONE_VFORK 0x4000
   * as {@link vfork}, CLONE_THREAD 0x10000 the thread group, CLONE_PARENT 0x8000 the parent. CLONE_FS and CLONE_SIGHAND share
   * structs that cost memory; the signal in the low byte has no effect here.
   *
   * @param stack the child's stack pointer; 0: the parent's
   * @returns the child, or -EPERM (CLONE_PID), -EINVAL (CLONE_NEWNS with CLONE_FS), -ENOMEM
   * @throws ConfigError for CLONE_PTRACE and CLONE_NEWNS, which are not there
   * @linux sys_clone()
   */
  clone(flags: number, stack: Addr = 0): Process | number {
    this.enter();
    return this.leave(this.kernel.lifecycle.fork(this, flags, stack >>> 0));
  }
  /**
   * Replaces the program: 0, or -errno (past the point of no return a signal was sent). @linux sys_execve()
   *
   * Descriptors that {@link setCloseOnExec} marked are closed. A parent that sleeps in {@link vfork} goes on.
   *
   * @param program path of an ELF file or a `#!` script of the machine's file system, the bytes of one (it is stored as
   *   `/<argv[0]>`), or a description of an ELF file
   */
  exec(
    program: string | Uint8Array | ExecImage,
    argv: readonly string[],
    envp: readonly string[] = [],
  ): SysResult {
    const vm = this.enter();
    const name = getname(vm);
    if (name === 0) return -Errno.ENOMEM;
    const found = findProgram(vm, this.kernel.fs, program, argv);
    if (typeof found === 'number') {
      putname(vm, name);
      return found;
    }
    const { image } = found;
    const result = doExecve(vm, image, found.argv, envp, found.filename);
    putname(vm, name);
    this.kernel.run(this);
    // The areas hold references of their own; an image from the caller keeps the caller's.
    if (image !== program) {
      this.kernel.fs.release(image.file);
      if (image.interpreter !== undefined) this.kernel.fs.release(image.interpreter.file);
    }
    return this.leave(result);
  }
  /** Ends the process; one that the kernel killed has ended already. @linux sys_exit() */
  exit(code: number): void {
    this.dieIfKilled();
    if (this.ending !== null && this.ending.signal !== 0) return;
    this.enter();
    this.kernel.lifecycle.exit(this, code);
  }

  /**
   * Takes the pid of its thread group, whose leader has ended: what a thread gets that called exec, in kernels newer than these.
   * @throws ConfigError when a process has that pid
   * @linux 2.6.0 fs/exec.c de_thread()
   */
  takePid(pid: number): void {
    const { task, kernel } = this;
    const { processes, vm } = kernel;
    if (task.pid === pid) return;
    if (processes.has(pid)) throw new ConfigError(`pid ${pid} lives: process ${task.pid} cannot take it`);
    processes.delete(task.pid);
    task.pid = pid;
    task.tgid = pid;
    processes.set(pid, this);
    if (vm.current === task) vm.trace.pid = pid;
  }

  /** Where an address of a shared mapping is in its file: inode and offset in bytes; null: it is the process' own. */
  sharedAddress(addr: Addr): { readonly inode: object; readonly offset: number } | null {
    const vma = this.task.mm === null ? null : findVma(this.task.mm, addr >>> 0);
    if (vma === null || vma.vmStart > addr || vma.vmFile === null || (vma.vmFlags & VM.shared) === 0)
      return null;
    return { inode: vma.vmFile.inode, offset: vma.vmPgoff * 4096 + (addr - vma.vmStart) };
  }

  /** Loads a byte: 0..255, or -1 when a signal was sent ({@link takeSignal}). */
  load8(addr: Addr): number {
    const value = access.load8(this.vm(), this.kernel.mmu, addr >>> 0);
    return value >= 0 ? value : this.leave(value);
  }
  /** Stores a byte; false when a signal was sent. */
  store8(addr: Addr, value: number): boolean {
    return access.store8(this.vm(), this.kernel.mmu, addr >>> 0, value) || this.leave(false);
  }
  /** One access to `addr` without data; false when a signal was sent. */
  touch(addr: Addr, write: boolean): boolean {
    return access.touch(this.vm(), this.kernel.mmu, addr >>> 0, write) || this.leave(false);
  }
  /**
   * How many accesses find their page in the TLB, so that {@link touch} would do nothing. Only right after another access of this
   * process that succeeded: it runs then.
   *
   * @param pages numbers of pages: address / 4096
   * @param accesses bit 0: a store
   * @param from,to which: from <= i < to
   * @returns index of the first that does not; `to` if there is none
   */
  hits(pages: Int32Array, accesses: Uint8Array, from: number, to: number): number {
    return this.kernel.mmu.hits(pages, accesses, from, to);
  }
  /**
   * A CPU that runs this process's program could not make an access: repairs it.
   *
   * @param addr the address that was accessed (CR2)
   * @param errorCode bit 0: the page is present, bit 1: a write, bit 2: in user mode
   * @param esp the program's stack pointer: a stack grows only near it
   * @returns whether the access is to be made again; false: a signal was sent ({@link takeSignal}), or the process has ended
   */
  pageFault(addr: Addr, errorCode: number, esp: Addr): boolean {
    const vm = this.vm();
    const { clock } = this.kernel;
    clock.advance(COST_NS.fault);
    this.task.esp = esp >>> 0;
    const repaired = doPageFault(vm, addr >>> 0, errorCode) === FAULT_RETRY;
    if (vm.needResched || this.kernel.paging.events.nextDue <= clock.now) vm.ports.catchUp();
    return this.leave(repaired) && this.ending === null;
  }

  /** The program ran on a CPU for `ns` nanoseconds. What fell due meanwhile happens. False: the process has ended. */
  ran(ns: number): boolean {
    const { vm, clock, paging } = this.kernel;
    clock.advance(ns);
    if (vm.needResched || paging.events.nextDue <= clock.now) paging.catchUp();
    return this.leave(true) && this.ending === null;
  }

  /** Where the program that {@link exec} loaded begins; its stack pointer is `task.esp`. */
  get entry(): Addr {
    return execEntry(this.task);
  }

  /** The oldest undelivered signal, taken off the queue: SIGKILL and SIGTERM cannot be caught, and have ended the process. */
  takeSignal(): PendingSignal | null {
    this.dieIfKilled();
    return this.kernel.vm.signals.take(this.task);
  }
}

/** Room for a path that a system call was given: a page of the kernel's, 0 = no memory. @linux 2.4.22 fs/namei.c getname() */
function getname(vm: Vm): Addr {
  return vm.slab.kmemCacheAlloc(vm.caches.names, GFP_KERNEL);
}

/** @linux 2.4.22 include/linux/fs.h putname() */
function putname(vm: Vm, name: Addr): void {
  vm.slab.kmemCacheFree(vm.caches.names, name);
}
