import { BLOCK_HEADER_BYTES, type Compression, Limit, TraceError } from './format.ts';
import type { TraceHeader, TraceTotals } from './header.ts';
import { memorySource } from './memory-source.ts';
import { readPrelude, TraceReader } from './reader.ts';

/** Unpacks one block; where unpacking cannot be waited for, as in browsers. Must not make more than `rawBytes` bytes. */
export type AsyncDecompressor = (
  compression: Compression,
  stored: Uint8Array,
  rawBytes: number,
) => Promise<Uint8Array>;

/** All of it is in memory: a recording of more bytes, or blocks, is not taken. */
const BYTES_MAX = 512 * 2 ** 20;
const BLOCKS_MAX = 1 << 16;

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

  /** Unpacks all blocks of a trace. @throws TraceError when its header is damaged, or when it is too large */
  static async from(bytes: Uint8Array, decompress: AsyncDecompressor): Promise<UnpackedTrace> {
    const { compression, bytes: prelude } = readPrelude(memorySource(bytes));
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const blocks: Uint8Array[] = [];
    let total = 0;
    for (let at = prelude; at + BLOCK_HEADER_BYTES <= bytes.length; ) {
      const raw = view.getUint32(at, true);
      const stored = view.getUint32(at + 4, true);
      at += BLOCK_HEADER_BYTES;
      if (raw === 0 || raw > Limit.blockBytes || at + stored > bytes.length) break;
      total += raw;
      if (total > BYTES_MAX || blocks.length === BLOCKS_MAX) {
        throw new TraceError(
          `trace is too large to be unpacked at once: at most ${BYTES_MAX} bytes in ${BLOCKS_MAX} blocks`,
        );
      }
      const unpacked = decompress(compression, bytes.subarray(at, at + stored), raw);
      const block = await unpacked.catch(() => null);
      // Damage is told by the reader, when it comes to the block. It does not come to those behind it.
      if (block === null || block.length !== raw) break;
      blocks.push(block);
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
