import { entries } from './entries.ts';

/** Lines of /proc/meminfo. */
export const COUNTERS = entries(0, [
  ['MemTotal', 'MemTotal', 'Frames that the page allocator manages, kB.'],
  ['MemFree', 'MemFree', 'Free frames of all zones, kB.'],
  ['MemShared', 'MemShared', 'Always 0 in 2.4.'],
  ['Buffers', 'Buffers', 'Cached blocks of disks, kB.'],
  ['Cached', 'Cached', 'The page cache without buffers and swap cache, kB.'],
  ['SwapCached', 'SwapCached', 'Pages in memory that also have a place on swap, kB.'],
  ['Active', 'Active', 'Pages on the active list, kB.'],
  ['Inactive', 'Inactive', 'Pages on the inactive list, kB.'],
  ['Inact_dirty', 'Inact_dirty', 'Pages on 2.4.0’s inactive_dirty list, kB.'],
  ['Inact_clean', 'Inact_clean', 'Pages on 2.4.0’s inactive_clean lists, kB.'],
  ['Inact_target', 'Inact_target', 'How many inactive and free pages 2.4.0 wants to have, kB.'],
  ['HighTotal', 'HighTotal', 'Frames of high memory, kB.'],
  ['HighFree', 'HighFree', 'Free frames of high memory, kB.'],
  ['LowTotal', 'LowTotal', 'Frames below 896 MB, kB.'],
  ['LowFree', 'LowFree', 'Free frames below 896 MB, kB.'],
  ['SwapTotal', 'SwapTotal', 'Room of all swap areas, kB.'],
  ['SwapFree', 'SwapFree', 'Free slots of all swap areas, kB.'],
]);
