/** Traffic between memory and disks since boot. */
export interface PagingCounters {
  /** Sectors of 512 bytes, read and written. */
  readonly sectorsIn: number;
  readonly sectorsOut: number;
  /** Buffers, read and written. */
  readonly buffersIn: number;
  readonly buffersOut: number;
  /** Pages, from and to swap. */
  readonly swappedIn: number;
  readonly swappedOut: number;
}

/**
 * The two lines of /proc/stat that tell of paging; time, interrupts and processes are not counted here.
 *
 * ```
 *   page 240252 301917     from and to disks: kB; buffers with `countsBuffers`
 *   swap 60047 75475       pages
 * ```
 *
 * @linux 2.4.22 fs/proc/proc_misc.c kstat_read_proc()
 */
export function formatPagingStat(counters: PagingCounters, countsBuffers: boolean): string {
  const { sectorsIn, sectorsOut, buffersIn, buffersOut, swappedIn, swappedOut } = counters;
  const pageIn = countsBuffers ? buffersIn : Math.floor(sectorsIn / 2);
  const pageOut = countsBuffers ? buffersOut : Math.floor(sectorsOut / 2);
  return `page ${pageIn} ${pageOut}\nswap ${swappedIn} ${swappedOut}\n`;
}
