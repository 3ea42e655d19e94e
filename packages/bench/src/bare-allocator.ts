import { ClassZoneAllocator, MemMap, type PageAllocator, PhysicalNode, Trace } from '@pagewalk/mm';

/**
 * A page allocator over one big zone of free memory, without a kernel around it. Beyond 2^20 frames the blocks of the top
 * order stay implicit, as high memory's do.
 *
 * @param frames page frames, a multiple of 512
 */
export function bareAllocator(frames: number, memMap = new MemMap(frames)): PageAllocator {
  const node = new PhysicalNode(memMap, [0, 0, frames]);
  const allocator = new ClassZoneAllocator(node, new Trace(() => 0));
  // Frame 0 never leaves the allocator: it is its NULL.
  for (let pfn = 1; pfn < 512; pfn++) allocator.freeToLists(pfn, 0);
  const zone = node.zones[2];
  if (zone === undefined) throw new Error('bench: no zone');
  zone.frontier = 512;
  zone.frontierEnd = frames;
  zone.freePages += frames - 512;
  return allocator;
}
