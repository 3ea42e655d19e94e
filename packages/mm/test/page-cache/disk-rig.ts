/** A disk for machines of tests that are no whole kernel: block layer, buffers, and files whose contents the test tells. */
import { BlockLayer } from '../../src/block/block-layer.ts';
import { BlockDevice, IoFailures } from '../../src/hardware/block-device.ts';
import { Clock } from '../../src/hardware/clock.ts';
import { DISK_MODELS } from '../../src/hardware/disk-models.ts';
import { EventQueue } from '../../src/hardware/event-queue.ts';
import { KernelBug } from '../../src/kernel-bug.ts';
import { BufferCache } from '../../src/page-cache/buffers/buffer-cache.ts';
import { DiskFiles } from '../../src/page-cache/disk-file.ts';
import { DiskFileStore } from '../../src/page-cache/disk-file-store.ts';
import { InodeLists } from '../../src/page-cache/inode-lists.ts';
import { InodeWriteback } from '../../src/page-cache/inode-writeback.ts';
import type { PageCache } from '../../src/page-cache/page-cache.ts';
import type { VfsObjects } from '../../src/page-cache/vfs-objects.ts';
import { PG } from '../../src/physical/mem-map.ts';
import { blockRules } from '../../src/release/paging-rules.ts';
import type { KernelCaches } from '../../src/slab/kernel-caches.ts';
import type { SlabAllocator } from '../../src/slab/slab-allocator.ts';

const DEV = 0x0301;

export class DiskRig {
  readonly clock = new Clock();
  readonly events = new EventQueue(this.clock);
  readonly failures = new IoFailures();
  readonly device: BlockDevice;
  readonly block: BlockLayer;
  readonly buffers: BufferCache;
  readonly writeback: InodeWriteback;
  readonly diskFiles: DiskFiles;

  /** @param parts.maxSectors sectors of the largest request */
  constructor(parts: {
    readonly maxSectors?: number;
    readonly cache: PageCache;
    readonly slab: SlabAllocator;
    readonly caches: KernelCaches;
    readonly vfs: VfsObjects;
  }) {
    const { cache } = parts;
    const store = new DiskFileStore();
    const { clock, events, failures } = this;
    this.device = new BlockDevice({ store, model: DISK_MODELS.qemu, clock, events, failures });
    const waitUntil = (done: () => boolean) => {
      while (!done()) if (!events.runNext()) throw new KernelBug('nobody is left who would do anything');
    };
    const rules = blockRules('2.4.22');
    this.block = new BlockLayer({
      memory: cache.memory,
      trace: cache.trace,
      rules: { ...rules, maxSectors: parts.maxSectors ?? rules.maxSectors },
      megs: 64,
      ports: { waitUntil, createBounce: (_write, bh) => bh },
    });
    this.block.register(DEV, this.device);
    this.buffers = new BufferCache({
      cache,
      block: this.block,
      slab: parts.slab,
      bufferHeads: parts.caches.bufferHead,
      ports: {
        wakeupBdflush: () => {},
        // There is no reclaim: an allocation that was made to fail succeeds the next time.
        freeMoreMemory: () => {},
        jiffies: () => clock.jiffies(),
        mayNotDoIo: () => false,
      },
    });
    const lists = new InodeLists();
    this.writeback = new InodeWriteback(this.buffers, lists);
    this.diskFiles = new DiskFiles(this.buffers, parts.vfs, store, DEV, lists);
    cache.ports = {
      ...cache.ports,
      waitForIo: (pfn) => {
        this.block.runTqDisk();
        waitUntil(() => !cache.testFlags(pfn, PG.locked));
      },
    };
  }

  /** Lets all I/O end that was started. */
  drain(): void {
    this.block.runTqDisk();
    while (this.events.runNext());
  }
}
