import { gunzipSync } from 'node:zlib';
import xz from 'xz-decompress';
import { UsageError } from '../errors.ts';

/** Largest text that is unpacked, bytes. */
const TEXT_MAX = 256 * 2 ** 20;
const XZ_MAGIC = [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00] as const;

/** The text of a file that may be packed with gzip or xz, told by its first bytes. @param option for messages */
export async function unpack(option: string, path: string, bytes: Uint8Array): Promise<string> {
  const fail = (what: string): never => {
    throw new UsageError(`${option} ${path}: ${what}`);
  };
  if (bytes[0] === 0x1f && bytes[1] === 0x8b) {
    try {
      return decode(gunzipSync(bytes, { maxOutputLength: TEXT_MAX }));
    } catch {
      return fail('damaged gzip data, or more than 256 MiB of text');
    }
  }
  if (!XZ_MAGIC.every((byte, i) => bytes[i] === byte)) return decode(bytes);
  const parts: Uint8Array[] = [];
  let total = 0;
  try {
    const packed = new Blob([new Uint8Array(bytes)]).stream();
    for await (const part of new xz.XzReadableStream(packed)) {
      parts.push(part.slice());
      total += part.length;
      if (total > TEXT_MAX) break;
    }
  } catch {
    return fail('damaged or cut off xz data');
  }
  return total > TEXT_MAX ? fail('more than 256 MiB of text') : decode(Buffer.concat(parts));
}

function decode(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}
