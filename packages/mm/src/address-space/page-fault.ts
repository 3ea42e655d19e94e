import type { Addr } from '../types.ts';
import { expandStack } from './expand-stack.ts';
import {
  FAULT_ACCESS,
  FAULT_CLASS,
  OOM_FAULT_KILL,
  PAGE_FAULT_KERNEL,
  PAGE_FAULT_USER,
  STACK_ACCESS,
  traceFault,
} from './fault-tracepoints.ts';
import { findVma } from './find-vma.ts';
import { handleMmFault } from './handle-mm-fault.ts';
import { KERNEL_ADDRESS } from './kernel-address-fault.ts';
import { TASK_SIZE } from './layout.ts';
import { BUS_ADRERR, SEGV_ACCERR, SEGV_MAPERR, SIGBUS, SIGKILL, SIGSEGV } from './task.ts';
import type { Vm } from './vm.ts';
import { VM } from './vma.ts';

/** The page is there now: do the access again. */
export const FAULT_RETRY = 0;
/** A fault of the kernel that it cannot repair: the caller goes on at its fixup (a user copy ends short), or it is an oops. */
export const FAULT_NO_CONTEXT = -1;
/** Pid 1 found no memory. It is never killed: let other tasks run, then do the access again. */
export const FAULT_YIELD = -2;

/**
 * Handles a page fault of the running task.
 *
 * @param address the address that was accessed (CR2)
 * @param errorCode bit 0: the page is present, bit 1: a write, bit 2: in user mode
 * @returns {@link FAULT_RETRY}, or the number of the signal that was sent (it is in `vm.current.pending`; SIGKILL: out of
 *   memory, the task must exit), or {@link FAULT_NO_CONTEXT}, or {@link FAULT_YIELD}
 * @linux 2.4.22 arch/i386/mm/fault.c do_page_fault()
 */
export function doPageFault(vm: Vm, address: Addr, errorCode: number): number {
  const trace = vm.trace;
  if (trace.on) trace.emit((errorCode & 4) !== 0 ? PAGE_FAULT_USER : PAGE_FAULT_KERNEL, address, errorCode);
  if (address >= TASK_SIZE) {
    const verdict = vm.rules.kernelAddressFault(vm, address, errorCode);
    if (verdict === KERNEL_ADDRESS.synced) return FAULT_RETRY;
    if (verdict === KERNEL_ADDRESS.bad) {
      return (errorCode & 4) !== 0 ? badArea(vm, address, errorCode, SEGV_MAPERR, 0) : FAULT_NO_CONTEXT;
    }
  }
  const task = vm.current;
  const mm = task.mm;
  if (mm === null) return FAULT_NO_CONTEXT;

  const vma = findVma(mm, address);
  if (vma === null) return badArea(vm, address, errorCode, SEGV_MAPERR, 0);
  const vmFlags = vma.vmFlags;
  if (vma.vmStart > address) {
    if ((vmFlags & VM.growsDown) === 0) return badArea(vm, address, errorCode, SEGV_MAPERR, vmFlags);
    const user = errorCode & 4;
    const near = user === 0 || address + 32 >= task.esp;
    if (trace.on) trace.emit(STACK_ACCESS, address, task.esp, user >> 2, near ? 1 : 0);
    if (!near || expandStack(vm, vma, address) !== 0) {
      return badArea(vm, address, errorCode, SEGV_MAPERR, vmFlags);
    }
  }

  const write = (errorCode >> 1) & 1;
  // A read of a present page faults only because it is PROT_NONE, whatever the flags say by now.
  const allowed =
    write !== 0 ? (vmFlags & VM.write) !== 0 : (errorCode & 1) === 0 && (vmFlags & (VM.read | VM.exec)) !== 0;
  if (trace.on) trace.emit(FAULT_ACCESS, address, errorCode, vmFlags, allowed ? 1 : 0);
  if (!allowed) return badArea(vm, address, errorCode, SEGV_ACCERR, vmFlags);

  const result = handleMmFault(vm, mm, vma, address, write);
  if (result === 1) {
    task.minFlt++;
    return FAULT_RETRY;
  }
  if (result === 2) {
    task.majFlt++;
    return FAULT_RETRY;
  }
  return result === 0 ? sigbus(vm, address, errorCode) : outOfMemory(vm, address, errorCode);
}

function badArea(vm: Vm, address: Addr, errorCode: number, code: number, vmFlags: number): number {
  if (vm.trace.on)
    traceFault(vm, FAULT_CLASS.sigsegv, address, vmFlags, 0, 0, 0, -2, vm.current.mm?.rss ?? 0);
  if ((errorCode & 4) === 0) return FAULT_NO_CONTEXT;
  vm.signals.force(vm.current, SIGSEGV, code, address);
  return SIGSEGV;
}

/** The signal is sent for faults of the kernel too; only then comes the fixup. */
function sigbus(vm: Vm, address: Addr, errorCode: number): number {
  vm.signals.force(vm.current, SIGBUS, BUS_ADRERR, address);
  return (errorCode & 4) !== 0 ? SIGBUS : FAULT_NO_CONTEXT;
}

function outOfMemory(vm: Vm, address: Addr, errorCode: number): number {
  const task = vm.current;
  if (task.pid === 1 && vm.rules.sparesInit) return FAULT_YIELD;
  if (vm.trace.on) vm.trace.emit(OOM_FAULT_KILL, task.pid, address, errorCode);
  if ((errorCode & 4) === 0) return FAULT_NO_CONTEXT;
  vm.signals.force(task, SIGKILL, 0, 0);
  return SIGKILL;
}
