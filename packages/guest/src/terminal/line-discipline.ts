import type { Output } from './output.ts';
import { DISABLED, I, L, type Termios, V } from './termios.ts';

const LF = 10;
const CR = 13;
const BELL = 7;
const BS = 8;
const TAB = 9;
const BLANK = 32;
const CARET = 0x5e;
const DELETE = 127;
/** Bytes that a terminal keeps until a program reads them. @linux N_TTY_BUF_SIZE */
export const INPUT_BYTES = 4096;
const MASK = INPUT_BYTES - 1;

/** A character was typed that sends a signal to the programs in front. */
export type OnSignal = (kind: 'intr' | 'quit' | 'susp') => void;

/**
 * What happens to input on its way from the keyboard to a program: characters become lines that can be edited, are echoed,
 * or send signals. In raw mode they go straight through.
 *
 * ```
 *   ring:   ... | a complete line \n | another \n | being typed
 *               ^tail                              ^canonHead    ^head
 *   marks:       0 0 0 ...          1 0 ...     1   0 0 0           1: a line ends with this byte
 * ```
 * @linux 2.4.22 drivers/char/n_tty.c
 */
export class LineDiscipline {
  /** Output is stopped: ^S. */
  stopped = false;
  private readonly termios: Termios;
  private readonly output: Output;
  private readonly onSignal: OnSignal;
  private readonly ring = new Uint8Array(INPUT_BYTES);
  private readonly marks = new Uint8Array(INPUT_BYTES);
  // Positions count on for ever; MASK makes places in the ring of them.
  private head = 0;
  private tail = 0;
  private canonHead = 0;
  private lines = 0;
  // The column in which the line that is being typed began.
  private lineColumn = 0;
  // ECHOPRT: characters that were erased are being shown, between \ and /.
  private erasing = false;
  private literal = false;
  private wasCanonical = true;

  constructor(termios: Termios, output: Output, onSignal: OnSignal) {
    this.termios = termios;
    this.output = output;
    this.onSignal = onSignal;
  }

  /** Bytes that a read could have at once. */
  get available(): number {
    if (!this.canonical) return this.head - this.tail;
    return this.lines > 0 ? this.canonHead - this.tail : 0;
  }

  /** Something can be read: a line, if there are lines. It may be an empty one, the end of input. */
  get readable(): boolean {
    return this.canonical ? this.lines > 0 : this.head > this.tail;
  }

  /** Bytes that it keeps, the line that is being typed included. */
  get held(): number {
    return this.head - this.tail;
  }

  private get canonical(): boolean {
    return (this.termios.lflag & L.icanon) !== 0;
  }

  /** Characters arrive from the keyboard. */
  receive(bytes: Uint8Array): void {
    for (const byte of bytes) this.character(byte);
    this.output.flush();
  }

  /** The settings have changed: what was typed counts as a line, or lines do not count any more. */
  settingsChanged(): void {
    const { canonical } = this;
    if (canonical !== this.wasCanonical) {
      this.wasCanonical = canonical;
      this.marks.fill(0);
      this.lines = 0;
      this.canonHead = this.head;
      this.erasing = false;
      this.literal = false;
      if (canonical && this.head > this.tail) {
        this.marks[(this.head - 1) & MASK] = 1;
        this.lines = 1;
      }
    }
    if (this.stopped && (this.termios.iflag & I.ixon) === 0) this.stopped = false;
  }

  /** Takes what a read gets: in canonical mode at most to the end of a line. */
  take(most: number): Uint8Array {
    const bytes: number[] = [];
    while (this.tail < this.head && bytes.length < most) {
      if (this.canonical && this.lines === 0) break;
      const at = this.tail++ & MASK;
      const ends = this.marks[at] === 1;
      this.marks[at] = 0;
      const byte = this.ring[at] as number;
      // The mark of the end of input is no character.
      if (!(ends && byte === DISABLED)) bytes.push(byte);
      if (!ends) continue;
      this.lines--;
      break;
    }
    return Uint8Array.from(bytes);
  }

  /** Forgets input that nobody has read. */
  flushInput(): void {
    this.tail = this.canonHead = this.head;
    this.lines = 0;
    this.marks.fill(0);
    this.erasing = false;
    this.literal = false;
  }

