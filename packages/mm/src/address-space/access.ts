/**
 * One access of a program: translate, and on a fault let the kernel repair it and do the access again.
 *
 * The address space of `vm.current` must be in the MMU's cr3. All accesses here are user mode. Data goes through 32-bit
 * words, so that the hot path sees one kind of array. On a content-free machine a store leaves no trace and a load gives 0;
 * faults, A and D bits are as on any other.
 */

import { COST_NS } from '../hardware/cost-model.ts';
import type { Mmu } from '../hardware/mmu.ts';
import { KernelBug } from '../kernel-bug.ts';
import type { Addr } from '../types.ts';
import { doPageFault, FAULT_RETRY } from './page-fault.ts';
import { deadlySignal } from './task.ts';
import type { Vm } from './vm.ts';

/** Faults in a row on one access: a write may need three (stack growth, page in, copy). More than this is a loop of ours. */
const MAX_FAULTS = 100;
/** What of an address takes part in the test for a hit of an aligned 32-bit access: the page number, and bits 1 and 0. */
const ALIGNED_PAGE = ~0xffc;

/**
 * The slow half of an access: after a translation failed, faults until it succeeds.
 *
 * @param user 1 in user mode
 * @returns index of the frame's first word, or -1: the fault could not be repaired. In user mode a signal is pending then,
 *   except when pid 1 found no memory: nothing was sent, the access may be tried again later
 */
export function faultIn(vm: Vm, mmu: Mmu, addr: Addr, write: 0 | 1, user: 0 | 1): number {
  for (let i = 0; i < MAX_FAULTS; i++) {
    mmu.clock.advance(COST_NS.fault);
    if (user === 0) vm.kernelFaults++;
    const result = doPageFault(vm, addr, mmu.errorCode);
    if (user === 0) vm.kernelFaults--;
    // A fault of the kernel itself gives the CPU to nobody: it may hold locks.
    if (user === 1 && vm.needResched) vm.ports.catchUp();
    if (result !== FAULT_RETRY) return -1;
    // Killed for its memory while it asked for more: it has got the page, and never returns to user mode.
    if (user === 1 && vm.current.pending.length !== 0 && deadlySignal(vm.current) !== null) return -1;
    const base = mmu.translate(addr, write, user);
    if (base >= 0) return base;
  }
  throw new KernelBug(`access to ${addr.toString(16)} faults for ever`);
}

/** Loads a byte: 0 .. 255, or -1 when the fault could not be repaired (see {@link faultIn}). */
export function load8(vm: Vm, mmu: Mmu, addr: Addr): number {
  let base = mmu.translate(addr, 0, 1);
  if (base < 0) {
    base = faultIn(vm, mmu, addr, 0, 1);
    if (base < 0) return -1;
  }
  return ((mmu.memory.words[base + ((addr >>> 2) & 1023)] as number) >>> ((addr & 3) << 3)) & 0xff;
}

/** Stores the low 8 bits of `value`; false when the fault could not be repaired. */
export function store8(vm: Vm, mmu: Mmu, addr: Addr, value: number): boolean {
  let base = mmu.translate(addr, 1, 1);
  if (base < 0) {
    base = faultIn(vm, mmu, addr, 1, 1);
    if (base < 0) return false;
  }
  const memory = mmu.memory;
  if (memory.contentFree) return true;
  const at = base + ((addr >>> 2) & 1023);
  const shift = (addr & 3) << 3;
  memory.words[at] = ((memory.words[at] as number) & ~(0xff << shift)) | ((value & 0xff) << shift);
  return true;
}

/** Loads 32 bits, little endian: 0 .. 2^32 - 1, or -1. Any alignment. */
export function load32(vm: Vm, mmu: Mmu, addr: Addr): number {
  // The common case in line: an aligned address (tags have zeros there) that hits the TLB. See Tlb.
  const index = (addr >>> 11) & 65534;
  if (mmu.tags[index] === ((addr & ALIGNED_PAGE) | mmu.tlb.epoch)) {
    return (mmu.memory.words[(mmu.bases[index >>> 1] as number) | ((addr >>> 2) & 1023)] as number) >>> 0;
  }
  return loadSlowly32(vm, mmu, addr);
}

function loadSlowly32(vm: Vm, mmu: Mmu, addr: Addr): number {
  if ((addr & 3) !== 0) return loadUnaligned32(vm, mmu, addr);
  let base = mmu.translate(addr, 0, 1);
  if (base < 0) {
    base = faultIn(vm, mmu, addr, 0, 1);
    if (base < 0) return -1;
  }
  return (mmu.memory.words[base + ((addr >>> 2) & 1023)] as number) >>> 0;
}

