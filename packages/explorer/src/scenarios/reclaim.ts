import type { Scenario } from './scenario.ts';

const MB = 2 ** 20;

/** Chapters 10, 11 and 13: when memory is short. */
export const RECLAIM_SCENARIOS: readonly Scenario[] = [
  {
    id: 'kswapd',
    chapter: 10,
    title: 'kswapd is woken',
    summary:
      '3000 pages on a machine with 2500: where the kernel looks for frames first, and what makes it look further.',
    choice: {
      release: '2.4.22',
      memory: 12 * MB,
      swap: 32 * MB,
      sysctl: {},
      program: { kind: 'workload', args: ['zipf', '1', '3000', '30000', '30'] },
    },
    layout: 'row(scenario:30,column(lists:3,events.why*:2):42,column(memory:1,zones:1):28)',
    stages: [
      {
        title: 'The watermark',
        text: 'The workload touches its 3000 pages once, then a few of them often and many seldom. For now memory is only taken, never given back.',
        question: 'When is kswapd woken?',
        options: ['When no page is free', 'When free pages come down to pages_low', 'Every ten seconds'],
        correct: 1,
        answer:
          'At `pages_low`: the check `free 47 > mark 47` failed, the mark being `pages_low`, 46, and the one page that is asked for. The allocation wakes kswapd and succeeds all the same, as it may go down to [[pages_min|pages_min]]. Then kswapd runs.',
        go: { to: 'event', event: 'mm_vmscan_wakeup_kswapd', condition: '' },
        panels: ['zones', 'events'],
      },
      {
        title: 'Easy prey',
        text: 'kswapd asks the slab caches for empty slabs first, then goes through the [[inactive_list|inactive list]] from its tail. It has already found some.',
        question: 'Which pages can be freed there and then, without any writing?',
        options: ['Pages that a process maps', 'Clean pages that nobody maps', 'Page tables'],
        correct: 1,
        answer:
          'Clean pages that nobody maps: what they hold is on the disk, in their file or in a slot of swap. The verdict 0 in the log is such a page; this one was unmapped and written to swap a moment ago, as the frees of its buffers and of its place in the [[swap-cache|swap cache]] around it show. Most pages are mapped (verdict 3): they are passed over, and counted.',
        go: { to: 'event', event: 'mm_vmscan_page', condition: 'verdict == 0' },
        panels: ['lists', 'events'],
      },
      {
        title: 'Too many mapped',
        text: 'Nearly all of the inactive list is memory that the workload has mapped.',
        question: 'What does shrink_cache() do after it has met too many mapped pages?',
        options: ['It gives up', 'It unmaps pages of processes: swap_out()', 'It kills a process'],
        correct: 1,
        answer:
          'It calls [[swap_out|swap_out()]], which walks through page tables. A page whose [[accessed|accessed bit]] is set has the bit cleared and is spared; one that was not used since the last round is unmapped, and if it is dirty gets a place on swap.',
        go: { to: 'event', event: 'mm_vmscan_try_to_swap_out', condition: 'verdict == 1' },
        panels: ['events'],
      },
      {
        title: 'A balance',
        text: 'Let it run to the end. Watch the two lists and the flow between them.',
        question: 'Which of the 3000 pages stay in memory, on the whole?',
        options: ['Those that are used often', 'Those that came first', 'Any: it is by chance'],
        correct: 0,
        answer:
          'Those that are used often: each use sets the bit that saves them in the next round. The rest goes to swap and comes back when it is wanted. This is an approximation of [[lru|LRU]] that costs nothing while memory is plenty.',
        go: { to: 'end' },
        panels: ['lists', 'counters'],
      },
    ],
  },
  {
    id: 'page-ages',
    chapter: 10,
    title: 'The same with ages: 2.4.0',
    summary:
      'Two years earlier each page had an age, there were three lists, and a thread more. The same work again.',
    choice: {
      release: '2.4.0',
      memory: 12 * MB,
      swap: 32 * MB,
      sysctl: {},
      program: { kind: 'workload', args: ['zipf', '1', '3000', '30000', '30'] },
    },
    layout: 'row(scenario:30,column(lists:3,events.why*:2):42,column(memory:1,zones:1):28)',
    stages: [
      {
        title: 'Growing older',
        text: 'In 2.4.0 a page that is found used gets three years older, up to 64; one that is not is halved in [[page-age|age]]. At 0 it is made inactive.',
        question: 'A page of age 5 is not used any more. After how many looks is it inactive?',
        options: ['1', '3', '5'],
        correct: 1,
        answer:
          'Three: 5, 2, 1, 0. And a page that was used at each of the last ten looks has 35, and lasts for six. Ages remember more than one bit does, but the kernel must keep on looking.',
        go: { to: 'event', event: 'mm_page_age', condition: 'up == 0' },
        panels: ['lists', 'events'],
      },
      {
        title: 'Washing',
        text: 'Inactive pages are on one of two lists: [[inactive_dirty_list|inactive_dirty]], which may have to be written, and [[inactive_clean_list|inactive_clean]], which can be used at once.',
        question: 'Who moves pages from the first to the second?',
        options: ['The process that faults', 'page_launder()', 'The disk driver'],
        correct: 1,
        answer:
          '[[page_launder|page_launder()]]: it writes dirty pages, and what is clean goes to the clean list of its zone. It goes over the list once without writing, and a second time with, if the first did not do.',
        go: { to: 'event', event: 'aged_page_launder', condition: '' },
        panels: ['events'],
      },
      {
        title: 'Almost free',
        text: 'A page on inactive_clean still has its old contents.',
        question: 'What happens if the old page is wanted again before its frame is reused?',
        options: ['It must be read from disk', 'It is taken back from the list', 'The process is killed'],
        correct: 1,
        answer:
          'It is simply taken back: nothing has been lost. If the frame is wanted first, `reclaim_page()` takes it out of the page cache and hands it over, as it does here.',
        go: { to: 'event', event: 'aged_reclaim_page', condition: '' },
        panels: ['lists', 'events'],
      },
      {
        title: 'The bill',
        text: 'Let it run to the end and note the virtual time; then run the story before this one, on 2.4.22.',
        question: 'Which release needs less time for the same work?',
        options: ['2.4.0', '2.4.22'],
        correct: 1,
        answer:
          '2.4.22, by a third and more here. It makes fewer decisions per page it frees, and writes less. It was also newer by two and a half years of complaints.',
        go: { to: 'end' },
        panels: ['counters'],
      },
    ],
  },
  {
    id: 'swap',
    chapter: 11,
    title: 'Sorting more than fits',
    summary:
      'Quicksort over 20 MB in 16 MB of memory: where pages go on the disk, and how many come back at a time.',
    choice: {
      release: '2.4.22',
      memory: 16 * MB,
      swap: 64 * MB,
      sysctl: {},
      program: { kind: 'program', name: 'quicksort', args: ['20'] },
    },
    layout: 'row(scenario:30,column(swap:3,counters:2):40,column(memory:1,events.terminal:1):30)',
    stages: [
      {
        title: 'The first slot',
        text: 'The program fills 20 MB with random words. Nothing can be dropped: it is all [[anonymous|anonymous]] and dirty.',
        question: 'The first page gets a place on swap. In which slot?',
        options: ['0', '1', 'The last one'],
        correct: 1,
        answer:
          'Slot 1. Slot 0 is the header of the [[swap-area|swap area]], with its signature and the list of bad blocks. From then on [[swap-cluster|slots are given out in a row]].',
        go: { to: 'event', event: 'swap_slot_alloc', condition: '' },
        panels: ['swap', 'events'],
      },
      {
        title: 'A page comes back',
        text: 'In the end the sort comes back to a page that is gone. Its page-table entry is not present, and holds the [[swap-entry|number of the slot]].',
        question: 'One page is wanted. How many slots does the kernel read?',
        options: ['1', 'Up to 4', '256'],
        correct: 1,
        answer:
          'Up to 4: the aligned block of slots in which the wanted one lies. `vm.page-cluster` is 2 on a machine with less than 16 MB, as this one is without what its BIOS keeps: that gives 2² = 4. It is 3 on larger ones. The first block here is slots 0 to 3; slot 0 is the header, so three pages are read. What was swapped out together is likely to be wanted together, and the disk’s arm is there anyway.',
        go: { to: 'event', event: 'mm_swap_page_io', condition: 'write == 0' },
        panels: ['swap', 'events'],
      },
      {
        title: 'Sorted',
        text: 'Let it finish. Watch how the map of slots fills, and how much of it stays.',
        question:
          'A page was read back and not changed since. Must it be written again to be swapped out again?',
        options: ['Yes', 'No: it still has its slot'],
        correct: 1,
        answer:
          'No: while it is in the [[swap-cache|swap cache]] it keeps its slot, and what lies there is still right. Only a write to it makes the kernel give the slot up. The sort ends as if memory had never been short: `none lost`, it says.',
        go: { to: 'end' },
        panels: ['terminal', 'swap'],
      },
    ],
  },
  {
    id: 'out-of-memory',
    chapter: 13,
    title: 'The kernel kills',
    summary:
      'A program takes memory until there is none, and none can be had. How long does the kernel hesitate?',
    choice: {
      release: '2.4.22',
      memory: 16 * MB,
      swap: 0,
      sysctl: { 'vm.overcommit_memory': '1' },
      program: { kind: 'program', name: 'hog', args: [] },
    },
    layout: 'row(scenario:30,column(oom:1,zones:1):40,column(memory:1,events.terminal:1):30)',
    stages: [
      {
        title: 'A promise too many',
        text: 'The program asks for one megabyte after the other and touches every page. The kernel was told to [[overcommit|promise anything]], and there is no swap.',
        question: 'When memory is used up, what does the kernel try first?',
        options: ['It kills the program', 'It tries to free pages', 'The program’s mmap fails'],
        correct: 1,
        answer:
          'It tries to free: kswapd is woken at the watermark as always, though there is next to nothing to find.',
        go: { to: 'event', event: 'mm_vmscan_wakeup_kswapd', condition: '' },
        panels: ['zones', 'events'],
      },
      {
        title: 'It failed',
        text: 'Reclaim comes back empty-handed again and again. Each time [[oom|out_of_memory()]] is asked whether it is that bad.',
        question: 'Is the program killed the first time that it is asked?',
        options: ['Yes', 'No'],
        correct: 1,
        answer:
          'No. It wants to see ten failures, over more than a second in all, each within five seconds of the last; and it never kills within five seconds of a kill, or of the start. Perhaps a disk is about to finish writing.',
        go: { to: 'event', event: 'oom_check', condition: '' },
        panels: ['events', 'oom'],
      },
      {
        title: 'The judgement',
        text: 'Now let it come to its end: some seconds of virtual time in which the machine does nothing but search.',
        question: 'The process with the most points is to die. How is it killed here?',
        options: [
          'By SIGKILL, which cannot be caught',
          'By SIGTERM: the program runs as root and may use hardware',
          'It is not: the kernel panics',
        ],
        correct: 1,
        answer:
          'By SIGTERM, signal 15. A process that may touch hardware directly could leave it in a bad state, so it is asked to end; others get SIGKILL. The [[badness|points]] are its size in pages, made less by the time that it has run; root’s are quartered, and again for the right to use hardware. Its 224 points, which the Why panel names, are still the most.',
        go: { to: 'event', event: 'mark_victim', condition: '' },
        panels: ['oom', 'why'],
      },
    ],
  },
];
