/**
 * Copies between the kernel and a program's memory.
 *
 * The kernel touches user addresses with ordinary instructions, so they fault like the program's own, in kernel mode: demand
 * paging, COW and stack growth work (and a stack may grow however far below the stack pointer the access is). When a fault
 * cannot be repaired, the handler looks up the faulting instruction in the exception table, which names the place to go on
 * at: the copy ends and says how much is missing. Here that fixup is the early return of each function.
 *
 * `limit` is the task's addr_limit: {@link USER_DS}, or {@link KERNEL_DS} while the kernel passes pointers of its own
 * to a system call.
 *
 * @linux 2.4.22 include/asm-i386/uaccess.h, arch/i386/lib/usercopy.c, arch/i386/lib/getuser.S
 */
import { Errno } from '../errno.ts';
import type { Mmu } from '../hardware/mmu.ts';
import { KernelBug } from '../kernel-bug.ts';
import type { Addr } from '../types.ts';
import { faultIn } from './access.ts';
import type { Vm } from './vm.ts';

/** addr_limit of a program, and of the kernel itself. */
export const USER_DS = 0xc0000000;
export const KERNEL_DS = 0xffffffff;

/** Sizes of a single value, bytes. */
export type UserSize = 1 | 2 | 4;

/**
 * Whether a range lies below the limit and does not wrap. Its end may be the limit itself. It says nothing about areas.
 * @linux access_ok(), __range_ok()
 */
export function accessOk(addr: Addr, size: number, limit = USER_DS): boolean {
  const end = addr + size;
  return end <= 0xffffffff && end <= limit;
}

/** 0 or -EFAULT. @linux verify_area() */
export function verifyArea(addr: Addr, size: number, limit = USER_DS): number {
  return accessOk(addr, size, limit) ? 0 : -Errno.EFAULT;
}

/**
 * Copies `bytes` to user memory, as dwords and then up to three bytes. A dword that reaches into a page that cannot be
 * written is not copied at all.
 *
 * @returns bytes not copied, 0 = all
 * @linux __generic_copy_to_user()
 */
export function copyToUser(vm: Vm, mmu: Mmu, addr: Addr, bytes: Uint8Array, limit = USER_DS): number {
  const n = bytes.length;
  if (!accessOk(addr, n, limit)) return n;
  return n - transfer(vm, mmu, addr, n, bytes, 1);
}

/**
 * Fills `into` from user memory; what could not be read becomes zero.
 *
 * @returns bytes not copied, 0 = all
 * @linux __generic_copy_from_user()
 */
export function copyFromUser(vm: Vm, mmu: Mmu, into: Uint8Array, addr: Addr, limit = USER_DS): number {
  const n = into.length;
  if (!accessOk(addr, n, limit)) {
    into.fill(0);
    return n;
  }
  const done = transfer(vm, mmu, addr, n, into, 0);
  into.fill(0, done);
  return n - done;
}

/**
 * Zeroes `n` bytes of user memory.
 *
 * @returns bytes not cleared, 0 = all
 * @linux clear_user()
 */
export function clearUser(vm: Vm, mmu: Mmu, addr: Addr, n: number, limit = USER_DS): number {
  if (!accessOk(addr, n, limit)) return n;
  return n - transfer(vm, mmu, addr, n, null, 1);
}

/**
 * Copies a string that ends in NUL to `into`, at most `into.length` bytes.
 *
 * @returns its length without the NUL, `into.length` if there was none so far, or -EFAULT. Only the first byte is checked
 *   against the limit.
 * @linux strncpy_from_user()
 */
export function strncpyFromUser(vm: Vm, mmu: Mmu, into: Uint8Array, addr: Addr, limit = USER_DS): number {
  if (!accessOk(addr, 1, limit)) return -Errno.EFAULT;
  for (let i = 0; i < into.length; i++) {
    const byte = loadKernel8(vm, mmu, (addr + i) >>> 0);
    if (byte < 0) return -Errno.EFAULT;
    into[i] = byte;
    if (byte === 0) return i;
  }
  return into.length;
}

/**
 * Length of a user string with its NUL.
 *
 * @param n how far to look
 * @returns the length; more than `n` (n + 1) if there is no NUL in `n` bytes; 0 if the string cannot be read
 * @linux strnlen_user()
 */
export function strnlenUser(vm: Vm, mmu: Mmu, addr: Addr, n: number, limit = USER_DS): number {
  // __addr_ok: the first byte below the limit.
  if (addr >= limit) return 0;
  for (let i = 0; i < n; i++) {
    const byte = loadKernel8(vm, mmu, (addr + i) >>> 0);
    if (byte < 0) return 0;
    if (byte === 0) return i + 1;
  }
  return n + 1;
}

/** What {@link getUser} read. */
export const userValue = new Uint32Array(1);

