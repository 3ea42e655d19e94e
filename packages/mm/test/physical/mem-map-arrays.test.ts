import { expect, test } from 'vitest';
import { MemMap } from '../../src/physical/mem-map.ts';

test.each([
  1, 15, 16, 4096, 5001,
])('the arrays of %i frames are zero, and none reaches into another', (frames) => {
  const memMap = new MemMap(frames);
  const arrays = Object.values(memMap).filter(
    (field): field is Int32Array | Uint8Array => field instanceof Int32Array || field instanceof Uint8Array,
  );
  expect(arrays).toHaveLength(13);
  for (const array of arrays) expect(array.every((value) => value === 0)).toBe(true);
  for (const [i, array] of arrays.entries()) array.fill(i + 1);
  for (const [i, array] of arrays.entries()) expect(array.every((value) => value === i + 1)).toBe(true);
});
