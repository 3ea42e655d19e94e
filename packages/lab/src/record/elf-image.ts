import { closeSync, openSync, readSync } from 'node:fs';

/** A PT_LOAD segment of an ELF file, in bytes. */
export interface ElfSegment {
  readonly offset: number;
  readonly address: number;
  readonly fileBytes: number;
  readonly memoryBytes: number;
  /** Prot bits. */
  readonly prot: number;
}

/** What the kernel maps of an ELF file. */
export interface ElfImage {
  readonly segments: readonly ElfSegment[];
  /** Path of the program interpreter (ld.so), or null. */
  readonly interpreter: string | null;
  /** ET_DYN: it can be anywhere. */
  readonly relocatable: boolean;
}

const PT_LOAD = 1;
const PT_INTERP = 3;
const ET_DYN = 3;

/** Reads the program headers of the (little-endian) ELF file; null when it is none or cannot be read. */
export function readElf(path: string): ElfImage | null {
  let fd: number;
  try {
    fd = openSync(path, 'r');
  } catch {
    return null;
  }
  try {
    const head = readAt(fd, 0, 64);
    if (head.length < 52 || head.getUint32(0) !== 0x7f454c46 || head.getUint8(5) !== 1) return null;
    const wide = head.getUint8(4) === 2;
    const table = wide ? Number(head.getBigUint64(32, true)) : head.getUint32(28, true);
    const entryBytes = head.getUint16(wide ? 54 : 42, true);
    const entries = head.getUint16(wide ? 56 : 44, true);
    const segments: ElfSegment[] = [];
    let interpreter: string | null = null;
    for (let i = 0; i < entries; i++) {
      const entry = readAt(fd, table + i * entryBytes, entryBytes);
      if (entry.length < (wide ? 56 : 32)) return null;
      const word = (at64: number, at32: number): number =>
        wide ? Number(entry.getBigUint64(at64, true)) : entry.getUint32(at32, true);
      const type = entry.getUint32(0, true);
      const offset = word(8, 4);
      const fileBytes = word(32, 16);
      if (type === PT_INTERP && fileBytes <= 4096) {
        const name = readAt(fd, offset, fileBytes);
        interpreter = Buffer.from(name.buffer, 0, name.length).toString('utf8').replace(/\0.*$/s, '');
      }
      if (type !== PT_LOAD) continue;
      const flags = entry.getUint32(wide ? 4 : 24, true);
      segments.push({
        offset,
        address: word(16, 8),
        fileBytes,
        memoryBytes: word(40, 20),
        // ELF has execute 1, write 2, read 4; mmap the other way round.
        prot: ((flags & 4) >> 2) | (flags & 2) | ((flags & 1) << 2),
      });
    }
    return { segments, interpreter, relocatable: head.getUint16(16, true) === ET_DYN };
  } finally {
    closeSync(fd);
  }
}

/** A DataView that knows how much could be read. */
type Part = DataView & { readonly length: number };

function readAt(fd: number, position: number, bytes: number): Part {
  const buffer = new Uint8Array(bytes);
  const got = readSync(fd, buffer, 0, bytes, position);
  return Object.assign(new DataView(buffer.buffer), { length: got });
}
