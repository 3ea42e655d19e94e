/**
 * The first half of mmap: whether a mapping may be made, where, and with which VM_ flags. Later releases look for a place
 * first and then check; 2.4.0 checks first. Programs see it when a call is wrong in two ways at once.
 *
 * ```
 *   2.4.20, 2.4.22:  length, offset, number of areas | place | locked limit,  access mode, type
 *   2.4.0:           length, address, offset, number of areas, locked limit, access mode | place | the area's struct
 * ```
 */
import { Errno } from '../errno.ts';
import type { File } from '../page-cache/inode.ts';
import type { Addr, SysResult } from '../types.ts';
import { getUnmappedArea } from './get-unmapped-area.ts';
import { TASK_SIZE } from './layout.ts';
import { fileAccess, privateFlags, sharedFlags } from './mapping-flags.ts';
import type { MmStruct } from './mm-struct.ts';
import { MAP } from './mman.ts';
import { exceedsRlimitMemlock } from './overcommit.ts';
import type { Vm } from './vm.ts';
import { VM } from './vma.ts';
import { allocVmaObject } from './vma-alloc.ts';
import { isOverLimit } from './vma-tracepoints.ts';

/**
 * More results of an {@link AdmitMapping}, to be read before the next call: the VM_ flags, and the area's object if it was
 * taken already (2.4.0), else 0.
 */
export const admitted = { vmFlags: 0, object: 0 };

/**
 * @param len > 0, a multiple of the page size
 * @returns the address, or -EINVAL, -ENOMEM, -EAGAIN, -EACCES
 */
export type AdmitMapping = (
  vm: Vm,
  mm: MmStruct,
  file: File | null,
  addr: Addr,
  len: number,
  prot: number,
  flags: number,
  pgoff: number,
) => SysResult;

/** @linux 2.4.22 mm/mmap.c do_mmap_pgoff() */
export const placeThenCheck: AdmitMapping = (vm, mm, file, addr, len, prot, flags, pgoff) => {
  admitted.object = 0;
  if (len > TASK_SIZE) return -Errno.EINVAL;
  if (pgoff + (len >>> 12) > 0xffffffff) return -Errno.EINVAL;
  // ">": a process may have one area more than the limit says.
  if (isOverLimit(vm.trace, 'max_map_count', mm.mapCount, vm.sysctls.maxMapCount)) return -Errno.ENOMEM;

  addr = getUnmappedArea(vm, addr, len, flags);
  if (addr < 0) return addr;

  const vmFlags = privateFlags(prot, flags, mm.defFlags);
  if (vmFlags & VM.locked && exceedsRlimitMemlock(vm, mm.lockedVm, len)) return -Errno.EAGAIN;
  if (file !== null) {
    const error = fileAccess(file, prot, flags);
    if (error !== 0) return error;
  }
  const type = flags & MAP.type;
  if (type === MAP.shared) admitted.vmFlags = sharedFlags(vmFlags, file);
  else if (type === MAP.private) admitted.vmFlags = vmFlags;
  else return -Errno.EINVAL;
  return addr;
};

/**
 * An address that leaves no room is refused even if it is only a hint. Of an anonymous mapping's type only the bit
 * MAP_SHARED counts: type 0 is private, type 3 shared.
 *
 * @linux 2.4.0 mm/mmap.c do_mmap_pgoff()
 */
export const checkThenPlace: AdmitMapping = (vm, mm, file, addr, len, prot, flags, pgoff) => {
  if (len > TASK_SIZE || addr > TASK_SIZE - len) return -Errno.EINVAL;
  if (pgoff + (len >>> 12) > 0xffffffff) return -Errno.EINVAL;
  if (isOverLimit(vm.trace, 'max_map_count', mm.mapCount, vm.sysctls.maxMapCount)) return -Errno.ENOMEM;
  if (mm.defFlags & VM.locked && exceedsRlimitMemlock(vm, mm.lockedVm, len)) return -Errno.EAGAIN;
  if (file !== null) {
    const error = fileAccess(file, prot, flags);
    if (error !== 0) return error;
  }
  addr = getUnmappedArea(vm, addr, len, flags);
  if (addr < 0) return addr;
  const object = allocVmaObject(vm);
  if (object === 0) return -Errno.ENOMEM;
  admitted.object = object;
  const vmFlags = privateFlags(prot, flags, mm.defFlags);
  admitted.vmFlags = flags & MAP.shared ? sharedFlags(vmFlags, file) : vmFlags;
  return addr;
};
