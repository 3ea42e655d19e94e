import { hex } from '../words.ts';
import { pages, type Sentence } from './sentence.ts';

/** System calls, areas, page tables and their TLBs. */
export const ADDRESS_SPACE_SENTENCES: Readonly<Record<string, Sentence>> = {
  sys_enter: (o) => `system call ${o.text('call')} (number ${o.n('nr')}) began`,
  sys_exit: (o) => `system call ${o.text('call')} gave ${result(o.n('ret'))}`,
  vm_unmapped_area: (o) =>
    `${o.n('length')} bytes were found free at ${o.hex('addr')}, after ${o.n('skipped')} areas that were in the way (hint ${o.hex('hint')})`,
  vma_merge: (o) =>
    o.yes('outcome')
      ? `the new area ${o.hex('addr')}-${o.hex('end')} became part of its neighbour: it has the same flags ${o.hex('flags')} and touches it`
      : `the new area ${o.hex('addr')}-${o.hex('end')} stays one of its own: no neighbour touches it and has the flags ${o.hex('flags')}`,
  vm_enough_memory: (o) =>
    `${o.yes('outcome') ? 'there is' : 'there is not'} enough memory for ${pages(o.n('pages'))}: ${o.n('free')} could be had (${o.n('page_cache')} page cache, ${o.n('free_pages')} free, ${o.n('swap')} swap, ${o.n('swap_cache')} swap cache, ${o.n('slab')} dentries and inodes)`,
  vm_overcommit_always: (o) =>
    `nobody counted whether there is memory for ${pages(o.n('pages'))}: vm.overcommit_memory is ${o.n('overcommit_memory')}`,
  vma_limit: (o) =>
    `the call was refused: ${o.text('what')} would be ${o.n('value')}, more than ${o.n('limit')}`,
  madvise_stops: (o) =>
    `madvise ${o.n('advice')} found the area ${o.hex('vm_start')}-${o.hex('vm_end')} for ${o.hex('start')}-${o.hex('end')}`,
  pgd_alloc: (o) => `a page directory was made at ${o.hex('pgd')}`,
  pgd_free: (o) => `the page directory at ${o.hex('pgd')} was given back`,
  pte_alloc: (o) =>
    `frame ${o.n('pfn')} became the page table for ${o.hex('address')}${o.yes('cached') ? ', from the quicklist' : ''}`,
  pte_free: (o) =>
    `the page table in frame ${o.n('pfn')} was given back${o.yes('cached') ? ' to the quicklist' : ''}`,
  check_pgt_cache: (o) =>
    o.yes('outcome')
      ? `the quicklists were cut down: ${o.n('cached')} pages are more than ${o.n('high')}, and are too many down to ${o.n('low')}`
      : `the quicklists were left alone: ${o.n('cached')} pages are not more than ${o.n('high')}`,
  pmd_ERROR: (o) => `a page directory entry was bad: ${o.hex('value')}`,
  flush_tlb_all: () => 'the TLB forgot everything, global entries too',
  flush_tlb_mm: (o) => `the TLB forgot the address space of ${o.hex('pgd')}`,
  flush_tlb_range: (o) => `the TLB forgot ${o.hex('start')}-${o.hex('end')} of ${o.hex('pgd')}`,
  flush_tlb_page: (o) => `the TLB forgot the page at ${o.hex('address')}`,
  flush_tlb_pgtables: (o) =>
    `the page tables for ${o.hex('start')}-${o.hex('end')} were freed: on the i386 nothing is to be done`,
  flush_cache_mm: (o) =>
    `the caches of ${o.hex('pgd')} would be flushed where they hold virtual addresses: not on the i386`,
  flush_cache_range: (o) =>
    `the caches for ${o.hex('start')}-${o.hex('end')} would be flushed where they hold virtual addresses: not on the i386`,
  flush_cache_page: (o) =>
    `the caches for the page at ${o.hex('address')} would be flushed where they hold virtual addresses: not on the i386`,
  flush_dcache_page: (o) => `the kernel wrote to frame ${o.n('pfn')} of the page cache`,
  flush_page_to_ram: (o) => `frame ${o.n('pfn')} must be in RAM before it is mapped: on the i386 it is`,
  flush_icache_page: (o) => `frame ${o.n('pfn')} may hold code now`,
  update_mmu_cache: (o) => `a new entry for ${o.hex('address')} was written: ${o.hex('pte')}`,
  switch_mm: (o) => `CPU ${o.n('cpu')} changed from page directory ${o.hex('prev')} to ${o.hex('next')}`,
  flush_tlb_others: (o) =>
    `the CPUs of mask ${o.hex('mask')} were told to forget ${o.hex('address')} of ${o.hex('pgd')}`,
  smp_invalidate_interrupt: (o) =>
    `CPU ${o.n('cpu')} forgot ${o.hex('address')} of ${o.hex('pgd')}${o.yes('lazy') ? ', and left it, as it was lazy' : ''}`,
  flush_tlb_all_ipi: (o) => `CPU ${o.n('cpu')} was told to forget everything`,
  enter_lazy_tlb: (o) => `CPU ${o.n('cpu')} keeps ${o.hex('pgd')} without running it`,
  leave_mm: (o) => `CPU ${o.n('cpu')} left ${o.hex('pgd')}`,
};

/** What a call gave; what may be an address also in hexadecimal. */
function result(value: number): string {
  return value > 0xffff ? `${value} (0x${hex(value)})` : `${value}`;
}
