/**
 * Unpacks gzip, as browsers and Node can do it themselves.
 *
 * @param most bytes that may come out: a few bytes can be made gigabytes
 * @throws Error when it is damaged, or when there are more
 */
export async function gunzip(bytes: Uint8Array, most: number): Promise<Uint8Array> {
  const packed = new Blob([bytes as Uint8Array<ArrayBuffer>]).stream();
  const reader = packed.pipeThrough(new DecompressionStream('gzip')).getReader();
  const all = new Uint8Array(most);
  let length = 0;
  for (let next = await reader.read(); !next.done; next = await reader.read()) {
    if (length + next.value.length > most) {
      await reader.cancel();
      throw new RangeError(`unpacks to more than ${most} bytes`);
    }
    all.set(next.value, length);
    length += next.value.length;
  }
  return all.subarray(0, length);
}
