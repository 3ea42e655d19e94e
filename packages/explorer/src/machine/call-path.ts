import type { EventStore } from './event-store.ts';
import type { Machine } from './machine.ts';

/** Events that are looked at for where the kernel was entered. */
const LOOK_BACK = 20_000;
const CPU_ENTRY = 'system_call';

/** Who calls a function, up to one that events tell of, or that has several callers. */
const CALLERS: Readonly<Record<string, readonly string[]>> = {
  __alloc_pages: ['alloc_pages'],
  __alloc_pages_limit: ['alloc_pages', '__alloc_pages'],
  __free_pages_ok: ['__free_pages'],
  try_to_free_pages_zone: [],
  shrink_caches: ['try_to_free_pages_zone'],
  shrink_cache: ['try_to_free_pages_zone', 'shrink_caches'],
  refill_inactive: ['try_to_free_pages_zone', 'shrink_caches'],
  kmem_cache_reap: ['try_to_free_pages_zone', 'shrink_caches'],
  swap_out: ['try_to_free_pages_zone', 'shrink_caches', 'shrink_cache'],
  try_to_swap_out: ['swap_out', 'swap_out_mm', 'swap_out_vma', 'swap_out_pgd', 'swap_out_pmd'],
  kswapd_balance_pgdat: ['kswapd', 'kswapd_balance'],
  page_launder: ['do_try_to_free_pages'],
  refill_inactive_scan: ['do_try_to_free_pages', 'refill_inactive'],
  reclaim_page: ['__alloc_pages'],
  get_swap_page: ['try_to_swap_out'],
  kmem_cache_grow: ['kmem_cache_alloc'],
  kmem_slab_destroy: ['kmem_cache_reap'],
  do_wp_page: ['handle_pte_fault'],
  badness: ['out_of_memory', 'oom_kill', 'select_bad_process'],
  oom_kill_task: ['out_of_memory', 'oom_kill'],
  out_of_memory: ['try_to_free_pages_zone'],
  do_mmap_pgoff: [],
  vma_merge: ['do_mmap_pgoff'],
  get_unmapped_area: ['do_mmap_pgoff'],
  vm_enough_memory: ['do_mmap_pgoff'],
  map_new_virtual: ['kmap', 'kmap_high'],
  flush_all_zero_pkmaps: ['kmap', 'kmap_high', 'map_new_virtual'],
  kmap_high: ['kmap'],
  get_vm_area: ['__vmalloc'],
  __make_request: ['submit_bh', 'generic_make_request'],
  rw_swap_page_base: ['rw_swap_page'],
};

/** Events that several functions write: which did, as their fields tell; empty: one of several. */
const WRITERS: Readonly<Record<string, (values: Readonly<Record<string, number>>) => string>> = {
  mm_page_age: ({ up }) => (up === 1 ? 'age_page_up' : 'age_page_down_ageonly'),
  mm_page_list: ({ list = 0 }) =>
    ['', 'add_page_to_active_list', 'add_page_to_inactive_dirty_list', 'add_page_to_inactive_clean_list'][
      list
    ] ?? '',
};

/** Functions in whose midst the kernel is between two events of one task. */
const SPANS: readonly { readonly begin: string; readonly end: string; readonly name: string }[] = [
  { begin: 'mm_vmscan_begin', end: 'mm_vmscan_end', name: 'try_to_free_pages_zone' },
];

/**
 * Kernel functions from the entry to the one in which an event happened: how the task came into the kernel, as the events before
 * tell, and then who calls whom.
 */
export function callPath(machine: Machine, seq: number): string[] {
  const { events } = machine.history;
  const { definition, pid, values } = events.event(seq);
  // What stands in a header of the architecture has the name of its macro.
  const macro = definition.origin.startsWith('include/asm-') ? definition.name : '';
  const last = WRITERS[definition.name]?.(values) ?? (functionOf(definition.origin) || macro);
  const path = entry(machine, events, seq, pid);
  const inner = last === '' ? [] : [...(CALLERS[last] ?? []), last];
  for (const name of inner) if (!path.includes(name)) path.push(name);
  return path.map((name) => `${name}()`);
}

/** `shrink_cache` of `mm/vmscan.c shrink_cache()`; empty: it names no function. */
export function functionOf(origin: string): string {
  return /(?:^| )(\w+)\(\)$/.exec(origin)?.[1] ?? '';
}

function entry(machine: Machine, events: EventStore, seq: number, pid: number): string[] {
  const inner: string[] = [];
  const ended = new Set<string>();
  for (let at = seq; at >= Math.max(events.first, seq - LOOK_BACK); at--) {
    if (events.pidOf(at) !== pid) continue;
    const event = events.event(at);
    for (const { begin, end, name } of SPANS) {
      if (event.name === end && at !== seq) ended.add(begin);
      if (event.name === begin && !ended.delete(begin)) inner.unshift(name);
    }
    // A call that is over, or a fault: the event lies behind it, in user mode.
    if (at !== seq && (event.name === 'sys_exit' || event.name === 'mm_fault')) break;
    if (event.name === 'page_fault_user' || event.name === 'page_fault_kernel') {
      return ['do_page_fault', ...(at === seq ? [] : ['handle_mm_fault']), ...inner];
    }
    if (event.name === 'sys_enter') {
      const call = machine.kernel.trace.text(event.values['call'] ?? 0);
      return [CPU_ENTRY, call.startsWith('sys_') ? call : `sys_${call}`, ...inner];
    }
    if (event.name === 'kthread_run')
      return [machine.history.names.get(event.values['thread'] ?? 0) ?? 'kthread', ...inner];
  }
  return inner;
}
