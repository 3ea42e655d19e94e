/** The dumps of kops scripts: lines that follow the result line, indented. */
import {
  freeBlockCounts,
  freeBlocks,
  type Kernel,
  type KmemCache,
  pkmapAddr,
  VM_ALLOC,
  VM_IOREMAP,
} from '@pagewalk/mm';
import { hex } from './belongings.ts';
import { cacheView, slabViews } from './slab-view.ts';

/** Blocks of a free list that a dump names. */
const BLOCKS_SHOWN = 8;

/** Free lists by zone and order: number of blocks, and the first of them. */
export function dumpFree(kernel: Kernel): string[] {
  const { allocator, memMap } = kernel;
  const lines: string[] = [];
  for (const zone of allocator.zones) {
    if (zone.size === 0) continue;
    lines.push(`${zone.name} free ${zone.freePages}`);
    freeBlockCounts(memMap, zone).forEach((count, order) => {
      if (count === 0) return;
      const first: string[] = [];
      for (const pfn of freeBlocks(memMap, zone, order)) {
        if (first.length === BLOCKS_SHOWN) break;
        first.push(pfn.toString(16));
      }
      lines.push(`  order ${order} blocks ${count}: ${first.join(' ')}${count > first.length ? ' …' : ''}`);
    });
  }
  return lines;
}

/** Zones: size, free pages, watermarks. */
export function dumpZones(kernel: Kernel): string[] {
  return kernel.allocator.zones
    .filter(({ size }) => size > 0)
    .map(
      (zone) =>
        `${zone.name} pages ${zone.size} free ${zone.freePages} min ${zone.pagesMin} low ${zone.pagesLow} high ${zone.pagesHigh}`,
    );
}

/** A line a cache that has slabs, in the order of /proc/slabinfo. */
export function dumpCaches(kernel: Kernel): string[] {
  return [...kernel.slab.chain]
    .map((cache) => cacheView(kernel.slab, cache))
    .filter(({ slabs }) => slabs > 0)
    .map(
      (view) =>
        `${view.name} objects ${view.activeObjects}/${view.objects} of ${view.objectBytes} slabs ${view.activeSlabs}/${view.slabs} of ${view.pagesPerSlab}`,
    );
}

/** One cache, slab by slab. */
export function dumpCache(kernel: Kernel, cache: KmemCache): string[] {
  const view = cacheView(kernel.slab, cache);
  return [
    `${view.name} objects ${view.activeObjects}/${view.objects} of ${view.objectBytes}, ${view.objectsPerSlab} a slab of ${view.pagesPerSlab}, colours ${view.colours} of ${view.colourBytes}, next ${view.nextColour}`,
    ...slabViews(kernel.slab, cache).map(
      (slab) =>
        `  ${slab.list} ${hex(slab.address)} colour ${slab.colourOffset} in use ${slab.inUse} ${slab.map}${slab.freeChain.length === 0 ? '' : ` next ${slab.freeChain.slice(0, BLOCKS_SHOWN).join(' ')}${slab.freeChain.length > BLOCKS_SHOWN ? ' …' : ''}`}`,
    ),
  ];
}

/** The areas of vmlist, ascending; sizes include the guard page. */
export function dumpAreas(kernel: Kernel): string[] {
  return [...kernel.vmalloc.vmlist()].map(
    ({ addr, size, flags }) => `${hex(addr)}-${hex(addr + size)} size ${size} ${areaKind(flags)}`,
  );
}

/** What made an area, in a word. */
export function areaKind(flags: number): string {
  if (flags === VM_ALLOC) return 'vmalloc';
  return flags === VM_IOREMAP ? 'ioremap' : `flags ${flags}`;
}

/** The slots of the kmap window that hold a page. */
export function dumpKmap(kernel: Kernel): string[] {
  const { highmem } = kernel;
  const lines = [`last slot ${highmem.lastPkmapNr} flushes ${highmem.flushRounds}`];
  highmem.pkmapCount.forEach((count, slot) => {
    if (count === 0) return;
    lines.push(
      `slot ${slot} ${hex(pkmapAddr(slot))} page ${highmem.pfnInSlot(slot).toString(16)} users ${count - 1}`,
    );
  });
  return lines;
}
