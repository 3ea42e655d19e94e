/** Input of this command that is no terminal, for a program that asks for it. */

/** What is handed over at once. A writer that keeps up fills it, so pieces do not depend on its speed. */
const PIECE = 65536;
/** A pipe that has been silent this long has said what it had to say, ms. */
const SILENCE_MS = 20;

/** Reads standard input, but only as far as the program wants it. */
export class PlainInput {
  private pieces: Buffer[] = [];
  private length = 0;
  private ended = false;
  private news: () => void = () => {};

  constructor() {
    const { stdin } = process;
    stdin.pause();
    stdin.on('data', (bytes: Buffer) => {
      this.pieces.push(bytes);
      this.length += bytes.length;
      if (this.length >= PIECE) stdin.pause();
      this.news();
    });
    const end = () => {
      this.ended = true;
      this.news();
    };
    stdin.on('end', end);
    stdin.on('error', end);
  }

  /**
   * The next piece; null: there is no more.
   *
   * @param given resolves when nobody wants it any more
   */
  async next(given: Promise<void>): Promise<Uint8Array | null> {
    let over = false;
    void given.then(() => {
      over = true;
    });
    while (this.length < PIECE && !this.ended && !over) {
      const before = this.length;
      process.stdin.resume();
      const arrived = new Promise<void>((resolve) => {
        this.news = resolve;
      });
      await Promise.race(before === 0 ? [arrived, given] : [arrived, given, silence()]);
      if (this.length === before && before > 0) break;
    }
    process.stdin.pause();
    if (this.length === 0) return this.ended ? null : new Uint8Array(0);
    const all = Buffer.concat(this.pieces);
    const piece = all.subarray(0, PIECE);
    const rest = all.subarray(PIECE);
    this.pieces = rest.length === 0 ? [] : [rest];
    this.length = rest.length;
    return piece;
  }

  close(): void {
    process.stdin.removeAllListeners('data');
    process.stdin.pause();
    process.stdin.unref?.();
  }
}

function silence(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, SILENCE_MS));
}
