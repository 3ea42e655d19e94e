import { KernelBug } from '../kernel-bug.ts';
import type { BlockStore } from './block-store.ts';
import type { Clock } from './clock.ts';
import { type DiskModel, requestNs } from './disk-models.ts';
import { type EventQueue, PendingEvent } from './event-queue.ts';

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
  // The end of the transfer that is under way.
  private readonly end = new PendingEvent(() => this.finish(this.active as DeviceRequest));
  // The transfer that is being moved: where its next piece lies, bytes that may still move, and that did; see transfer.
  private offset = 0;
  private left = 0;
  private moved = 0;
  private broken = false;
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
    this.events.reschedule(this.end, this.clock.now + ns);
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
    this.offset = request.sector * SECTOR;
    this.left = limit * SECTOR;
    this.moved = 0;
    this.broken = false;
    request.forSegments(this.piece);
    return Math.floor(this.moved / SECTOR);
  }

  private readonly piece = (memory: Uint8Array | null, length: number): void => {
    const bytes = this.broken ? 0 : Math.min(length, this.left);
    this.left -= bytes;
    if (bytes > 0) {
      if (memory === null || this.move(memory.subarray(0, bytes))) this.moved += bytes;
      else this.broken = true;
    }
    this.offset += length;
  };

  private move(memory: Uint8Array): boolean {
    const { store, offset } = this;
    return (this.active as DeviceRequest).write ? store.write(offset, memory) : store.read(offset, memory);
  }
}
