import { type DeviceRequest, SECTOR } from '../hardware/block-device.ts';
import type { PhysicalMemory } from '../hardware/physical-memory.ts';
import type { BufferHead } from './buffer-head.ts';

/**
 * A contiguous transfer that waits for the disk: buffers that lie side by side on it.
 *
 * @linux 2.4.22 include/linux/blkdev.h struct request
 */
export class Request implements DeviceRequest {
  readonly write: boolean;
  /** First sector; falls when a buffer is merged at the front. */
  sector: number;
  sectors: number;
  /** Others that may still be sorted in before it; at 0 nobody passes. @linux elevator_sequence */
  sequence: number;
  /** Free list that it goes back to: 0 reads (or all), 1 writes. */
  readonly list: number;
  /** Buffers in order of their sectors. */
  readonly buffers: BufferHead[];
  private readonly memory: PhysicalMemory;
  private readonly ended: (request: Request, sectorsDone: number) => void;

  constructor(parts: {
    bh: BufferHead;
    write: boolean;
    sector: number;
    sequence: number;
    list: number;
    memory: PhysicalMemory;
    ended: (request: Request, sectorsDone: number) => void;
  }) {
    this.write = parts.write;
    this.sector = parts.sector;
    this.sectors = parts.bh.size / SECTOR;
    this.sequence = parts.sequence;
    this.list = parts.list;
    this.buffers = [parts.bh];
    this.memory = parts.memory;
    this.ended = parts.ended;
  }

  forSegments(move: (memory: Uint8Array | null, length: number) => void): void {
    const { memory } = this;
    for (const bh of this.buffers) {
      if (!memory.movesBytes(bh.page)) {
        move(null, bh.size);
      } else {
        const start = memory.base(bh.page) * 4 + bh.offset;
        move(memory.bytes.subarray(start, start + bh.size), bh.size);
      }
    }
  }

  done(sectorsDone: number): void {
    this.ended(this, sectorsDone);
  }
}
