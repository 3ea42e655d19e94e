/** The operations of kops scripts: their operands and what they give. */

/** What an operand may be. */
export type OperandKind =
  /** A gfp mask. */
  | 'gfp'
  | 'order'
  /** A number of bytes. */
  | 'size'
  | 'number'
  /** A page: `$p`, `$p+1`, `pfn:1234`. */
  | 'page'
  /** A kernel address: `$a`, `$a+16`, `0xc0100000`. */
  | 'address'
  /** A slab cache: `$c`, or its name. */
  | 'cache'
  /** A name for a new cache. */
  | 'name'
  | 'slabFlags'
  | 'atomicType'
  /** `ctor=BYTE`: the constructor fills objects with the byte. */
  | 'ctor'
  | 'dtor'
  | 'dump';

/** What an operation gives, to be kept under a name. */
export type ResultKind = 'page' | 'address' | 'cache' | 'number' | 'none';

/** An operation of the script language. */
export interface Operation {
  readonly operands: readonly OperandKind[];
  /** Operands that may be left out, from the end. */
  readonly optional?: readonly OperandKind[];
  readonly result: ResultKind;
  /** Runs while the machine boots. */
  readonly boot?: true;
  /** The last operand may be repeated. */
  readonly many?: true;
}

/** All operations, by name. */
export const OPERATIONS = {
  alloc_bootmem: { operands: ['size'], result: 'address', boot: true },
  alloc_bootmem_low: { operands: ['size'], result: 'address', boot: true },
  alloc_bootmem_pages: { operands: ['size'], result: 'address', boot: true },
  alloc_bootmem_low_pages: { operands: ['size'], result: 'address', boot: true },
  alloc_pages: { operands: ['gfp', 'order'], result: 'page' },
  free_pages: { operands: ['page'], optional: ['order'], result: 'none' },
  get_page: { operands: ['page'], result: 'none' },
  kmem_cache_create: {
    operands: ['name', 'size'],
    optional: ['number', 'slabFlags', 'ctor', 'dtor'],
    result: 'cache',
  },
  kmem_cache_alloc: { operands: ['cache', 'gfp'], result: 'address' },
  kmem_cache_free: { operands: ['cache', 'address'], result: 'none' },
  kmem_cache_shrink: { operands: ['cache'], result: 'number' },
  kmem_cache_reap: { operands: ['gfp'], result: 'number' },
  kmem_cache_destroy: { operands: ['cache'], result: 'number' },
  kmalloc: { operands: ['size', 'gfp'], result: 'address' },
  kfree: { operands: ['address'], result: 'none' },
  vmalloc: { operands: ['size'], optional: ['gfp'], result: 'address' },
  vmalloc_32: { operands: ['size'], result: 'address' },
  vmalloc_dma: { operands: ['size'], result: 'address' },
  vmap: { operands: ['page'], result: 'address', many: true },
  vfree: { operands: ['address'], result: 'none' },
  kmap: { operands: ['page'], result: 'address' },
  kmap_nonblock: { operands: ['page'], result: 'address' },
  kunmap: { operands: ['page'], result: 'none' },
  kmap_atomic: { operands: ['page', 'atomicType'], result: 'address' },
  kunmap_atomic: { operands: ['address', 'atomicType'], result: 'none' },
  load8: { operands: ['address'], result: 'number' },
  load32: { operands: ['address'], result: 'number' },
  store8: { operands: ['address', 'number'], result: 'none' },
  store32: { operands: ['address', 'number'], result: 'none' },
  dump: { operands: ['dump'], optional: ['cache'], result: 'none' },
} as const satisfies Record<string, Operation>;

export type OperationName = keyof typeof OPERATIONS;

/** What can be dumped. */
export const DUMPS = ['free', 'zones', 'caches', 'cache', 'areas', 'kmap'] as const;

/** What an operand may look like, for messages. */
export const OPERAND_HELP: Readonly<Record<OperandKind, string>> = {
  gfp: 'a gfp mask, e.g. GFP_KERNEL, GFP_KERNEL|__GFP_DMA or 0x1f0',
  order: 'an order from 0 to 31',
  size: 'bytes, decimal or with 0x, below 2^32',
  number: 'a whole number below 2^32, decimal or with 0x',
  page: 'a page: $name, $name+1 or pfn:1234',
  address: 'an address: $name, $name+16 or 0xc0100000',
  cache: 'a slab cache: $name or its name, e.g. size-64',
  name: 'a name of letters, digits and _ - ( ) .',
  slabFlags: 'slab flags, e.g. SLAB_HWCACHE_ALIGN|SLAB_NO_REAP or 0',
  atomicType: 'a kind of atomic mapping, e.g. KM_USER0, or its number',
  ctor: 'ctor=BYTE, e.g. ctor=0x5a: a constructor that fills each object with the byte',
  dtor: 'dtor: a destructor, which is counted',
  dump: `what to dump: ${DUMPS.join(', ')}`,
};
