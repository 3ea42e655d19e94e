/** Recounts who names each swap slot, over all rooms that can. */
import { TASK_SIZE } from './address-space/layout.ts';
import type { MmStruct } from './address-space/mm-struct.ts';
import type { Task } from './address-space/task.ts';
import type { Vm } from './address-space/vm.ts';
import { BH, type BufferHead } from './block/buffer-head.ts';
import { KernelBug } from './kernel-bug.ts';
import type { BufferCache } from './page-cache/buffers/buffer-cache.ts';
import { PG } from './physical/mem-map.ts';
import type { Shmem } from './shmem/shmem.ts';
import { ShmemInode } from './shmem/shmem-inode.ts';
import { checkSwapAreas } from './swap/check.ts';
import type { SwapCache } from './swap/swap-cache.ts';
import { SWAP_MAP_BAD } from './swap/swap-info.ts';
import { swpEntry } from './swap/swp-entry.ts';
import type { Pfn } from './types.ts';

/** On a list that reclaim looks at, of either generation. */
const LISTED = PG.lru | PG.active | PG.inactiveDirty | PG.inactiveClean;

/**
 * Recounts swap: each slot's count is the number of page-table entries, shared-memory files and swap-cache pages that name it; a
 * page of the swap cache has a reference for the cache, one for its buffers, one for each page-table entry, and one for each
 * kernel thread that waits for its I/O.
 *
 * Call it between operations, when nobody holds further references.
 *
 * @param held pages for which threads wait
 * @throws KernelBug that says what differs
 */
export function checkSwap(
  vm: Vm,
  swap: SwapCache,
  shmem: Shmem,
  tasks: readonly Task[],
  held: readonly Pfn[],
): void {
  checkSwapAreas(swap.areas);
  const { pageCache, memMap } = vm;
  const users = new Map<number, number>();
  const mapped = new Map<Pfn, number>();
  const name = (entry: number) => users.set(entry, (users.get(entry) ?? 0) + 1);
  const spaces = new Set<MmStruct>();
  for (const { mm } of tasks) if (mm !== null && mm !== vm.initMm) spaces.add(mm);
  for (const pfn of held) mapped.set(pfn, (mapped.get(pfn) ?? 0) + 1);
  for (const mm of spaces) visitEntries(vm, mm, name, mapped, swap);
  pageCache.forEachMapping((mapping) => {
    if (mapping.host instanceof ShmemInode) shmem.pages.index.forEachEntry(mapping.host, name);
  });

  let cached = 0;
  const { mapping } = swap;
  for (const head of [mapping.cleanPages, mapping.dirtyPages, mapping.lockedPages]) {
    for (let pfn = memMap.next[head] as Pfn; pfn !== head; pfn = memMap.next[pfn] as Pfn) {
      cached++;
      name(swap.entryOf(pfn));
      const expected = 1 + (memMap.buffers[pfn] !== 0 ? 1 : 0) + (mapped.get(pfn) ?? 0);
      if (memMap.count[pfn] !== expected) {
        fail(`page ${pfn} of the swap cache has count ${memMap.count[pfn]}, recount ${expected}`);
      }
      if (((memMap.flags[pfn] as number) & LISTED) === 0)
        fail(`page ${pfn} of the swap cache is on no LRU list`);
    }
  }
  if (cached !== pageCache.swapperPages)
    fail(`the swap cache has ${cached} pages, counted ${pageCache.swapperPages}`);

  for (const [type, area] of swap.areas.areas.entries()) {
    for (let slot = 1; slot < area.max; slot++) {
      const count = area.swapMap[slot] as number;
      if (count === SWAP_MAP_BAD) continue;
      const entry = swpEntry(type, slot);
      const recount = users.get(entry) ?? 0;
      users.delete(entry);
      if (count !== recount) fail(`slot ${slot} of area ${type} has count ${count}, recount ${recount}`);
    }
  }
  for (const entry of users.keys()) fail(`entry ${entry.toString(16)} is in use and names no slot`);
}

/** Tells `name` all swap entries of an address space, and counts in `mapped` its entries of swap-cache pages. */
function visitEntries(
  vm: Vm,
  mm: MmStruct,
  name: (entry: number) => void,
  mapped: Map<Pfn, number>,
  swap: SwapCache,
): void {
  const { pageTables, memory, memMap } = vm;
  for (let base = 0; base < TASK_SIZE; base += pageTables.pmdSize) {
    let place = pageTables.pteOffset(mm.pgd, base);
    if (place === 0) continue;
    for (let at = 0; at < pageTables.pmdSize; at += 4096, place += pageTables.entryWords) {
      const pte = memory.words[place] as number;
      if (pte === 0) continue;
      if ((pte & 0x081) === 0) {
        name(pte >>> 0);
        continue;
      }
      const pfn = pageTables.ptePfn(place);
      if (pfn < memMap.frames && swap.has(pfn)) mapped.set(pfn, (mapped.get(pfn) ?? 0) + 1);
    }
  }
}

/** Whether a page's lock is held by I/O that has not ended yet. */
export function isUnderIo(buffers: BufferCache, pfn: Pfn): boolean {
  const first = buffers.buffersOf(pfn);
  if (first === null) return false;
  let bh = first;
  do {
    if ((bh.state & BH.lock) !== 0) return true;
    bh = bh.thisPage as BufferHead;
  } while (bh !== first);
  return false;
}

function fail(message: string): never {
  throw new KernelBug(`swap: ${message}`);
}
