import { Errno } from '../errno.ts';
import { GFP_KERNEL } from '../page-allocator/gfp.ts';
import { PF } from '../page-allocator/process-flags.ts';
import type { File } from '../page-cache/inode.ts';
import { type Addr, pageAlign } from '../types.ts';
import { doBrk } from './brk.ts';
import type { ExecImage, ExecSegment } from './exec-image.ts';
import { type BinPrm, copyStrings, freeArgPages, newBinPrm, setupArgPages } from './exec-strings.ts';
import { SCHED_PROCESS_EXEC, traceRss } from './fault-tracepoints.ts';
import { copyOfShared, getUnusedFd } from './files-struct.ts';
import { newStruct, putFiles, putStruct } from './fork.ts';
import { fput } from './fput.ts';
import { TASK_SIZE } from './layout.ts';
import { exitMmap, mmAlloc, mmdrop, mmlistAdd, mmput } from './mm-life.ts';
import type { MmStruct } from './mm-struct.ts';
import { MAP, PROT } from './mman.ts';
import { doMmap } from './mmap.ts';
import { SIGKILL, SIGSEGV, type Task } from './task.ts';
import { writeUser } from './user-write.ts';
import { mmRelease } from './vfork.ts';
import type { Vm } from './vm.ts';

/** Where a program that may lie anywhere is put: two thirds up. @linux include/asm-i386/elf.h ELF_ET_DYN_BASE */
export const ELF_ET_DYN_BASE = 0x80000000;
/** What load_elf_interp answers when it cannot even begin. */
const NO_ENTRY = 0xffffffff;
const BYTES_PER_PHDR = 32;

const entries = new WeakMap<Task, Addr>();

/** Address of the first instruction that a task's last exec set; 0 = it had none. Its stack pointer is in `task.esp`. */
export function execEntry(task: Task): Addr {
  return entries.get(task) ?? 0;
}

/**
 * Replaces the running task's program. A CPU must load the task's top page table afterwards: it may be another one.
 *
 * @param argv, envp arguments and environment, encoded as UTF-8
 * @param filename what the program was called by: a script's path when `image` is the interpreter
 * @returns 0; -EACCES (no regular file), -ETXTBSY, -ENOEXEC, -E2BIG, -ENOMEM, -EMFILE with the old program untouched. Past
 *   the point of no return failures show as a signal in `pending`: SIGKILL (with 0, or with -ENOMEM when there is no memory
 *   for the stack's area), or SIGSEGV with -ENOEXEC for an interpreter that cannot be loaded
 * @linux 2.4.22 fs/exec.c do_execve()
 */
export function doExecve(
  vm: Vm,
  image: ExecImage,
  argv: readonly string[],
  envp: readonly string[] = [],
  filename = image.file.path,
): number {
  const refused = openExec(image.file);
  if (refused !== 0) return refused;
  const bprm = newBinPrm();
  const encoder = new TextEncoder();
  const argvBytes = argv.map((text) => encoder.encode(text));
  const envpBytes = envp.map((text) => encoder.encode(text));
  const mostStrings = bprm.p >>> 2;
  let result = argv.length > mostStrings || envp.length > mostStrings ? -Errno.E2BIG : 0;
  if (result === 0) result = copyStrings(vm, bprm, [encoder.encode(filename)]);
  if (result === 0) result = copyStrings(vm, bprm, envpBytes);
  if (result === 0) result = copyStrings(vm, bprm, argvBytes);
  if (result === 0) result = loadElfBinary(vm, bprm, image, filename, argvBytes, envpBytes);
  freeArgPages(vm, bprm);
  closeExec(vm, image.file);
  return result;
}

/** Opens a program file: nobody may write to it from now on, or -ETXTBSY when somebody does. @linux fs/exec.c open_exec() */
function openExec(file: File): number {
  if (file.inode.kind !== 'regular') return -Errno.EACCES;
  if (file.inode.writecount > 0) return -Errno.ETXTBSY;
  file.inode.writecount--;
  file.count++;
  return 0;
}

function closeExec(vm: Vm, file: File): void {
  file.inode.writecount++;
  fput(vm, file);
}

