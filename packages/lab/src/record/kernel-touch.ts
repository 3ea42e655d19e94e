import { Access } from '../trace/format.ts';
import type { Syscall } from './syscall-line.ts';

/** Memory of the program that the kernel itself touched in a system call. */
export interface KernelTouch {
  readonly address: number;
  readonly bytes: number;
  readonly access: Access;
}

const STAT_BYTES = 144;

/**
 * System calls that copy to or from a buffer: argument with its address, what happens to it, and its size when
 * that is not the result. The kernel's copy faults pages in as the program's own access would; the instructions
 * that valgrind shows do not include it.
 */
const BUFFERS: Readonly<Record<string, readonly [argument: number, access: Access, bytes?: number]>> = {
  read: [1, Access.Write],
  pread64: [1, Access.Write],
  getdents: [1, Access.Write],
  getdents64: [1, Access.Write],
  recvfrom: [1, Access.Write],
  readlink: [1, Access.Write],
  readlinkat: [2, Access.Write],
  getcwd: [0, Access.Write],
  getrandom: [0, Access.Write],
  newstat: [1, Access.Write, STAT_BYTES],
  newlstat: [1, Access.Write, STAT_BYTES],
  newfstat: [1, Access.Write, STAT_BYTES],
  newfstatat: [2, Access.Write, STAT_BYTES],
  write: [1, Access.Read],
  pwrite64: [1, Access.Read],
  sendto: [1, Access.Read],
};

/** What the kernel touched for the call, or null. readv, writev and ioctl are not followed. */
export function kernelTouch(call: Syscall): KernelTouch | null {
  const buffer = BUFFERS[call.name];
  if (buffer === undefined) return null;
  const address = call.args[buffer[0]] ?? 0;
  const bytes = buffer[2] ?? call.result;
  if (!(address > 0) || !(bytes > 0)) return null;
  return { address, bytes, access: buffer[1] };
}
