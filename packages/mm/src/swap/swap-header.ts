import { SWAP_MAP_BAD } from './swap-info.ts';
import { MAX_SWAP_OFFSET } from './swp-entry.ts';

/** Most bad pages that a header has room for. @linux MAX_SWAP_BADPAGES */
export const MAX_SWAP_BADPAGES = 637;
const MAGIC_AT = 4086;
const INFO_AT = 1024;
const BADPAGES_AT = 1536;

/** What a header says. */
export interface SwapLayout {
  readonly lowestBit: number;
  readonly highestBit: number;
  readonly max: number;
  readonly goodPages: number;
  /** Slot counts: 0 or {@link SWAP_MAP_BAD}. */
  readonly swapMap: Uint16Array<ArrayBuffer>;
  /** Whether a bad page lies outside of the area: found only after the map was made. */
  readonly invalid: boolean;
}

/** A header that cannot be used, and the kernel's words for it (none for some). */
export interface SwapHeaderError {
  readonly message: string | null;
}

/**
 * Reads the first page of a swap area.
 *
 * ```
 *   version 1   [ one bit a page, set = usable ......................... SWAP-SPACE ]
 *   version 2   [ 1024 boot bytes | version, last page, bad pages | list | SWAPSPACE2 ]
 * ```
 * The last page of a version 2 area is never used, because its number is taken for the number of pages.
 *
 * @linux 2.4.22 mm/swapfile.c sys_swapon()
 */
export function readSwapHeader(page: Uint8Array): SwapLayout | SwapHeaderError {
  const magic = String.fromCharCode(...page.subarray(MAGIC_AT, 4096));
  if (magic === 'SWAP-SPACE') return readVersion1(page);
  if (magic === 'SWAPSPACE2') return readVersion2(new DataView(page.buffer, page.byteOffset, 4096));
  return { message: 'Unable to find swap-space signature' };
}

function readVersion1(page: Uint8Array): SwapLayout {
  const usable = (bit: number) =>
    bit >>> 3 < MAGIC_AT && (((page[bit >>> 3] as number) >>> (bit & 7)) & 1) !== 0;
  let lowestBit = 0;
  let highestBit = 0;
  let goodPages = 0;
  for (let bit = 1; bit < 8 * 4096; bit++) {
    if (!usable(bit)) continue;
    if (lowestBit === 0) lowestBit = bit;
    highestBit = bit;
    goodPages++;
  }
  const max = highestBit + 1;
  const swapMap = new Uint16Array(max);
  for (let bit = 1; bit < max; bit++) if (!usable(bit)) swapMap[bit] = SWAP_MAP_BAD;
  return { lowestBit, highestBit, max, goodPages, swapMap, invalid: false };
}

function readVersion2(view: DataView): SwapLayout | SwapHeaderError {
  const version = view.getUint32(INFO_AT, true);
  if (version !== 1) return { message: `Unable to handle swap header version ${version | 0}` };
  const lastPage = view.getUint32(INFO_AT + 4, true);
  const badPages = view.getUint32(INFO_AT + 8, true);
  if (badPages > MAX_SWAP_BADPAGES) return { message: null };
  const max = Math.min(MAX_SWAP_OFFSET - 1, lastPage);
  const swapMap = new Uint16Array(max);
  let invalid = false;
  for (let i = 0; i < badPages; i++) {
    const bad = view.getInt32(BADPAGES_AT + 4 * i, true);
    if (bad <= 0 || bad >= lastPage) invalid = true;
    else if (bad < max) swapMap[bad] = SWAP_MAP_BAD;
  }
  return { lowestBit: 1, highestBit: max - 1, max, goodPages: lastPage - badPages - 1, swapMap, invalid };
}

/**
 * The first page of a new version 2 area, as mkswap(8) writes it.
 *
 * @param pages of the whole area, header included, at least 10
 * @param badPages pages that cannot be used
 */
export function makeSwapHeader(pages: number, badPages: readonly number[] = []): Uint8Array {
  const page = new Uint8Array(4096);
  const view = new DataView(page.buffer);
  view.setUint32(INFO_AT, 1, true);
  view.setUint32(INFO_AT + 4, pages - 1, true);
  view.setUint32(INFO_AT + 8, badPages.length, true);
  badPages.forEach((bad, i) => {
    view.setUint32(BADPAGES_AT + 4 * i, bad, true);
  });
  page.set(new TextEncoder().encode('SWAPSPACE2'), MAGIC_AT);
  return page;
}
