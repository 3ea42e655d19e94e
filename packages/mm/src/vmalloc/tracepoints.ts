/** Tracepoints of the vmalloc room. */
import { defineTracepoint } from '../trace/trace.ts';

/**
 * Does a new area, guard page included, fit before the area that begins at `next`? `spare`: bytes by which the hole must be
 * larger than needed (2.4.0: 1).
 */
export const VM_AREA_FITS = defineTracepoint({
  name: 'vm_area_fits',
  fields: ['address', 'size', 'spare', 'next', 'outcome'],
  origin: 'mm/vmalloc.c get_vm_area()',
  hex: ['address', 'size', 'next'],
  decision: 'address + size + spare <= next',
});
/** An area was asked for; `size` has the guard page, `address` 0: there is no room, or no memory for its descriptor. */
export const GET_VM_AREA = defineTracepoint({
  name: 'get_vm_area',
  fields: ['address', 'size', 'flags'],
  origin: 'mm/vmalloc.c get_vm_area()',
  hex: ['address', 'size'],
});
/** Pages at consecutive addresses; `address` 0: failed, nothing is left of it. */
export const VMALLOC_ALLOC = defineTracepoint({
  name: 'vmalloc_alloc',
  fields: ['address', 'size', 'gfp', 'prot'],
  origin: 'mm/vmalloc.c __vmalloc()',
  hex: ['address', 'size', 'gfp', 'prot'],
});
/** Pages of the caller mapped at consecutive addresses. */
export const VMAP = defineTracepoint({
  name: 'vmap',
  fields: ['address', 'count', 'flags', 'prot'],
  origin: 'mm/vmalloc.c vmap()',
  hex: ['address', 'prot'],
});
/** An area goes; `size` with its guard page, 0 and `found` 0: there is none at that address. `pages`: references dropped. */
export const VFREE = defineTracepoint({
  name: 'vfree',
  fields: ['address', 'size', 'pages', 'found'],
  origin: 'mm/vmalloc.c vfree()',
  hex: ['address', 'size'],
});
/** Device memory got addresses; `address` 0: refused. `size` is what is mapped. */
export const IOREMAP = defineTracepoint({
  name: 'ioremap',
  fields: ['phys', 'size', 'flags', 'address'],
  origin: 'arch/i386/mm/ioremap.c __ioremap()',
  hex: ['phys', 'size', 'flags', 'address'],
});
/** A kernel address faulted: the top-level entry was copied. `outcome` 1: the reference tables map the page. */
export const VMALLOC_FAULT = defineTracepoint({
  name: 'vmalloc_fault',
  fields: ['address', 'pgd', 'pte', 'outcome'],
  origin: 'arch/i386/mm/fault.c do_page_fault()',
  hex: ['address', 'pgd', 'pte'],
  decision: '(pte & 129) != 0',
});
