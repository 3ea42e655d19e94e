import { entries } from './entries.ts';

/** Words of the explorer itself. */
export const EXPLORER = entries(0, [
  [
    'turn',
    'turn',
    'The smallest step of the machine: one access of a recording or pattern; for a program on the CPU, until it enters the kernel (fault, system call, end of its time slice). Links and the timeline count in turns.',
  ],
  [
    'event',
    'event',
    'Something that a tracepoint of the kernel recorded, with its fields. Events have numbers from 1 on.',
  ],
  [
    'virtual-time',
    'virtual time',
    'Time inside the machine. The cost of each step is added up, disks included, so that the same machine always shows the same time, however fast your computer is.',
  ],
  [
    'state-hash',
    'state hash',
    'A number over all that the machine holds: memory, page tables, lists, counters. Two machines in the same state have the same hash; stepping back and forth must return to it.',
  ],
  [
    'breakpoint',
    'breakpoint',
    'Stops the machine when an event of a tracepoint happens whose fields make the condition true, such as order > 0.',
  ],
  [
    'tracepoint',
    'tracepoint',
    'A named place in the kernel that records an event with its numbers. Linux 2.4 had none; the names here are those that later kernels gave the same places.',
  ],
  [
    'decision',
    'decision',
    'An event at which the kernel compared numbers and chose. The Why panel says what it compared.',
  ],
  [
    'recording',
    'recording',
    'What a real program did to memory on a Linux computer: its mappings and the pages it touched, in order. It is played to a machine of your choice.',
  ],
  [
    'workload',
    'pattern',
    'A made-up series of accesses: in order, at random, a few pages often and many seldom, files, forks. The same patterns ran on real kernels to compare.',
  ],
  [
    'guest',
    'guest program',
    'A real i386 Linux program whose instructions run on an emulated CPU, on page tables that the kernel here wrote.',
  ],
]);
