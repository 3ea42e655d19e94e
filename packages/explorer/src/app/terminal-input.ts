import { piped } from '../bytes/piped.ts';
import type { TimedInput } from '../protocol/messages.ts';

/**
 * Terminal input as links carry it: turns, lengths and bytes, deflated, in base64url. In the place of a length {@link WINDOW} says
 * that the window's columns and rows follow.
 */

const VERSION = 1;
/** Bytes have twice their length. */
const WINDOW = 1;
/** Input of a link has at most so many bytes when it is unpacked: nobody types more. */
const BYTES_MAX = 4 * 2 ** 20;
/** As far as a link's turn may be. */
const TURN_MAX = 1e15;
/** Columns and rows of a window, at most: what the terminal's driver can hold. */
const WINDOW_MAX = 65_535;

/** Empty for no input. */
export async function packInput(input: readonly TimedInput[]): Promise<string> {
  if (input.length === 0) return '';
  const bytes: number[] = [VERSION];
  let turn = 0;
  for (const piece of input) {
    pushVarint(bytes, piece.turn - turn);
    if (piece.window) {
      pushVarint(bytes, WINDOW);
      pushVarint(bytes, piece.window.columns);
      pushVarint(bytes, piece.window.rows);
    } else {
      pushVarint(bytes, 2 * piece.bytes.length);
      for (const byte of piece.bytes) bytes.push(byte);
    }
    turn = piece.turn;
  }
  const packed = await piped(new Uint8Array(bytes), new CompressionStream('deflate-raw'), BYTES_MAX);
  let text = '';
  for (const byte of packed) text += String.fromCharCode(byte);
  return btoa(text).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '');
}

/**
 * Reverse of {@link packInput}.
 *
 * @throws Error when it is not packed input
 */
export async function unpackInput(text: string): Promise<TimedInput[]> {
  if (text === '') return [];
  try {
    const packed = Uint8Array.from(atob(text.replace(/-/g, '+').replace(/_/g, '/')), (c) => c.charCodeAt(0));
    const bytes = await piped(packed, new DecompressionStream('deflate-raw'), BYTES_MAX);
    return readPieces(bytes);
  } catch {
    throw new Error('is not terminal input as the explorer writes it into links');
  }
}

function readPieces(bytes: Uint8Array): TimedInput[] {
  const input: TimedInput[] = [];
  let at = 1;
  let turn = 0;
  if (bytes[0] !== VERSION) throw new Error('version');
  const varint = (): number => {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = bytes[at++];
      if (byte === undefined || scale > 2 ** 49) throw new Error('number');
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
  };
  while (at < bytes.length) {
    turn += varint();
    if (turn > TURN_MAX) throw new Error('turn');
    const what = varint();
    if (what === WINDOW) {
      const window = { columns: varint(), rows: varint() };
      if (Math.max(window.columns, window.rows) > WINDOW_MAX) throw new Error('window');
      input.push({ turn, bytes: new Uint8Array(0), window });
      continue;
    }
    const length = what / 2;
    if (!Number.isInteger(length) || length === 0 || at + length > bytes.length) throw new Error('length');
    input.push({ turn, bytes: bytes.slice(at, at + length) });
    at += length;
  }
  return input;
}

function pushVarint(bytes: number[], value: number): void {
  for (; value >= 128; value = Math.floor(value / 128)) bytes.push((value % 128) | 128);
  bytes.push(value);
}
