import { type BlockDevice, SECTOR } from '../hardware/block-device.ts';
import type { PhysicalMemory } from '../hardware/physical-memory.ts';
import type { Trace } from '../trace/trace.ts';
import type { BlockRules } from './block-rules.ts';
import type { BufferHead } from './buffer-head.ts';
import { elevatorMerge, MERGE, type Place } from './elevator.ts';
import type { BlockPorts } from './ports.ts';
import { Request } from './request.ts';
import {
  BLOCK_BIO_BACKMERGE,
  BLOCK_BIO_FRONTMERGE,
  BLOCK_RQ_COMPLETE,
  BLOCK_RQ_INSERT,
  BLOCK_RQ_ISSUE,
  BLOCK_SLEEPRQ,
} from './tracepoints.ts';

/**
 * The queue of a disk: buffers become requests, requests are sorted and merged, and go to the disk one after the other.
 *
 * An empty queue is *plugged*: it collects requests until somebody waits for one ({@link unplug}). The request at the head
 * of an unplugged queue is the disk's; nothing is merged with it or sorted in before it. Requests are scarce on purpose:
 * who finds none sleeps until a batch of them is free, which is what slows writers down to the disk's speed.
 *
 * @linux 2.4.22 drivers/block/ll_rw_blk.c
 */
export class RequestQueue {
  readonly device: BlockDevice;
  /** Whether new requests are collected. */
  plugged = false;
  /** Requests; the first is the disk's when it is busy. */
  readonly requests: Request[] = [];
  private readonly dev: number;
  private readonly memory: PhysicalMemory;
  private readonly trace: Trace;
  private readonly ports: BlockPorts;
  private readonly rules: BlockRules;
  // Free requests for reads and for writes; with one list only the first counts.
  private readonly free: [number, number];
  private readonly batch: number;
  private readonly onPlug: (queue: RequestQueue) => void;
  // What the elevator says.
  private readonly place: Place = { merge: MERGE.none, index: -1 };
  // Requests out of use.
  private readonly spare: Request[] = [];

  constructor(parts: {
    device: BlockDevice;
    dev: number;
    memory: PhysicalMemory;
    trace: Trace;
    ports: BlockPorts;
    rules: BlockRules;
    megs: number;
    onPlug: (queue: RequestQueue) => void;
  }) {
    this.device = parts.device;
    this.dev = parts.dev;
    this.memory = parts.memory;
    this.trace = parts.trace;
    this.ports = parts.ports;
    this.rules = parts.rules;
    this.onPlug = parts.onPlug;
    const { rules } = this;
    const requests = parts.megs < rules.smallBelowMegs ? rules.requestsSmall : rules.requests;
    this.batch = rules.batch(requests);
    this.free = rules.sharedRequests ? [requests, 0] : [requests / 2, requests / 2];
  }

  /** Requests that may still be taken, for reads and for writes. */
  get freeRequests(): readonly [number, number] {
    return this.free;
  }

  /**
   * Adds a locked, mapped buffer to the queue. May sleep until a request is free.
   *
   * @linux 2.4.22 drivers/block/ll_rw_blk.c __make_request()
   */
  makeRequest(bh: BufferHead, sector: number, write: boolean): void {
    const { requests, rules } = this;
    const list = this.rules.sharedRequests || !write ? 0 : 1;
    let taken = -1;
    for (;;) {
      let index = requests.length;
      if (requests.length === 0) {
        this.plug();
      } else {
        const first = this.plugged ? 0 : 1;
        const { place } = this;
        elevatorMerge(place, requests, first, bh, sector, write, rules.maxSectors, rules.seekCost);
        if (place.merge === MERGE.back) {
          this.mergeBack(place.index, bh);
          break;
        }
        if (place.merge === MERGE.front) {
          this.mergeFront(place.index, bh, first);
          break;
        }
        if (place.index !== -1) index = place.index + 1;
      }
      if (taken === -1) {
        taken = this.takeRequest(list, write);
        if (taken === -1) {
          taken = this.waitForRequest(list, write);
          // The queue is another one by now: look for a place again.
          continue;
        }
      }
      this.insert(index, bh, sector, write, taken);
      return;
    }
    if (taken !== -1) this.free[taken] = (this.free[taken] as number) + 1;
  }

