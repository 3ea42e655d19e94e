import { Errno } from '../errno.ts';
import { GFP_USER } from '../page-allocator/gfp.ts';
import type { BufferCache } from '../page-cache/buffers/buffer-cache.ts';
import type { Addr } from '../types.ts';
import type { SwapAreas } from './swap-areas.ts';
import type { SwapCache } from './swap-cache.ts';
import { readSwapHeader, type SwapLayout } from './swap-header.ts';
import { SWAP_MAP_BAD, SWP, type SwapBacking, SwapInfo } from './swap-info.ts';

/** Bits of swapon's flags. @linux SWAP_FLAG_PREFER, SWAP_FLAG_PRIO_MASK */
export const SWAP_FLAG_PREFER = 0x8000;
export const SWAP_FLAG_PRIO_MASK = 0x7fff;

/** What switching areas on and off asks of other rooms. */
export interface SwapPorts {
  /** The backing of a path, or -errno of the lookup, -EBUSY (mounted), -EINVAL (neither device nor file), -ENODEV. */
  lookup(path: string): SwapBacking | number;
  /** What {@link SwapBacking.identity} would be for a path, or -errno of the lookup. */
  identify(path: string): object | number;
  /** Memory for a map of slots; 0 = none. @linux vmalloc() */
  allocMap(bytes: number): Addr;
  freeMap(addr: Addr): void;
  /** Brings everything that lies on an area back into memory: 0 or -ENOMEM. @linux try_to_unuse() */
  tryToUnuse(type: number): number;
}

/**
 * Switches swap areas on and off.
 *
 * @linux 2.4.22 mm/swapfile.c
 */
export class SwapSwitch {
  private readonly areas: SwapAreas;
  private readonly swapCache: SwapCache;
  private readonly buffers: BufferCache;
  private readonly ports: SwapPorts;
  // Priority of the last area without one of its own: least_priority in sys_swapon().
  private leastPriority = 0;

  constructor(parts: { areas: SwapAreas; swapCache: SwapCache; buffers: BufferCache; ports: SwapPorts }) {
    this.areas = parts.areas;
    this.swapCache = parts.swapCache;
    this.buffers = parts.buffers;
    this.ports = parts.ports;
  }

  /**
   * Begins to use an area.
   *
   * @param flags {@link SWAP_FLAG_PREFER} | priority; else the area gets the next lower priority: -1, -2, …
   * @param capable CAP_SYS_ADMIN
   * @returns 0, or -EPERM (no right, or all types in use), what the lookup says, -EBUSY (in use already), -EINVAL (no or a bad
   *   header), -ENOMEM
   * @linux 2.4.22 mm/swapfile.c sys_swapon()
   */
  swapon(path: string, flags: number, capable: boolean): number {
    if (!capable) return -Errno.EPERM;
    const { areas } = this.areas;
    let type = areas.findIndex((area) => (area.flags & SWP.used) === 0);
    if (type === -1) type = areas.length;
    if (type >= this.areas.rules.maxSwapfiles) return -Errno.EPERM;
    const area = new SwapInfo();
    areas[type] = area;
    area.flags = SWP.used;
    const preferred = (flags & SWAP_FLAG_PREFER) !== 0;
    area.prio = preferred ? flags & SWAP_FLAG_PRIO_MASK : --this.leastPriority;
    const error = this.setUp(area, path);
    if (error === 0) {
      this.areas.nrSwapPages += area.pages;
      this.areas.totalSwapPages += area.pages;
      area.flags = SWP.writeok;
      this.areas.insert(type);
      this.areas.print(`Adding Swap: ${area.pages * 4}k swap-space (priority ${area.prio})`);
      return 0;
    }
    area.backing?.close();
    if (area.mapAddr !== 0) this.ports.freeMap(area.mapAddr);
    const unused = new SwapInfo();
    areas[type] = unused;
    if (!preferred) this.leastPriority++;
    return error;
  }

