import type { Scenario } from './scenario.ts';

const MB = 2 ** 20;

/** Chapters 7 and 8: the kernel’s own memory. */
export const KERNEL_SCENARIOS: readonly Scenario[] = [
  {
    id: 'vmalloc',
    chapter: 7,
    title: 'In one piece only from the front',
    summary:
      'The kernel wants 20 kB in a row. It gets five frames from anywhere, and addresses that make them one.',
    choice: {
      release: '2.4.22',
      memory: 16 * MB,
      swap: 32 * MB,
      sysctl: {},
      program: { kind: 'program', name: 'shmpair', args: ['512'] },
    },
    layout: 'row(scenario:30,column(vmalloc:1,walk:1):40,column(memory:1,events:1):30)',
    stages: [
      {
        title: 'What is there already',
        text: 'The [[vmalloc|vmalloc]] area begins at least 8 MB above the end of memory and ends below the top of the address space. One piece of it is in use: the count of references of each [[swap-slot|slot]] of the swap disk, two bytes each.',
        question: '32 MB of swap are 8192 slots. How many pages does their map take?',
        options: ['4', '8', '32'],
        correct: 0,
        answer:
          '4: 8192 times 2 bytes are 16 kB. The area is one page longer than that: behind each stands a [[guard-page|guard page]] that is never mapped, so that whoever runs over the end faults instead of writing into its neighbour.',
        go: { to: 'stay' },
        panels: ['vmalloc'],
      },
      {
        title: 'A new area',
        text: 'The program’s first System V segment makes the kernel allocate a table for it with vmalloc. It looks for a hole, from the lowest address on.',
        question: 'Where does it find one?',
        options: ['Right behind the swap map’s guard page', 'At the end of the area', 'At a random address'],
        correct: 0,
        answer:
          'At `c1805000`: the first area begins at `c1800000` and takes four pages and a guard. The list of areas is sorted by address, and the first hole that is large enough is taken.',
        go: { to: 'event', event: 'get_vm_area', condition: '' },
        panels: ['vmalloc', 'events'],
      },
      {
        title: 'The frames',
        text: 'Five pages are mapped there, one after the other. Look at the `mm_page_alloc` events between `get_vm_area` and `vmalloc_alloc`, and at the walk of the area’s first address.',
        question: 'Are the five frames next to each other?',
        options: ['Yes, it is one block of order 3', 'No, each was allocated alone', 'Yes, by chance only'],
        correct: 1,
        answer:
          'Each was asked for alone, and they do not make a block. vmalloc needs no large block, and so works where memory is fragmented; it pays with page-table entries and TLB misses.',
        go: { to: 'stay' },
        panels: ['walk', 'events'],
        select: { kind: 'address', pid: 7, address: 0xc1805000 },
      },
      {
        title: 'The end',
        text: 'The segment is given up and the program ends.',
        question: 'Is the kernel’s table freed, too?',
        options: ['Yes, with the segment', 'No, it stays for the next segment'],
        correct: 1,
        answer:
          'It stays: it has room for the numbers of all segments, and the next one will need it. `vmalloc` areas of this size are made once and kept.',
        go: { to: 'end' },
        panels: ['vmalloc'],
      },
    ],
  },
  {
    id: 'slab',
    chapter: 8,
    title: 'Objects of one kind',
    summary:
      'Two dozen processes come and go, and with them hundreds of small structs. Not one of them gets a page.',
    choice: {
      release: '2.4.22',
      memory: 16 * MB,
      swap: 0,
      sysctl: {},
      program: { kind: 'program', name: 'forkstorm', args: ['24', '16'] },
    },
    layout: 'row(scenario:30,column(slab:1,slab-cache:1):45,column(memory:1,events:1):25)',
    stages: [
      {
        title: 'A cache with one slab',
        text: 'Each [[vma|area]] of a process is a `vm_area_struct` of 68 bytes, padded to 96. They come from a [[slab-cache|cache]] of their own: its slabs are one page each.',
        question: 'How many objects fit into one slab of 4096 bytes, with its own bookkeeping inside?',
        options: ['42', '40', '60'],
        correct: 1,
        answer:
          '40. 42 would fit by size; the slab’s descriptor and its [[free-chain|chain of free objects]] take the room of two. What is left over is used for the [[slab-colour|colour]].',
        go: { to: 'stay' },
        panels: ['slab', 'slab-cache'],
        select: { kind: 'slab', cache: 'vm_area_struct' },
      },
      {
        title: 'The second slab',
        text: 'Each of the 24 children gets a copy of its parent’s three areas: after a dozen of them the slab is full.',
        question: 'The new slab’s first object does not lie where the first slab’s does. Why?',
        options: [
          'It is a mistake that does no harm',
          'So that the objects of both do not fall into the same lines of the CPU’s cache',
          'The first bytes are a guard',
        ],
        correct: 1,
        answer:
          'That is the colour: each new slab of a cache shifts its objects by one more cache line, as far as the left-over room allows, and begins again. The event `mm_slab_grow` has the shift in `colouroff`.',
        go: { to: 'event', event: 'mm_slab_grow', condition: "cache == 'vm_area_struct'" },
        panels: ['slab-cache', 'events'],
        select: { kind: 'slab', cache: 'vm_area_struct' },
      },
      {
        title: 'All gone',
        text: 'The children end, and with them go their areas.',
        question: 'What happens to the slabs that have become empty?',
        options: [
          'Their frames are freed at once',
          'They stay, until memory is short',
          'They are given to another cache',
        ],
        correct: 1,
        answer:
          'They stay on the cache’s list of free slabs: what was needed once will be needed again. Only when reclaim asks, `kmem_cache_reap()` takes some of them back.',
        go: { to: 'end' },
        panels: ['slab', 'slab-cache'],
      },
    ],
  },
];
