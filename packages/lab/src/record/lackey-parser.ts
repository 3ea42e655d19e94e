import { Access } from '../trace/format.ts';

/** What a LackeyParser calls. */
export interface LackeyHandler {
  /** A reference to the page with this number (address / 4096). */
  reference(page: number, access: Access): void;
  /**
   * Any other line, without its newline. False: not yet, the parser stops before this line and offers it again
   * when it is next called.
   */
  line(text: string): boolean;
}

const NEWLINE = 10;
const SPACE = 32;
const COMMA = 44;
const I = 73;
const L = 76;
const M = 77;
const S = 83;

/**
 * Parses the log of `valgrind --tool=lackey --trace-mem=yes --trace-syscalls=yes` as bytes; a reference costs no
 * allocation. References look like this (address in hex, size in decimal):
 *
 * ```text
 * I  0401ab70,3          instruction fetch
 *  L 1fff000768,8        load
 *  S 1fff000768,8        store
 *  M 04033e06,1          modify: one instruction loads and stores; the page fault is a write fault
 * ```
 *
 * A reference across a page border is two, one to each page.
 */
export class LackeyParser {
  readonly #handler: LackeyHandler;

  constructor(handler: LackeyHandler) {
    this.#handler = handler;
  }

  /**
   * Parses the whole lines in `bytes[0..end)`; the number of bytes used. Less than the last line's end when the
   * handler refused a line.
   */
  parse(bytes: Uint8Array, end: number): number {
    const handler = this.#handler;
    let at = 0;
    while (at < end) {
      const access = end - at > 4 ? accessOf(bytes[at]!, bytes[at + 1]!, bytes[at + 2]!) : -1;
      if (access < 0) {
        const newline = bytes.indexOf(NEWLINE, at);
        if (newline < 0 || newline >= end) return at;
        if (!handler.line(text(bytes, at, newline))) return at;
        at = newline + 1;
        continue;
      }
      let page = 0;
      let low = 0;
      let i = at + 3;
      // The last three digits are the offset: `low` holds them, what falls out of it belongs to the page.
      for (; i < end; i++) {
        const c = bytes[i]!;
        if (c === COMMA) break;
        low = ((low & 0xfff) << 4) | (c < 58 ? c - 48 : c - 87);
        page = page * 16 + (low >>> 12);
      }
      let size = 0;
      for (i++; i < end; i++) {
        const c = bytes[i]!;
        if (c === NEWLINE) break;
        size = size * 10 + (c - 48);
      }
      if (i >= end) return at;
      handler.reference(page, access as Access);
      if ((low & 0xfff) + size > 4096) handler.reference(page + 1, access as Access);
      at = i + 1;
    }
    return at;
  }
}

/** The access of a line that begins with these bytes, or -1 when it is no reference. */
function accessOf(a: number, b: number, c: number): number {
  if (c !== SPACE) return -1;
  if (a === I) return b === SPACE ? Access.Execute : -1;
  if (a !== SPACE) return -1;
  if (b === L) return Access.Read;
  return b === S || b === M ? Access.Write : -1;
}

function text(bytes: Uint8Array, from: number, to: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + from, to - from).toString('utf8');
}
