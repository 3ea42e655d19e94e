/** Page frame number: physical address divided by the page size. A page *is* its pfn. 0 never leaves the allocator. */
export type Pfn = number & { readonly __pfn?: never };
/** A virtual address: i386 as an unsigned 32-bit number. */
export type Addr = number;
/** A system call's result: a value >= 0 or an address, or a negative {@link Errno}. */
export type SysResult = number;

export const PAGE_SHIFT = 12;
export const PAGE_SIZE = 4096;

/** Rounds up to a page boundary modulo 2^32, as `PAGE_ALIGN` does on i386. */
export function pageAlign(value: number): number {
  return (value + 4095) & ~4095 ? ((value + 4095) & ~4095) >>> 0 : 0;
}
