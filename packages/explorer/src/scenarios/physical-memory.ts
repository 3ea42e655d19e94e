import type { Scenario } from './scenario.ts';

const MB = 2 ** 20;

/** Chapters 2, 5, 6 and 9: frames, and who hands them out. */
export const PHYSICAL_SCENARIOS: readonly Scenario[] = [
  {
    id: 'zones',
    chapter: 2,
    title: 'Two zones, three watermarks',
    summary:
      'A program fills 20 of 32 MB: from which end does its memory come, and what changes the kernel’s mind?',
    choice: {
      release: '2.4.22',
      memory: 32 * MB,
      swap: 0,
      sysctl: {},
      program: { kind: 'program', name: 'touch', args: ['20', 'forward'] },
    },
    layout: 'row(scenario:30,memory:40,column(zones:3,proc.events:2):30)',
    stages: [
      {
        title: 'What there is',
        text: 'The machine has booted, and a program was loaded that has done nothing yet. Each cell of the map is a [[frame|frame]] of 4 kB. The grey ones are [[reserved|reserved]]: the kernel and what it took before there was an allocator.\n\nThe frames are in two [[zone|zones]]: DMA, the first 16 MB, which old devices can reach, and Normal above it.',
        question: '`MemTotal` of /proc/meminfo is less than 32 MB. Which frames does it leave out?',
        options: ['Reserved frames, and what the BIOS keeps', 'Frames in use by programs', 'The DMA zone'],
        correct: 0,
        answer:
          '`MemTotal` counts what the page allocator was given: all frames but the reserved ones. It does not change while the machine runs. What programs use only lowers `MemFree`.',
        go: { to: 'stay' },
      },
      {
        title: 'Filling up',
        text: 'Now the program writes to one page after another, 20 MB in all. More than either zone has.',
        question: 'Any frame would do. From which zone does the kernel take the first ones?',
        options: ['DMA: low addresses first', 'Normal', 'Both in turns'],
        correct: 1,
        answer:
          'Normal. The [[zonelist|zonelist]] of an ordinary allocation begins with Normal and has DMA at its end, because only DMA’s frames can serve the old devices.\n\nThe machine has stopped at the first [[watermarks|watermark]] check that failed: Normal has come down to 63 free pages, and an allocation of one page needs more than `pages_low` + 1 = 63.',
        go: { to: 'event', event: 'zone_watermark_ok', condition: 'outcome == 0' },
        panels: ['zones'],
      },
      {
        title: 'At the watermark',
        text: 'Normal still has 63 free pages, and the next zone of the list is DMA.',
        question: 'What does the allocation do?',
        options: [
          'It takes a page of Normal anyway: there are 63',
          'It goes on to DMA',
          'It wakes kswapd and waits',
        ],
        correct: 1,
        answer:
          'It goes to DMA, which has plenty: its check succeeds, and the frame has a number below 4096. The pages below the mark are kept for those who cannot wait. `kswapd` is woken only when no zone of the list passes.',
        go: { to: 'event', event: 'mm_page_alloc', condition: 'zone == 0' },
        panels: ['events'],
      },
      {
        title: 'All given back',
        text: 'From here on the frames come from DMA. Then the program ends.',
        question: 'How many of the frames does the kernel get back at once?',
        options: ['All of the program’s anonymous ones', 'None: they stay cached', 'Half'],
        correct: 0,
        answer:
          'All: [[anonymous|anonymous]] memory belongs to nobody when its process is gone. Only the page of the program’s file stays in the [[page-cache|page cache]]: someone may start the program again.',
        go: { to: 'end' },
        panels: ['zones', 'memory'],
      },
    ],
  },
  {
    id: 'boot-memory',
    chapter: 5,
    title: 'What was there before the allocator',
    summary:
      'The grey frames: the kernel’s image, the array that describes all frames, and one page at the bottom.',
    choice: {
      release: '2.4.22',
      memory: 16 * MB,
      swap: 0,
      sysctl: {},
      program: { kind: 'program', name: 'hello', args: ['world'] },
    },
    layout: 'row(scenario:30,memory:40,column(frame:1,proc:1):30)',
    stages: [
      {
        title: 'A bitmap before everything',
        text: 'To make an allocator the kernel needs memory, and to get memory it needs an allocator. The way out is the [[bootmem|boot memory allocator]]: a bitmap with one bit per frame, filled from the BIOS’s [[e820|map of memory]].',
        question: 'How large is that bitmap for a machine of 16 MB?',
        options: ['About 500 bytes', '16 kB', '1 MB'],
        correct: 0,
        answer:
          '16 MB are 4096 frames, less a few that the BIOS keeps at the end: as many bits are about 500 bytes. They lie in one frame right behind the kernel’s image. When its work is done even that frame is freed.',
        go: { to: 'stay' },
      },
      {
        title: 'The largest thing it gave out',
        text: 'Select grey cells and look at the Frame panel. From frame 256 (1 MB) on lies the kernel’s own image.',
        question: 'Besides the image, what is the largest thing that was taken from boot memory here?',
        options: [
          '`mem_map`: a descriptor for each frame',
          'The page tables of the first process',
          'The disk cache',
        ],
        correct: 0,
        answer:
          'The [[mem_map|array of page descriptors]]. Each `struct page` of this kernel takes 48 bytes: for 4064 frames that is about 190 kB, or 48 frames. A little over 1 % of memory, on every machine, whatever its size.',
        go: { to: 'stay' },
        panels: ['frame'],
        select: { kind: 'frame', pfn: 256 },
      },
      {
        title: 'The handing over',
        text: 'When the page allocator is ready, `free_all_bootmem()` gives it each frame whose bit is clear: one by one, by the same function that frees pages later on.',
        question: 'The frames were freed one by one. What do the free lists look like afterwards?',
        options: [
          'Mostly single pages',
          'Mostly blocks of 512 pages: neighbours merged',
          'One block with everything',
        ],
        correct: 1,
        answer:
          'Each freed page looks for its [[buddy|buddy]] and [[merge|merges]] with it, again and again, up to blocks of 512 pages. Only around what stayed reserved are there smaller blocks.',
        go: { to: 'stay' },
        panels: ['buddy', 'memory'],
      },
    ],
  },
  {
    id: 'buddy',
    chapter: 6,
    title: 'Halves and buddies',
    summary:
      'One page is asked for, and no single page is free. What is broken up, and is it ever whole again?',
    choice: {
      release: '2.4.22',
      memory: 32 * MB,
      swap: 0,
      sysctl: {},
      program: { kind: 'program', name: 'touch', args: ['8', 'forward'] },
    },
    layout: 'row(scenario:30,buddy:36,column(memory:3,zones:2,events:2):34)',
    stages: [
      {
        title: 'Asking for one page',
        text: 'Free memory is kept in blocks of 1, 2, 4 … 512 pages, a [[free-list|list]] for each [[order|order]]. Look at the lists of zone Normal: order 0, single pages, has none.',
        question: 'The program is about to run, and needs one page for a page table. What happens?',
        options: [
          'A block of 512 is taken: largest first',
          'The smallest block that is large enough is split',
          'The allocation fails',
        ],
        correct: 1,
        answer:
          'The allocator goes up the orders until it finds a block, takes it off its list, and [[split|splits]] it. Orders 0 and 1 were empty, so here it is the block of order 2. Its one half goes to the list of order 1; the other is split again: one page goes to the list of order 0, and the last one is handed out.',
        go: { to: 'event', event: 'mm_page_alloc', condition: '' },
        panels: ['buddy'],
      },
      {
        title: 'The other way round',
        text: 'The program writes to 8 MB, page by page, and ends. All its 2048 pages are freed one at a time.',
        question: 'When it has ended, are there 2048 single pages on the list of order 0?',
        options: ['Yes', 'No, nearly all have merged into larger blocks', 'No, freed pages are kept apart'],
        correct: 1,
        answer:
          'They have merged. To free a block is to look at its buddy, whose number differs in one bit: `pfn ^ (1 << order)`. If that is free and of the same order, both become one block of the next order, and the question is asked again.',
        go: { to: 'end' },
        panels: ['buddy', 'memory'],
      },
      {
        title: 'But not quite as before',
        text: 'Compare the lists with those of the beginning: step to the start and back with the timeline.',
        question: 'There are fewer blocks of 512 pages than at the start. Why?',
        options: [
          'Memory has leaked',
          'Pages that stay in use lie inside blocks that can thus not be whole',
          'Merging stops at 256 pages',
        ],
        correct: 1,
        answer:
          'Here and there a page stayed: the program’s file in the page cache, a new slab, a cached page table. One page in use is enough to keep its 511 neighbours apart. That is [[fragmentation|fragmentation]]; Linux 2.4 does nothing against it but to hope.',
        go: { to: 'stay' },
        panels: ['zones'],
      },
    ],
  },
  {
    id: 'high-memory',
    chapter: 9,
    title: 'More memory than addresses',
    summary:
      'A machine of 1 GB: the kernel cannot see all of it at once. Who gets the part that it does not see?',
    choice: {
      release: '2.4.22',
      memory: 1024 * MB,
      swap: 0,
      sysctl: {},
      program: { kind: 'workload', args: ['readhot', '1', '3000', '1200', '2', '16', '/data/f'] },
    },
    layout: 'row(scenario:30,memory:40,column(zones:3,events.vmalloc:2):30)',
    stages: [
      {
        title: 'The last 128 MB',
        text: 'The kernel’s part of the address space is 1 GB. It maps all memory there, from the bottom, and needs 128 MB of addresses for other things. So it can map 896 MB, and this machine has 1024.',
        question: 'What becomes of the memory above 896 MB?',
        options: [
          'It is not used',
          'It is a zone of its own, for those who need no permanent address',
          'It is a disk cache only',
        ],
        correct: 1,
        answer:
          'It is [[zone-highmem|ZONE_HIGHMEM]]: frame 229,376 and up. The kernel maps a frame of it only while it touches it. A program does not notice: its page tables map any frame.',
        go: { to: 'stay' },
        panels: ['zones'],
      },
      {
        title: 'First choice',
        text: 'A workload reads a file and uses some anonymous memory. Its pages may come from any zone.',
        question: 'Which zone is asked first for a program’s page?',
        options: ['DMA', 'Normal', 'HighMem'],
        correct: 2,
        answer:
          'HighMem. Whoever can live with a high frame should, so that low memory is left for those that cannot: slabs, page tables, the kernel’s own. The allocation that stopped the machine took its frame from zone 2.',
        go: { to: 'event', event: 'mm_page_alloc', condition: 'zone == 2 && order == 0' },
        panels: ['events'],
      },
      {
        title: 'And the rest',
        text: 'Let it run to the end, and look at what has moved in HighMem and in Normal.',
        question: 'After thousands of pages of the file have been read, which zone has lost more?',
        options: ['Normal', 'HighMem', 'Both the same'],
        correct: 1,
        answer:
          'HighMem: pages of files and of programs went there. Normal has lost a few pages to slabs and page tables. In a machine with much more high than low memory it is the other way round that hurts: low memory runs out while gigabytes are free.',
        go: { to: 'end' },
        panels: ['zones', 'memory'],
      },
    ],
  },
];
