import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { piped } from '../../src/bytes/piped.ts';

const gunzip = (bytes: Uint8Array, most: number) => piped(bytes, new DecompressionStream('gzip'), most);
const TEXT = new TextEncoder().encode('pages '.repeat(1000));

test('what is packed comes back', async () => {
  expect(await gunzip(gzipSync(TEXT), TEXT.length)).toEqual(TEXT);
  expect(await gunzip(gzipSync(TEXT), 2 * TEXT.length)).toEqual(TEXT);
});

test('more than is allowed is not unpacked, nor what is damaged', async () => {
  await expect(gunzip(gzipSync(TEXT), TEXT.length - 1)).rejects.toThrow('unpacks to more than 5999 bytes');
  const bomb = gzipSync(new Uint8Array(512 * 2 ** 20));
  const before = process.memoryUsage.rss();
  await expect(gunzip(bomb, 2 ** 20)).rejects.toThrow('unpacks to more than 1048576 bytes');
  expect(process.memoryUsage.rss() - before).toBeLessThan(100 * 2 ** 20);
  await expect(gunzip(gzipSync(TEXT).subarray(0, 30), 2 ** 20)).rejects.toThrow();
  await expect(gunzip(TEXT, 2 ** 20)).rejects.toThrow();
});
