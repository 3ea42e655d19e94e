import type { Kernel } from '@pagewalk/mm';
import type { SwapView } from '../../protocol/views.ts';

const BAD = 0x8000;

/** Swap areas slot by slot. */
export function swapView({ paging, pageCache }: Kernel): SwapView {
  return {
    view: 'swap',
    areas: paging.swapAreas.areas
      .filter(({ backing }) => backing !== null)
      .map((area) => ({
        path: area.backing?.path ?? '',
        priority: area.prio,
        pages: area.pages,
        used: area.usedSlots(),
        map: Uint8Array.from(area.swapMap, (count, slot) =>
          slot === 0 || count === BAD ? 255 : Math.min(254, count),
        ),
        lowestBit: area.lowestBit,
        highestBit: area.highestBit,
        clusterNext: area.clusterNext,
        clusterLeft: area.clusterNr,
      })),
    swapCache: pageCache.swapperPages,
  };
}
