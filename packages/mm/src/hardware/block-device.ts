import { KernelBug } from '../kernel-bug.ts';
import type { BlockStore } from './block-store.ts';
import type { Clock } from './clock.ts';
import { type DiskModel, requestNs } from './disk-models.ts';
import type { EventQueue } from './event-queue.ts';

/** Bytes of a sector. */
export const SECTOR = 512;

/** One contiguous transfer, as a driver hands it to the hardware. */
export interface DeviceRequest {
  readonly write: boolean;
  /** First sector. */
  readonly sector: number;
  /** Sectors, >= 1. */
  readonly sectors: number;
  /**
   * The memory side: calls `move(bytes)` for each piece of memory in order; together they are `sectors` long. Pieces of
   * frames without contents are passed as null with their length.
   */
  forSegments(move: (memory: Uint8Array | null, length: number) => void): void;
  /** Interrupt: the transfer ended. @param sectorsDone fewer than `sectors` on an error */
  done(sectorsDone: number): void;
}

/** How an injected failure looks: nothing is transferred, or only the first half. */
export type IoFailure = 'error' | 'short';

/** A failure that is to be injected; disks may share one. */
export class IoFailures {
  // Requests until one is made to fail; 0: off.
  private failIn = 0;
  private failure: IoFailure = 'error';

  /** Makes the `n`-th request from now fail (1: the next one); 0 calls it off. */
  failIo(n: number, failure: IoFailure = 'error'): void {
    this.failIn = n;
    this.failure = failure;
  }

  /** Requests that the injected failure is still away; 0: none is armed. */
  get pending(): number {
    return this.failIn;
  }

  /** Counts a request: how it fails, null if it does not. */
  next(): IoFailure | null {
    return this.failIn !== 0 && --this.failIn === 0 ? this.failure : null;
  }
}

/**
 * A disk. It works on one request at a time, moves the bytes when the time of the transfer is over, and then interrupts.
 */
export class BlockDevice {
  readonly store: BlockStore;
  readonly model: DiskModel;
  /** Sectors of the whole device. */
  readonly sectors: number;
  /** Requests ended since power-on, and sectors moved. */
  readonly stats = { reads: 0, writes: 0, sectorsRead: 0, sectorsWritten: 0, busyNs: 0 };
  private readonly clock: Clock;
  private readonly events: EventQueue;
  private active: DeviceRequest | null = null;
  private head = 0;
  /** What is to fail. */
  readonly failures: IoFailures;

  constructor(parts: {
    store: BlockStore;
    model: DiskModel;
    clock: Clock;
    events: EventQueue;
    failures?: IoFailures;
  }) {
    this.failures = parts.failures ?? new IoFailures();
    this.store = parts.store;
    this.model = parts.model;
    this.clock = parts.clock;
    this.events = parts.events;
    this.sectors = Math.floor(parts.store.size / SECTOR);
  }

  /** Whether a request is under way. */
  get busy(): boolean {
    return this.active !== null;
  }

  /** Begins a transfer; {@link DeviceRequest.done} is called when it ends. The device must not be busy. */
  start(request: DeviceRequest): void {
    if (this.active !== null) throw new KernelBug('the disk is busy and gets another request');
    if (request.sectors < 1) throw new KernelBug(`a request of ${request.sectors} sectors`);
    this.active = request;
    const distance = Math.abs(request.sector - this.head);
    const ns = requestNs(this.model, distance, this.sectors, request.sectors * SECTOR);
    this.stats.busyNs += ns;
    this.events.schedule(this.clock.now + ns, () => this.finish(request));
  }

  private finish(request: DeviceRequest): void {
    const sectors = this.transfer(request, this.limit(request));
    this.head = request.sector + request.sectors;
    if (request.write) {
      this.stats.writes++;
      this.stats.sectorsWritten += sectors;
    } else {
      this.stats.reads++;
      this.stats.sectorsRead += sectors;
    }
    this.active = null;
    request.done(sectors);
  }

  /** Sectors that this request may move: all, unless a failure is injected or it reaches past the end. */
  private limit(request: DeviceRequest): number {
    const onDevice = Math.max(0, Math.min(request.sectors, this.sectors - request.sector));
    const failure = this.failures.next();
    if (failure === null) return onDevice;
    return failure === 'error' ? 0 : Math.min(onDevice, request.sectors >>> 1);
  }

  /** Moves up to `limit` sectors; returns how many were moved whole. */
  private transfer(request: DeviceRequest, limit: number): number {
    let offset = request.sector * SECTOR;
    let left = limit * SECTOR;
    let moved = 0;
    let broken = false;
    request.forSegments((memory, length) => {
      const bytes = broken ? 0 : Math.min(length, left);
      left -= bytes;
      if (bytes > 0) {
        const good = memory === null || this.move(request.write, offset, memory.subarray(0, bytes));
        if (good) moved += bytes;
        else broken = true;
      }
      offset += length;
    });
    return Math.floor(moved / SECTOR);
  }

  private move(write: boolean, offset: number, memory: Uint8Array): boolean {
    return write ? this.store.write(offset, memory) : this.store.read(offset, memory);
  }
}
