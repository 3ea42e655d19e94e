import type { PhysicalMemory } from './hardware/physical-memory.ts';
import type { MemMap } from './physical/mem-map.ts';
import type { Zone } from './physical/zone.ts';

const FNV_OFFSET = 0x811c9dc5 | 0;
const FNV_PRIME = 0x01000193;

/**
 * A hash over the machine's state: free lists, page descriptors in use, and the contents of all frames in use. Equal
 * machines with equal histories have equal hashes.
 *
 * @returns 8 hex digits
 */
export function stateHash(memory: PhysicalMemory, memMap: MemMap, zones: readonly Zone[]): string {
  let hash = FNV_OFFSET;
  const add = (value: number) => {
    hash = Math.imul(hash ^ value, FNV_PRIME);
  };
  for (const zone of zones) {
    add(zone.freePages);
    add(zone.frontier);
    for (let order = 0; order < 10; order++) {
      const head = zone.freeListHeads + order;
      for (let pfn = memMap.next[head] as number; pfn !== head; pfn = memMap.next[pfn] as number) add(pfn);
    }
  }
  for (let pfn = 0; pfn < memMap.frames; pfn++) {
    const count = memMap.count[pfn] as number;
    if (count === 0) continue;
    add(pfn);
    add(count);
    add(memMap.flags[pfn] as number);
    add(memMap.mapping[pfn] as number);
    add(memMap.index[pfn] as number);
    hash = hashFrame(memory, pfn, hash);
  }
  return (hash >>> 0).toString(16).padStart(8, '0');
}

/** Hashes a frame's words; a frame whose bytes were never touched counts as zero and costs nothing. */
function hashFrame(memory: PhysicalMemory, pfn: number, hash: number): number {
  if (!memory.hasBytes(pfn)) return hash;
  const base = memory.base(pfn);
  const words = memory.words;
  for (let i = base; i < base + 1024; i++) {
    const word = words[i] as number;
    // Zero words are skipped with their place kept: most of a page table is empty.
    if (word !== 0) hash = Math.imul(Math.imul(hash ^ (i - base), FNV_PRIME) ^ word, FNV_PRIME);
  }
  return hash;
}
