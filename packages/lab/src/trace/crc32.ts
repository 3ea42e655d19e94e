/** Bytes that one turn of the loop takes. */
const STRIDE = 8;
/** Tables of 256: in the first what a byte does to the CRC, in table `t` what it does `t` bytes later. */
const TABLES = makeTables();

function makeTables(): Int32Array {
  const tables = new Int32Array(256 * STRIDE);
  for (let i = 0; i < 256; i++) {
    let c = i;
    for (let bit = 0; bit < 8; bit++) c = c & 1 ? (c >>> 1) ^ 0xedb88320 : c >>> 1;
    tables[i] = c;
  }
  for (let i = 256; i < tables.length; i++) {
    const before = tables[i - 256]!;
    tables[i] = tables[before & 0xff]! ^ (before >>> 8);
  }
  return tables;
}

/**
 * CRC-32 (the one of gzip and PNG) of `bytes`, unsigned. `seed` is the CRC of what came before, so that parts
 * chain. Own code because `zlib.crc32` is younger than Node 20.0 and absent in browsers.
 */
export function crc32(bytes: Uint8Array, seed = 0): number {
  let c = ~seed;
  let i = 0;
  for (; i + STRIDE <= bytes.length; i += STRIDE) {
    c ^= bytes[i]! | (bytes[i + 1]! << 8) | (bytes[i + 2]! << 16) | (bytes[i + 3]! << 24);
    c =
      TABLES[1792 | (c & 0xff)]! ^
      TABLES[1536 | ((c >>> 8) & 0xff)]! ^
      TABLES[1280 | ((c >>> 16) & 0xff)]! ^
      TABLES[1024 | (c >>> 24)]! ^
      TABLES[768 | bytes[i + 4]!]! ^
      TABLES[512 | bytes[i + 5]!]! ^
      TABLES[256 | bytes[i + 6]!]! ^
      TABLES[bytes[i + 7]!]!;
  }
  for (; i < bytes.length; i++) c = TABLES[(c ^ bytes[i]!) & 0xff]! ^ (c >>> 8);
  return ~c >>> 0;
}
