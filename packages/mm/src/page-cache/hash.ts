/**
 * The page-cache hash table's size and hash function.
 *
 * ```
 *   x = address of the mapping / d + index             d: lowest set bit of sizeof(struct inode)
 *   bucket = (x + (x >> bits)) & (entries - 1)
 * ```
 * Pages with neighbouring indices land in neighbouring buckets, as a sequential reader likes it.
 */

/** `sizeof(struct inode)`, bytes (2.4.22 compiled by gcc 3). */
export const SIZEOF_INODE = 464;
/** What the mapping's address is divided by: the lowest set bit of {@link SIZEOF_INODE}. */
export const HASH_DIVISOR = SIZEOF_INODE & -SIZEOF_INODE;

/**
 * Allocation order of the hash table of a machine with `mempages` pages of memory: the smallest that gives each page
 * four bytes. @linux 2.4.22 mm/filemap.c page_cache_init()
 */
export function pageHashOrder(mempages: number): number {
  let order = 0;
  while (2 ** order * 4096 < mempages * 4) order++;
  return order;
}

/** Bucket of a page. @linux 2.4.22 include/linux/pagemap.h _page_hashfn() */
export function pageHash(
  mappingAddress: number,
  index: number,
  bits: number,
  divisor = HASH_DIVISOR,
): number {
  const x = (Math.floor(mappingAddress / divisor) + index) >>> 0;
  return (x + (x >>> bits)) & ((1 << bits) - 1);
}
