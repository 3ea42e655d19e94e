/** A line of a hex dump. */
export interface HexLine {
  readonly offset: number;
  /** Sixteen bytes in hex, in two groups of eight. */
  readonly hex: string;
  /** The same as text; what cannot be printed is a dot. */
  readonly text: string;
  /** Equal lines that follow and are left out. */
  readonly repeated: number;
}

const PER_LINE = 16;

/** Bytes as lines of sixteen; equal neighbours are one line with a count, as `hexdump -C` does with its star. */
export function hexLines(bytes: Uint8Array): HexLine[] {
  const lines: HexLine[] = [];
  let repeated = 0;
  for (let offset = 0; offset < bytes.length; offset += PER_LINE) {
    if (offset > 0 && equalLine(bytes, offset - PER_LINE, offset)) {
      repeated++;
      continue;
    }
    if (repeated > 0) lines.push({ ...(lines.pop() as HexLine), repeated });
    repeated = 0;
    lines.push(line(bytes, offset));
  }
  if (repeated > 0) lines.push({ ...(lines.pop() as HexLine), repeated });
  return lines;
}

function equalLine(bytes: Uint8Array, a: number, b: number): boolean {
  for (let i = 0; i < PER_LINE; i++) if (bytes[a + i] !== bytes[b + i]) return false;
  return true;
}

function line(bytes: Uint8Array, offset: number): HexLine {
  let hex = '';
  let text = '';
  for (let i = offset; i < Math.min(offset + PER_LINE, bytes.length); i++) {
    const value = bytes[i] as number;
    hex += `${i === offset ? '' : i - offset === PER_LINE / 2 ? '  ' : ' '}${value.toString(16).padStart(2, '0')}`;
    text += value >= 32 && value < 127 ? String.fromCharCode(value) : '.';
  }
  return { offset, hex, text, repeated: 0 };
}
