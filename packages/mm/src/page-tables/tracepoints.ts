import { defineTracepoint } from '../trace/trace.ts';

const FLUSH_ORIGIN = 'include/asm-i386/pgalloc.h';
const CACHE_ORIGIN = 'include/asm-i386/pgtable.h (empty on i386)';

/** `cpus`: how many CPUs dropped entries; 0 = the address space was loaded on none, so there was nothing to do. */
export const FLUSH_TLB_ALL = defineTracepoint({
  name: 'flush_tlb_all',
  fields: ['cpus'],
  origin: FLUSH_ORIGIN,
});
export const FLUSH_TLB_MM = defineTracepoint({
  name: 'flush_tlb_mm',
  fields: ['pgd', 'cpus'],
  origin: FLUSH_ORIGIN,
  hex: ['pgd'],
});
export const FLUSH_TLB_RANGE = defineTracepoint({
  name: 'flush_tlb_range',
  fields: ['pgd', 'start', 'end', 'cpus'],
  origin: FLUSH_ORIGIN,
  hex: ['pgd', 'start', 'end'],
});
export const FLUSH_TLB_PAGE = defineTracepoint({
  name: 'flush_tlb_page',
  fields: ['pgd', 'address', 'cpus'],
  origin: FLUSH_ORIGIN,
  hex: ['pgd', 'address'],
});
export const FLUSH_TLB_PGTABLES = defineTracepoint({
  name: 'flush_tlb_pgtables',
  fields: ['pgd', 'start', 'end', 'cpus'],
  origin: FLUSH_ORIGIN,
  hex: ['pgd', 'start', 'end'],
});
export const FLUSH_CACHE_MM = defineTracepoint({
  name: 'flush_cache_mm',
  fields: ['pgd'],
  origin: CACHE_ORIGIN,
  hex: ['pgd'],
});
export const FLUSH_CACHE_RANGE = defineTracepoint({
  name: 'flush_cache_range',
  fields: ['pgd', 'start', 'end'],
  origin: CACHE_ORIGIN,
  hex: ['pgd', 'start', 'end'],
});
export const FLUSH_CACHE_PAGE = defineTracepoint({
  name: 'flush_cache_page',
  fields: ['pgd', 'address'],
  origin: CACHE_ORIGIN,
  hex: ['pgd', 'address'],
});
export const FLUSH_DCACHE_PAGE = defineTracepoint({
  name: 'flush_dcache_page',
  fields: ['pfn'],
  origin: CACHE_ORIGIN,
});
export const FLUSH_PAGE_TO_RAM = defineTracepoint({
  name: 'flush_page_to_ram',
  fields: ['pfn'],
  origin: CACHE_ORIGIN,
});
export const FLUSH_ICACHE_PAGE = defineTracepoint({
  name: 'flush_icache_page',
  fields: ['pgd', 'pfn'],
  origin: CACHE_ORIGIN,
  hex: ['pgd'],
});
export const UPDATE_MMU_CACHE = defineTracepoint({
  name: 'update_mmu_cache',
  fields: ['pgd', 'address', 'pte'],
  origin: CACHE_ORIGIN,
  hex: ['pgd', 'address', 'pte'],
});

/** cr3 of a CPU changed with the address space; `lazy` 1: it came back from lazy mode. */
export const SWITCH_MM = defineTracepoint({
  name: 'switch_mm',
  fields: ['cpu', 'prev', 'next', 'lazy'],
  origin: 'include/asm-i386/mmu_context.h switch_mm()',
  hex: ['prev', 'next'],
});
/** CPUs were told by interrupt to drop entries: `mask` a bit each, `address` ffffffff: all of the address space. */
export const FLUSH_TLB_OTHERS = defineTracepoint({
  name: 'flush_tlb_others',
  fields: ['mask', 'pgd', 'address'],
  origin: 'arch/i386/kernel/smp.c flush_tlb_others()',
  hex: ['mask', 'pgd', 'address'],
});
/** The interrupt arrived at a CPU; `lazy` 1: it leaves the address space. */
export const SMP_INVALIDATE_INTERRUPT = defineTracepoint({
  name: 'smp_invalidate_interrupt',
  fields: ['cpu', 'pgd', 'address', 'lazy'],
  origin: 'arch/i386/kernel/smp.c smp_invalidate_interrupt()',
  hex: ['pgd', 'address'],
});
/** Another CPU was told by interrupt to drop all entries, global ones too. */
export const FLUSH_TLB_ALL_IPI = defineTracepoint({
  name: 'flush_tlb_all_ipi',
  fields: ['cpu', 'lazy'],
  origin: 'arch/i386/kernel/smp.c flush_tlb_all_ipi()',
});
/** A CPU goes on without an address space of its own, on the tables that are loaded. */
export const ENTER_LAZY_TLB = defineTracepoint({
  name: 'enter_lazy_tlb',
  fields: ['cpu', 'pgd'],
  origin: 'include/asm-i386/mmu_context.h enter_lazy_tlb()',
  hex: ['pgd'],
});
/** A lazy CPU was told to flush: it left the borrowed address space instead. */
export const LEAVE_MM = defineTracepoint({
  name: 'leave_mm',
  fields: ['cpu', 'pgd'],
  origin: 'arch/i386/kernel/smp.c leave_mm()',
  hex: ['pgd'],
});

/** A page directory was made (`pgd` 0: no memory). */
export const PGD_ALLOC = defineTracepoint({
  name: 'pgd_alloc',
  fields: ['pgd'],
  origin: 'include/asm-i386/pgalloc.h get_pgd_slow()',
  hex: ['pgd'],
});
export const PGD_FREE = defineTracepoint({
  name: 'pgd_free',
  fields: ['pgd'],
  origin: 'include/asm-i386/pgalloc.h free_pgd_slow()',
  hex: ['pgd'],
});
/** A page table was put under a directory entry; `cached` 1: it came off the quicklist. `pfn` 0: no memory. */
export const PTE_ALLOC = defineTracepoint({
  name: 'pte_alloc',
  fields: ['address', 'pfn', 'cached'],
  origin: 'mm/memory.c pte_alloc()',
  hex: ['address'],
});
/** A page table left its directory entry for the quicklist, which now holds `cached`; 0: it went to the page allocator. */
export const PTE_FREE = defineTracepoint({
  name: 'pte_free',
  fields: ['pfn', 'cached'],
  origin: 'mm/memory.c free_one_pmd()',
});
/** Whether the quicklist is trimmed. */
export const CHECK_PGT_CACHE = defineTracepoint({
  name: 'check_pgt_cache',
  fields: ['cached', 'low', 'high', 'outcome'],
  origin: 'arch/i386/mm/init.c do_check_pgt_cache()',
  decision: 'cached > high',
});
/** A directory entry that is neither empty nor a page table was cleared. */
export const PMD_ERROR = defineTracepoint({
  name: 'pmd_ERROR',
  fields: ['value'],
  origin: 'mm/memory.c free_one_pmd()',
  hex: ['value'],
});
