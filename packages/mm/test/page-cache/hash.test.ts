import { describe, expect, it } from 'vitest';
import { HASH_DIVISOR, pageHash, pageHashOrder } from '../../src/page-cache/hash.ts';

describe('page-cache hash table (sheet 3 A2)', () => {
  it.each([
    [4, 0],
    [16, 2],
    [32, 3],
    [48, 4],
    [64, 4],
    [128, 5],
    [256, 6],
    [1024, 8],
  ])('a machine of %i MiB has a table of order %i', (mib, order) => {
    expect(pageHashOrder(mib * 256)).toBe(order);
  });

  it.each([
    [16, 0, 9374],
    [16, 1, 9375],
    [16, 2, 9376],
    [16, 1000, 10374],
    [4, 0, 4731],
    [4, 1, 4732],
    [4, 1000, 5731],
  ])('divisor %i, index %i: bucket %i', (divisor, index, bucket) => {
    expect(pageHash(0xc1234560, index, 14, divisor)).toBe(bucket);
  });

  it('the divisor is the lowest set bit of the size of an inode, not the size', () => {
    expect(HASH_DIVISOR).toBe(16);
  });
});
