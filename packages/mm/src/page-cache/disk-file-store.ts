import type { BlockStore } from '../hardware/block-store.ts';

/**
 * Fills page `index` of a file: `words` are the 1024 words of its frame, zero before. False: the device cannot read it.
 */
export type PageSource = (index: number, words: Int32Array) => boolean;

/** A source that reads `bytes`, zeroes behind them. */
export function bytesSource(bytes: Uint8Array): PageSource {
  return (index, words) => {
    const page = bytes.subarray(index * 4096, (index + 1) * 4096);
    new Uint8Array(words.buffer, words.byteOffset, 4096).set(page);
    return true;
  };
}

/** Bytes of a block of {@link DiskFileStore}. */
export const STORE_BLOCK = 4096;

/** Blocks that were given to a file when it was made, and who knows what is in them. */
interface Extent {
  readonly first: number;
  readonly blocks: number;
  readonly size: number;
  readonly source: PageSource | null;
}

/**
 * The medium of a disk whose files the host describes: a block comes from its file's source until it is written.
 *
 * It is larger than any disk of the time, so that any file fits; a block takes the host's memory only once it was written.
 */
export class DiskFileStore implements BlockStore {
  readonly size = 2 ** 50;
  // Ascending.
  private readonly extents: Extent[] = [];
  private readonly written = new Map<number, Uint8Array>();
  private readonly scratch = new Int32Array(1024);
  private nextBlock = 1;

  /** Takes blocks for a new file. @param size bytes that `source` has; null: zeroes. @returns the first of them */
  allocate(size: number, source: PageSource | null): number {
    const blocks = Math.ceil(size / STORE_BLOCK);
    const first = this.nextBlock;
    this.nextBlock += blocks;
    if (source !== null && blocks > 0) this.extents.push({ first, blocks, size, source });
    return first;
  }

  /** Takes a single block, whose contents nobody knows. */
  allocateBlock(): number {
    return this.nextBlock++;
  }

  /** Gives back the blocks of a deleted file. */
  free(first: number, others: Iterable<number>): void {
    const index = this.extents.findIndex((extent) => extent.first === first);
    const extent = this.extents[index];
    if (extent !== undefined) {
      this.extents.splice(index, 1);
      if (extent.blocks < this.written.size) {
        for (let i = 0; i < extent.blocks; i++) this.written.delete(first + i);
      } else {
        for (const block of this.written.keys()) {
          if (block >= first && block < first + extent.blocks) this.written.delete(block);
        }
      }
    }
    for (const block of others) this.written.delete(block);
  }

  read(offset: number, into: Uint8Array): boolean {
    for (let done = 0; done < into.length; ) {
      const at = (offset + done) % STORE_BLOCK;
      const part = Math.min(STORE_BLOCK - at, into.length - done);
      const block = this.block(Math.floor((offset + done) / STORE_BLOCK));
      if (block === null) return false;
      into.set(block.subarray(at, at + part), done);
      done += part;
    }
    return true;
  }

  write(offset: number, from: Uint8Array): boolean {
    for (let done = 0; done < from.length; ) {
      const at = (offset + done) % STORE_BLOCK;
      const part = Math.min(STORE_BLOCK - at, from.length - done);
      const number = Math.floor((offset + done) / STORE_BLOCK);
      let block = this.written.get(number) ?? null;
      if (block === null) {
        block = part === STORE_BLOCK ? new Uint8Array(STORE_BLOCK) : (this.block(number)?.slice() ?? null);
        if (block === null) return false;
        this.written.set(number, block);
      }
      block.set(from.subarray(done, done + part), at);
      done += part;
    }
    return true;
  }

  /** What a block holds; null: it cannot be read. */
  private block(number: number): Uint8Array | null {
    const written = this.written.get(number);
    if (written !== undefined) return written;
    const { scratch } = this;
    scratch.fill(0);
    const bytes = new Uint8Array(scratch.buffer);
    const extent = this.extentOf(number);
    if (extent === null || extent.source === null) return bytes;
    const index = number - extent.first;
    if (!extent.source(index, scratch)) return null;
    const valid = extent.size - index * STORE_BLOCK;
    if (valid < STORE_BLOCK) bytes.fill(0, valid);
    return bytes;
  }

  private extentOf(block: number): Extent | null {
    const { extents } = this;
    let low = 0;
    let high = extents.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((extents[middle] as Extent).first <= block) low = middle + 1;
      else high = middle;
    }
    const extent = extents[low - 1];
    return extent !== undefined && block < extent.first + extent.blocks ? extent : null;
  }
}
