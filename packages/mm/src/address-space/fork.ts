import { Errno } from '../errno.ts';
import { KernelBug } from '../kernel-bug.ts';
import { GFP_KERNEL } from '../page-allocator/gfp.ts';
import { PF } from '../page-allocator/process-flags.ts';
import type { KmemCache } from '../slab/kmem-cache.ts';
import { copyPageRange } from './copy-page-range.ts';
import { SCHED_PROCESS_FORK } from './fault-tracepoints.ts';
import { copyFiles, FilesStruct, type FileTable, freeFilesStruct, shareFiles } from './files-struct.ts';
import { fput } from './fput.ts';
import { FsStruct } from './fs-struct.ts';
import { mmAlloc, mmlistAdd, mmput } from './mm-life.ts';
import type { MmStruct } from './mm-struct.ts';
import { SharedStruct } from './shared-struct.ts';
import { Task } from './task.ts';
import { getUser, hasAllItsProcesses, putUser } from './user-struct.ts';
import { CLONE } from './vfork.ts';
import type { Vm } from './vm.ts';
import { VM } from './vma.ts';
import { allocVmaObject } from './vma-alloc.ts';
import { cloneVma, linkShareListAfter } from './vma-link.ts';

/** Order of the block that holds a task_struct and its kernel stack: 8 KiB. */
export const TASK_STRUCT_ORDER = 1;

/**
 * Takes the block of a task_struct and its kernel stack: 0, or -ENOMEM.
 *
 * @linux 2.4.22 include/asm-i386/processor.h alloc_task_struct()
 */
export function allocTaskStruct(vm: Vm, task: Task): number {
  const frame = vm.allocator.allocPages(GFP_KERNEL, TASK_STRUCT_ORDER);
  if (frame === 0) return -Errno.ENOMEM;
  task.stackFrame = frame;
  return 0;
}

/** Gives the block of a task_struct back. @linux 2.4.22 include/asm-i386/processor.h free_task_struct() */
export function freeTaskStruct(vm: Vm, task: Task): void {
  if (task.stackFrame === 0) throw new KernelBug(`the task_struct of pid ${task.pid} is freed twice`);
  vm.allocator.freePages(task.stackFrame, TASK_STRUCT_ORDER);
  task.stackFrame = 0;
}

/**
 * Makes a child of the running task.
 *
 * @param newPid its pid, which the caller chose
 * @param flags CLONE_VM, CLONE_FILES, CLONE_FS, CLONE_SIGHAND: what it shares instead of getting a copy; CLONE_PARENT: it becomes a
 *   sibling
 * @returns the child; with nothing changed -ENOMEM, or -EAGAIN: no more are allowed to this user, or on a machine of this size
 * @linux 2.4.22 kernel/fork.c do_fork()
 */
export function doFork(vm: Vm, newPid: number, flags = 0): Task | number {
  const parent = vm.current;
  const cloneVm = (flags & CLONE.vm) !== 0;
  const begetter = (flags & CLONE.parent) !== 0 ? (parent.parent ?? parent) : parent;
  const child = new Task(newPid, begetter, parent.comm);
  let result = allocTaskStruct(vm, child);
  if (result === 0) {
    result = hasAllItsProcesses(vm, parent) ? -Errno.EAGAIN : copyProcess(vm, child, parent, flags);
    if (result !== 0) freeTaskStruct(vm, child);
  }
  if (vm.trace.on) {
    const mm = cloneVm ? null : child.mm;
    const vmas = mm?.mapCount ?? 0;
    vm.trace.emit(SCHED_PROCESS_FORK, parent.pid, newPid, cloneVm ? 1 : 0, vmas, mm?.rss ?? 0, result);
  }
  if (result !== 0) return result;
  begetter.children.push(child);
  vm.nrThreads++;
  return child;
}

/** Fills a child's task_struct: 0, or -errno with nothing left behind. */
function copyProcess(vm: Vm, child: Task, parent: Task, flags: number): number {
  copyTask(vm, child, parent);
  let result = -Errno.EAGAIN;
  if (vm.nrThreads < vm.maxThreads) {
    result = copyResources(vm, child, parent, flags);
    if (result === 0) {
      result = copyMm(vm, child, (flags & CLONE.vm) !== 0);
      if (result !== 0) exitResources(vm, child);
    }
  }
  if (result !== 0) putUser(vm, child.user);
  return result;
}

