/** A small booted machine for tests of devices, exec and clone: one process, and an account of its memory. */
import { expect } from 'vitest';
import type { MmStruct } from '../../src/address-space/mm-struct.ts';
import type { Vma } from '../../src/address-space/vma.ts';
import { boot, type Kernel } from '../../src/kernel.ts';
import type { MachineConfig } from '../../src/machine-config.ts';
import type { Process } from '../../src/process.ts';
import { settledFreePages } from '../kernel/settled.ts';

export const MIB = 2 ** 20;
export const PROT = { none: 0, r: 1, w: 2, rw: 3, x: 4 } as const;
export const MAP = { shared: 1, private: 2, fixed: 0x10, anonymous: 0x20 } as const;
export const O = { rdonly: 0, wronly: 1, rdwr: 2, sync: 0o10000 } as const;
/** Where mmap puts the first area. */
export const BASE = 0x40000000;

export class DeviceWorld {
  readonly kernel: Kernel;
  readonly root: Process;
  private readonly freeAtStart: number;
  private readonly pathsAtStart: ReadonlySet<string>;

  constructor(config: Partial<MachineConfig> = {}) {
    this.kernel = boot({ memory: 32 * MIB, ...config });
    // The first process brings the caches to their usual size; the kernel's own page tables stay for ever.
    this.kernel.spawn('warm').exit(0);
    this.kernel.vmalloc.vfree(this.kernel.vmalloc.vmalloc(4096));
    this.pathsAtStart = new Set(this.kernel.fs.paths());
    this.freeAtStart = this.freePages();
    this.root = this.kernel.spawn('test');
  }

  /** Free frames, counting what the kernel only keeps for the next time: empty slabs, page tables and file structs. */
  freePages(): number {
    return settledFreePages(this.kernel);
  }

  /** Ends all processes: everything must be free again. */
  close(): void {
    const { kernel } = this;
    kernel.checkInvariants();
    for (const process of [...kernel.processes.values()].reverse()) process.exit(0);
    for (const path of [...kernel.fs.paths()]) if (!this.pathsAtStart.has(path)) kernel.fs.unlink(path);
    kernel.checkInvariants();
    expect(this.freePages()).toBe(this.freeAtStart);
  }

  /** Opens a device, which must succeed. */
  open(path: string, flags: number = O.rdwr, process = this.root): number {
    const fd = process.open(path, flags);
    expect(fd).toBeGreaterThanOrEqual(0);
    return fd;
  }

  /** Maps `pages` pages of a descriptor from file page `pgoff` on. */
  map(fd: number, pages: number, pgoff: number, prot: number = PROT.rw, flags: number = MAP.shared): number {
    return this.root.mmap2(0, pages * 4096, prot, flags, fd, pgoff);
  }

  /** Maps zeroed memory. */
  anonymous(pages: number, process = this.root): number {
    return process.mmap2(0, pages * 4096, PROT.rw, MAP.private | MAP.anonymous, -1, 0);
  }

  mm(process = this.root): MmStruct {
    return process.task.mm as MmStruct;
  }

  /** The area that begins at an address. */
  area(start: number, process = this.root): Vma {
    return this.mm(process).index.find((vma) => vma.vmStart === start) as Vma;
  }

  /** Low word of the page-table entry of an address; 0 = none. */
  pte(addr: number, process = this.root): number {
    const { pageTables, memory } = this.kernel;
    const entry = pageTables.pteOffset(this.mm(process).pgd, addr);
    return entry === 0 ? 0 : (memory.words[entry] as number) >>> 0;
  }

  count(pfn: number): number {
    return this.kernel.memMap.count[pfn] as number;
  }

  /** Sets or reads the first word of a frame. */
  word(pfn: number, value?: number): number {
    const { memory } = this.kernel;
    const at = memory.base(pfn);
    if (value !== undefined) memory.words[at] = value;
    return (memory.words[at] as number) >>> 0;
  }

  load32(addr: number, process = this.root): number {
    let value = 0;
    for (let i = 3; i >= 0; i--) value = value * 256 + process.load8(addr + i);
    return value;
  }

  store32(addr: number, value: number, process = this.root): boolean {
    for (let i = 0; i < 4; i++) if (!process.store8(addr + i, (value >>> (8 * i)) & 0xff)) return false;
    return true;
  }
}
