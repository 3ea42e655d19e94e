import { entries } from './entries.ts';

/** Page tables and processes' memory: chapters 3, 4 and 12. */
export const ADDRESS_SPACE = [
  ...entries(3, [
    [
      'page-table',
      'page table',
      'Frames that say which virtual page is in which frame. On i386 without PAE a directory (pgd) of 1024 entries and tables (pte) of 1024 each.',
    ],
    [
      'pgd',
      'pgd',
      'Page global directory: the top of the page tables. One frame; bits 31 to 22 of an address choose its entry.',
    ],
    ['pmd', 'pmd', 'Page middle directory. Without PAE it is folded into the pgd and costs nothing.'],
    ['pte', 'pte', 'Page table entry: frame number and bits. Bits 21 to 12 of an address choose it.'],
    [
      'present',
      'P, present',
      'The page is in memory. When the bit is clear, the access faults; the rest of the entry may then name a place on swap.',
    ],
    [
      'writable',
      'RW, writable',
      'The page may be written to. Clear on pages that are shared until someone writes.',
    ],
    ['user', 'US, user', 'Programs may use the page, not only the kernel.'],
    [
      'accessed',
      'A, accessed',
      'Set by the CPU when the page is used. The kernel clears it to see whether it is used again.',
    ],
    ['dirty-bit', 'D, dirty', 'Set by the CPU when the page is written to.'],
    [
      'tlb',
      'TLB',
      'The CPU’s memory of the last translations. An entry that the kernel changes must be flushed from it.',
    ],
    ['tlb-flush', 'TLB flush', 'Forgetting translations: one page, one address space, or all.'],
    [
      'page-walk',
      'page-table walk',
      'From an address to a frame: entry of the directory, entry of the table, offset in the page.',
    ],
    [
      'page-fault',
      'page fault',
      'The CPU found no valid entry for an access and calls the kernel, which maps a page, or sends a signal.',
    ],
  ]),
  ...entries(4, [
    [
      'vma',
      'area (VMA)',
      'A range of addresses of a process with the same rights and the same source: a part of a file, or none.',
    ],
    ['mm-struct', 'mm_struct', 'An address space: its areas, its page tables, its counts.'],
    ['rss', 'resident set (RSS)', 'Pages of the process that are in memory and mapped.'],
    ['total-vm', 'total_vm', 'All pages of the process’s areas, in memory or not.'],
    ['brk', 'brk', 'End of the heap.'],
    ['stack', 'stack', 'Grows downwards: a fault a little below it makes it larger.'],
    ['demand-zero', 'demand zero', 'The first write to anonymous memory: a new page of zeroes.'],
    ['zero-page', 'zero page', 'One frame of zeroes that all reads of untouched anonymous memory share.'],
    [
      'cow',
      'copy on write',
      'After a fork parent and child share pages read-only; who writes first gets a copy.',
    ],
    ['minor-fault', 'minor fault', 'A fault that needed no I/O.'],
    [
      'major-fault',
      'major fault',
      'A fault that took a page of a file or from swap. Linux 2.4 counts the first touch of any file page as major, cached or not.',
    ],
    [
      'fork',
      'fork',
      'Makes a process as a copy of another: areas and page tables are copied, pages are shared until written.',
    ],
    [
      'mmap',
      'mmap',
      'Gives a process an area: of a file or anonymous, private or shared. No page is there before it is touched.',
    ],
    [
      'read-ahead',
      'read-ahead',
      'Reading more of a file, or of swap, than was asked for, in the hope that it is wanted next.',
    ],
    ['page-cache', 'page cache', 'Pages of files in memory. Reading and mapping a file both use them.'],
    [
      'overcommit',
      'overcommit',
      'Promising more memory than there is, because programs seldom use all they ask for.',
    ],
    ['segfault', 'SIGSEGV', 'The signal for an access that no area allows.'],
    [
      'task-size',
      'TASK_SIZE',
      'First address that belongs to the kernel: 0xC0000000 on i386. Below it are the program’s 3 GB.',
    ],
  ]),
  ...entries(12, [
    [
      'shared-memory',
      'shared memory',
      'Memory that several processes map, held by a file system without a disk (tmpfs): System V segments and shared anonymous mappings.',
    ],
    ['tmpfs', 'tmpfs', 'A file system whose pages are only in memory and on swap.'],
    ['shm-segment', 'segment', 'Shared memory with a number (shmget) that processes attach.'],
  ]),
];
