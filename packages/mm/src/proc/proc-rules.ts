import type { PageAllocator } from '../page-allocator/page-allocator.ts';
import type { MemInfo } from './meminfo.ts';
import type { ShowMemCounters } from './show-mem.ts';

/** How a release writes its files in /proc. */
export interface ProcRules {
  /** /proc/meminfo. */
  readonly meminfo: (info: MemInfo) => string;
  /** SysRq-m. */
  readonly showMem: (allocator: PageAllocator, counters: ShowMemCounters) => string;
  /** /proc/PID/status shows the thread group. */
  readonly statusShowsTgid: boolean;
  /** /proc/sys/vm has what 2.4.0 has. */
  readonly oldSysctls: boolean;
  /** Settings that nothing reads, by name. */
  readonly unusedSysctls: Map<string, readonly number[]>;
  /** /proc/stat counts buffers that were read and written, not kB. */
  readonly statCountsBuffers: boolean;
  /** /proc/PID/statm counts reserved pages (the zero page) as resident. */
  readonly statmCountsReserved: boolean;
}
