import { O, type Termios } from './termios.ts';

const BS = 8;
const TAB = 9;
const LF = 10;
const CR = 13;
const BLANK = 32;
const TAB_STOPS = 8;
/** Between ` and {, these become large letters. */
const SMALL_A = 0x61;
const SMALL_Z = 0x7a;

/**
 * What a terminal does to output on its way, and in which column it has come to: tabs and erasing need to know.
 *
 * @linux 2.4.22 drivers/char/n_tty.c opost()
 */
export class Output {
  /** Counted from 0. */
  column = 0;
  private readonly termios: Termios;
  private readonly write: (bytes: Uint8Array) => void;
  private pending: number[] = [];

  /** @param termios the settings, which may change */
  constructor(termios: Termios, write: (bytes: Uint8Array) => void) {
    this.termios = termios;
    this.write = write;
  }

  /** Output of a program. */
  send(bytes: Uint8Array): void {
    if ((this.termios.oflag & O.opost) === 0) {
      this.flush();
      this.write(bytes);
      return;
    }
    for (const byte of bytes) this.put(byte);
    this.flush();
  }

  /** One character of output or echo; it goes out with the next {@link flush}. */
  put(byte: number): void {
    const { oflag } = this.termios;
    if ((oflag & O.opost) === 0) {
      this.pending.push(byte);
      return;
    }
    if (byte === LF) this.newline(oflag);
    else if (byte === CR) this.carriageReturn(oflag);
    else if (byte === TAB) this.tab(oflag);
    else {
      if (byte === BS) this.column = Math.max(0, this.column - 1);
      // The bytes behind the first of a character of UTF-8 take no column.
      else if (byte >= BLANK && byte !== 127 && (byte & 0xc0) !== 0x80) this.column++;
      const small = byte >= SMALL_A && byte <= SMALL_Z;
      this.pending.push((oflag & O.olcuc) !== 0 && small ? byte - BLANK : byte);
    }
  }

  /** Characters as they are, which do not move the column. */
  raw(...bytes: readonly number[]): void {
    this.pending.push(...bytes);
  }

  flush(): void {
    if (this.pending.length === 0) return;
    const bytes = Uint8Array.from(this.pending);
    this.pending = [];
    this.write(bytes);
  }

  private newline(oflag: number): void {
    if ((oflag & O.onlcr) !== 0) {
      this.pending.push(CR, LF);
      this.column = 0;
      return;
    }
    if ((oflag & O.onlret) !== 0) this.column = 0;
    this.pending.push(LF);
  }

  private carriageReturn(oflag: number): void {
    if ((oflag & O.onocr) !== 0 && this.column === 0) return;
    if ((oflag & O.ocrnl) !== 0) {
      if ((oflag & O.onlret) !== 0) this.column = 0;
      this.pending.push(LF);
      return;
    }
    this.column = 0;
    this.pending.push(CR);
  }

  private tab(oflag: number): void {
    const blanks = TAB_STOPS - (this.column % TAB_STOPS);
    this.column += blanks;
    if ((oflag & O.xtabs) === O.xtabs) for (let i = 0; i < blanks; i++) this.pending.push(BLANK);
    else this.pending.push(TAB);
  }
}