  private is(byte: number, place: number): boolean {
    return byte !== DISABLED && this.termios.cc[place] === byte;
  }

  private character(typed: number): void {
    const { iflag, lflag, cc } = this.termios;
    let byte = (iflag & I.istrip) !== 0 ? typed & 0x7f : typed;
    const extended = (lflag & L.iexten) !== 0;
    if ((iflag & I.iuclc) !== 0 && extended && byte >= 0x41 && byte <= 0x5a) byte += BLANK;
    if (this.literal) {
      this.literal = false;
      this.ordinary(byte);
      return;
    }
    if ((iflag & I.ixon) !== 0) {
      if (this.is(byte, V.start)) {
        this.stopped = false;
        return;
      }
      if (this.is(byte, V.stop)) {
        this.stopped = true;
        return;
      }
      if (this.stopped && (iflag & I.ixany) !== 0) this.stopped = false;
    }
    if ((lflag & L.isig) !== 0 && this.signalCharacter(byte)) return;
    if (byte === CR) {
      if ((iflag & I.igncr) !== 0) return;
      if ((iflag & I.icrnl) !== 0) byte = LF;
    } else if (byte === LF && (iflag & I.inlcr) !== 0) byte = CR;
    if ((lflag & L.icanon) !== 0 && this.editing(byte, extended, cc)) return;
    this.ordinary(byte);
  }

  /** ^C ^\ ^Z: what was typed is forgotten, unless NOFLSH is set. */
  private signalCharacter(byte: number): boolean {
    const kind = this.is(byte, V.intr)
      ? 'intr'
      : this.is(byte, V.quit)
        ? 'quit'
        : this.is(byte, V.susp)
          ? 'susp'
          : null;
    if (kind === null) return false;
    const { lflag } = this.termios;
    if ((lflag & L.noflsh) === 0) this.flushInput();
    this.stopped = false;
    if ((lflag & L.echo) !== 0) this.echo(byte);
    this.output.flush();
    this.onSignal(kind);
    return true;
  }

  /** Characters that edit or end a line; false: it is none. */
  private editing(byte: number, extended: boolean, cc: Uint8Array): boolean {
    const { lflag } = this.termios;
    if (this.is(byte, V.erase) || this.is(byte, V.kill) || (extended && this.is(byte, V.werase))) {
      this.erase(byte);
      return true;
    }
    if (extended && this.is(byte, V.lnext)) {
      this.literal = true;
      if ((lflag & L.echo) !== 0) {
        this.finishErasing();
        if ((lflag & L.echoctl) !== 0) this.output.raw(CARET, BS);
      }
      return true;
    }
    if (extended && (lflag & L.echo) !== 0 && this.is(byte, V.reprint)) {
      this.finishErasing();
      this.echo(byte);
      this.output.put(LF);
      for (let at = this.canonHead; at < this.head; at++) this.echo(this.ring[at & MASK] as number);
      return true;
    }
    if (byte === LF) {
      if ((lflag & (L.echo | L.echonl)) !== 0) this.output.put(LF);
      this.endLine(byte);
      return true;
    }
    if (this.is(byte, V.eof)) {
      this.endLine(DISABLED);
      return true;
    }
    if (this.is(byte, V.eol) || (extended && byte === cc[V.eol2] && byte !== DISABLED)) {
      if ((lflag & L.echo) !== 0) {
        if (this.head === this.canonHead) this.lineColumn = this.output.column;
        this.echo(byte);
      }
      this.endLine(byte);
      return true;
    }
    return false;
  }

  private ordinary(byte: number): void {
    const { iflag, lflag } = this.termios;
    // In canonical mode a place is kept for the end of the line.
    if (this.head - this.tail >= INPUT_BYTES - 1) {
      if ((iflag & I.imaxbel) !== 0) this.output.raw(BELL);
      return;
    }
    if ((lflag & L.echo) !== 0) {
      this.finishErasing();
      if (byte === LF) this.output.put(LF);
      else {
        if (this.head === this.canonHead) this.lineColumn = this.output.column;
        this.echo(byte);
      }
    }
    if ((iflag & I.parmrk) !== 0 && byte === 0xff) this.store(byte);
    this.store(byte);
  }

