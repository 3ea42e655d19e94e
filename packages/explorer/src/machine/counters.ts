import { AgingPageAllocator, type Kernel, tracepoints, type Zone } from '@pagewalk/mm';

/** A number that a machine has at any time. */
export interface Counter {
  /** As the glossary has it. */
  readonly name: string;
  read(kernel: Kernel): number;
}

/** Counters of every machine. Those of events count since boot. */
const COMMON: readonly Counter[] = [
  { name: 'nr_free_pages', read: (kernel) => kernel.allocator.nrFreePages() },
  { name: 'page_cache', read: ({ pageCache }) => pageCache.pageCacheSize },
  { name: 'buffermem', read: ({ pageCache }) => pageCache.buffermemPages },
  { name: 'swap_cache', read: ({ pageCache }) => pageCache.swapperPages },
  { name: 'nr_active', read: ({ pageCache }) => pageCache.activePages },
  { name: 'nr_swap_pages', read: ({ paging }) => paging.swapAreas.nrSwapPages },
  { name: 'rss', read: sumOfTasks((mm) => mm.rss) },
  { name: 'total_vm', read: sumOfTasks((mm) => mm.totalVm) },
  { name: 'processes', read: ({ processes }) => processes.size },
  { name: 'pgpgin', read: ({ paging }) => (paging.block.pgpgin * 512) / 1024 },
  { name: 'pgpgout', read: ({ paging }) => (paging.block.pgpgout * 512) / 1024 },
  { name: 'pswpin', read: ({ paging }) => paging.swapCache.pswpin },
  { name: 'pswpout', read: ({ paging }) => paging.swapCache.pswpout },
  ...(
    [
      ['pgfault', 'mm_fault'],
      ['pgalloc', 'mm_page_alloc'],
      ['pgfree', 'mm_page_free'],
      ['kswapd_wakeups', 'mm_vmscan_wakeup_kswapd'],
      ['kmem_cache_alloc', 'kmem_cache_alloc'],
      ['kmem_cache_free', 'kmem_cache_free'],
      ['tlb_flushes', 'flush_tlb_page'],
      ['oom_kills', 'mark_victim'],
    ] as const
  ).map(([name, event]) => ({ name, read: eventCount(event) })),
];

/** The counters of a machine. */
export function countersOf(kernel: Kernel): readonly Counter[] {
  const ofZone = (prefix: string, read: (zone: Zone) => number): Counter[] =>
    kernel.allocator.zones.flatMap(({ name, size }, i) =>
      size === 0
        ? []
        : // Of the kernel that is asked about: a machine may be booted anew.
          [{ name: `${prefix} ${name}`, read: (asked) => read(asked.allocator.zones[i] as Zone) }],
    );
  const aged = kernel.allocator instanceof AgingPageAllocator;
  return [
    ...ofZone('free', (zone) => zone.freePages),
    ...COMMON,
    ...(aged
      ? [
          ...ofZone('inactive_dirty', (zone) => zone.inactiveDirtyPages),
          ...ofZone('inactive_clean', (zone) => zone.inactiveCleanPages),
        ]
      : [{ name: 'nr_inactive', read: ({ pageCache }: Kernel) => pageCache.nrInactivePages }]),
  ];
}

function sumOfTasks(of: (mm: { readonly rss: number; readonly totalVm: number }) => number) {
  return ({ processes }: Kernel): number => {
    let sum = 0;
    for (const { task } of processes.values()) if (task.mm !== null) sum += of(task.mm);
    return sum;
  };
}

/** Events of a tracepoint since boot. */
function eventCount(event: string) {
  const id = tracepoints().findIndex(({ name }) => name === event);
  return ({ trace }: Kernel): number => trace.counts[id] as number;
}
