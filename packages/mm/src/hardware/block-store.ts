import { ConfigError } from '../kernel-bug.ts';

/** Where a block device's bytes lie. Offsets are in bytes, multiples of 512, within {@link size}. */
export interface BlockStore {
  /** Bytes, a multiple of 512. */
  readonly size: number;
  /** Fills `into` from `offset` on; false: the medium cannot be read there. */
  read(offset: number, into: Uint8Array): boolean;
  /** Puts `from` at `offset`; false: the medium cannot be written there. */
  write(offset: number, from: Uint8Array): boolean;
}

const CHUNK_BYTES = 65536;

/** Bytes in the host's memory; what was never written is zero and takes no room. */
export class MemoryStore implements BlockStore {
  readonly size: number;
  private readonly chunks = new Map<number, Uint8Array>();

  /** @param size bytes, a multiple of 512 */
  constructor(size: number) {
    if (!Number.isInteger(size) || size < 512 || size % 512 !== 0) {
      throw new ConfigError(`block device: ${size} bytes; allowed are multiples of 512, at least 512`);
    }
    this.size = size;
  }

  read(offset: number, into: Uint8Array): boolean {
    this.forChunks(offset, into.length, (number, at, from, length) => {
      const chunk = this.chunks.get(number);
      if (chunk === undefined) into.fill(0, from, from + length);
      else into.set(chunk.subarray(at, at + length), from);
    });
    return true;
  }

  write(offset: number, source: Uint8Array): boolean {
    this.forChunks(offset, source.length, (number, at, from, length) => {
      let chunk = this.chunks.get(number);
      if (chunk === undefined) {
        chunk = new Uint8Array(CHUNK_BYTES);
        this.chunks.set(number, chunk);
      }
      chunk.set(source.subarray(from, from + length), at);
    });
    return true;
  }

  private forChunks(
    offset: number,
    length: number,
    visit: (number: number, at: number, from: number, length: number) => void,
  ): void {
    for (let done = 0; done < length; ) {
      const at = (offset + done) % CHUNK_BYTES;
      const part = Math.min(CHUNK_BYTES - at, length - done);
      visit(Math.floor((offset + done) / CHUNK_BYTES), at, done, part);
      done += part;
    }
  }
}
