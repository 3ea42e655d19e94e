import type { PhysicalMemory } from '../hardware/physical-memory.ts';
import { GFP_ATOMIC } from '../page-allocator/gfp.ts';
import type { PageAllocator } from '../page-allocator/page-allocator.ts';
import type { KmemCache } from '../slab/kmem-cache.ts';
import type { SlabAllocator } from '../slab/slab-allocator.ts';
import type { Trace } from '../trace/trace.ts';
import type { Pfn } from '../types.ts';
import { BufferHead } from './buffer-head.ts';
import { BLOCK_BIO_BOUNCE } from './tracepoints.ts';

/** Pages and heads that are kept for I/O that must not fail. @linux POOL_SIZE */
const POOL_SIZE = 32;

/** What differs between releases. */
export interface BounceRules {
  /** Whether disks reach all of low memory and nothing else; else the first 4 GiB, as IDE with DMA does. */
  readonly lowOnly: boolean;
  /** Whether there is an emergency pool. */
  readonly pool: boolean;
  /** How pages and heads are allocated. */
  readonly gfp: number;
}

/** Frames below 4 GiB. */
const FRAMES_32BIT = 0x100000;

/** What bounce buffers are made of. */
export interface BounceParts {
  readonly memory: PhysicalMemory;
  readonly allocator: PageAllocator;
  readonly slab: SlabAllocator;
  /** The slab cache `buffer_head`. */
  readonly bufferHeads: KmemCache;
  readonly trace: Trace;
  readonly rules: BounceRules;
  /** First frame of high memory. */
  readonly highStartPfn: Pfn;
  /** @linux wakeup_bdflush() */
  wakeupBdflush(): void;
  /** Disks are told to begin, and others run. @linux run_task_queue(&tq_disk), yield() */
  yield(): void;
}

/**
 * Buffers in low memory that stand for others which a disk cannot reach: a write is copied before it begins, a read when it
 * has ended.
 *
 * ```
 *   write:  high page ──copy──> bounce page ──disk
 *   read:   disk ──> bounce page ──copy──> high page       then the high buffer's endIo
 * ```
 * Reclaim writes high pages to make memory, so that this must work without any: an emergency pool of 32 pages and 32 heads is
 * filled at boot, and again by each I/O that ends.
 *
 * @linux 2.4.22 mm/highmem.c create_bounce()
 */
export class BounceBuffers {
  private readonly parts: BounceParts;
  private readonly pages: Pfn[] = [];
  private readonly heads: BufferHead[] = [];
  // Last frame that disks reach. @linux q->bounce_pfn
  private readonly limit: Pfn;

  constructor(parts: BounceParts) {
    this.parts = parts;
    this.limit = Math.max(parts.highStartPfn, parts.rules.lowOnly ? 0 : FRAMES_32BIT) - 1;
  }

  /** Pages and heads in the emergency pool. @linux nr_emergency_pages, nr_emergency_bhs */
  get pool(): { readonly pages: number; readonly heads: number } {
    return { pages: this.pages.length, heads: this.heads.length };
  }

  /** The pages of the emergency pool. */
  get poolPages(): readonly Pfn[] {
    return this.pages;
  }

  /** Fills the pool, on a machine with high memory. @linux 2.4.22 mm/highmem.c init_emergency_pool() */
  init(print: (text: string) => void): void {
    const { allocator, rules } = this.parts;
    if (!rules.pool) return;
    while (this.pages.length < POOL_SIZE) {
      const pfn = allocator.allocPages(GFP_ATOMIC, 0);
      if (pfn === 0) {
        print("couldn't refill highmem emergency pages");
        break;
      }
      this.pages.unshift(pfn);
    }
    while (this.heads.length < POOL_SIZE) {
      const head = this.newHead(GFP_ATOMIC);
      if (head === null) {
        print("couldn't refill highmem emergency bhs");
        break;
      }
      this.heads.unshift(head);
    }
    print(
      `allocated ${this.pages.length} pages and ${this.heads.length} bhs reserved for the highmem bounces`,
    );
  }

  private newHead(gfp: number): BufferHead | null {
    const { slab, bufferHeads } = this.parts;
    const slabAddr = slab.kmemCacheAlloc(bufferHeads, gfp);
    if (slabAddr === 0) return null;
    const head = new BufferHead();
    head.slabAddr = slabAddr | 0;
    return head;
  }

  /** What the disk gets in place of a buffer: the buffer itself if the disk reaches it. May sleep. */
  create(write: boolean, original: BufferHead): BufferHead {
    const { memory, trace } = this.parts;
    if (original.page <= this.limit) return original;
    const bh = this.takeHead();
    bh.page = this.takePage();
    bh.offset = 0;
    bh.size = original.size;
    bh.dev = original.dev;
    bh.blocknr = original.blocknr;
    bh.count = original.count;
    bh.state = original.state;
    bh.private = original;
    bh.endIo = write ? this.endWrite : this.endRead;
    if (write && !memory.contentFree) copy(memory, original, bh);
    if (trace.on) {
      trace.emit(
        BLOCK_BIO_BOUNCE,
        bh.dev,
        bh.blocknr,
        original.page,
        bh.page,
        write ? 1 : 0,
        this.pages.length,
      );
    }
    return bh;
  }

  /** @linux alloc_bounce_page() */
  private takePage(): Pfn {
    const pfn = this.parts.allocator.allocPages(this.parts.rules.gfp, 0);
    if (pfn !== 0) return pfn;
    this.parts.wakeupBdflush();
    for (;;) {
      const kept = this.pages.shift();
      if (kept !== undefined) return kept;
      this.parts.yield();
    }
  }

  /** @linux alloc_bounce_bh() */
  private takeHead(): BufferHead {
    const head = this.newHead(this.parts.rules.gfp);
    if (head !== null) return head;
    this.parts.wakeupBdflush();
    for (;;) {
      const kept = this.heads.shift();
      if (kept !== undefined) return kept;
      this.parts.yield();
    }
  }

  private readonly endWrite = (bh: BufferHead, uptodate: boolean): void => this.end(bh, uptodate);

  private readonly endRead = (bh: BufferHead, uptodate: boolean): void => {
    const { memory } = this.parts;
    if (uptodate && !memory.contentFree) copy(memory, bh, bh.private as BufferHead);
    this.end(bh, uptodate);
  };

  /** @linux bounce_end_io() */
  private end(bh: BufferHead, uptodate: boolean): void {
    const { allocator, slab, bufferHeads } = this.parts;
    const original = bh.private as BufferHead;
    original.endIo?.(original, uptodate);
    const kept = this.parts.rules.pool ? POOL_SIZE : 0;
    if (this.pages.length >= kept) allocator.putPage(bh.page);
    else this.pages.unshift(bh.page);
    bh.private = null;
    bh.page = 0;
    if (this.heads.length >= kept) slab.kmemCacheFree(bufferHeads, bh.slabAddr >>> 0);
    else this.heads.unshift(bh);
  }
}

function copy(memory: PhysicalMemory, from: BufferHead, to: BufferHead): void {
  const source = memory.base(from.page) * 4 + from.offset;
  const target = memory.base(to.page) * 4 + to.offset;
  memory.bytes.copyWithin(target, source, source + from.size);
}
