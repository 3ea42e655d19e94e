import { BLOCK_HEADER_BYTES, type Compression, Limit } from './format.ts';
import type { TraceHeader, TraceTotals } from './header.ts';
import { memorySource } from './memory-source.ts';
import { readPrelude, TraceReader } from './reader.ts';

/** Unpacks one block; where unpacking cannot be waited for, as in browsers. */
export type AsyncDecompressor = (compression: Compression, stored: Uint8Array) => Promise<Uint8Array>;

/** A recording whose blocks are unpacked already: readers of it need nothing of their host. */
export class UnpackedTrace {
  readonly header: TraceHeader;
  readonly totals: TraceTotals;
  private readonly bytes: Uint8Array;
  private readonly blocks: readonly Uint8Array[];

  private constructor(bytes: Uint8Array, blocks: readonly Uint8Array[]) {
    const { header, totals } = readPrelude(memorySource(bytes));
    this.header = header;
    this.totals = totals;
    this.bytes = bytes;
    this.blocks = blocks;
  }

  /** Unpacks all blocks of a trace. @throws TraceError when it is damaged */
  static async from(bytes: Uint8Array, decompress: AsyncDecompressor): Promise<UnpackedTrace> {
    const { compression, bytes: prelude } = readPrelude(memorySource(bytes));
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const blocks: Uint8Array[] = [];
    for (let at = prelude; at + BLOCK_HEADER_BYTES <= bytes.length; ) {
      const raw = view.getUint32(at, true);
      const stored = view.getUint32(at + 4, true);
      at += BLOCK_HEADER_BYTES;
      if (raw === 0 || raw > Limit.blockBytes || at + stored > bytes.length) break;
      const unpacked = decompress(compression, bytes.subarray(at, at + stored));
      // Damage is told by the reader, when it comes to the block.
      blocks.push(await unpacked.catch(() => new Uint8Array(0)));
      at += stored;
    }
    return new UnpackedTrace(bytes, blocks);
  }

  /** A reader at the first event. It checks what a reader of the file checks. */
  read(): TraceReader {
    const { bytes, blocks } = this;
    return new TraceReader(memorySource(bytes), (_compression, _stored, _raw, block) => {
      return blocks[block] ?? new Uint8Array(0);
    });
  }
}
