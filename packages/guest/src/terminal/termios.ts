/** The settings of a terminal, and their form in a program's memory. @linux include/asm-i386/termbits.h */

/** Bits of c_iflag: what is done to input. */
export const I = {
  ignbrk: 0o1,
  brkint: 0o2,
  parmrk: 0o10,
  istrip: 0o40,
  inlcr: 0o100,
  igncr: 0o200,
  icrnl: 0o400,
  iuclc: 0o1000,
  ixon: 0o2000,
  ixany: 0o4000,
  imaxbel: 0o20000,
  iutf8: 0o40000,
} as const;

/** Bits of c_oflag: what is done to output. */
export const O = {
  opost: 0o1,
  olcuc: 0o2,
  onlcr: 0o4,
  ocrnl: 0o10,
  onocr: 0o20,
  onlret: 0o40,
  /** TAB3: tabs become blanks. */
  xtabs: 0o14000,
} as const;

/** Bits of c_lflag: what a line is, and what is shown of it. */
export const L = {
  isig: 0o1,
  icanon: 0o2,
  echo: 0o10,
  echoe: 0o20,
  echok: 0o40,
  echonl: 0o100,
  noflsh: 0o200,
  tostop: 0o400,
  echoctl: 0o1000,
  echoprt: 0o2000,
  echoke: 0o4000,
  iexten: 0o100000,
} as const;

/** Places in c_cc: the characters that mean something. */
export const V = {
  intr: 0,
  quit: 1,
  erase: 2,
  kill: 3,
  eof: 4,
  time: 5,
  min: 6,
  start: 8,
  stop: 9,
  susp: 10,
  eol: 11,
  reprint: 12,
  discard: 13,
  werase: 14,
  lnext: 15,
  eol2: 16,
} as const;

/** The value in c_cc of a character that is switched off. @linux __DISABLED_CHAR */
export const DISABLED = 0;
/** @linux NCCS */
const CC_COUNT = 19;
/** B38400 | CS8 | CREAD | HUPCL */
const CONTROL_FLAGS = 0o17 | 0o60 | 0o200 | 0o2000;
const CBAUD = 0o10017;
/** Its CBAUD bits say: the speed is in a field of its own. */
const BOTHER = 0o10000;
/** Speeds by their number in CBAUD; from CBAUDEX on, the higher ones. */
const SPEEDS = [0, 50, 75, 110, 134, 150, 200, 300, 600, 1200, 1800, 2400, 4800, 9600, 19200, 38400];
const HIGH_SPEEDS = [0, 57600, 115200, 230400, 460800, 500000, 576000, 921600, 1000000];

/** ^C ^\ DEL ^U ^D 0 1 0 ^Q ^S ^Z 0 ^R ^O ^W ^V 0 @linux INIT_C_CC */
const CHARACTERS = [3, 28, 127, 21, 4, 0, 1, 0, 17, 19, 26, 0, 18, 15, 23, 22, 0, 0, 0];

/** Bytes of `struct termios` of the kernel, of `struct termios2` (with speeds), and of `struct termio` (of halves of words). */
export const TERMIOS_BYTES = 36;
export const TERMIOS2_BYTES = 44;
export const TERMIO_BYTES = 18;
/** Characters in a `struct termio`. */
const TERMIO_CC = 8;

/** Settings of a terminal; as new: lines, echo, signals, and CR LF at the end of a line. */
export class Termios {
  iflag: number = I.icrnl | I.ixon | I.iutf8;
  oflag: number = O.opost | O.onlcr;
  cflag = CONTROL_FLAGS;
  lflag: number = L.isig | L.icanon | L.echo | L.echoe | L.echok | L.echoctl | L.echoke | L.iexten;
  line = 0;
  readonly cc = Uint8Array.from(CHARACTERS);
  /** Bits per second, as far as a program asked for some of its own. */
  ispeed = 38400;
  ospeed = 38400;

  /** As `struct termios`, or `struct termios2`. */
  toBytes(length: number): Uint8Array {
    const bytes = new Uint8Array(TERMIOS2_BYTES);
    const view = new DataView(bytes.buffer);
    view.setUint32(0, this.iflag, true);
    view.setUint32(4, this.oflag, true);
    view.setUint32(8, this.cflag, true);
    view.setUint32(12, this.lflag, true);
    bytes[16] = this.line;
    bytes.set(this.cc, 17);
    view.setUint32(36, this.ispeed, true);
    view.setUint32(40, this.ospeed, true);
    return bytes.slice(0, length);
  }

  /** Takes what {@link toBytes} makes. */
  fromBytes(bytes: Uint8Array): void {
    const view = new DataView(bytes.buffer, bytes.byteOffset);
    this.iflag = view.getUint32(0, true);
    this.oflag = view.getUint32(4, true);
    this.cflag = view.getUint32(8, true);
    this.lflag = view.getUint32(12, true);
    this.line = bytes[16] as number;
    this.cc.set(bytes.subarray(17, 17 + CC_COUNT));
    const own = bytes.length === TERMIOS2_BYTES && (this.cflag & CBAUD) === BOTHER;
    this.ispeed = own ? view.getUint32(36, true) : speedOf(this.cflag);
    this.ospeed = own ? view.getUint32(40, true) : speedOf(this.cflag);
  }

  /** As `struct termio`. */
  toTermio(): Uint8Array {
    const bytes = new Uint8Array(TERMIO_BYTES);
    const view = new DataView(bytes.buffer);
    [this.iflag, this.oflag, this.cflag, this.lflag].forEach((flags, i) => {
      view.setUint16(2 * i, flags, true);
    });
    bytes[8] = this.line;
    bytes.set(this.cc.subarray(0, TERMIO_CC), 9);
    return bytes;
  }

  /** Takes a `struct termio`: the upper halves of the flags stay. */
  fromTermio(bytes: Uint8Array): void {
    const view = new DataView(bytes.buffer, bytes.byteOffset);
    const low = (flags: number, i: number) => ((flags & 0xffff0000) | view.getUint16(2 * i, true)) >>> 0;
    this.iflag = low(this.iflag, 0);
    this.oflag = low(this.oflag, 1);
    this.cflag = low(this.cflag, 2);
    this.lflag = low(this.lflag, 3);
    this.line = bytes[8] as number;
    this.cc.set(bytes.subarray(9, 9 + TERMIO_CC));
  }

  copy(): Termios {
    const other = new Termios();
    other.fromBytes(this.toBytes(TERMIOS2_BYTES));
    return other;
  }
}

/** Bits per second that CBAUD names. */
function speedOf(cflag: number): number {
  const number = cflag & 0o17;
  return ((cflag & BOTHER) === 0 ? SPEEDS[number] : HIGH_SPEEDS[number]) ?? 0;
}
