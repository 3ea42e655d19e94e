/** Where boot code takes memory that is never given back; results are physical addresses in bytes. */
export interface BootAllocator {
  /** `size` bytes above 16 MiB if possible, aligned to a cache line. @linux alloc_bootmem() */
  alloc(size: number): number;
  /** `size` bytes as low as possible, aligned to a cache line. @linux alloc_bootmem_low() */
  allocLow(size: number): number;
  /** Whole pages above 16 MiB if possible. @linux alloc_bootmem_pages() */
  allocPages(size: number): number;
  /** Whole pages as low as possible. @linux alloc_bootmem_low_pages() */
  allocLowPages(size: number): number;
}
