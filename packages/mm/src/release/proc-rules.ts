import { AgingPageAllocator } from '../page-allocator/aging-page-allocator.ts';
import type { PageAllocator } from '../page-allocator/page-allocator.ts';
import { formatAgedMeminfo } from '../proc/aged-meminfo.ts';
import { formatAgedShowMem } from '../proc/aged-show-mem.ts';
import { formatMeminfo } from '../proc/meminfo.ts';
import type { ProcRules } from '../proc/proc-rules.ts';
import { formatShowMem } from '../proc/show-mem.ts';

/** How /proc and SysRq-m of the kernel with this page allocator read. */
export function procRules(allocator: PageAllocator): ProcRules {
  return allocator instanceof AgingPageAllocator ? agedProc(allocator) : classZoneProc();
}

/** 2.4.20 and 2.4.22. */
function classZoneProc(): ProcRules {
  return {
    meminfo: formatMeminfo,
    showMem: formatShowMem,
    statusShowsTgid: true,
    statmCountsReserved: false,
    statCountsBuffers: false,
    oldSysctls: false,
    unusedSysctls: new Map(),
  };
}

/** 2.4.0. */
function agedProc(allocator: AgingPageAllocator): ProcRules {
  const { pressure } = allocator;
  const aged = () => ({
    inactiveDirty: allocator.aging.nrInactiveDirtyPages(),
    inactiveClean: pressure.clean,
    inactiveTarget: pressure.inactiveTarget,
    min: pressure.min,
    low: pressure.low,
    high: pressure.high,
  });
  return {
    meminfo: (info) => formatAgedMeminfo({ ...info, active: allocator.aging.nrActivePages() }, aged()),
    showMem: (pages, counters) =>
      formatAgedShowMem(pages, { ...counters, active: allocator.aging.nrActivePages() }, aged()),
    statusShowsTgid: false,
    oldSysctls: true,
    unusedSysctls: new Map([
      ['vm.buffermem', [2, 10, 60]],
      ['vm.pagecache', [2, 15, 75]],
    ]),
    statmCountsReserved: true,
    statCountsBuffers: true,
  };
}
