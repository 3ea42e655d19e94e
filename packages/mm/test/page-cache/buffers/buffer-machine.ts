/** A small machine with one disk: page allocator, page cache, block layer and buffers, without a kernel around them. */
import { BlockLayer } from '../../../src/block/block-layer.ts';
import { quarterBatch } from '../../../src/block/block-rules.ts';
import { BlockDevice } from '../../../src/hardware/block-device.ts';
import { MemoryStore } from '../../../src/hardware/block-store.ts';
import { Clock } from '../../../src/hardware/clock.ts';
import { DISK_MODELS } from '../../../src/hardware/disk-models.ts';
import { EventQueue } from '../../../src/hardware/event-queue.ts';
import { PhysicalMemory } from '../../../src/hardware/physical-memory.ts';
import { KernelBug } from '../../../src/kernel-bug.ts';
import { ClassZoneAllocator } from '../../../src/page-allocator/class-zone-allocator.ts';
import { GFP_HIGHUSER } from '../../../src/page-allocator/gfp.ts';
import type { PageAllocator } from '../../../src/page-allocator/page-allocator.ts';
import { NO_RECLAIM } from '../../../src/page-allocator/ports.ts';
import type { AddressSpace } from '../../../src/page-cache/address-space.ts';
import { BufferCache } from '../../../src/page-cache/buffers/buffer-cache.ts';
import { PageCache } from '../../../src/page-cache/page-cache.ts';
import { MemMap, PG } from '../../../src/physical/mem-map.ts';
import { PhysicalNode } from '../../../src/physical/node.ts';
import type { KmemCache } from '../../../src/slab/kmem-cache.ts';
import type { SlabAllocator } from '../../../src/slab/slab-allocator.ts';
import { Trace } from '../../../src/trace/trace.ts';

export const DEV = 0x0340;

export class BufferMachine {
  readonly clock = new Clock();
  readonly events = new EventQueue(this.clock);
  readonly memory: PhysicalMemory;
  readonly memMap: MemMap;
  readonly allocator: PageAllocator;
  readonly cache: PageCache;
  readonly device: BlockDevice;
  readonly block: BlockLayer;
  readonly buffers: BufferCache;
  readonly mapping: AddressSpace;
  /** Objects of the slab cache that are in use. */
  headsInUse = 0;
  /** Heads that the slab may still give. */
  headsLeft = Number.POSITIVE_INFINITY;
  bdflushWoken = 0;
  memoryMade = 0;
  /** What nr_free_buffer_pages() says; null: what the zones say. */
  bufferPages: number | null = null;

  constructor(frames = 2048) {
    const trace = new Trace(() => this.clock.now, 8192);
    this.memory = new PhysicalMemory(frames);
    this.memMap = new MemMap(frames);
    this.allocator = new ClassZoneAllocator(new PhysicalNode(this.memMap, [frames]), trace);
    for (let pfn = 0; pfn < 16; pfn++) this.memMap.flags[pfn] = PG.reserved;
    for (let pfn = 16; pfn < frames; pfn++) {
      this.memMap.count[pfn] = 1;
      this.allocator.freePages(pfn, 0);
    }
    const { memory, memMap, allocator } = this;
    const zonesSay = allocator.nrFreeBufferPages.bind(allocator);
    allocator.nrFreeBufferPages = () => this.bufferPages ?? zonesSay();
    this.cache = new PageCache({ memory, memMap, allocator, trace });
    allocator.ports = { ...NO_RECLAIM, lruCacheDel: (pfn) => this.cache.lruCacheDel(pfn) };
    this.device = new BlockDevice({
      store: new MemoryStore(4 << 20),
      model: DISK_MODELS.qemu,
      clock: this.clock,
      events: this.events,
    });
    this.block = new BlockLayer({
      memory,
      trace,
      rules: {
        readLatency: 128,
        writeLatency: 512,
        seekCost: 1,
        requestsSmall: 512,
        requests: 1024,
        smallBelowMegs: 30,
        sharedRequests: true,
        readsSteal: false,
        batch: quarterBatch,
        maxSectors: 128,
      },
      megs: 64,
      ports: {
        waitUntil: (done) => {
          while (!done()) if (!this.events.runNext()) throw new KernelBug('nothing will ever happen');
        },
        createBounce: (_write, bh) => bh,
      },
    });
    this.block.register(DEV, this.device);
    const slab = {
      kmemCacheAlloc: () => {
        if (this.headsLeft === 0) return 0;
        this.headsLeft--;
        this.headsInUse++;
        return 0xc1000000 + this.headsInUse * 96;
      },
      kmemCacheFree: () => {
        this.headsLeft++;
        this.headsInUse--;
      },
    } as unknown as SlabAllocator;
    this.buffers = new BufferCache({
      cache: this.cache,
      block: this.block,
      slab,
      bufferHeads: null as unknown as KmemCache,
      ports: {
        wakeupBdflush: () => this.bdflushWoken++,
        freeMoreMemory: () => {
          this.memoryMade++;
          this.headsLeft += 8;
        },
        jiffies: () => this.clock.jiffies(),
        mayNotDoIo: () => false,
      },
    });
    this.mapping = this.cache.newMapping(null, {}, GFP_HIGHUSER);
  }

  /** A locked page of the device's page cache. */
  page(index: number): number {
    const pfn = this.allocator.allocPages(GFP_HIGHUSER, 0);
    this.cache.addToPageCache(pfn, this.mapping, index);
    this.allocator.putPage(pfn);
    return pfn;
  }

  drain(): void {
    this.block.runTqDisk();
    while (this.events.runNext());
  }
}
