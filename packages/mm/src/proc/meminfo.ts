const PAGE = 4096;
const KIB_PER_PAGE = 4;
const U64 = 2n ** 64n;

/** What /proc/meminfo shows, all in pages. @linux struct sysinfo, and the globals that meminfo_read_proc() reads */
export interface MemInfo {
  readonly totalram: number;
  readonly freeram: number;
  /** Always 0 in 2.4. */
  readonly sharedram: number;
  /** @linux buffermem_pages */
  readonly bufferram: number;
  /** Page cache with buffers and swap cache. @linux page_cache_size */
  readonly pageCache: number;
  /** @linux swapper_space.nrpages */
  readonly swapCache: number;
  readonly active: number;
  readonly inactive: number;
  readonly totalhigh: number;
  readonly freehigh: number;
  readonly totalswap: number;
  readonly freeswap: number;
}

/**
 * The text of /proc/meminfo: a table in bytes, then tagged lines in kB. `cached:` contains the swap cache, `Cached:` does not.
 *
 * @linux 2.4.22 fs/proc/proc_misc.c meminfo_read_proc()
 */
export function formatMeminfo(info: MemInfo): string {
  const cached = info.pageCache - info.bufferram;
  const bytes = (...pages: number[]) => pages.map((n) => ` ${byteCount(n).padStart(8)}`).join('');
  const line = (label: string, pages: number) =>
    `${`${label}:`.padEnd(14)}${String((pages * KIB_PER_PAGE) >>> 0).padStart(8)} kB\n`;
  return [
    '        total:    used:    free:  shared: buffers:  cached:\n',
    `Mem: ${bytes(info.totalram, info.totalram - info.freeram, info.freeram, info.sharedram, info.bufferram, cached)}\n`,
    `Swap:${bytes(info.totalswap, info.totalswap - info.freeswap, info.freeswap)}\n`,
    line('MemTotal', info.totalram),
    line('MemFree', info.freeram),
    line('MemShared', info.sharedram),
    line('Buffers', info.bufferram),
    line('Cached', cached - info.swapCache),
    line('SwapCached', info.swapCache),
    line('Active', info.active),
    line('Inactive', info.inactive),
    line('HighTotal', info.totalhigh),
    line('HighFree', info.freehigh),
    line('LowTotal', info.totalram - info.totalhigh),
    line('LowFree', info.freeram - info.freehigh),
    line('SwapTotal', info.totalswap),
    line('SwapFree', info.freeswap),
  ].join('');
}

/** Pages as bytes in an unsigned 64-bit number: a negative count shows as the kernel shows it. */
function byteCount(pages: number): string {
  return pages >= 0 ? String(pages * PAGE) : String(U64 + BigInt(pages * PAGE));
}
