/** An MMU over hand-made page tables: 64 frames, cr3 at frame 1, no kernel. */
import { Clock } from '../../src/hardware/clock.ts';
import { Mmu } from '../../src/hardware/mmu.ts';
import { PhysicalMemory } from '../../src/hardware/physical-memory.ts';

export const P = 1;
export const RW = 2;
export const US = 4;
export const A = 0x20;
export const D = 0x40;
export const PS = 0x80;
export const G = 0x100;

export class TableRig {
  readonly memory: PhysicalMemory;
  readonly clock = new Clock();
  readonly mmu: Mmu;
  private readonly pae: boolean;
  private nextTable = 2;

  /** @param frames of RAM; tables are taken from frame 2 on */
  constructor(
    options: { pae?: boolean; pse?: boolean; pge?: boolean; frames?: number; contentFree?: boolean } = {},
  ) {
    this.pae = options.pae === true;
    this.memory = new PhysicalMemory(options.frames ?? 64, options.contentFree);
    this.mmu = new Mmu({
      memory: this.memory,
      clock: this.clock,
      pae: this.pae,
      pse: options.pse !== false,
      pge: options.pge !== false,
    });
    if (this.pae) {
      for (let i = 0; i < 4; i++) this.memory.words[1024 + 2 * i] = (this.nextTable++ << 12) | P;
    }
    this.mmu.loadCr3(4096);
  }

  /** Word index of the directory entry of an address. */
  pdeAt(addr: number): number {
    if (!this.pae) return 1024 + (addr >>> 22);
    const directory = (this.memory.words[1024 + 2 * (addr >>> 30)] as number) >>> 12;
    return this.memory.base(directory) + ((addr >>> 21) & 511) * 2;
  }

  /** Word index of the page-table entry of an address, making the table (0x067) when it is missing. */
  pteAt(addr: number): number {
    const { words } = this.memory;
    const pdeAt = this.pdeAt(addr);
    if (words[pdeAt] === 0) words[pdeAt] = (this.nextTable++ << 12) | 0x067;
    const table = this.memory.base((words[pdeAt] as number) >>> 12);
    return this.pae ? table + ((addr >>> 12) & 511) * 2 : table + ((addr >>> 12) & 1023);
  }

  map(addr: number, pfn: number, flags: number): void {
    this.memory.words[this.pteAt(addr)] = (pfn << 12) | flags;
  }

  pte(addr: number): number {
    return this.memory.words[this.pteAt(addr)] as number;
  }

  /** Frame that an access reaches, or `-1` and the error code as `fault N`. */
  go(addr: number, write: 0 | 1, user: 0 | 1): number | string {
    const base = this.mmu.translate(addr, write, user);
    return base < 0 ? `fault ${this.mmu.errorCode}` : base / 1024;
  }
}