/** What a child has from its parent besides memory. */
function copyTask(vm: Vm, child: Task, parent: Task): void {
  // While a task runs, its flags are in the allocator.
  child.flags = (vm.allocator.currentFlags & ~(PF.SUPERPRIV | PF.USEDFPU)) | PF.FORKNOEXEC;
  child.uid = parent.uid;
  child.gid = parent.gid;
  child.capEffective = parent.capEffective;
  child.rlimCur.set(parent.rlimCur);
  child.rlimMax.set(parent.rlimMax);
  child.esp = parent.esp;
  child.user = parent.user;
  // Finds the parent's own: never fails.
  getUser(vm, child.user);
}

/**
 * Gives a task its descriptor table (with the parent's open files), its directories and its signal handlers.
 *
 * @param flags CLONE_FILES, CLONE_FS, CLONE_SIGHAND: those of the parent
 * @returns 0, or -ENOMEM with nothing left behind
 * @linux 2.4.22 kernel/fork.c copy_files(), copy_fs(), copy_sighand()
 */
export function copyResources(vm: Vm, child: Task, parent: Task, flags = 0): number {
  if ((flags & CLONE.files) !== 0) shareFiles(child, parent);
  // Whatever copy_files() says, fork answers -ENOMEM.
  else if (copyFiles(vm, child, parent) !== 0) return -Errno.ENOMEM;
  const fs = (flags & CLONE.fs) !== 0 ? share(parent.fsStruct) : copyFs(vm, parent.fsStruct);
  if (fs !== null) {
    child.fsStruct = fs;
    const handlers =
      (flags & CLONE.sigHand) !== 0 ? share(parent.signalStruct) : newStruct(vm, vm.caches.sigact);
    if (handlers !== null) {
      child.signalStruct = handlers;
      return 0;
    }
  }
  exitResources(vm, child);
  return -Errno.ENOMEM;
}

function share<T extends SharedStruct>(struct: T): T {
  struct.users++;
  return struct;
}

/** @linux 2.4.22 kernel/fork.c copy_fs() */
function copyFs(vm: Vm, from: FsStruct): FsStruct | null {
  const slabAddr = vm.slab.kmemCacheAlloc(vm.caches.fs, GFP_KERNEL);
  return slabAddr === 0 ? null : from.copy(slabAddr);
}

/** A struct of a cache; null: no memory. */
export function newStruct(vm: Vm, cache: KmemCache): SharedStruct | null {
  const slabAddr = vm.slab.kmemCacheAlloc(cache, GFP_KERNEL);
  if (slabAddr === 0) return null;
  const struct = new SharedStruct();
  struct.slabAddr = slabAddr;
  return struct;
}

/** Gives a struct back; the last user frees it. */
export function putStruct(vm: Vm, cache: KmemCache, struct: SharedStruct): void {
  if (--struct.users === 0 && struct.slabAddr !== 0) vm.slab.kmemCacheFree(cache, struct.slabAddr);
}

/** @linux 2.4.22 kernel/exit.c exit_files() */
function exitFiles(vm: Vm, task: Task): void {
  const { files, closeOnExec, filesStruct } = task;
  task.files = [];
  task.closeOnExec = [];
  task.filesStruct = new FilesStruct();
  putFiles(vm, { files, closeOnExec, filesStruct });
}

/** Gives a table back; the last user closes all descriptors. @linux 2.4.22 kernel/exit.c put_files_struct() */
export function putFiles(vm: Vm, { files, filesStruct }: FileTable): void {
  if (--filesStruct.users > 0) return;
  for (const file of files) if (file !== null) fput(vm, file);
  freeFilesStruct(vm, filesStruct);
}

/**
 * Gives back what {@link copyResources} gave; what is static or not there is left alone.
 * @linux 2.4.22 kernel/exit.c exit_files(), exit_fs(); kernel/signal.c exit_sighand()
 */
