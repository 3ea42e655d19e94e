import type { Scenario } from './scenario.ts';

const MB = 2 ** 20;

/** Chapters 3, 4 and 12: page tables, processes, what they share. */
export const ADDRESS_SPACE_SCENARIOS: readonly Scenario[] = [
  {
    id: 'page-walk',
    chapter: 3,
    title: 'From an address to a frame',
    summary:
      'The walk of one address, before it was ever touched and after: which entries appear, and which bits.',
    choice: {
      release: '2.4.22',
      memory: 16 * MB,
      swap: 0,
      sysctl: {},
      program: { kind: 'program', name: 'touch', args: ['1', 'forward', '2'] },
    },
    layout: 'row(scenario:30,column(walk:3,space:2):40,column(memory:1,events:1):30)',
    stages: [
      {
        title: 'Memory that is promised',
        text: 'The first thing that the program does is to ask for 1 MB with [[mmap|mmap]]. It gets the address `40000000`. The machine will stop when the call returns.',
        question: 'How many page tables and frames does that cost?',
        options: ['256 frames and a page table', 'A page table, no frame', 'Neither'],
        correct: 2,
        answer:
          'Neither: the call only noted an [[vma|area]]. The walk of `40000000` ends at the top: its entry of the [[pgd|page directory]], number 256, is 0. There is not even a table that could say “not present”.',
        go: { to: 'event', event: 'sys_exit', condition: '' },
        panels: ['walk'],
        select: { kind: 'address', pid: 7, address: 0x40000000 },
      },
      {
        title: 'The first touch',
        text: 'Next it writes a word to that address. The CPU finds no entry and calls the kernel: a [[page-fault|page fault]].',
        question: 'How many frames does the kernel allocate to serve it?',
        options: ['One', 'Two', 'Three'],
        correct: 1,
        answer:
          'Two: one for the page table, one, full of zeroes, for the page. The walk now has two steps. The entry is [[present|P]], [[writable|RW]], [[user|US]], and the kernel has already set [[accessed|A]] and [[dirty-bit|D]], as it knows that a write follows.',
        go: { to: 'event', event: 'mm_fault', condition: "class == 'demand_zero'" },
        panels: ['walk'],
        select: { kind: 'address', pid: 7, address: 0x40000000 },
      },
      {
        title: 'The next page',
        text: 'Then it writes to `40001004`, a word in the page behind it.',
        question: 'How many frames this time?',
        options: ['None', 'One', 'Two'],
        correct: 1,
        answer:
          'One. The page table is there: it has 1024 entries and covers 4 MB, so the whole megabyte fits into it. A process that touches memory far apart pays for more tables.',
        go: { to: 'event', event: 'mm_fault', condition: 'address >> 12 == 0x40001' },
        panels: ['walk'],
        select: { kind: 'address', pid: 7, address: 0x40001004 },
      },
      {
        title: 'The second round',
        text: 'The program goes through all 256 pages twice, then reads them. The machine will stop before it ends.',
        question: 'How many page faults does the second round take?',
        options: ['256', '1', 'None'],
        correct: 2,
        answer:
          'None: choose `mm_fault` in the log and search it for `demand_zero`: 256 lines, one for each page, all of the first round. The entries are there since, and the CPU walks the tables by itself, or finds the translation in its [[tlb|TLB]]. The kernel does not hear of it. That is why it must look at the accessed bits when it wants to know which pages are used.',
        go: { to: 'turn', turn: 262 },
        panels: ['walk', 'space', 'events'],
      },
    ],
  },
  {
    id: 'copy-on-write',
    chapter: 4,
    title: 'A fork copies nothing, almost',
    summary:
      'Three children of one process, each with all of its memory, and what it costs when they begin to write.',
    choice: {
      release: '2.4.22',
      memory: 16 * MB,
      swap: 0,
      sysctl: {},
      program: { kind: 'program', name: 'forkstorm', args: ['3', '256'] },
    },
    layout: 'row(scenario:30,column(space:3,tasks:2):40,column(memory:1,events:1):30)',
    stages: [
      {
        title: 'A process with 256 kB',
        text: 'The program fills 64 pages, then forks three times. The machine will stop at the first [[fork|fork]].',
        question: 'The child has the same 256 kB of memory. How many of its 64 pages are copied by the fork?',
        options: ['64', '32', 'None'],
        correct: 2,
        answer:
          'None. The child gets its own areas and page tables, whose entries point to the parent’s frames. In both processes the [[writable|RW]] bit of private pages was cleared. A frame’s [[page-count|count]] says how many share it.',
        go: { to: 'event', event: 'sched_process_fork', condition: '' },
        panels: ['tasks', 'space'],
      },
      {
        title: 'Someone writes',
        text: 'Parent and child go on. Whoever writes first to a shared page takes a fault, because the entry is read-only though the [[vma|area]] is writable.',
        question: 'What does the kernel do at the first such write?',
        options: [
          'It kills the process',
          'It copies the page for the writer',
          'It makes the page writable for both',
        ],
        correct: 1,
        answer:
          'It copies: [[cow|copy on write]]. The writer gets a frame of its own; the others keep the old one. The first page to be copied here is not even data: it is the parent’s stack.',
        go: { to: 'event', event: 'mm_fault', condition: "class == 'cow_copy'" },
        panels: ['events'],
      },
      {
        title: 'The last one to write',
        text: 'Each of the three children writes to all of the 64 pages.',
        question: 'How many pages are copied in all for the data?',
        options: ['64', '128', '192'],
        correct: 2,
        answer:
          '192: three times 64. Choose `mm_fault` in the log and search it for `cow_copy`: 193 lines, one more for the parent’s stack. Each child found every page shared, at least with the parent, which never writes. Had the last holder written, the kernel would have seen a count of 1 and only set the bit: that is what the check `cow_reuse` in the event log decides.',
        go: { to: 'end' },
        panels: ['events'],
      },
    ],
  },
  {
    id: 'shared-memory',
    chapter: 12,
    title: 'One segment, two processes',
    summary: 'Parent and child count in the same pages. Who takes the faults, and where do the pages live?',
    choice: {
      release: '2.4.22',
      memory: 16 * MB,
      swap: 32 * MB,
      sysctl: {},
      program: { kind: 'program', name: 'shmpair', args: ['1024'] },
    },
    layout: 'row(scenario:30,column(space:3,proc.tasks:2):40,column(memory:1,events:1):30)',
    stages: [
      {
        title: 'A segment is made',
        text: 'The program asks for a [[shm-segment|segment]] of 1 MB with `shmget`.',
        question: 'What is a segment, to the rest of the kernel?',
        options: [
          'A file in a file system without a disk',
          'A range of frames, set aside',
          'A part of the parent’s heap',
        ],
        correct: 0,
        answer:
          'A file of [[tmpfs|tmpfs]], one that no directory lists. Its pages will be in the page cache, found by file and offset like those of any file. No frame is taken yet, only the promise is checked: 256 pages against free memory and swap.',
        go: { to: 'event', event: 'shm_newseg', condition: '' },
        panels: ['events'],
      },
      {
        title: 'The first page',
        text: 'The parent attaches it, which is a mapping of that file, and writes a word.',
        question: 'What kind of fault is it?',
        options: ['Demand zero, as for a heap', 'A page of a file, made by the file system', 'Copy on write'],
        correct: 1,
        answer:
          'A file’s: the fault asks the file system for the page at that offset. tmpfs has none, makes a page of zeroes and puts it into the page cache. The event says `class=shared`.',
        go: { to: 'event', event: 'mm_fault', condition: "class == 'shared'" },
        panels: ['events', 'space'],
      },
      {
        title: 'The child',
        text: 'The parent writes to all 256 pages and forks. The child adds a million to each of the 262,144 words.',
        question: 'How many faults does the child take in the segment?',
        options: ['256', '1', 'None'],
        correct: 2,
        answer:
          'None: choose `mm_fault` in the log and pid 8, the child: not one line is left. The fork copied the parent’s entries, and as the mapping is shared they stayed writable. Both work on the same frames. The one page that is copied is the parent’s stack, which is private. The segment is destroyed when the last process has let it go.',
        go: { to: 'end' },
        panels: ['events'],
      },
    ],
  },
];