/** Stores 32 bits, little endian; false when the fault could not be repaired: nothing is stored then. Any alignment. */
export function store32(vm: Vm, mmu: Mmu, addr: Addr, value: number): boolean {
  const memory = mmu.memory;
  const index = (addr >>> 11) & 65534;
  if (mmu.tags[index | 1] === ((addr & ALIGNED_PAGE) | mmu.tlb.epoch) && !memory.contentFree) {
    memory.words[(mmu.bases[index >>> 1] as number) | ((addr >>> 2) & 1023)] = value;
    return true;
  }
  return storeSlowly32(vm, mmu, addr, value);
}

function storeSlowly32(vm: Vm, mmu: Mmu, addr: Addr, value: number): boolean {
  if ((addr & 3) !== 0) return storeUnaligned32(vm, mmu, addr, value);
  let base = mmu.translate(addr, 1, 1);
  if (base < 0) {
    base = faultIn(vm, mmu, addr, 1, 1);
    if (base < 0) return false;
  }
  if (!mmu.memory.contentFree) mmu.memory.words[base + ((addr >>> 2) & 1023)] = value;
  return true;
}

/** One access without data, for replay; false when the fault could not be repaired. */
export function touch(vm: Vm, mmu: Mmu, addr: Addr, write: boolean): boolean {
  const kind = write ? 1 : 0;
  return mmu.translate(addr, kind, 1) >= 0 || faultIn(vm, mmu, addr, kind, 1) >= 0;
}

/**
 * Loads bytes as a program's loop does, in ascending order.
 *
 * @returns bytes loaded: `into.length`, or fewer when a fault could not be repaired
 */
export function loadBytes(vm: Vm, mmu: Mmu, addr: Addr, into: Uint8Array): number {
  const memory = mmu.memory;
  let done = 0;
  while (done < into.length) {
    const at = (addr + done) >>> 0;
    let base = mmu.translate(at, 0, 1);
    if (base < 0) {
      base = faultIn(vm, mmu, at, 0, 1);
      if (base < 0) return done;
    }
    const count = Math.min(4096 - (at & 4095), into.length - done);
    const from = base * 4 + (at & 4095);
    into.set(memory.bytes.subarray(from, from + count), done);
    done += count;
  }
  return done;
}

/**
 * Stores bytes as a program's loop does, in ascending order.
 *
 * @returns bytes stored: `bytes.length`, or fewer when a fault could not be repaired
 */
export function storeBytes(vm: Vm, mmu: Mmu, addr: Addr, bytes: Uint8Array): number {
  const memory = mmu.memory;
  let done = 0;
  while (done < bytes.length) {
    const at = (addr + done) >>> 0;
    let base = mmu.translate(at, 1, 1);
    if (base < 0) {
      base = faultIn(vm, mmu, at, 1, 1);
      if (base < 0) return done;
    }
    const count = Math.min(4096 - (at & 4095), bytes.length - done);
    if (!memory.contentFree) memory.bytes.set(bytes.subarray(done, done + count), base * 4 + (at & 4095));
    done += count;
  }
  return done;
}

/**
 * Makes both ends of an access that may cross into the next page accessible at the same time; false if that fails. The CPU
 * faults on the first page first, and does the whole access again after each fault.
 */
function bothEnds(vm: Vm, mmu: Mmu, addr: Addr, last: Addr, write: 0 | 1): boolean {
  for (let i = 0; i < MAX_FAULTS; i++) {
    if (mmu.translate(addr, write, 1) < 0 && faultIn(vm, mmu, addr, write, 1) < 0) return false;
    if (mmu.translate(last, write, 1) >= 0) return true;
    if (faultIn(vm, mmu, (last & -4096) >>> 0, write, 1) < 0) return false;
  }
  throw new KernelBug(`access to ${addr.toString(16)} faults for ever`);
}

function loadUnaligned32(vm: Vm, mmu: Mmu, addr: Addr): number {
  const last = (addr + 3) >>> 0;
  if (((addr ^ last) & -4096) !== 0) {
    if (!bothEnds(vm, mmu, addr, last, 0)) return -1;
  }
  let value = 0;
  for (let i = 0; i < 4; i++) {
    const byte = load8(vm, mmu, (addr + i) >>> 0);
    if (byte < 0) return -1;
    value |= byte << (8 * i);
  }
  return value >>> 0;
}

function storeUnaligned32(vm: Vm, mmu: Mmu, addr: Addr, value: number): boolean {
  const last = (addr + 3) >>> 0;
  if (((addr ^ last) & -4096) !== 0) {
    if (!bothEnds(vm, mmu, addr, last, 1)) return false;
  }
  for (let i = 0; i < 4; i++) {
    if (!store8(vm, mmu, (addr + i) >>> 0, value >>> (8 * i))) return false;
  }
  return true;
}
