import type { Pfn } from '../types.ts';
import { type MemMap, PG } from './mem-map.ts';
import { type PageFlagWord, zonedPageFlags } from './page-flag-words.ts';
import { MAX_NR_ZONES, ZONE_DMA, ZONE_HIGHMEM, ZONE_NORMAL, Zone } from './zone.ts';

/** Zonelists of a node: one for each value of the low four gfp bits. @linux GFP_ZONEMASK + 1 */
export const NR_ZONELISTS = 16;

/**
 * A memory node: on i386 there is one, `contig_page_data`; a machine of discontiguous memory has several, each with its own
 * zones, fallback lists, descriptors and boot memory. Frames are numbered through all nodes.
 *
 * @linux 2.4.22 include/linux/mmzone.h pg_data_t
 */
export class PhysicalNode {
  readonly id: number;
  /** First page frame. @linux node_start_paddr */
  readonly startPfn: Pfn;
  /** Page frames, holes included. @linux node_size */
  readonly size: number;
  readonly memMap: MemMap;
  /** DMA, Normal, HighMem, also the empty ones. @linux node_zones, zone_table */
  readonly zones: readonly Zone[];
  /** Index of the highest zone that is not empty, plus 1. */
  readonly nrZones: number;
  /** Fallback lists by the low four gfp bits, without empty zones. */
  readonly zonelists: readonly (readonly Zone[])[];

  /**
   * @param memMap descriptors of all nodes' frames
   * @param sizes pages of the DMA, Normal and HighMem zone, which lie one behind the other from `startPfn` on
   */
  constructor(memMap: MemMap, sizes: readonly number[], id = 0, startPfn: Pfn = 0) {
    this.memMap = memMap;
    this.id = id;
    this.startPfn = startPfn;
    const zones: Zone[] = [];
    let start = startPfn;
    for (let index = 0; index < MAX_NR_ZONES; index++) {
      const size = sizes[index] ?? 0;
      zones.push(new Zone(memMap, index, start, size, id));
      start += size;
    }
    this.zones = zones;
    this.size = start - startPfn;
    this.nrZones = zones.reduce((highest, zone) => (zone.size > 0 ? zone.index + 1 : highest), 0);
    this.zonelists = buildZonelists(zones);
  }

  /** One past the last frame. */
  get endPfn(): Pfn {
    return this.startPfn + this.size;
  }

  /** The zone of one of the node's frames. @linux page_zone() */
  zoneOf(pfn: Pfn): Zone {
    const zones = this.zones;
    const normal = zones[ZONE_NORMAL] as Zone;
    if (pfn < normal.startPfn) return zones[ZONE_DMA] as Zone;
    return zones[pfn < normal.endPfn ? ZONE_NORMAL : ZONE_HIGHMEM] as Zone;
  }

  /**
   * The word that `page->flags` holds in the kernel. PG_highmem is implied: on frames of high memory that are RAM.
   *
   * @param word how the release writes it
   */
  pageFlags(pfn: Pfn, word: PageFlagWord = zonedPageFlags): number {
    const flags = this.memMap.flags[pfn] as number;
    const zone = this.zoneOf(pfn);
    const ram = zone.index === ZONE_HIGHMEM && (flags & PG.reserved) === 0;
    return word(flags, zone.number, ram);
  }
}

/**
 * Which zones serve a request, best first: from the zone that the mask names down to DMA. GFP_DMA wins over HIGHMEM.
 *
 * @linux 2.4.22 mm/page_alloc.c build_zonelists()
 */
export function buildZonelists(zones: readonly Zone[]): Zone[][] {
  return Array.from({ length: NR_ZONELISTS }, (_, mask) => {
    const first = mask & 1 ? ZONE_DMA : mask & 2 ? ZONE_HIGHMEM : ZONE_NORMAL;
    const list: Zone[] = [];
    for (let index = first; index >= ZONE_DMA; index--) {
      const zone = zones[index] as Zone;
      if (zone.size > 0) list.push(zone);
    }
    return list;
  });
}