/** @linux 2.4.22 fs/binfmt_elf.c load_elf_binary() */
function loadElfBinary(
  vm: Vm,
  bprm: BinPrm,
  image: ExecImage,
  filename: string,
  argv: readonly Uint8Array[],
  envp: readonly Uint8Array[],
): number {
  if (image.file.mmapKind === null) return -Errno.ENOEXEC;
  const headers = vm.slab.kmalloc(headersSize(image), GFP_KERNEL);
  if (headers === 0) return -Errno.ENOMEM;
  // While it loads, the program is open as a descriptor: that must be one to be had.
  const descriptor = getUnusedFd(vm, vm.current);
  const result = descriptor < 0 ? descriptor : loadWithInterpreter(vm, bprm, image, filename, argv, envp);
  vm.slab.kfree(headers);
  return result;
}

/** Goes on with the interpreter's name in memory and its file open. */
function loadWithInterpreter(
  vm: Vm,
  bprm: BinPrm,
  image: ExecImage,
  filename: string,
  argv: readonly Uint8Array[],
  envp: readonly Uint8Array[],
): number {
  const interpreter = image.interpreter;
  if (interpreter === undefined) return flushAndMap(vm, bprm, image, filename, argv, envp);
  const name = vm.slab.kmalloc(interpreter.file.path.length + 1, GFP_KERNEL);
  if (name === 0) return -Errno.ENOMEM;
  let result = openExec(interpreter.file);
  if (result === 0) {
    result = flushAndMap(vm, bprm, image, filename, argv, envp);
    closeExec(vm, interpreter.file);
  }
  vm.slab.kfree(name);
  return result;
}

function flushAndMap(
  vm: Vm,
  bprm: BinPrm,
  image: ExecImage,
  filename: string,
  argv: readonly Uint8Array[],
  envp: readonly Uint8Array[],
): number {
  const result = leaveOldProgram(vm, vm.current);
  if (result !== 0) return result;
  beginProgram(vm, vm.current, filename);
  return mapProgram(vm, bprm, image, argv, envp);
}

/**
 * Gives the task handlers, descriptors and memory that no other task has: 0, or -errno with nothing changed.
 * @linux 2.4.22 fs/exec.c flush_old_exec()
 */
function leaveOldProgram(vm: Vm, task: Task): number {
  const shared = task.signalStruct;
  const own = shared.users > 1 ? newStruct(vm, vm.caches.sigact) : shared;
  if (own === null) return -Errno.ENOMEM;
  const table = vm.rules.execUnsharesFiles ? copyOfShared(vm, task) : null;
  const result = typeof table === 'number' ? table : execMmap(vm, task);
  const { files, closeOnExec, filesStruct } = task;
  if (table !== null && typeof table !== 'number') {
    if (result === 0) Object.assign(task, table);
    putFiles(vm, result === 0 ? { files, closeOnExec, filesStruct } : table);
  }
  if (own !== shared) {
    if (result === 0) task.signalStruct = own;
    putStruct(vm, vm.caches.sigact, result === 0 ? shared : own);
  }
  return result;
}

/** Bytes of an image's program headers, as exec reads them in. */
function headersSize(image: ExecImage): number {
  return (image.phnum ?? image.segments.length) * BYTES_PER_PHDR;
}

/**
 * Empties the task's address space, or gives it a new one if others use the old one. The point of no return lies behind it.
 *
 * @linux 2.4.22 fs/exec.c exec_mmap()
 */
function execMmap(vm: Vm, task: Task): number {
  const old = task.mm;
  if (old !== null && old.mmUsers === 1) {
    mmRelease(task);
    exitMmap(vm, old);
    return 0;
  }
  const mm = mmAlloc(vm);
  if (mm === null) return -Errno.ENOMEM;
  mmlistAdd(vm, mm, vm.initMm);
  const active = task.activeMm;
  task.mm = mm;
  task.activeMm = mm;
  mmRelease(task);
  if (old !== null) mmput(vm, old);
  else if (active !== null) mmdrop(vm, active);
  return 0;
}

/** @linux 2.4.22 fs/exec.c flush_old_exec() */
function beginProgram(vm: Vm, task: Task, filename: string): void {
  task.comm = filename.slice(filename.lastIndexOf('/') + 1).slice(0, 15);
  task.tgid = task.pid;
  task.flags &= ~PF.FORKNOEXEC;
  vm.allocator.currentFlags &= ~PF.FORKNOEXEC;
  const mm = task.mm as MmStruct;
  mm.startData = 0;
  mm.endData = 0;
  mm.endCode = 0;
  mm.rss = 0;
  if (vm.trace.on) traceRss(vm, mm);
  flushOldFiles(vm, task);
}

