/** Where the 32-byte top levels of PAE come from. Linux has a slab cache for them, and slabs lie above this room. */
export interface PgdSource {
  /** Physical address of 32 bytes, aligned to their size, below 4 GiB; 0 = no memory. Their contents are of no matter. */
  alloc(): number;
  free(phys: number): void;
}
