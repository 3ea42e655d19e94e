import { Errno } from '../errno.ts';
import { assertKernel, KernelBug } from '../kernel-bug.ts';
import { PG } from '../physical/mem-map.ts';
import type { Addr } from '../types.ts';
import type { MmStruct } from './mm-struct.ts';
import type { Vm } from './vm.ts';

/**
 * Maps a range of physical memory into the running task: a driver's mmap calls it to show a device's memory to a program.
 *
 * An entry is written only for a frame that nobody counts: one without a descriptor (a device's memory, beyond RAM) or a
 * reserved one. Ordinary RAM is passed over in silence, and its entry stays empty: in an area without nopage the program
 * then finds zeroed pages of its own there, which is what drivers that forget to reserve their buffer run into.
 *
 * ```
 *   phys   000a0000 video memory, reserved   -> entry 000a0000 | prot
 *          00200000 RAM in use               -> no entry
 *          e0000000 a card                   -> entry e0000000 | prot
 * ```
 *
 * Entries that are written do not count in rss, hold no reference, and are copied by fork and dropped by zap as they are.
 *
 * @param from first address, page aligned, in an area of the running task
 * @param physAddr first physical address, 0 .. 2^32 - 1, page aligned; goes on at 0 after the last
 * @param size bytes, > 0
 * @param pageProt low 12 bits of the entries, as `vma.vmPageProt`
 * @returns 0, or -ENOMEM when a page table could not be had: the entries so far stay, for the caller's zap
 * @throws KernelBug when something is mapped in the range already (the kernel: "forget_pte: old mapping existed!"), or when
 *   the range is empty
 * @linux 2.4.22 mm/memory.c remap_page_range(), remap_pte_range()
 */
export function remapPageRange(vm: Vm, from: Addr, physAddr: number, size: number, pageProt: number): number {
  const { pageTables, memory, memMap, tlb } = vm;
  const pgd = (vm.current.mm as MmStruct).pgd;
  const end = from + size;
  if (size <= 0 || end > 0xffffffff) throw new KernelBug(`remap_page_range: [${from}, +${size})`);
  const { pmdSize, entryWords } = pageTables;
  tlb.flushCacheRange(pgd, from, end);
  let error = 0;
  let phys = physAddr >>> 0;
  for (let addr = from; addr < end && error === 0; ) {
    let entry = pageTables.pteAlloc(pgd, addr);
    if (entry === 0) {
      error = -Errno.ENOMEM;
      break;
    }
    const tableEnd = Math.min(end, ((addr & -pmdSize) >>> 0) + pmdSize);
    for (; addr < tableEnd; addr += 4096, entry += entryWords) {
      assertKernel(memory.words[entry] === 0, 'forget_pte: old mapping existed!');
      const pfn = phys >>> 12;
      if (pfn >= memMap.frames || ((memMap.flags[pfn] as number) & PG.reserved) !== 0) {
        pageTables.setPte(entry, pfn, pageProt);
      }
      phys = (phys + 4096) >>> 0;
    }
  }
  tlb.flushTlbRange(pgd, from, end);
  return error;
}