export function exitResources(vm: Vm, task: Task): void {
  exitFiles(vm, task);
  if (task.fsStruct.users === 1) task.fsStruct.setPwd(null);
  putStruct(vm, vm.caches.fs, task.fsStruct);
  task.fsStruct = new FsStruct();
  putStruct(vm, vm.caches.sigact, task.signalStruct);
  task.signalStruct = new SharedStruct();
}

/**
 * Gives a child its address space: the running task's own (`cloneVm`), a copy of it, or none for a kernel thread.
 *
 * @returns 0, or -ENOMEM with nothing left behind
 * @linux 2.4.22 kernel/fork.c copy_mm()
 */
export function copyMm(vm: Vm, child: Task, cloneVm: boolean): number {
  const oldMm = vm.current.mm;
  child.mm = null;
  child.activeMm = null;
  if (oldMm === null) return 0;
  let mm: MmStruct = oldMm;
  if (cloneVm) {
    oldMm.mmUsers++;
  } else {
    const copy = mmAlloc(vm);
    if (copy === null) return -Errno.ENOMEM;
    copyMmFields(copy, oldMm);
    const whole = vm.rules.forkCopiesMm;
    if (!whole) mmlistAdd(vm, copy, oldMm);
    const result = dupMmap(vm, copy);
    if (whole) {
      mmlistAdd(vm, copy, oldMm);
      inheritMm(copy, oldMm);
    }
    if (result !== 0) {
      mmput(vm, copy);
      return result;
    }
    mm = copy;
  }
  child.mm = mm;
  child.activeMm = mm;
  return 0;
}

/**
 * The numbers that a copy starts with. total_vm is the parent's whatever is then copied; def_flags starts at 0, so
 * mlockall(MCL_FUTURE) is not inherited (but see {@link inheritMm}).
 */
function copyMmFields(to: MmStruct, from: MmStruct): void {
  to.startCode = from.startCode;
  to.endCode = from.endCode;
  to.startData = from.startData;
  to.endData = from.endData;
  to.startBrk = from.startBrk;
  to.brk = from.brk;
  to.startStack = from.startStack;
  to.argStart = from.argStart;
  to.argEnd = from.argEnd;
  to.envStart = from.envStart;
  to.envEnd = from.envEnd;
  to.totalVm = from.totalVm;
}

/**
 * What 2.4.0 copies with the whole struct: the child inherits mlockall(MCL_FUTURE), and the parent's rss, which counts
 * VM_DONTCOPY areas too.
 */
function inheritMm(to: MmStruct, from: MmStruct): void {
  to.defFlags = from.defFlags;
  to.rssReserved = from.rss - to.rss;
  to.rss = from.rss;
}

/**
 * Copies all areas of the running task but VM_DONTCOPY ones, with their page-table entries, into `mm`. The copies are not
 * locked, and stand right behind the originals in their files' share lists. The TLB of the parent is flushed in any case:
 * its entries have become read-only.
 *
 * @returns 0, or -ENOMEM: the areas so far are in `mm`, for mmput
 * @linux 2.4.22 kernel/fork.c dup_mmap()
 */
export function dupMmap(vm: Vm, mm: MmStruct): number {
  const oldMm = vm.current.mm as MmStruct;
  vm.tlb.flushCacheMm(oldMm.pgd);
  let result = 0;
  for (let original = oldMm.mmap; original !== null; original = original.vmNext) {
    if ((original.vmFlags & VM.dontCopy) !== 0) continue;
    const object = allocVmaObject(vm);
    if (object === 0) {
      result = -Errno.ENOMEM;
      break;
    }
    const copy = cloneVma(original, original.vmStart, original.vmEnd, object);
    copy.vmFlags &= ~VM.locked;
    copy.vmMm = mm;
    copy.vmRaend = original.vmRaend;
    if (copy.vmFile !== null) {
      copy.vmFile.count++;
      linkShareListAfter(copy, original);
    }
    const last = mm.index.at(-1);
    if (last === undefined) mm.mmap = copy;
    else last.vmNext = copy;
    mm.index.push(copy);
    mm.mapCount++;
    result = copyPageRange(vm, mm, oldMm, copy);
    copy.vmOps?.open?.(copy);
    if (result !== 0) break;
  }
  vm.tlb.flushTlbMm(oldMm.pgd);
  return result;
}