  /** Lets the disk begin. @linux generic_unplug_device() */
  unplug(): void {
    if (!this.plugged) return;
    this.plugged = false;
    this.startNext();
  }

  private plug(): void {
    if (this.plugged) return;
    this.plugged = true;
    this.onPlug(this);
  }

  /** The list that a request came from, or -1 when there is none. @linux get_request() */
  private takeRequest(list: number, write: boolean): number {
    let from = list;
    if (this.free[from] === 0 && !write && this.rules.readsSteal) from = 1;
    if ((this.free[from] as number) === 0) return -1;
    this.free[from] = (this.free[from] as number) - 1;
    return from;
  }

  /** @linux __get_request_wait() */
  private waitForRequest(list: number, write: boolean): number {
    if (this.trace.on) this.trace.emit(BLOCK_SLEEPRQ, this.dev, write ? 1 : 0, this.batch);
    for (;;) {
      this.unplug();
      const enough = Math.max(1, this.batch);
      this.ports.waitUntil(() => (this.free[list] as number) >= enough);
      const taken = this.takeRequest(list, write);
      if (taken !== -1) return taken;
    }
  }

  private insert(index: number, bh: BufferHead, sector: number, write: boolean, list: number): void {
    const { rules, requests } = this;
    const request = this.spare.pop() ?? new Request(this.memory, this);
    request.begin(bh, write, sector, write ? rules.writeLatency : rules.readLatency, list);
    requests.push(request);
    for (let i = requests.length - 1; i > index; i--) requests[i] = requests[i - 1] as Request;
    requests[index] = request;
    if (this.trace.on)
      this.trace.emit(
        BLOCK_RQ_INSERT,
        this.dev,
        sector,
        request.sectors,
        write ? 1 : 0,
        this.requests.length,
      );
  }

  private mergeBack(index: number, bh: BufferHead): void {
    const request = this.requests[index] as Request;
    request.append(bh);
    if (this.trace.on) this.trace.emit(BLOCK_BIO_BACKMERGE, this.dev, request.sector, request.sectors);
    if (index + 1 < this.requests.length) this.attemptMerge(index);
  }

  private mergeFront(index: number, bh: BufferHead, first: number): void {
    const request = this.requests[index] as Request;
    request.prepend(bh);
    if (this.trace.on) this.trace.emit(BLOCK_BIO_FRONTMERGE, this.dev, request.sector, request.sectors);
    if (index > first) this.attemptMerge(index - 1);
  }

  /** Joins request `index` with its successor if they touch. @linux attempt_merge() */
  private attemptMerge(index: number): void {
    const request = this.requests[index] as Request;
    const next = this.requests[index + 1] as Request;
    if (request.sector + request.sectors !== next.sector || request.write !== next.write) return;
    if (request.sectors + next.sectors > this.rules.maxSectors) return;
    request.sequence = Math.min(request.sequence, next.sequence);
    request.absorb(next);
    this.requests.splice(index + 1, 1);
    this.release(next);
  }

  private release(request: Request): void {
    this.free[request.list] = (this.free[request.list] as number) + 1;
    request.first = null;
    request.last = null;
    this.spare.push(request);
  }

  private startNext(): void {
    const request = this.requests[0];
    if (request === undefined || this.device.busy) return;
    if (this.trace.on)
      this.trace.emit(BLOCK_RQ_ISSUE, this.dev, request.sector, request.sectors, request.write ? 1 : 0);
    this.device.start(request);
  }

  /** The disk is done with the first request: its buffers end, and the next begins. @linux end_that_request_first() */
  finish(request: Request, sectorsDone: number): void {
    this.requests.shift();
    if (this.trace.on)
      this.trace.emit(BLOCK_RQ_COMPLETE, this.dev, request.sector, sectorsDone, request.write ? 1 : 0);
    let bh = request.first;
    this.release(request);
    if (!this.plugged) this.startNext();
    let end = 0;
    while (bh !== null) {
      // Who hears of its end may use the buffer for something else at once.
      const next: BufferHead | null = bh.requestNext;
      end += bh.size / SECTOR;
      bh.endIo?.(bh, end <= sectorsDone);
      bh = next;
    }
  }
}
