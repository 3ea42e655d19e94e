import { FAULT } from '../hardware/mmu.ts';
import type { Addr } from '../types.ts';
import { doPageFault, FAULT_RETRY } from './page-fault.ts';
import type { Vm } from './vm.ts';

/** P, RW and US: an entry that lets the write through. */
const WRITABLE = 0x007;
/** What the processor sets in an entry when it writes. */
const ACCESSED_DIRTY = 0x060;

/**
 * Writes to the running task's memory as the kernel does while it sets up a program: without the TLB, faulting pages in
 * (kernel mode, so the stack grows whatever the stack pointer).
 *
 * @param source the bytes; null: zeros
 * @param length bytes
 * @returns bytes not written: 0, or the rest from the first page that cannot be written to
 * @linux 2.4.22 arch/i386/lib/usercopy.c __generic_copy_to_user(), clear_user()
 */
export function writeUser(vm: Vm, addr: Addr, source: Uint8Array | null, length: number): number {
  const mm = vm.current.mm;
  if (mm === null || addr + length > 0xc0000000) return length;
  let done = 0;
  while (done < length) {
    const at = addr + done;
    const entry = vm.pageTables.pteOffset(mm.pgd, at);
    const pte = entry === 0 ? 0 : (vm.memory.words[entry] as number);
    if ((pte & WRITABLE) !== WRITABLE) {
      const code = FAULT.write | (pte & FAULT.protection);
      if (doPageFault(vm, at, code) !== FAULT_RETRY) return length - done;
      continue;
    }
    vm.memory.words[entry] = pte | ACCESSED_DIRTY;
    const offset = at & 4095;
    const count = Math.min(4096 - offset, length - done);
    if (!vm.memory.contentFree) {
      const to = vm.memory.base(vm.pageTables.ptePfn(entry)) * 4 + offset;
      if (source === null) vm.memory.bytes.fill(0, to, to + count);
      else vm.memory.bytes.set(source.subarray(done, done + count), to);
    }
    done += count;
  }
  return 0;
}

/** Writes one word of the running task's memory. Like the kernel's `__put_user` here, nobody looks at failures. */
export function putWord(vm: Vm, addr: Addr, value: number): void {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value >>> 0, true);
  writeUser(vm, addr, bytes, 4);
}