  private setUp(area: SwapInfo, path: string): number {
    const backing = this.ports.lookup(path);
    if (typeof backing === 'number') return backing;
    backing.open?.();
    const inUse = this.areas.areas.some((other) => other.backing?.identity === backing.identity);
    area.backing = backing;
    if (inUse) return -Errno.EBUSY;
    const layout = this.readHeader(backing);
    if (typeof layout === 'number') return layout;
    area.mapAddr = this.ports.allocMap(layout.max * 2);
    if (area.mapAddr === 0) return -Errno.ENOMEM;
    if (layout.invalid) return -Errno.EINVAL;
    if (backing.pages !== 0 && layout.max > backing.pages)
      return this.refuse('Swap area shorter than signature indicates');
    if (layout.goodPages === 0) return this.refuse('Empty swap-file');
    area.swapMap = layout.swapMap;
    area.swapMap[0] = SWAP_MAP_BAD;
    area.lowestBit = layout.lowestBit;
    area.highestBit = layout.highestBit;
    area.max = layout.max;
    area.pages = layout.goodPages;
    return 0;
  }

  private refuse(message: string): number {
    this.areas.print(message);
    return -Errno.EINVAL;
  }

  /** @linux 2.4.22 mm/page_io.c rw_swap_page_nolock() */
  private readHeader(backing: SwapBacking): SwapLayout | number {
    const { cache } = this.buffers;
    const pfn = cache.allocator.allocPages(GFP_USER, 0);
    if (pfn === 0) {
      this.areas.print('Unable to start swapping: out of memory :-)');
      return -Errno.ENOMEM;
    }
    cache.lockPage(pfn);
    cache.memory.keepBytes(pfn);
    if (this.swapCache.startIo(false, pfn, backing, 0)) cache.lockPage(pfn);
    cache.memory.keepBytes(0);
    this.buffers.discardPage(pfn, 0);
    const base = cache.memory.base(pfn) * 4;
    const header = readSwapHeader(cache.memory.bytes.subarray(base, base + 4096));
    cache.unlockPage(pfn);
    cache.allocator.putPage(pfn);
    if ('swapMap' in header) return header;
    if (header.message !== null) this.areas.print(header.message);
    return -Errno.EINVAL;
  }

  /**
   * Stops using an area: everything on it comes back into memory first.
   *
   * @returns 0, or -EPERM, what the lookup says, -EINVAL (not an area in use), -ENOMEM (the area stays in use)
   * @linux 2.4.22 mm/swapfile.c sys_swapoff()
   */
  swapoff(path: string, capable: boolean): number {
    if (!capable) return -Errno.EPERM;
    const wanted = this.ports.identify(path);
    if (typeof wanted === 'number') return wanted;
    const type = this.areas.areas.findIndex(
      (area) => area.flags === SWP.writeok && area.backing?.identity === wanted,
    );
    if (type === -1) return -Errno.EINVAL;
    const area = this.areas.areas[type] as SwapInfo;
    this.areas.unlink(type);
    this.areas.nrSwapPages -= area.pages;
    this.areas.totalSwapPages -= area.pages;
    area.flags = SWP.used;
    const error = this.ports.tryToUnuse(type);
    if (error !== 0) {
      this.areas.insert(type);
      this.areas.nrSwapPages += area.pages;
      this.areas.totalSwapPages += area.pages;
      area.flags = SWP.writeok;
      return error;
    }
    (area.backing as SwapBacking).close();
    this.ports.freeMap(area.mapAddr);
    // The list may still go through it: see SwapAreas.swapInfoGet.
    const ended = new SwapInfo();
    ended.prio = area.prio;
    ended.next = area.next;
    this.areas.areas[type] = ended;
    return 0;
  }

  /** /proc/swaps. @linux 2.4.22 mm/swapfile.c get_swaparea_info() */
  text(): string {
    let text = 'Filename\t\t\tType\t\tSize\tUsed\tPriority\n';
    for (const area of this.areas.areas) {
      if ((area.flags & SWP.used) === 0 || area.backing === null) continue;
      const kind = area.backing.bmap === null ? 'partition\t' : 'file\t\t';
      text += `${area.backing.path.padEnd(31)} ${kind}${area.pages * 4}\t${area.usedSlots() * 4}\t${area.prio}\n`;
    }
    return text;
  }
}
