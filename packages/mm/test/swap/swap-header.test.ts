import { describe, expect, test } from 'vitest';
import { makeSwapHeader, readSwapHeader } from '../../src/swap/swap-header.ts';
import { SWAP_MAP_BAD } from '../../src/swap/swap-info.ts';

function version1(...usable: number[]): Uint8Array {
  const page = new Uint8Array(4096);
  for (const bit of usable) page[bit >>> 3] = (page[bit >>> 3] as number) | (1 << (bit & 7));
  page.set(new TextEncoder().encode('SWAP-SPACE'), 4086);
  return page;
}

describe('swap headers', () => {
  test('sheet 3 C1: of 32768 pages the last is never used', () => {
    expect(readSwapHeader(makeSwapHeader(32768))).toMatchObject({
      lowestBit: 1,
      highestBit: 32766,
      max: 32767,
      goodPages: 32766,
      invalid: false,
    });
  });

  test('bad pages are marked and not counted', () => {
    const layout = readSwapHeader(makeSwapHeader(100, [7, 50]));
    expect(layout).toMatchObject({ goodPages: 96 });
    if (!('swapMap' in layout)) throw new Error('no layout');
    expect([layout.swapMap[7], layout.swapMap[50], layout.swapMap[8]]).toEqual([
      SWAP_MAP_BAD,
      SWAP_MAP_BAD,
      0,
    ]);
  });

  test.each([[[0]], [[99]], [[-1]]])('a bad page %j lies outside of the area', (bad) => {
    expect(readSwapHeader(makeSwapHeader(100, bad))).toMatchObject({ invalid: true });
  });

  test('version 1 is a bitmap of usable pages', () => {
    const layout = readSwapHeader(version1(1, 2, 5, 9));
    expect(layout).toMatchObject({ lowestBit: 1, highestBit: 9, max: 10, goodPages: 4 });
    if (!('swapMap' in layout)) throw new Error('no layout');
    expect([...layout.swapMap]).toEqual([
      0,
      0,
      0,
      SWAP_MAP_BAD,
      SWAP_MAP_BAD,
      0,
      SWAP_MAP_BAD,
      SWAP_MAP_BAD,
      SWAP_MAP_BAD,
      0,
    ]);
  });

  test('the magic is not part of the bitmap: 32687 is the last page', () => {
    const page = new Uint8Array(4096).fill(0xff);
    page.set(new TextEncoder().encode('SWAP-SPACE'), 4086);
    expect(readSwapHeader(page)).toMatchObject({ highestBit: 32687, goodPages: 32687 });
  });

  test.each([
    ['no signature', () => new Uint8Array(4096), 'Unable to find swap-space signature'],
    [
      'a version to come',
      () => {
        const page = makeSwapHeader(100);
        page[1024] = 2;
        return page;
      },
      'Unable to handle swap header version 2',
    ],
    [
      'too many bad pages',
      () => {
        const page = makeSwapHeader(1000);
        new DataView(page.buffer).setUint32(1032, 638, true);
        return page;
      },
      null,
    ],
  ] as const)('%s is refused', (_what, make, message) => {
    expect(readSwapHeader(make())).toEqual({ message });
  });
});