/**
 * Reads one value of 1, 2 or 4 bytes into {@link userValue} (0 on error). Its last byte must lie *below* the limit.
 *
 * @returns 0 or -EFAULT
 * @linux get_user(): __get_user_1(), __get_user_2(), __get_user_4()
 */
export function getUser(vm: Vm, mmu: Mmu, addr: Addr, size: UserSize, limit = USER_DS): number {
  userValue[0] = 0;
  const last = addr + size - 1;
  if (last > 0xffffffff || last >= limit) return -Errno.EFAULT;
  if (!bothEnds(vm, mmu, addr, last, 0)) return -Errno.EFAULT;
  let value = 0;
  for (let i = 0; i < size; i++) value |= loadKernel8(vm, mmu, addr + i) << (8 * i);
  userValue[0] = value;
  return 0;
}

/**
 * Writes one value of 1, 2 or 4 bytes.
 *
 * @returns 0 or -EFAULT: nothing was written
 * @linux put_user()
 */
export function putUser(
  vm: Vm,
  mmu: Mmu,
  addr: Addr,
  size: UserSize,
  value: number,
  limit = USER_DS,
): number {
  if (!accessOk(addr, size, limit)) return -Errno.EFAULT;
  if (!bothEnds(vm, mmu, addr, addr + size - 1, 1)) return -Errno.EFAULT;
  const memory = mmu.memory;
  if (memory.contentFree) return 0;
  for (let i = 0; i < size; i++) {
    memory.bytes[mmu.translate(addr + i, 1, 0) * 4 + ((addr + i) & 4095)] = value >>> (8 * i);
  }
  return 0;
}

/**
 * The copy loop: dwords, then bytes, each page being faulted in when it is reached.
 *
 * @param buffer the kernel's side; null = zeroes
 * @param write 1: to user memory
 * @returns bytes copied
 */
function transfer(vm: Vm, mmu: Mmu, addr: Addr, n: number, buffer: Uint8Array | null, write: 0 | 1): number {
  const dwordBytes = n & ~3;
  let done = 0;
  while (done < n) {
    const at = addr + done;
    const base = kernelAccess(vm, mmu, at, write);
    if (base < 0) return done;
    const run = Math.min(4096 - (at & 4095), n - done);
    // A dword of which this page holds only the beginning; -1: there is none.
    const split = done + run < dwordBytes && (run & 3) !== 0 ? done + (run & ~3) : -1;
    const count = split < 0 ? run : split - done;
    if (count > 0) move(mmu, base * 4 + (at & 4095), buffer, done, count, write);
    done += count;
    if (split >= 0) {
      if (!bothEnds(vm, mmu, addr + split, addr + split + 3, write)) return done;
      for (let i = 0; i < 4; i++) {
        const byteAt = addr + split + i;
        move(mmu, mmu.translate(byteAt, write, 0) * 4 + (byteAt & 4095), buffer, split + i, 1, write);
      }
      done += 4;
    }
  }
  return done;
}

/** Moves `count` bytes between byte `phys` of memory and byte `offset` of the kernel's buffer. */
function move(
  mmu: Mmu,
  phys: number,
  buffer: Uint8Array | null,
  offset: number,
  count: number,
  write: 0 | 1,
): void {
  const memory = mmu.memory;
  if (write === 0) {
    (buffer as Uint8Array).set(memory.bytes.subarray(phys, phys + count), offset);
  } else if (!memory.contentFree) {
    if (buffer === null) memory.bytes.fill(0, phys, phys + count);
    else memory.bytes.set(buffer.subarray(offset, offset + count), phys);
  }
}

/** Index of the frame's first word for an access in kernel mode, -1 = the fault has to be fixed up. */
function kernelAccess(vm: Vm, mmu: Mmu, addr: Addr, write: 0 | 1): number {
  const base = mmu.translate(addr, write, 0);
  return base >= 0 ? base : faultIn(vm, mmu, addr, write, 0);
}

/** Makes both ends of one value accessible at the same time, first end first; false = has to be fixed up. */
function bothEnds(vm: Vm, mmu: Mmu, addr: Addr, last: Addr, write: 0 | 1): boolean {
  if (((addr ^ last) & -4096) === 0) return kernelAccess(vm, mmu, addr, write) >= 0;
  // Repairing the second page may take the first away again (reclaim), seldom twice.
  for (let i = 0; i < 100; i++) {
    if (kernelAccess(vm, mmu, addr, write) < 0) return false;
    if (mmu.translate(last, write, 0) >= 0) return true;
    if (faultIn(vm, mmu, (last & -4096) >>> 0, write, 0) < 0) return false;
  }
  throw new KernelBug(`user access at ${addr.toString(16)} faults for ever`);
}

function loadKernel8(vm: Vm, mmu: Mmu, addr: Addr): number {
  const base = kernelAccess(vm, mmu, addr, 0);
  if (base < 0) return -1;
  return ((mmu.memory.words[base + ((addr >>> 2) & 1023)] as number) >>> ((addr & 3) << 3)) & 0xff;
}
