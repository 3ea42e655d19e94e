import type { MemInfo } from './meminfo.ts';

const PAGE_SHIFT = 12;
const KIB_SHIFT = 2;

/** Pages by age that /proc/meminfo of 2.4.0 shows beside the rest. */
export interface AgedPages {
  readonly inactiveDirty: number;
  readonly inactiveClean: number;
  /** How many inactive pages there should be. */
  readonly inactiveTarget: number;
}

/**
 * The text of /proc/meminfo in 2.4.0. Byte counts are 32-bit words, which wrap; `Cached` is all of the page cache, with the swap
 * cache and without buffers.
 *
 * @param info its `pageCache` without buffers, its `inactive` unused
 * @linux 2.4.0 fs/proc/proc_misc.c meminfo_read_proc()
 */
export function formatAgedMeminfo(info: MemInfo, aged: AgedPages): string {
  const bytes = (...pages: number[]) =>
    pages.map((n) => String((n << PAGE_SHIFT) >>> 0).padStart(8)).join(' ');
  const line = (label: string, pages: number) =>
    `${`${label}:`.padEnd(14)}${String((pages << KIB_SHIFT) >>> 0).padStart(8)} kB\n`;
  const { totalram, freeram, sharedram, bufferram, pageCache } = info;
  return [
    '        total:    used:    free:  shared: buffers:  cached:\n',
    `Mem:  ${bytes(totalram, totalram - freeram, freeram, sharedram, bufferram, pageCache)}\n`,
    `Swap: ${bytes(info.totalswap, info.totalswap - info.freeswap, info.freeswap)}\n`,
    line('MemTotal', totalram),
    line('MemFree', freeram),
    line('MemShared', sharedram),
    line('Buffers', bufferram),
    line('Cached', pageCache),
    line('Active', info.active),
    line('Inact_dirty', aged.inactiveDirty),
    line('Inact_clean', aged.inactiveClean),
    line('Inact_target', aged.inactiveTarget),
    line('HighTotal', info.totalhigh),
    line('HighFree', info.freehigh),
    line('LowTotal', totalram - info.totalhigh),
    line('LowFree', freeram - info.freehigh),
    line('SwapTotal', info.totalswap),
    line('SwapFree', info.freeswap),
  ].join('');
}
