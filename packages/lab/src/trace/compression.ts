import { brotliCompressSync, brotliDecompressSync, constants, gunzipSync, gzipSync } from 'node:zlib';
import { Compression } from './format.ts';

/** Compresses one block as well as the format allows. */
export function compressBlock(compression: Compression, raw: Uint8Array): Uint8Array {
  if (compression === Compression.Gzip) return gzipSync(raw, { level: 9 });
  if (compression === Compression.Brotli) {
    return brotliCompressSync(raw, {
      params: {
        [constants.BROTLI_PARAM_QUALITY]: 11,
        [constants.BROTLI_PARAM_LGWIN]: 20,
        [constants.BROTLI_PARAM_SIZE_HINT]: raw.length,
      },
    });
  }
  return raw;
}

/**
 * The reverse of compressBlock. Never makes more than `rawBytes` bytes.
 * @throws Error of zlib when `stored` is damaged or larger when unpacked.
 */
export function decompressBlock(compression: Compression, stored: Uint8Array, rawBytes: number): Uint8Array {
  const bound = { maxOutputLength: rawBytes };
  if (compression === Compression.Gzip) return gunzipSync(stored, bound);
  if (compression === Compression.Brotli) return brotliDecompressSync(stored, bound);
  return stored;
}
