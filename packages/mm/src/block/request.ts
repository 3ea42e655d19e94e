import { type DeviceRequest, SECTOR } from '../hardware/block-device.ts';
import type { PhysicalMemory } from '../hardware/physical-memory.ts';
import type { BufferHead } from './buffer-head.ts';

/** Who is told when a request has ended. */
export interface RequestOwner {
  /** @param sectorsDone fewer than the request's on an error */
  finish(request: Request, sectorsDone: number): void;
}

/**
 * A contiguous transfer that waits for the disk: buffers that lie side by side on it. A queue uses its requests again and
 * again: {@link begin} makes one of a buffer.
 *
 * ```
 *   first -> requestNext -> ... -> last        in order of their sectors
 * ```
 * @linux 2.4.22 include/linux/blkdev.h struct request
 */
export class Request implements DeviceRequest {
  write = false;
  /** First sector; falls when a buffer is merged at the front. */
  sector = 0;
  sectors = 0;
  /** Others that may still be sorted in before it; at 0 nobody passes. @linux elevator_sequence */
  sequence = 0;
  /** Free list that it goes back to: 0 reads (or all), 1 writes. */
  list = 0;
  /** First buffer; null while the request is not in use. @linux bh */
  first: BufferHead | null = null;
  /** @linux bhtail */
  last: BufferHead | null = null;
  private readonly memory: PhysicalMemory;
  private readonly owner: RequestOwner;

  constructor(memory: PhysicalMemory, owner: RequestOwner) {
    this.memory = memory;
    this.owner = owner;
  }

  /** Makes it the request of one buffer. */
  begin(bh: BufferHead, write: boolean, sector: number, sequence: number, list: number): void {
    this.write = write;
    this.sector = sector;
    this.sectors = bh.size / SECTOR;
    this.sequence = sequence;
    this.list = list;
    this.first = bh;
    this.last = bh;
    bh.requestNext = null;
  }

  /** Adds a buffer that lies right behind it on the disk. */
  append(bh: BufferHead): void {
    (this.last as BufferHead).requestNext = bh;
    bh.requestNext = null;
    this.last = bh;
    this.sectors += bh.size / SECTOR;
  }

  /** Adds a buffer that lies right before it on the disk. */
  prepend(bh: BufferHead): void {
    bh.requestNext = this.first;
    this.first = bh;
    this.sectors += bh.size / SECTOR;
    this.sector -= bh.size / SECTOR;
  }

  /** Takes over all buffers of a request that lies right behind it on the disk. */
  absorb(next: Request): void {
    (this.last as BufferHead).requestNext = next.first;
    this.last = next.last;
    this.sectors += next.sectors;
  }

  forSegments(move: (memory: Uint8Array | null, length: number) => void): void {
    const { memory } = this;
    for (let bh = this.first; bh !== null; bh = bh.requestNext) {
      if (!memory.movesBytes(bh.page)) {
        move(null, bh.size);
      } else {
        const start = memory.base(bh.page) * 4 + bh.offset;
        move(memory.bytes.subarray(start, start + bh.size), bh.size);
      }
    }
  }

  done(sectorsDone: number): void {
    this.owner.finish(this, sectorsDone);
  }
}
