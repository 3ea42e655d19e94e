import type { PhysicalMemory } from '../hardware/physical-memory.ts';
import { KernelBug } from '../kernel-bug.ts';
import { GFP_KERNEL } from '../page-allocator/gfp.ts';
import type { Pfn } from '../types.ts';
import type { PageTableParts } from './quicklist.ts';

const OBJECT_BYTES = 32;
const OBJECTS = 4096 / OBJECT_BYTES;

/**
 * The 32-byte top levels of PAE. Linux takes them from a slab cache ("pae_pgd"); here a frame holds 128 of them, and goes
 * back to the page allocator with its last one.
 */
export class PaePgdPool {
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

  /** Calls `visit` for each frame that holds objects. */
  forEachFrame(visit: (pfn: Pfn) => void): void {
    for (const pfn of this.frames.keys()) visit(pfn);
  }

  private hand(pfn: Pfn, used: Uint8Array, index: number): number {
    used[index] = 1;
    const at = this.memory.base(pfn) + (index * OBJECT_BYTES) / 4;
    this.memory.words.fill(0, at, at + OBJECT_BYTES / 4);
    return pfn * 4096 + index * OBJECT_BYTES;
  }
}
