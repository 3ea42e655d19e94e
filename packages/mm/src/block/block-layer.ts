import type { BlockDevice } from '../hardware/block-device.ts';
import { SECTOR } from '../hardware/block-device.ts';
import type { PhysicalMemory } from '../hardware/physical-memory.ts';
import { KernelBug } from '../kernel-bug.ts';
import type { Trace } from '../trace/trace.ts';
import type { BlockRules } from './block-rules.ts';
import { BH, type BufferHead } from './buffer-head.ts';
import type { BlockPorts } from './ports.ts';
import { RequestQueue } from './request-queue.ts';
import { BLOCK_BH_SUBMIT } from './tracepoints.ts';

/**
 * All block devices, by device number, and what is submitted to them.
 *
 * @linux 2.4.22 drivers/block/ll_rw_blk.c
 */
export class BlockLayer {
  /** What upper rooms do for this one. */
  readonly ports: BlockPorts;
  /** 512-byte sectors read and written since boot: twice what /proc/stat prints. @linux kstat.pgpgin, kstat.pgpgout */
  pgpgin = 0;
  pgpgout = 0;
  /** Buffers submitted since boot: what 2.4.0 counts instead. */
  buffersRead = 0;
  buffersWritten = 0;
  private readonly memory: PhysicalMemory;
  private readonly trace: Trace;
  private readonly rules: BlockRules;
  private readonly megs: number;
  private readonly queues = new Map<number, RequestQueue>();
  // The queue that was asked for last: the next buffer goes there, mostly.
  private lastDev = -1;
  private lastQueue: RequestQueue | undefined = undefined;
  // Plugged queues, in the order in which they were plugged. @linux tq_disk
  private readonly plugged: RequestQueue[] = [];
  private pluggedCount = 0;

  /** @param parts.megs RAM in MiB: a small machine has fewer requests */
  constructor(parts: {
    memory: PhysicalMemory;
    trace: Trace;
    rules: BlockRules;
    megs: number;
    ports: BlockPorts;
  }) {
    this.memory = parts.memory;
    this.trace = parts.trace;
    this.rules = parts.rules;
    this.megs = parts.megs;
    this.ports = parts.ports;
  }

  /** Gives a disk a device number (major << 8 | minor). */
  register(dev: number, device: BlockDevice): void {
    if (this.queues.has(dev)) throw new KernelBug(`device ${dev.toString(16)} is registered twice`);
    const queue = new RequestQueue({
      device,
      dev,
      memory: this.memory,
      trace: this.trace,
      ports: this.ports,
      rules: this.rules,
      megs: this.megs,
      onPlug: (plugged) => {
        this.plugged[this.pluggedCount++] = plugged;
      },
    });
    this.queues.set(dev, queue);
    this.lastDev = -1;
  }

  /** The queue of a device; undefined: there is no such device. */
  queue(dev: number): RequestQueue | undefined {
    if (dev !== this.lastDev) {
      this.lastQueue = this.queues.get(dev);
      this.lastDev = dev;
    }
    return this.lastQueue;
  }

  /** Device numbers that exist. */
  get devices(): readonly number[] {
    return [...this.queues.keys()];
  }

  /** Whether a disk is at work. */
  get anyBusy(): boolean {
    for (const queue of this.queues.values()) if (queue.device.busy) return true;
    return false;
  }

  /** Lets all disks begin with what was collected for them. @linux run_task_queue(&tq_disk) */
  runTqDisk(): void {
    const count = this.pluggedCount;
    this.pluggedCount = 0;
    // A queue that begins to work plugs none.
    for (let i = 0; i < count; i++) (this.plugged[i] as RequestQueue).unplug();
  }

  /**
   * Submits a locked, mapped buffer; its `endIo` is called when the I/O ends. May sleep.
   *
   * @linux 2.4.22 drivers/block/ll_rw_blk.c submit_bh()
   */
  submitBh(write: boolean, bh: BufferHead): void {
    if ((bh.state & BH.lock) === 0) throw new KernelBug(`block ${bh.blocknr} is submitted without its lock`);
    bh.state |= BH.req | BH.launder;
    const sectors = bh.size / SECTOR;
    if (this.trace.on) this.trace.emit(BLOCK_BH_SUBMIT, bh.dev, bh.blocknr, bh.size, write ? 1 : 0, bh.page);
    bh.count++;
    this.genericMakeRequest(write, bh, bh.blocknr * sectors);
    bh.count--;
    if (write) {
      this.pgpgout += sectors;
      this.buffersWritten++;
    } else {
      this.pgpgin += sectors;
      this.buffersRead++;
    }
  }

  /** @linux 2.4.22 drivers/block/ll_rw_blk.c generic_make_request(), __make_request() */
  private genericMakeRequest(write: boolean, bh: BufferHead, sector: number): void {
    if (bh.endIo === null)
      throw new KernelBug(`block ${bh.blocknr} is submitted, but nobody is told of its end`);
    const queue = this.queue(bh.dev);
    const limit = queue === undefined ? 0 : queue.device.sectors;
    if (queue === undefined || sector + bh.size / SECTOR > limit) {
      // "attempt to access beyond end of device"
      bh.state &= ~BH.dirty;
      bh.endIo(bh, false);
      return;
    }
    if ((bh.state & BH.mapped) === 0) throw new KernelBug(`block ${bh.blocknr} is submitted, but not mapped`);
    const sync = (bh.state & BH.sync) !== 0;
    bh.state &= ~BH.sync;
    queue.makeRequest(this.ports.createBounce(write, bh), sector, write);
    if (sync) queue.unplug();
  }
}
