import { entries } from './entries.ts';

const ZONES = ['DMA', 'Normal', 'HighMem'] as const;

/** The counters of the charts: what the engine samples while a machine runs. */
export const MACHINE_COUNTERS = entries(0, [
  ...ZONES.map(
    (zone) =>
      [
        `counter:free ${zone}`,
        `free ${zone}`,
        `Free frames of zone ${zone}: all blocks of its free lists.`,
      ] as const,
  ),
  ...ZONES.map(
    (zone) =>
      [
        `counter:inactive_dirty ${zone}`,
        `inactive_dirty ${zone}`,
        `2.4.0: pages of zone ${zone} that were not used of late and must still be cleaned.`,
      ] as const,
  ),
  ...ZONES.map(
    (zone) =>
      [
        `counter:inactive_clean ${zone}`,
        `inactive_clean ${zone}`,
        `2.4.0: clean pages of zone ${zone} that can be had at once; they count as nearly free.`,
      ] as const,
  ),
  ['counter:nr_free_pages', 'nr_free_pages', 'Free frames of all zones.'],
  [
    'counter:page_cache',
    'page_cache',
    'Pages in the page cache: of files, shared memory and the swap cache.',
  ],
  ['counter:buffermem', 'buffermem', 'Pages that hold cached blocks of disks.'],
  ['counter:swap_cache', 'swap_cache', 'Pages in memory that have a place on swap as well.'],
  ['counter:nr_active', 'nr_active', 'Pages on the active list: those that seem to be in use.'],
  ['counter:nr_inactive', 'nr_inactive', 'Pages on the inactive list, from whose end pages are freed.'],
  ['counter:nr_swap_pages', 'nr_swap_pages', 'Free slots of all swap areas, pages.'],
  ['counter:rss', 'rss', 'Resident pages of all processes, each counted as often as it is mapped.'],
  ['counter:total_vm', 'total_vm', 'Pages of all areas of all processes, touched or not.'],
  ['counter:processes', 'processes', 'Processes that live or were not waited for.'],
  ['counter:pgpgin', 'pgpgin', 'Data read from disks since boot, kB.'],
  ['counter:pgpgout', 'pgpgout', 'Data written to disks since boot, kB.'],
  ['counter:pswpin', 'pswpin', 'Pages read from swap since boot.'],
  ['counter:pswpout', 'pswpout', 'Pages written to swap since boot.'],
  ['counter:pgfault', 'pgfault', 'Page faults since boot, of all classes.'],
  ['counter:pgalloc', 'pgalloc', 'Calls of the page allocator since boot, also those that got nothing.'],
  ['counter:pgfree', 'pgfree', 'Blocks given back to the page allocator since boot.'],
  [
    'counter:kswapd_wakeups',
    'kswapd_wakeups',
    'How often an allocation found all zones low and called kswapd, since boot.',
  ],
  ['counter:kmem_cache_alloc', 'kmem_cache_alloc', 'Objects taken from slab caches since boot.'],
  ['counter:kmem_cache_free', 'kmem_cache_free', 'Objects given back to slab caches since boot.'],
  ['counter:tlb_flushes', 'tlb_flushes', 'Single pages dropped from the TLB since boot.'],
  ['counter:oom_kills', 'oom_kills', 'Processes that the OOM killer chose since boot.'],
]);
