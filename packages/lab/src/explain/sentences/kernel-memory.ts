import { block, pages, type Sentence } from './sentence.ts';

/** The kernel's own memory: slab, vmalloc, high memory. */
export const KERNEL_MEMORY_SENTENCES: Readonly<Record<string, Sentence>> = {
  kmalloc: (o) =>
    `kmalloc gave ${o.n('bytes_alloc')} bytes at ${o.hex('ptr')} for the ${o.n('bytes_req')} that were asked for`,
  kfree: (o) => `${o.hex('ptr')} went back to ${o.text('cache')}`,
  kmem_cache_alloc: (o) => `cache ${o.text('cache')} gave the object at ${o.hex('ptr')}`,
  kmem_cache_free: (o) => `the object at ${o.hex('ptr')} went back to cache ${o.text('cache')}`,
  mm_slab_grow: (o) =>
    o.yes('outcome')
      ? `cache ${o.text('cache')} got a slab: ${block(o.n('order'))} from frame ${o.n('pfn')} on, its objects ${o.n('colouroff')} bytes in (colour)`
      : `cache ${o.text('cache')} got no slab: there was no ${o.n('pfn') === 0 ? 'memory' : 'descriptor'} for it`,
  mm_slab_destroy: (o) =>
    `cache ${o.text('cache')} gave a slab back: ${block(o.n('order'))} from frame ${o.n('pfn')} on`,
  mm_slab_reap_skip: (o) =>
    o.yes('outcome')
      ? `cache ${o.text('cache')} was not reaped: ${o.yes('no_reap') ? 'it must not be' : o.yes('growing') ? 'it is growing' : 'it has grown lately'}`
      : `cache ${o.text('cache')} may be reaped`,
  mm_slab_reap_score: (o) =>
    `cache ${o.text('cache')} would give ${pages(o.n('pages'))} (${o.n('full_free')} free slabs): ${o.yes('outcome') ? `the best so far, more than ${o.n('best')}` : `no more than the best so far, ${o.n('best')}`}`,
  mm_slab_reap: (o) =>
    `cache ${o.text('cache')} was chosen, and gives ${o.n('slabs')} free slabs: ${pages(o.n('pages'))}`,
  vm_area_fits: (o) =>
    `${o.n('size')} bytes ${o.yes('outcome') ? 'fit' : 'do not fit'} at ${o.hex('address')}, before the area at ${o.hex('next')}`,
  get_vm_area: (o) => `${o.n('size')} bytes of kernel addresses were reserved at ${o.hex('address')}`,
  vmalloc_alloc: (o) => `vmalloc mapped pages for ${o.n('size')} bytes at ${o.hex('address')}`,
  vmap: (o) => `${pages(o.n('count'))} were mapped side by side at ${o.hex('address')}`,
  vfree: (o) =>
    o.yes('found')
      ? `the area at ${o.hex('address')} was given back: ${pages(o.n('pages'))}`
      : `vfree of ${o.hex('address')}: there is no such area`,
  ioremap: (o) =>
    `${o.n('size')} bytes of device memory at ${o.hex('phys')} were mapped at ${o.hex('address')}`,
  kmap: (o) =>
    `frame ${o.n('pfn')} of high memory ${o.yes('fresh') ? 'was mapped' : 'was mapped already'} at ${o.hex('address')}`,
  pkmap_slot: (o) => `kmap slot ${o.n('slot')} is ${o.yes('outcome') ? 'free' : `in use (${o.n('count')})`}`,
  pkmap_full: (o) =>
    `all kmap slots are in use: frame ${o.n('pfn')} ${o.yes('nonblock') ? 'is not mapped' : 'waits for one'}`,
  pkmap_flush: (o) =>
    `the search for a kmap slot began anew: ${o.n('unmapped')} slots that nobody uses were unmapped, ${o.n('used')} are in use`,
  kunmap: (o) =>
    `kunmap of frame ${o.n('pfn')}: ${o.yes('outcome') ? 'nobody uses its slot any more' : `${o.n('count') - 1} still use its slot`}`,
  kmap_atomic: (o) =>
    `frame ${o.n('pfn')} was mapped at ${o.hex('address')}, slot ${o.n('type')} of CPU ${o.n('cpu')}`,
  kunmap_atomic: (o) => `slot ${o.n('type')} of CPU ${o.n('cpu')} was given back`,
  set_fixmap: (o) => `fixmap slot ${o.n('slot')}, ${o.hex('address')}, now shows ${o.hex('phys')}`,
};
