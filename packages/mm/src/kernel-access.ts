/**
 * The kernel's own loads and stores: any kernel address that is mapped, through the running CPU's MMU in supervisor mode.
 */
import { faultIn } from './address-space/access.ts';
import type { Vm } from './address-space/vm.ts';
import type { Mmu } from './hardware/mmu.ts';
import { KERN } from './physical/boot-log.ts';
import { defineTracepoint } from './trace/trace.ts';
import type { Addr } from './types.ts';

/** The kernel accessed an address that it could not make valid. */
const OOPS = defineTracepoint({
  name: 'oops',
  fields: ['address', 'error_code'],
  origin: 'arch/i386/mm/fault.c do_page_fault()',
  hex: ['address'],
});

/** An access of the kernel that failed. The kernel would kill the running task; here the caller is told, nothing else. */
export interface Oops {
  readonly address: Addr;
  /** Bit 0: present, but not allowed; bit 1: a write. */
  readonly errorCode: number;
  /** Pid of the task that ran. */
  readonly pid: number;
  /** What the kernel prints of it, as far as it concerns memory. */
  readonly lines: readonly string[];
}

/** What {@link KernelAccess} works with. */
export interface KernelAccessParts {
  readonly vm: Vm;
  /** MMU of the CPU that runs. */
  mmu(): Mmu;
  /** Writes to the kernel's log. @linux printk() */
  print(text: string, level: number): void;
}

/**
 * Loads and stores at kernel addresses: direct map, vmalloc and ioremap areas, kmap window, fixmap. A TLB entry that the
 * kernel has not flushed keeps working, as on hardware; an access that cannot be repaired is an {@link Oops}.
 *
 * Addresses of the running process work, too, as where the kernel copies from and to programs. Nothing here is fast: the
 * rooms read and write their structures in physical memory directly.
 */
export class KernelAccess {
  /** All that went wrong so far. */
  readonly oopses: Oops[] = [];
  private readonly parts: KernelAccessParts;

  constructor(parts: KernelAccessParts) {
    this.parts = parts;
  }

  /** Loads a byte: 0 .. 255, or -1 after an oops. */
  load8(addr: Addr): number {
    const base = this.page(addr, 0);
    if (base < 0) return -1;
    return ((this.words[base + ((addr >>> 2) & 1023)] as number) >>> ((addr & 3) << 3)) & 0xff;
  }

  /** Stores the low 8 bits of `value`; false after an oops. */
  store8(addr: Addr, value: number): boolean {
    const base = this.page(addr, 1);
    if (base < 0) return false;
    const at = base + ((addr >>> 2) & 1023);
    const shift = (addr & 3) << 3;
    this.words[at] = ((this.words[at] as number) & ~(0xff << shift)) | ((value & 0xff) << shift);
    return true;
  }

  /** Loads 32 bits, little endian: 0 .. 2^32 - 1, or -1 after an oops. Any alignment. */
  load32(addr: Addr): number {
    if ((addr & 3) === 0) {
      const base = this.page(addr, 0);
      return base < 0 ? -1 : (this.words[base + ((addr >>> 2) & 1023)] as number) >>> 0;
    }
    const bytes = new Uint8Array(4);
    if (this.loadBytes(addr, bytes) < 4) return -1;
    return new DataView(bytes.buffer).getUint32(0, true);
  }

  /** Stores 32 bits, little endian; false after an oops: nothing is stored then. Any alignment. */
  store32(addr: Addr, value: number): boolean {
    if ((addr & 3) === 0) {
      const base = this.page(addr, 1);
      if (base >= 0) this.words[base + ((addr >>> 2) & 1023)] = value;
      return base >= 0;
    }
    // The CPU checks both ends before it stores anything.
    const last = (addr + 3) >>> 0;
    if (((addr ^ last) & -4096) !== 0 && (this.page(addr, 1) < 0 || this.page((last & -4096) >>> 0, 1) < 0)) {
      return false;
    }
    const bytes = new Uint8Array(4);
    new DataView(bytes.buffer).setUint32(0, value >>> 0, true);
    return this.storeBytes(addr, bytes) === 4;
  }

  /** Loads bytes in ascending order. @returns bytes loaded; fewer than `into.length` after an oops */
  loadBytes(addr: Addr, into: Uint8Array): number {
    let done = 0;
    while (done < into.length) {
      const at = (addr + done) >>> 0;
      const base = this.page(at, 0);
      if (base < 0) return done;
      const from = base * 4 + (at & 4095);
      const count = Math.min(4096 - (at & 4095), into.length - done);
      into.set(this.parts.vm.memory.bytes.subarray(from, from + count), done);
      done += count;
    }
    return done;
  }

  /** Stores bytes in ascending order. @returns bytes stored; fewer than `bytes.length` after an oops */
  storeBytes(addr: Addr, bytes: Uint8Array): number {
    let done = 0;
    while (done < bytes.length) {
      const at = (addr + done) >>> 0;
      const base = this.page(at, 1);
      if (base < 0) return done;
      const count = Math.min(4096 - (at & 4095), bytes.length - done);
      this.parts.vm.memory.bytes.set(bytes.subarray(done, done + count), base * 4 + (at & 4095));
      done += count;
    }
    return done;
  }

  private get words(): Int32Array {
    return this.parts.vm.memory.words;
  }

  /** Index of the first word of the page around an address; -1 after an oops. */
  private page(addr: Addr, write: 0 | 1): number {
    const { vm } = this.parts;
    const mmu = this.parts.mmu();
    let base = mmu.translate(addr, write, 0);
    if (base < 0) {
      base = faultIn(vm, mmu, addr, write, 0);
      if (base < 0) return this.oops(mmu, addr);
    }
    if (!vm.memory.contentFree) return base;
    // There the MMU tells no frames; the kernel's own have their contents on such a machine, too.
    const pfn = mmu.pfnOf(addr);
    return pfn < 0 || pfn >= vm.memory.frames ? 0 : vm.memory.base(pfn);
  }

  private oops(mmu: Mmu, address: Addr): -1 {
    const { vm } = this.parts;
    const errorCode = mmu.errorCode;
    if (vm.trace.on) vm.trace.emit(OOPS, address, errorCode);
    const what = address < 4096 ? 'NULL pointer dereference' : 'paging request';
    const lines = [`Unable to handle kernel ${what} at virtual address ${hex(address)}`];
    if (!mmu.pae) {
      const pde = this.physicalWord(mmu.cr3 + (address >>> 22) * 4);
      lines.push(`*pde = ${hex(pde)}`);
      if ((pde & 1) !== 0) {
        lines.push(`*pte = ${hex(this.physicalWord(((pde & -4096) >>> 0) + ((address >>> 12) & 1023) * 4))}`);
      }
    }
    for (const line of lines) this.parts.print(line, KERN.ALERT);
    this.oopses.push({ address, errorCode, pid: vm.current.pid, lines });
    return -1;
  }

  private physicalWord(phys: number): number {
    const { memory } = this.parts.vm;
    return memory.words[memory.base(phys >>> 12) + ((phys & 4095) >>> 2)] as number;
  }
}

function hex(value: number): string {
  return (value >>> 0).toString(16).padStart(8, '0');
}
