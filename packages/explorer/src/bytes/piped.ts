import { joined } from './joined.ts';

/**
 * Bytes packed or unpacked as browsers and Node can do it themselves.
 *
 * @param most bytes that may come out: a few bytes can be made gigabytes
 * @throws Error when they are damaged, RangeError when more come out
 */
export async function piped(
  bytes: Uint8Array,
  through: CompressionStream | DecompressionStream,
  most: number,
): Promise<Uint8Array> {
  const reader = new Blob([bytes as BlobPart]).stream().pipeThrough(through).getReader();
  const pieces: Uint8Array[] = [];
  let length = 0;
  for (let next = await reader.read(); !next.done; next = await reader.read()) {
    length += next.value.length;
    if (length > most) {
      await reader.cancel();
      throw new RangeError(`unpacks to more than ${most} bytes`);
    }
    pieces.push(next.value);
  }
  return joined(pieces);
}
