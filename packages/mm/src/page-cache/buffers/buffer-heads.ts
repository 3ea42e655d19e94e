import { BUF, BufferHead } from '../../block/buffer-head.ts';
import { GFP_NOFS } from '../../page-allocator/gfp.ts';
import type { KmemCache } from '../../slab/kmem-cache.ts';
import type { SlabAllocator } from '../../slab/slab-allocator.ts';
import type { Pfn } from '../../types.ts';

/** Unused buffer heads that are kept, the last of them for I/O that must not fail. @linux MAX_UNUSED_BUFFERS, NR_RESERVED */
const NR_RESERVED = 80;
const MAX_UNUSED_BUFFERS = NR_RESERVED + 20;

/**
 * Buffer heads as objects: made in the slab cache `buffer_head`, kept for a while when unused.
 *
 * @linux 2.4.22 fs/buffer.c get_unused_buffer_head(), create_buffers()
 */
export class BufferHeads {
  private readonly slab: SlabAllocator;
  private readonly objects: KmemCache;
  private readonly unused: BufferHead[] = [];
  // Host objects of heads that the slab has back: new ones would be garbage soon.
  private readonly spare: BufferHead[] = [];
  private readonly mayReserve: () => void;

  /** @param outOfHeads lets the running task make or wait for memory, see {@link createBuffers} */
  constructor(slab: SlabAllocator, objects: KmemCache, outOfHeads: () => void) {
    this.slab = slab;
    this.objects = objects;
    this.mayReserve = outOfHeads;
  }

  /** Heads that lie unused. @linux nr_unused_buffer_heads */
  get unusedCount(): number {
    return this.unused.length;
  }

  /**
   * The buffers of a page, each of `size` bytes, as a chain that ends with null; null: no memory (only if not `async`).
   *
   * @param async whether this is I/O that must not fail: it may use the reserve, and waits until there is memory
   * @linux create_buffers()
   */
  createBuffers(pfn: Pfn, size: number, async: boolean): BufferHead | null {
    for (;;) {
      let head: BufferHead | null = null;
      let offset = 4096 - size;
      for (; offset >= 0; offset -= size) {
        const bh = this.get(async);
        if (bh === null) break;
        bh.dev = 0;
        bh.thisPage = head;
        bh.state = 0;
        bh.count = 0;
        bh.size = size;
        bh.page = pfn;
        bh.offset = offset;
        bh.list = BUF.clean;
        bh.endIo = null;
        head = bh;
      }
      if (offset < 0) return head;
      while (head !== null) {
        const next: BufferHead | null = head.thisPage;
        this.put(head);
        head = next;
      }
      if (!async) return null;
      this.mayReserve();
    }
  }

  /** Takes a head: unused ones beyond the reserve first, then memory, then the reserve. @linux get_unused_buffer_head() */
  get(async: boolean): BufferHead | null {
    if (this.unused.length > NR_RESERVED) return this.unused.pop() as BufferHead;
    const slabAddr = this.slab.kmemCacheAlloc(this.objects, GFP_NOFS);
    if (slabAddr !== 0) {
      const bh = this.spare.pop() ?? new BufferHead();
      bh.slabAddr = slabAddr | 0;
      return bh;
    }
    return async ? (this.unused.pop() ?? null) : null;
  }

  /** @linux put_unused_buffer_head() */
  put(bh: BufferHead): void {
    bh.dev = 0;
    bh.blocknr = -1;
    bh.thisPage = null;
    if (this.unused.length >= MAX_UNUSED_BUFFERS) {
      this.slab.kmemCacheFree(this.objects, bh.slabAddr >>> 0);
      bh.slabAddr = 0;
      this.spare.push(bh);
      return;
    }
    this.unused.push(bh);
  }

  /** Gives the unused heads back to the slab: for tests that count memory to the last page. */
  drain(): void {
    for (const bh of this.unused) this.slab.kmemCacheFree(this.objects, bh.slabAddr >>> 0);
    this.unused.length = 0;
  }
}