  private store(byte: number): void {
    if (this.head - this.tail < INPUT_BYTES) this.ring[this.head++ & MASK] = byte;
  }

  private endLine(byte: number): void {
    if (this.head - this.tail >= INPUT_BYTES) return;
    this.marks[this.head & MASK] = 1;
    this.ring[this.head++ & MASK] = byte;
    this.canonHead = this.head;
    this.lines++;
  }

  /** Shows a character; control characters as ^X. */
  private echo(byte: number): void {
    const { lflag } = this.termios;
    const control = byte < BLANK || byte === DELETE;
    if ((lflag & L.echoctl) !== 0 && control && byte !== TAB) {
      this.output.put(CARET);
      this.output.put(byte ^ 0x40);
    } else this.output.put(byte);
  }

  private finishErasing(): void {
    if (!this.erasing) return;
    this.output.put(0x2f);
    this.erasing = false;
  }

  /** The erase, kill or werase character. @linux n_tty.c eraser() */
  private erase(byte: number): void {
    const { lflag } = this.termios;
    if (this.head === this.canonHead) return;
    const kill = this.is(byte, V.kill);
    if (kill && (lflag & L.echo) === 0) {
      this.head = this.canonHead;
      return;
    }
    const visibly = (lflag & (L.echok | L.echoke | L.echoe)) === (L.echok | L.echoke | L.echoe);
    if (kill && !visibly) {
      this.head = this.canonHead;
      this.finishErasing();
      this.echo(byte);
      if ((lflag & L.echok) !== 0) this.output.put(LF);
      return;
    }
    const word = !kill && this.is(byte, V.werase);
    let seenWord = false;
    while (this.head > this.canonHead) {
      const start = this.characterStart();
      const first = this.ring[start & MASK] as number;
      if (word) {
        if (isWord(first)) seenWord = true;
        else if (seenWord) break;
      }
      this.head = start;
      if ((lflag & L.echo) !== 0) this.showErased(byte, first, kill || word);
      if (!kill && !word) break;
    }
    if (this.head === this.canonHead && (lflag & L.echo) !== 0) this.finishErasing();
  }

  /** Where the last character that was typed begins: of UTF-8 it may have several bytes. */
  private characterStart(): number {
    let at = this.head - 1;
    if ((this.termios.iflag & I.iutf8) === 0) return at;
    while (at > this.canonHead && ((this.ring[at & MASK] as number) & 0xc0) === 0x80) at--;
    return at;
  }

  private showErased(byte: number, erased: number, always: boolean): void {
    const { lflag } = this.termios;
    if ((lflag & L.echoprt) !== 0) {
      if (!this.erasing) {
        this.output.put(0x5c);
        this.erasing = true;
      }
      this.echo(erased);
    } else if (!always && (lflag & L.echoe) === 0) this.echo(byte);
    else if (erased === TAB) this.eraseTab();
    else {
      const control = erased < BLANK || erased === DELETE;
      const columns = control ? ((lflag & L.echoctl) !== 0 ? 2 : 0) : 1;
      for (let i = 0; i < columns; i++) for (const out of [BS, BLANK, BS]) this.output.put(out);
    }
  }

  /** A tab is as wide as what stands before it in the line tells. */
  private eraseTab(): void {
    let column = this.lineColumn;
    for (let at = this.canonHead; at < this.head; at++) {
      const byte = this.ring[at & MASK] as number;
      const control = byte < BLANK || byte === DELETE;
      if (byte === TAB) column = (column | 7) + 1;
      else if (control) column += (this.termios.lflag & L.echoctl) !== 0 ? 2 : 0;
      else if ((byte & 0xc0) !== 0x80) column++;
    }
    for (let blanks = this.output.column - column; blanks > 0; blanks--) this.output.put(BS);
  }
}

function isWord(byte: number): boolean {
  return (
    (byte >= 0x30 && byte <= 0x39) ||
    (byte >= 0x41 && byte <= 0x5a) ||
    (byte >= 0x61 && byte <= 0x7a) ||
    byte === 0x5f ||
    byte >= 0x80
  );
}