/** Closes what is not to be seen by the new program, in the order of descriptors. @linux 2.4.22 fs/exec.c flush_old_files() */
function flushOldFiles(vm: Vm, task: Task): void {
  const { files, closeOnExec } = task;
  for (let fd = 0; fd < closeOnExec.length; fd++) {
    const file = files[fd] ?? null;
    if (closeOnExec[fd] !== true || file === null) continue;
    files[fd] = null;
    fput(vm, file);
  }
  closeOnExec.length = 0;
}

/**
 * Maps the program. The order decides which areas merge and where the interpreter lands: stack, segments, interpreter,
 * tables on the stack, and last the main program's bss.
 *
 * ```
 *   text   data|bss    bss (anonymous)         ld.so            stack
 *   |-----|----:000|---------------| brk  ...  |----|--|   ...  |-----|
 *              padzero                          40000000              C0000000
 * ```
 */
function mapProgram(
  vm: Vm,
  bprm: BinPrm,
  image: ExecImage,
  argv: readonly Uint8Array[],
  envp: readonly Uint8Array[],
): number {
  const task = vm.current;
  const rules = vm.rules.exec;
  const mm = task.mm as MmStruct;
  const refused = setupArgPages(vm, bprm);
  if (refused !== 0) {
    // 2.4 forgets the program headers, the interpreter and the descriptor here; they are given back all the same.
    vm.signals.force(task, SIGKILL, 0, 0);
    return refused;
  }
  mm.startStack = bprm.p;

  let bss = 0;
  let brk = 0;
  let startCode = 0xffffffff;
  let endCode = 0;
  let startData = 0;
  let endData = 0;
  let bias = 0;
  let loadAddr = 0;
  let loaded = false;
  for (const segment of image.segments) {
    if (brk > bss && rules.mapsEarlyBss) fillEarlyBss(vm, bss, brk, bias);
    let flags = MAP.private | MAP.denyWrite | MAP.executable;
    const { vaddr, offset, filesz, memsz, prot } = segment;
    if (image.dynamic !== true || loaded) flags |= MAP.fixed;
    else bias = rules.loadsAtFixedBias ? ELF_ET_DYN_BASE : pageStart(ELF_ET_DYN_BASE - vaddr);
    const wanted = (bias + vaddr) >>> 0;
    const at = elfMap(vm, image.file, wanted, segment, flags);
    // A segment that cannot be mapped is left out; the program will find out.
    if (isBadAddress(at)) continue;
    if (!loaded) {
      loaded = true;
      loadAddr = (vaddr - offset) >>> 0;
      if (image.dynamic === true) {
        bias = (bias + at - pageStart(wanted)) >>> 0;
        // 2.4.0 adds the address of the segment: right for programs that begin at 0, as all do.
        loadAddr = (loadAddr + (rules.loadsAtFixedBias ? at : bias)) >>> 0;
      }
    }
    startCode = Math.min(startCode, vaddr);
    startData = Math.max(startData, vaddr);
    const fileEnd = (vaddr + filesz) >>> 0;
    bss = Math.max(bss, fileEnd);
    if ((prot & PROT.exec) !== 0) endCode = Math.max(endCode, fileEnd);
    endData = Math.max(endData, fileEnd);
    brk = Math.max(brk, (vaddr + memsz) >>> 0);
  }
  bss = (bss + bias) >>> 0;
  brk = (brk + bias) >>> 0;

  let entry = (image.entry + bias) >>> 0;
  let interpreterBase = 0;
  if (image.interpreter !== undefined) {
    entry = loadElfInterp(vm, image.interpreter);
    interpreterBase = interpreterAt.base;
    if (isBadAddress(entry)) {
      vm.signals.force(task, SIGSEGV, 0, 0);
      return -Errno.ENOEXEC;
    }
  }

  bprm.p = rules.createElfTables(vm, bprm.p, argv, envp, {
    phdr: (loadAddr + (image.phoff ?? 52)) >>> 0,
    phnum: image.phnum ?? image.segments.length,
    base: interpreterBase,
    entry: (image.entry + bias) >>> 0,
    interpreted: image.interpreter !== undefined,
  });
  mm.startBrk = brk;
  mm.brk = brk;
  mm.endCode = (endCode + bias) >>> 0;
  mm.startCode = (startCode + bias) >>> 0;
  mm.startData = (startData + bias) >>> 0;
  mm.endData = (endData + bias) >>> 0;
  mm.startStack = bprm.p;
  setBrk(vm, bss, brk);
  padZero(vm, bss);

  task.esp = bprm.p;
  entries.set(task, entry);
  if (vm.trace.on) {
    const name = vm.trace.intern(image.file.path);
    vm.trace.emit(SCHED_PROCESS_EXEC, name, task.pid, entry, bprm.p, mm.totalVm, mm.rss);
  }
  return 0;
}

