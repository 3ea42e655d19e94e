import { KernelBug } from '../kernel-bug.ts';
import type { SwapAreas } from './swap-areas.ts';
import { SWAP_MAP_BAD, SWP, type SwapInfo } from './swap-info.ts';

/**
 * Recounts the swap areas: the list holds those in use by falling priority; the header's slot is bad; free slots lie inside an
 * area's bounds and add up to nr_swap_pages; good slots add up to total_swap_pages. (The next area to be used need not be in the
 * list: swap_info_get() prefers one of high priority even while it is switched off.)
 *
 * @throws KernelBug that says what differs
 */
export function checkSwapAreas(areas: SwapAreas): void {
  const listed = new Set<number>();
  let before = Number.POSITIVE_INFINITY;
  for (let type = areas.list.head; type >= 0; type = (areas.areas[type] as SwapInfo).next) {
    const area = areas.areas[type] as SwapInfo;
    if (listed.has(type)) fail(`area ${type} is listed twice`);
    listed.add(type);
    if (area.prio > before) fail(`area ${type} of priority ${area.prio} is listed behind one of ${before}`);
    before = area.prio;
  }
  let free = 0;
  let good = 0;
  for (const [type, area] of areas.areas.entries()) {
    if ((area.flags === SWP.writeok) !== listed.has(type)) fail(`area ${type} is not listed as it should be`);
    if (area.flags !== SWP.writeok) continue;
    good += area.pages;
    free += checkArea(area, type);
  }
  if (free !== areas.nrSwapPages) fail(`${free} slots are free, counted ${areas.nrSwapPages}`);
  if (good !== areas.totalSwapPages) fail(`there are ${good} slots, counted ${areas.totalSwapPages}`);
}

/** Free slots of one area. */
function checkArea(area: SwapInfo, type: number): number {
  const map = area.swapMap;
  if (map[0] !== SWAP_MAP_BAD) fail(`slot 0 of area ${type} is not the header's`);
  let free = 0;
  let used = 0;
  for (let slot = 1; slot < area.max; slot++) {
    if (map[slot] === SWAP_MAP_BAD) continue;
    if (map[slot] !== 0) {
      used++;
      continue;
    }
    free++;
    if (slot < area.lowestBit || slot > area.highestBit) {
      fail(`slot ${slot} of area ${type} is free, outside of ${area.lowestBit}..${area.highestBit}`);
    }
  }
  if (used + free !== area.pages)
    fail(`area ${type} has ${used} + ${free} slots, its header said ${area.pages}`);
  return free;
}

function fail(message: string): never {
  throw new KernelBug(`swap: ${message}`);
}
