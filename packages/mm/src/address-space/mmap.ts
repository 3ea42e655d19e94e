/**
 * mmap: the system call, and `do_mmap` for the kernel's own use (exec maps programs with it, shmat segments).
 */
import { Errno } from '../errno.ts';
import type { File, Inode } from '../page-cache/inode.ts';
import { type Addr, pageAlign, type SysResult } from '../types.ts';
import { admitted } from './admit-mapping.ts';
import { deviceMmap } from './char-device.ts';
import { fileVmOps } from './file-vm-ops.ts';
import { lowerBound } from './find-vma.ts';
import { fput } from './fput.ts';
import { unmappedArea } from './get-unmapped-area.ts';
import { makePagesPresent } from './get-user-pages.ts';
import type { MmStruct } from './mm-struct.ts';
import { MAP } from './mman.ts';
import { doMunmap } from './munmap.ts';
import { exceedsRlimitAs, isPrivateWritable, vmEnoughMemory } from './overcommit.ts';
import type { Vm } from './vm.ts';
import { protectionOf, VM, Vma } from './vma.ts';
import { allocVmaObject, freeVma, freeVmaObject } from './vma-alloc.ts';
import { linkAt } from './vma-link.ts';
import { SYSCALL, traceEnter, traceExit } from './vma-tracepoints.ts';
import { zapPageRange } from './zap.ts';
import { zeromapPageRange } from './zeromap.ts';

/**
 * Maps `len` bytes of `file` (null = zeroes) from page `pgoff` on into the running task.
 *
 * The checks come in the kernel's order, which programs can see: length 0 succeeds before the flags are looked at, and
 * with MAP_FIXED the old mappings are gone even when a later step refuses the new one.
 * @returns the address, or -ENODEV, -EINVAL, -ENOMEM, -EAGAIN, -EACCES, -ETXTBSY, -ENOEXEC
 * @linux 2.4.22 mm/mmap.c do_mmap_pgoff()
 */
export function doMmapPgoff(
  vm: Vm,
  file: File | null,
  addr: Addr,
  len: number,
  prot: number,
  flags: number,
  pgoff: number,
): SysResult {
  const mm = vm.current.mm as MmStruct;
  if (file !== null && file.mmapKind === null) return -Errno.ENODEV;
  if (len === 0) return addr;
  len = pageAlign(len);
  if (len === 0) return vm.rules.mmapRoundsLengthFirst ? addr : -Errno.EINVAL;
  addr = vm.rules.admitMapping(vm, mm, file, addr, len, prot, flags, pgoff);
  if (addr < 0) return addr;
  const { vmFlags, object: taken } = admitted;

  const end = addr + len;
  const index = mm.index;
  let at = unmappedArea.at;
  if (at < 0) {
    at = lowerBound(index, addr);
    if (at < index.length && (index[at] as Vma).vmStart < end) {
      if (doMunmap(vm, mm, addr, len) !== 0) return refused(vm, taken);
      at = lowerBound(index, addr);
    }
  }
  if (exceedsRlimitAs(vm, mm.totalVm, len)) return refused(vm, taken);
  if (isPrivateWritable(vmFlags) && !(flags & MAP.noReserve) && !vmEnoughMemory(vm, len >>> 12)) {
    return refused(vm, taken);
  }

  if (vm.rules.merging.mapping(vm, mm, at, addr, end, vmFlags, file !== null)) {
    return account(vm, mm, addr, len, vmFlags);
  }

  const object = taken !== 0 ? taken : allocVmaObject(vm);
  if (object === 0) return -Errno.ENOMEM;
  const vma = new Vma(mm, addr, end, vmFlags, protectionOf(vmFlags));
  vma.object = object;
  vma.vmPgoff = pgoff;
  let error = 0;
  if (file !== null) error = mapFile(vm, file, vma);
  else if (flags & MAP.shared) error = vm.ports.shmemZeroSetup(vma);
  if (error !== 0) {
    freeVma(vm, vma);
    return error;
  }
  if (addr !== vma.vmStart) {
    // A driver's mmap has moved the area; it answers for the new place being free.
    addr = vma.vmStart;
    at = lowerBound(index, addr);
  }
  linkAt(mm, vma, at);
  // linkAt took write access away for the area; this gives back what mapFile took for the time in between.
  if (file !== null && vmFlags & VM.denyWrite) file.inode.writecount++;
  return account(vm, mm, addr, len, vmFlags);
}

/** Gives an object back that was taken for the area, 0 = none was. */
function refused(vm: Vm, object: number): number {
  if (object !== 0) freeVmaObject(vm, object);
  return -Errno.ENOMEM;
}

/**
 * Lets the file's owner set the area up. On success the area holds a reference to its file and, with VM_DENYWRITE, the
 * inode's write count is one lower; on failure nothing is left.
 */
