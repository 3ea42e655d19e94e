/** Rows about faults and the memory system calls; the peer is the host's kernel. */
import type { Process } from '@pagewalk/mm';
import { cpuNs } from './cpu-time.ts';
import { COLD_PAGES, MEMORY, machine, map, PAGE, SMALL_PAGES, touch } from './machine.ts';
import { type Row, speed, time } from './row.ts';

/** Pages that a process of such a machine can have, nearly all of them. */
const ALL_PAGES = 120_000;

/**
 * Touches nearly all of the machine's RAM, by write faults and by read faults: afterwards the host has committed the
 * memory behind it (what a booted kernel has, too), and the fault path is compiled.
 */
function warm(process: Process): void {
  for (let round = 0; round < 2; round++) {
    for (const write of [true, false]) {
      const address = map(process, ALL_PAGES);
      touch(process, address, ALL_PAGES, write);
      process.munmap(address, ALL_PAGES * PAGE);
    }
  }
}

function faultRow(pages: number, rounds: number, write: boolean, contentFree: boolean): number {
  const process = machine(MEMORY, contentFree);
  warm(process);
  const work = () => {
    const address = map(process, pages);
    touch(process, address, pages, write);
    if (rounds > 1) process.munmap(address, pages * PAGE);
  };
  if (rounds > 1) for (let round = 0; round < rounds; round++) work();
  const start = cpuNs();
  for (let round = 0; round < rounds; round++) work();
  return (cpuNs() - start) / (pages * rounds);
}

function cow(reuse: boolean): number {
  const process = machine(MEMORY);
  warm(process);
  const round = () => {
    const address = map(process, SMALL_PAGES);
    touch(process, address, SMALL_PAGES, true);
    const child = process.fork();
    if (typeof child === 'number') throw new Error(`bench: fork: ${child}`);
    if (reuse) child.exit(0);
    const start = cpuNs();
    touch(process, address, SMALL_PAGES, true);
    const spent = cpuNs() - start;
    if (!reuse) child.exit(0);
    process.munmap(address, SMALL_PAGES * PAGE);
    return spent / SMALL_PAGES;
  };
  round();
  round();
  return round();
}

function fork(): number {
  const process = machine(MEMORY);
  warm(process);
  touch(process, map(process, SMALL_PAGES), SMALL_PAGES, true);
  let spent = 0;
  const rounds = 8;
  for (let round = -16; round < rounds; round++) {
    const start = cpuNs();
    const child = process.fork();
    if (round >= 0) spent += cpuNs() - start;
    if (typeof child === 'number') throw new Error(`bench: fork: ${child}`);
    child.exit(0);
  }
  return spent / rounds / SMALL_PAGES;
}

function zap(): number {
  const process = machine(MEMORY);
  warm(process);
  const address = map(process, COLD_PAGES);
  touch(process, address, COLD_PAGES, true);
  const start = cpuNs();
  process.munmap(address, COLD_PAGES * PAGE);
  return (cpuNs() - start) / COLD_PAGES;
}

/** Times `count` calls of `operation` after as many to warm up. */
function repeat(count: number, operation: (i: number) => void): number {
  for (let i = 0; i < count; i++) operation(i);
  const start = cpuNs();
  for (let i = 0; i < count; i++) operation(i);
  return (cpuNs() - start) / count;
}

function mapUnmap(): number {
  const process = machine(MEMORY);
  return repeat(100_000, () => process.munmap(map(process, 1), PAGE));
}

function mprotectSplit(): number {
  const process = machine(MEMORY);
  const count = 20_000;
  let spent = 0;
  for (let round = 0; round < 6; round++) {
    const address = map(process, 2 * count + 2);
    const start = cpuNs();
    for (let i = 0; i < count; i++) process.mprotect(address + (2 * i + 1) * PAGE, PAGE, 1);
    spent = cpuNs() - start;
    process.munmap(address, (2 * count + 2) * PAGE);
  }
  return spent / count;
}

function mremapMove(): number {
  const process = machine(MEMORY);
  let address = map(process, 1);
  process.touch(address, true);
  const room = map(process, 64);
  process.munmap(room, 64 * PAGE);
  return repeat(100_000, (i) => {
    address = process.mremap(address, PAGE, PAGE, 3, room + (i & 1) * 8 * PAGE);
  });
}

function brk(): number {
  const process = machine(MEMORY);
  const base = process.brk(0);
  let at = base;
  return repeat(100_000, (i) => {
    at += (i & 2047) < 1024 ? PAGE : -PAGE;
    process.brk(at);
  });
}

/** Faults and system calls of every kind that carries tracepoints, all of them off. */
function tracepoints(): number {
  return faultRow(64, 40_000, true, true);
}

export const processRows: readonly Row[] = [
  {
    name: 'fault-cold',
    what: 'anonymous write fault, 256 MiB, zeroed',
    peer: ['host', 'fault-cold'],
    goal: speed(1.8),
    run: () => faultRow(COLD_PAGES, 1, true, false),
  },
  {
    name: 'fault-hot',
    what: 'the same, 64 pages again and again, with munmap',
    peer: ['host', 'fault-hot'],
    goal: speed(5),
    run: () => faultRow(64, 2000, true, false),
  },
  {
    name: 'fault-free',
    what: 'anonymous write fault, 256 MiB, content-free',
    peer: ['host', 'fault-cold'],
    goal: speed(10),
    run: () => faultRow(COLD_PAGES, 1, true, true),
  },
  {
    name: 'fault-read',
    what: 'read fault to the zero page',
    peer: ['host', 'fault-read'],
    goal: speed(12),
    run: () => faultRow(COLD_PAGES, 1, false, false),
  },
  {
    name: 'cow-copy',
    what: 'COW fault that copies',
    peer: ['host', 'cow-copy'],
    goal: speed(2.5),
    run: () => cow(false),
  },
  {
    name: 'cow-reuse',
    what: 'COW fault of the last sharer',
    peer: ['host', 'cow-reuse'],
    goal: speed(5),
    run: () => cow(true),
  },
  {
    name: 'mmap-munmap',
    what: 'mmap and munmap of one page',
    peer: ['host', 'mmap-munmap'],
    goal: speed(12),
    run: mapUnmap,
  },
  {
    name: 'mprotect',
    what: 'mprotect that splits',
    peer: ['host', 'mprotect'],
    goal: speed(4),
    run: mprotectSplit,
  },
  {
    name: 'mremap',
    what: 'mremap that moves one page',
    peer: ['host', 'mremap'],
    goal: speed(15),
    run: mremapMove,
  },
  { name: 'brk', what: 'brk by one page, up and down', peer: ['host', 'brk'], goal: speed(5), run: brk },
  { name: 'fork', what: 'fork, per mapped page', peer: ['host', 'fork'], goal: speed(8), run: fork },
  { name: 'zap', what: 'munmap, per populated page', peer: ['host', 'zap'], goal: speed(3), run: zap },
  {
    name: 'tracepoints',
    what: 'faults with tracepoints off, against a bundle without them',
    peer: ['untraced', 'tracepoints'],
    goal: time(1.03),
    run: tracepoints,
  },
];
