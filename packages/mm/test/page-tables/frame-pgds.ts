import type { PhysicalMemory } from '../../src/hardware/physical-memory.ts';
import { KernelBug } from '../../src/kernel-bug.ts';
import { GFP_KERNEL } from '../../src/page-allocator/gfp.ts';
import type { PgdSource } from '../../src/page-tables/pgd-source.ts';
import type { PageTableParts } from '../../src/page-tables/quicklist.ts';
import type { Pfn } from '../../src/types.ts';

const OBJECT_BYTES = 32;
const OBJECTS = 4096 / OBJECT_BYTES;

/** Top levels of PAE for a machine without slabs: a frame holds 128, and goes with its last one. */
export class FramePgds implements PgdSource {
  private readonly memory: PhysicalMemory;
  private readonly allocator: PageTableParts['allocator'];
  // Frames in use, each with a flag an object.
  private readonly frames = new Map<Pfn, Uint8Array>();

  constructor(parts: PageTableParts) {
    this.memory = parts.memory;
    this.allocator = parts.allocator;
  }

  /** A zeroed object: its physical address, 0 = no memory. */
  alloc(): number {
    for (const [pfn, used] of this.frames) {
      const free = used.indexOf(0);
      if (free >= 0) return this.hand(pfn, used, free);
    }
    const pfn = this.allocator.allocPages(GFP_KERNEL, 0);
    if (pfn === 0) return 0;
    const used = new Uint8Array(OBJECTS);
    this.frames.set(pfn, used);
    return this.hand(pfn, used, 0);
  }

  free(phys: number): void {
    const pfn = phys >>> 12;
    const used = this.frames.get(pfn);
    const index = (phys & 4095) / OBJECT_BYTES;
    if (used?.[index] !== 1) throw new KernelBug(`pae_pgd ${phys.toString(16)} is freed but not in use`);
    used[index] = 0;
    if (!used.includes(1)) {
      this.frames.delete(pfn);
      this.allocator.freePages(pfn, 0);
    }
  }

  private hand(pfn: Pfn, used: Uint8Array, index: number): number {
    used[index] = 1;
    const at = this.memory.base(pfn) + (index * OBJECT_BYTES) / 4;
    this.memory.words.fill(0, at, at + OBJECT_BYTES / 4);
    return pfn * 4096 + index * OBJECT_BYTES;
  }
}