function mapFile(vm: Vm, file: File, vma: Vma): number {
  if (vm.rules.refusesGrowingFiles && vma.vmFlags & (VM.growsDown | VM.growsUp)) return -Errno.EINVAL;
  const denyWrite = (vma.vmFlags & VM.denyWrite) !== 0;
  if (denyWrite) {
    // @linux 2.4.22 fs/namei.c deny_write_access()
    if (file.inode.writecount > 0) return -Errno.ETXTBSY;
    file.inode.writecount--;
  }
  vma.vmFile = file;
  file.count++;
  const error = callMmap(vm, file, vma);
  if (error === 0) return 0;
  if (denyWrite) file.inode.writecount++;
  vma.vmFile = null;
  fput(vm, file);
  // A device may have entered pages before it failed.
  zapPageRange(vm, vma.vmMm, vma.vmStart, vma.vmEnd - vma.vmStart);
  return error;
}

/** What `f_op->mmap` points to. */
function callMmap(vm: Vm, file: File, vma: Vma): number {
  switch (file.mmapKind) {
    case 'file':
      return genericFileMmap(vm, file.inode, vma);
    case 'shmem':
      return vm.ports.shmemMmap(vma);
    case 'devzero':
      // @linux 2.4.22 drivers/char/mem.c mmap_zero()
      if (vma.vmFlags & VM.shared) return vm.ports.shmemZeroSetup(vma);
      return zeromapPageRange(vm, vma.vmStart, vma.vmEnd - vma.vmStart, vma.vmPageProt) === 0
        ? 0
        : -Errno.EAGAIN;
    case 'device':
      return deviceMmap(file, vma);
    case null:
      return -Errno.ENODEV;
  }
}

/** @linux 2.4.22 mm/filemap.c generic_file_mmap() */
function genericFileMmap(vm: Vm, inode: Inode, vma: Vma): number {
  const { mapping } = inode;
  if (vma.vmFlags & VM.shared && vma.vmFlags & VM.mayWrite && mapping.ops.writepage === undefined) {
    return -Errno.EINVAL;
  }
  if (vm.rules.mapsRegularFilesOnly && inode.kind !== 'regular') return -Errno.EACCES;
  if (mapping.ops.readpage === undefined) return -Errno.ENOEXEC;
  vma.vmOps = fileVmOps(vm);
  return 0;
}

/** Adds the new range to the counters, and brings it in when it is locked. */
function account(vm: Vm, mm: MmStruct, addr: Addr, len: number, vmFlags: number): Addr {
  mm.totalVm += len >>> 12;
  if (vmFlags & VM.locked) {
    mm.lockedVm += len >>> 12;
    makePagesPresent(vm, addr, addr + len);
  }
  return addr;
}

/**
 * The same with an offset in bytes, which must be page aligned: -EINVAL. For the kernel's own callers.
 * @linux 2.4.22 include/linux/mm.h do_mmap()
 */
export function doMmap(
  vm: Vm,
  file: File | null,
  addr: Addr,
  len: number,
  prot: number,
  flags: number,
  byteOffset: number,
): SysResult {
  if (byteOffset + pageAlign(len) > 0xffffffff || byteOffset & 0xfff) return -Errno.EINVAL;
  return doMmapPgoff(vm, file, addr, len, prot, flags, byteOffset >>> 12);
}

/** @linux 2.4.22 arch/i386/kernel/sys_i386.c do_mmap2() */
function doMmap2(
  vm: Vm,
  addr: Addr,
  len: number,
  prot: number,
  flags: number,
  fd: number,
  pgoff: number,
): SysResult {
  // Programs may not block writers; only exec may.
  flags &= ~(MAP.executable | MAP.denyWrite);
  if (flags & MAP.anonymous) return doMmapPgoff(vm, null, addr, len, prot, flags, pgoff);
  const file = vm.current.files[fd] ?? null;
  if (file === null) return -Errno.EBADF;
  file.count++;
  const result = doMmapPgoff(vm, file, addr, len, prot, flags, pgoff);
  fput(vm, file);
  return result;
}

/** mmap with its offset in pages. -EBADF for a bad descriptor. @linux 2.4.22 arch/i386/kernel/sys_i386.c sys_mmap2() */
export function sysMmap2(
  vm: Vm,
  addr: Addr,
  len: number,
  prot: number,
  flags: number,
  fd: number,
  pgoff: number,
): SysResult {
  if (vm.trace.on) traceEnter(vm.trace, SYSCALL.mmap2, addr, len, prot, flags, fd, pgoff);
  const result = doMmap2(vm, addr, len, prot, flags, fd, pgoff);
  if (vm.trace.on) traceExit(vm.trace, SYSCALL.mmap2, result);
  return result;
}

/**
 * The old mmap, with its offset in bytes: -EINVAL when that is not page aligned.
 * @linux 2.4.22 arch/i386/kernel/sys_i386.c old_mmap()
 */
export function oldMmap(
  vm: Vm,
  addr: Addr,
  len: number,
  prot: number,
  flags: number,
  fd: number,
  offset: number,
): SysResult {
  if (vm.trace.on) traceEnter(vm.trace, SYSCALL.oldMmap, addr, len, prot, flags, fd, offset);
  const result = offset & 0xfff ? -Errno.EINVAL : doMmap2(vm, addr, len, prot, flags, fd, offset >>> 12);
  if (vm.trace.on) traceExit(vm.trace, SYSCALL.oldMmap, result);
  return result;
}