/** Where the last interpreter was loaded: its relocation (AT_BASE). */
const interpreterAt = { base: 0 };

/**
 * Maps the ELF interpreter; its first segment goes where mmap finds room unless it is linked to fixed addresses.
 *
 * @returns its entry point; NO_ENTRY if it is no interpreter. When a segment cannot be mapped it is the size of its program
 *   headers, a slip of 2.4: the program starts there, and faults
 * @linux 2.4.22 fs/binfmt_elf.c load_elf_interp()
 */
function loadElfInterp(vm: Vm, image: ExecImage): Addr {
  interpreterAt.base = 0;
  const size = headersSize(image);
  if (image.unloadable === true || image.file.mmapKind === null || size > 4096) return NO_ENTRY;
  const headers = vm.slab.kmalloc(size, GFP_KERNEL);
  if (headers === 0) return NO_ENTRY;
  const entry = mapInterpreter(vm, image, size);
  vm.slab.kfree(headers);
  return entry;
}

/** Maps the segments and the bss of the interpreter. `size`: bytes of its program headers. */
function mapInterpreter(vm: Vm, image: ExecImage, size: number): Addr {
  let base = 0;
  let based = false;
  let bss = 0;
  let lastBss = 0;
  for (const segment of image.segments) {
    let flags = MAP.private | MAP.denyWrite;
    if (image.dynamic !== true || based) flags |= MAP.fixed;
    const at = elfMap(vm, image.file, (base + segment.vaddr) >>> 0, segment, flags);
    if (isBadAddress(at)) return size;
    if (image.dynamic === true && !based) {
      base = (at - pageStart(segment.vaddr)) >>> 0;
      based = true;
    }
    bss = Math.max(bss, (base + segment.vaddr + segment.filesz) >>> 0);
    lastBss = Math.max(lastBss, (base + segment.vaddr + segment.memsz) >>> 0);
  }
  padZero(vm, bss);
  bss = pageAlign(bss);
  if (lastBss > bss) doBrk(vm, bss, lastBss - bss);
  interpreterAt.base = base;
  return (image.entry + base) >>> 0;
}

/** @linux 2.4.22 fs/binfmt_elf.c elf_map() */
function elfMap(vm: Vm, file: File, addr: Addr, segment: ExecSegment, flags: number): number {
  const inPage = segment.vaddr & 4095;
  const length = (segment.filesz + inPage) >>> 0;
  return doMmap(vm, file, pageStart(addr), length, segment.prot, flags, (segment.offset - inPage) >>> 0);
}

/** The bss of a segment that is not the last: mapped and zeroed before the next segment is mapped. */
function fillEarlyBss(vm: Vm, bss: Addr, brk: Addr, bias: number): void {
  setBrk(vm, (bss + bias) >>> 0, (brk + bias) >>> 0);
  const inPage = bss & 4095;
  if (inPage !== 0) writeUser(vm, (bss + bias) >>> 0, null, Math.min(4096 - inPage, brk - bss));
}

/** Maps the whole pages between two addresses as bss. @linux 2.4.22 fs/binfmt_elf.c set_brk() */
function setBrk(vm: Vm, start: Addr, end: Addr): void {
  const from = pageAlign(start);
  const to = pageAlign(end);
  if (to > from) doBrk(vm, from, to - from);
}

/** Zeroes the rest of the page behind a program's data: there lies what follows it in the file. @linux padzero() */
function padZero(vm: Vm, bss: Addr): void {
  const inPage = bss & 4095;
  if (inPage !== 0) writeUser(vm, bss, null, 4096 - inPage);
}

function pageStart(addr: number): Addr {
  return (addr & ~4095) >>> 0;
}

function isBadAddress(addr: number): boolean {
  return addr < 0 || addr > TASK_SIZE;
}
