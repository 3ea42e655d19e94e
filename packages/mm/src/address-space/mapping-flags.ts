import { Errno } from '../errno.ts';
import { type File, FMODE } from '../page-cache/inode.ts';
import { MAP, PROT } from './mman.ts';
import { VM } from './vma.ts';

/** VM_ bits that a program's `prot` and `flags` ask for; all other bits are ignored. @linux calc_vm_flags() */
function protFlags(prot: number, flags: number): number {
  return (
    (prot & (PROT.read | PROT.write | PROT.exec)) | (flags & (MAP.growsDown | MAP.denyWrite | MAP.executable))
  );
}

/** Flags of a private mapping: those asked for, the address space's own, and that all may be changed later. */
export function privateFlags(prot: number, flags: number, defFlags: number): number {
  return protFlags(prot, flags) | defFlags | VM.mayRead | VM.mayWrite | VM.mayExec;
}

/**
 * The same flags for a shared mapping of `file`. Through a read-only descriptor nothing is ever written back: VM_SHARED
 * stays away, VM_MAYSHARE comes (for maps).
 */
export function sharedFlags(vmFlags: number, file: File | null): number {
  if (file === null || file.mode & FMODE.write) return vmFlags | VM.shared | VM.mayShare;
  return (vmFlags | VM.mayShare) & ~VM.mayWrite;
}

/** Whether the descriptor's access mode permits the mapping: 0 or -errno. */
export function fileAccess(file: File, prot: number, flags: number): number {
  const type = flags & MAP.type;
  if (type === MAP.shared) {
    const writable = (file.mode & FMODE.write) !== 0;
    // What may be refused next in Linux, append-only inodes and mandatory locks, no file here has. (O_APPEND is neither.)
    if (prot & PROT.write && !writable) return -Errno.EACCES;
  } else if (type !== MAP.private) {
    return -Errno.EINVAL;
  }
  return file.mode & FMODE.read ? 0 : -Errno.EACCES;
}
