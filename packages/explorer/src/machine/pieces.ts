/** Pieces of buffers: what is the same in several states of a machine is kept once. */

export const PIECE_BYTES = 4096;
/** Words of 64 bits: fewer comparisons than with any other number. */
export const PIECE_WORDS = PIECE_BYTES / 8;
/** Pieces that are made room for at a time. */
const SLAB = 256;

/** 4 KiB of a buffer. */
export interface Piece {
  readonly words: BigInt64Array;
  /** States that have it; 0: its room is free. */
  users: number;
}

/** The piece that is all zero: it is always there. */
export const ZERO: Piece = { words: new BigInt64Array(PIECE_WORDS), users: 1 };

/**
 * Room for pieces. It is made in large portions and used again: to allocate each piece would take longer than to copy it, and
 * the garbage collector longer still.
 */
export class PieceStore {
  private readonly free: Piece[] = [];
  private used = 0;

  /** Bytes of the pieces that are in use. */
  get bytes(): number {
    return this.used * PIECE_BYTES;
  }

  /**
   * Piece `index` of a buffer as it is now, for one more state.
   *
   * @param before what it was in the state before
   */
  keep(words: BigInt64Array, index: number, before: Piece): Piece {
    const at = index * PIECE_WORDS;
    let piece = before;
    if (!same(words, at, before)) piece = same(words, at, ZERO) ? ZERO : this.copy(words, at);
    return this.share(piece);
  }

  /** One more state has the piece. */
  share(piece: Piece): Piece {
    if (piece !== ZERO) piece.users++;
    return piece;
  }

  /** A state that has the piece is gone. */
  leave(piece: Piece): void {
    if (piece === ZERO || --piece.users > 0) return;
    this.used--;
    this.free.push(piece);
  }

  private copy(words: BigInt64Array, at: number): Piece {
    if (this.free.length === 0) this.grow();
    const piece = this.free.pop() as Piece;
    piece.words.set(words.subarray(at, at + PIECE_WORDS));
    this.used++;
    return piece;
  }

  private grow(): void {
    const slab = new BigInt64Array(SLAB * PIECE_WORDS);
    for (let at = 0; at < slab.length; at += PIECE_WORDS) {
      this.free.push({ words: slab.subarray(at, at + PIECE_WORDS), users: 0 });
    }
  }
}

/** Whether a buffer holds a piece. */
function same(a: BigInt64Array, at: number, { words: b }: Piece): boolean {
  for (let i = 0; i < PIECE_WORDS; i += 4) {
    const j = at + i;
    if (a[j] !== b[i] || a[j + 1] !== b[i + 1] || a[j + 2] !== b[i + 2] || a[j + 3] !== b[i + 3])
      return false;
  }
  return true;
}
