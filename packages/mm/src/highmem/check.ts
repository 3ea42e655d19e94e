/** Recounts what the kmap window claims. */
import { KernelBug } from '../kernel-bug.ts';
import { type Highmem, pkmapAddr } from './highmem.ts';

function fail(message: string): never {
  throw new KernelBug(`highmem: ${message}`);
}

/**
 * Checks that each slot of the window is mapped exactly if it has a count, to a page of high memory that says so, that no
 * page has two slots, and that pages with users are not free.
 *
 * @throws KernelBug that says what differs
 */
export function checkHighmem(highmem: Highmem): void {
  const { configured, lastPkmap, memory, memMap, kmapProt } = highmem.parts;
  if (!configured) return;
  const seen = new Set<number>();
  for (let slot = 0; slot < lastPkmap; slot++) {
    const count = highmem.pkmapCount[slot] as number;
    const pfn = highmem.pfnInSlot(slot);
    if (count < 0) fail(`slot ${slot} has count ${count}`);
    if (count > 0 !== pfn >= 0) fail(`slot ${slot} has count ${count} and maps page ${pfn}`);
    if (pfn < 0) continue;
    if (!highmem.isHigh(pfn)) fail(`slot ${slot} maps low page ${pfn}`);
    if (seen.has(pfn)) fail(`page ${pfn} has two slots`);
    seen.add(pfn);
    if (highmem.pageAddress(pfn) !== pkmapAddr(slot)) {
      fail(`page ${pfn} in slot ${slot} has address ${highmem.pageAddress(pfn).toString(16)}`);
    }
    const flags = (memory.words[highmem.pkmapEntry(slot)] as number) & 0xfff;
    if (flags !== kmapProt) fail(`slot ${slot} has flags ${flags.toString(16)}`);
    // Of a larger block only the first page is counted.
    if (count > 1 && memMap.freeOrder[pfn] !== 0) fail(`page ${pfn} has ${count - 1} kmap users and is free`);
  }
}
