import { entries } from './entries.ts';

/** Getting memory back: chapters 10, 11 and 13. */
export const RECLAIM = [
  ...entries(10, [
    [
      'reclaim',
      'reclaim',
      'Getting frames back from uses that can do without: cached pages of files, pages that can go to swap, slabs.',
    ],
    [
      'kswapd',
      'kswapd',
      'The kernel thread that frees pages in the background, from pages_low until pages_high is reached.',
    ],
    ['kreclaimd', 'kreclaimd', 'Thread of 2.4.0 that turns clean inactive pages into free ones.'],
    ['bdflush', 'bdflush', 'Thread that writes dirty buffers to disk when there are too many.'],
    ['kupdated', 'kupdated', 'Thread that writes old dirty buffers and inodes every five seconds.'],
    [
      'direct-reclaim',
      'direct reclaim',
      'The process that wants memory frees some itself, as kswapd did not keep up.',
    ],
    ['active_list', 'active list', 'Pages that are in use, as far as the kernel can tell.'],
    [
      'inactive_list',
      'inactive list',
      'Pages that may go next (2.4.10 and later). They are taken from its tail; one that is used again goes back to the active list.',
    ],
    [
      'inactive_dirty_list',
      'inactive_dirty list',
      'Pages of 2.4.0 that are to go, but must perhaps be written first.',
    ],
    [
      'inactive_clean_list',
      'inactive_clean list',
      'Pages of 2.4.0 that can be used for something else at once; one list per zone. They count as almost free.',
    ],
    [
      'lru',
      'LRU',
      'Least recently used: what was not used for longest goes first. Linux approximates it with lists.',
    ],
    [
      'page-age',
      'age',
      'Of a page on 2.4.0: up when it is found used, halved when not. At 0 it is made inactive.',
    ],
    [
      'second-chance',
      'second chance',
      'A page whose accessed bit is set has the bit cleared and is spared this time.',
    ],
    [
      'refill_inactive',
      'refill_inactive()',
      'Moves pages from the active list’s tail to the inactive list, and those used lately back to the head.',
    ],
    [
      'shrink_cache',
      'shrink_cache()',
      'Frees pages from the inactive list’s tail; when it meets too many mapped ones it calls swap_out().',
    ],
    [
      'swap_out',
      'swap_out()',
      'Goes through processes’ page tables and unmaps pages that were not used; dirty ones go to the swap cache.',
    ],
    [
      'page_launder',
      'page_launder()',
      'Of 2.4.0: writes dirty inactive pages and moves clean ones to inactive_clean.',
    ],
    [
      'priority',
      'priority',
      'How hard reclaim tries: it begins at 6 (a sixth of the list) and goes down to 1 (all of it).',
    ],
    ['write-back', 'write-back', 'Writing dirty pages to their disk.'],
    ['memory-pressure', 'memory pressure', 'More memory is wanted than is free.'],
    [
      'thrashing',
      'thrashing',
      'So little memory that pages are taken that are needed again at once: the machine mostly waits for swap.',
    ],
  ]),
  ...entries(11, [
    ['swap', 'swap', 'Disk space to which anonymous pages go when memory is short.'],
    [
      'swap-area',
      'swap area',
      'A disk or file for swap; the first page is its header. Areas of higher priority are used first.',
    ],
    ['swap-slot', 'slot', 'Place for one page in a swap area.'],
    [
      'swap_map',
      'swap_map',
      'One count per slot: how many page-table entries and caches refer to it. 0: free.',
    ],
    [
      'swap-cache',
      'swap cache',
      'Pages that are in memory and have a place on swap. It keeps processes that share a page from reading it twice, or losing a write.',
    ],
    [
      'swap-cluster',
      'cluster',
      'Slots are given out in runs of 256, so that pages that go together lie together; reading takes 8 at a time.',
    ],
    [
      'swap-entry',
      'swap entry',
      'What stands in a page-table entry while the page is on swap: area and slot, present bit clear.',
    ],
    ['swap-in', 'swap in', 'Reading a page from swap.'],
    ['swap-out', 'swap out', 'Writing a page to swap.'],
  ]),
  ...entries(13, [
    ['oom', 'out of memory', 'Nothing can be freed any more. The kernel kills a process to get on.'],
    [
      'badness',
      'badness',
      'Points by which the process to kill is chosen: its size, made less for CPU time, long life, low nice value and root.',
    ],
    [
      'oom-killer',
      'OOM killer',
      'Kills the process with most points when memory, swap and caches are used up and reclaim failed again and again.',
    ],
  ]),
];
