/**
 * GFP modifiers: what the caller of the page allocator permits.
 *
 * ```
 *  8   7      6  5    4     3..0
 * +--+------+--+----+----+---------------------------+
 * |FS|HIGHIO|IO|HIGH|WAIT| zone modifier: HIGHMEM, DMA |
 * +--+------+--+----+----+---------------------------+
 * ```
 * Every release uses these numbers here; what 2.4.0 calls them is told by {@link gfpWord240}. The low four bits index the node's sixteen zonelists. `HIGH` ("high priority") is carried but consulted nowhere in 2.4.
 *
 * @linux 2.4.22 include/linux/mm.h __GFP_*
 */
export const GFP = {
  DMA: 0x1,
  HIGHMEM: 0x2,
  WAIT: 0x10,
  HIGH: 0x20,
  IO: 0x40,
  HIGHIO: 0x80,
  FS: 0x100,
} as const;

/** The bits of a gfp mask that choose the zonelist. @linux GFP_ZONEMASK */
export const GFP_ZONEMASK = 0x0f;

/** May not sleep; may dip below pages_min to a quarter of it. */
export const GFP_ATOMIC = 0x020;
/** May sleep but start no I/O. */
export const GFP_NOIO = 0x030;
/** May sleep and do I/O to low memory only. */
export const GFP_NOHIGHIO = 0x070;
/** May sleep and do I/O but not enter a file system. */
export const GFP_NOFS = 0x0f0;
/** The kernel's own memory. */
export const GFP_KERNEL = 0x1f0;
export const GFP_NFS = GFP_KERNEL;
/** Memory for user space that the kernel must address directly. */
export const GFP_USER = 0x1d0;
export const GFP_KSWAPD = GFP_USER;
/** Memory for user space, from high memory where there is some. */
export const GFP_HIGHUSER = 0x1d2;
/** Memory below 16 MiB. Alone it is atomic (no WAIT). */
export const GFP_DMA = 0x001;
/** What vmalloc() asks for. */
export const GFP_VMALLOC = 0x1f2;

const NAMES: readonly (readonly [number, string])[] = [
  [GFP_VMALLOC, 'GFP_KERNEL|__GFP_HIGHMEM'],
  [GFP_HIGHUSER, 'GFP_HIGHUSER'],
  [GFP_KERNEL, 'GFP_KERNEL'],
  [GFP_USER, 'GFP_USER'],
  [GFP_NOFS, 'GFP_NOFS'],
  [GFP_NOHIGHIO, 'GFP_NOHIGHIO'],
  [GFP_NOIO, 'GFP_NOIO'],
  [GFP_ATOMIC, 'GFP_ATOMIC'],
  [GFP.FS, '__GFP_FS'],
  [GFP.HIGHIO, '__GFP_HIGHIO'],
  [GFP.IO, '__GFP_IO'],
  [GFP.HIGH, '__GFP_HIGH'],
  [GFP.WAIT, '__GFP_WAIT'],
  [GFP.HIGHMEM, '__GFP_HIGHMEM'],
  [GFP.DMA, 'GFP_DMA'],
];

/** Our bit and 2.4.0's. */
const BITS_2_4_0: readonly (readonly [number, number])[] = [
  [GFP.WAIT, 0x01],
  [GFP.HIGH, 0x02],
  [GFP.IO, 0x04],
  [GFP.DMA, 0x08],
  [GFP.HIGHMEM, 0x10],
];

/**
 * The number that a mask has in 2.4.0, for display: everywhere else a mask is 2.4.22's, whatever the release. 2.4.0 has no FS and
 * no HIGHIO; its GFP_BUFFER is GFP_NOIO.
 *
 * @linux 2.4.0 include/linux/mm.h __GFP_*
 */
export function gfpWord240(gfp: number): number {
  let word = 0;
  for (const [mask, bit] of BITS_2_4_0) if ((gfp & mask) !== 0) word |= bit;
  return word;
}

/** A gfp mask in the kernel's names, e.g. `GFP_KERNEL|GFP_DMA`; `0` for no bits. */
export function gfpToString(gfp: number): string {
  const parts: string[] = [];
  let rest = gfp;
  for (const [mask, name] of NAMES) {
    if (mask !== 0 && (rest & mask) === mask) {
      parts.push(name);
      rest &= ~mask;
    }
  }
  if (rest !== 0) parts.push(`0x${rest.toString(16)}`);
  return parts.length === 0 ? '0' : parts.join('|');
}
