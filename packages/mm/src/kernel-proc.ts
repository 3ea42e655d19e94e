/**
 * The files of /proc and the dump of SysRq-m, put together from the rooms. The formats are in `proc/`.
 */
import type { Kernel } from './kernel.ts';
import { ConfigError } from './kernel-bug.ts';
import { formatIomem } from './proc/iomem.ts';
import type { MemInfo } from './proc/meminfo.ts';
import { mapsText } from './proc/pid-maps.ts';
import { statmText } from './proc/pid-statm.ts';
import { statusText } from './proc/pid-status.ts';
import { formatSlabinfo } from './proc/slabinfo.ts';
import { formatPagingStat } from './proc/stat.ts';
import { sysvipcShmText } from './shmem/sysvipc-shm.ts';
import { procSysFiles, procSysText } from './sysctl.ts';

/** See {@link Kernel.proc}. */
export function procText(kernel: Kernel, path: string, pid?: number): string {
  if (path === 'meminfo') return kernel.procRules.meminfo(memInfo(kernel));
  if (path === 'iomem') return formatIomem(kernel.physical.resources);
  if (path === 'swaps') return kernel.paging.swapSwitch.text();
  if (path === 'slabinfo') return formatSlabinfo(kernel.slab);
  if (path === 'stat') return pagingStat(kernel);
  if (path === 'sysvipc/shm') return sysvipcShmText(kernel.shm);
  if (path.startsWith('sys/')) return procSys(kernel, path);
  const match = /^(?:(self|\d+)\/)?(maps|statm|status)$/.exec(path);
  if (match === null) {
    throw new ConfigError(
      `/proc/${path}: no such file; there are: meminfo, slabinfo, iomem, stat, swaps, sysvipc/shm, sys/vm/…, sys/kernel/shm…, PID/maps, PID/statm, PID/status`,
    );
  }
  const wanted = match[1] === undefined || match[1] === 'self' ? pid : Number(match[1]);
  const process = wanted === undefined ? kernel.lifecycle.lastRun() : kernel.processes.get(wanted);
  if (process === undefined) {
    const pids = [...kernel.processes.keys()].join(', ') || 'none';
    throw new ConfigError(`/proc/${path}: no process ${wanted ?? ''}; there are: ${pids}`);
  }
  const task = process.task;
  if (match[2] === 'maps') return mapsText(task);
  return match[2] === 'statm'
    ? statmText(kernel.vm, task, kernel.procRules.statmCountsReserved)
    : statusText(task, task === kernel.cpus.currentOf(task.processor), kernel.procRules.statusShowsTgid);
}

function procSys(kernel: Kernel, path: string): string {
  const files = procSysFiles(kernel);
  const name = path.slice('sys/'.length);
  if (files.includes(name)) return procSysText(kernel, name);
  const all = files.map((file) => `sys/${file}`).join(', ');
  throw new ConfigError(`/proc/${path}: no such file in ${kernel.release}; there are: ${all}`);
}

/** The lines of /proc/stat that tell of paging. */
export function pagingStat(kernel: Kernel): string {
  const { block, swapCache } = kernel.paging;
  const counters = {
    sectorsIn: block.pgpgin,
    sectorsOut: block.pgpgout,
    buffersIn: block.buffersRead,
    buffersOut: block.buffersWritten,
    swappedIn: swapCache.pswpin,
    swappedOut: swapCache.pswpout,
  };
  return formatPagingStat(counters, kernel.procRules.statCountsBuffers);
}

function memInfo(kernel: Kernel): MemInfo {
  const { physical, allocator, pageCache } = kernel;
  const swap = kernel.paging.swapAreas.swapinfo();
  return {
    totalram: physical.totals.totalram,
    freeram: allocator.nrFreePages(),
    sharedram: 0,
    bufferram: pageCache.buffermemPages,
    pageCache: pageCache.pageCacheSize,
    swapCache: pageCache.swapperPages,
    active: pageCache.nrActivePages,
    inactive: pageCache.nrInactivePages,
    totalhigh: physical.totals.totalhigh,
    freehigh: allocator.nrFreeHighpages(),
    totalswap: swap.total,
    freeswap: swap.free,
  };
}

/** See {@link Kernel.showMem}. */
export function showMemText(kernel: Kernel): string {
  const { stats, mapping } = kernel.paging.swapCache;
  return kernel.procRules.showMem(kernel.allocator, {
    swapCacheAdd: stats.addTotal,
    swapCacheDelete: stats.delTotal,
    swapCacheFindSuccess: stats.findSuccess,
    swapCacheFindTotal: stats.findTotal,
    swapCacheNoentRace: stats.noentRace,
    swapCacheExistRace: stats.existRace,
    swapperSpace: mapping.id,
    active: kernel.pageCache.nrActivePages,
    inactive: kernel.pageCache.nrInactivePages,
    freeSwap: kernel.paging.swapAreas.nrSwapPages,
    pageTableCache: kernel.pageTables.cachedTablesHere,
    buffermem: kernel.pageCache.buffermemPages,
    pageCache: kernel.pageCache.pageCacheSize,
  });
}
