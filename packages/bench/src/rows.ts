/** The rows of the bench: what is measured on the simulated machine, and the peer's row that does the same. */
import { access, boot, type Kernel, MemMap, type Process } from '@pagewalk/mm';
import { bareAllocator } from './bare-allocator.ts';
import { cpuNs } from './cpu-time.ts';

export interface Row {
  readonly name: string;
  readonly what: string;
  /** Program and argument of the peer; null = no peer, the goal is absolute. */
  readonly peer: readonly [program: string, row: string] | null;
  /** The goal: `>= n` times the peer's speed, `<= n` times the peer's time, or `<= n ns` / `<= n ms`. */
  readonly goal: { readonly kind: 'speed' | 'time' | 'ns' | 'ms'; readonly bound: number };
  /** Runs our side: nanoseconds of CPU time per operation (milliseconds for a row whose goal is in ms). */
  run(): number;
}

const PAGE = 4096;
const RW = 3;
const PRIVATE_ANON = 0x22;

function machine(memory: number, contentFree = false): Process {
  return boot({ memory, contentFree }).spawn('bench');
}

function map(process: Process, pages: number): number {
  const address = process.mmap2(0, pages * PAGE, RW, PRIVATE_ANON, -1, 0);
  if (address < 0) throw new Error(`bench: mmap of ${pages} pages: ${address}`);
  return address;
}

function touch(process: Process, address: number, pages: number, write: boolean): void {
  for (let i = 0; i < pages; i++) process.touch(address + i * PAGE, write);
}

const COLD_PAGES = 65536;
const SMALL_PAGES = 16384;
const MEMORY = 2 ** 29;
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

function buddy(): number {
  const allocator = bareAllocator(262144);
  const live = 65536;
  const pages = new Int32Array(live);
  const orders = new Uint8Array(live);
  let state = 1;
  const run = (operations: number) => {
    for (let i = 0; i < operations; i++) {
      state = (state + 0x9e3779b9) | 0;
      let r = Math.imul(state ^ (state >>> 16), 0x85ebca6b);
      r = Math.imul(r ^ (r >>> 13), 0xc2b2ae35);
      r = (r ^ (r >>> 16)) >>> 0;
      const slot = r & (live - 1);
      const page = pages[slot] as number;
      if (page !== 0) {
        allocator.freePages(page, orders[slot] as number);
        pages[slot] = 0;
      } else {
        const order = r >>> 24 < 230 ? 0 : (r >>> 20) & 3;
        orders[slot] = order;
        pages[slot] = allocator.allocPages(0x20, order);
      }
    }
  };
  run(1_000_000);
  const start = cpuNs();
  run(4_000_000);
  return (cpuNs() - start) / 4_000_000;
}

const LOADS = 20_000_000;
const CALLS = 1000;

/** ns of one of `LOADS` accesses to populated pages, which `makeLoop` does on a machine of its own. */
function accesses(makeLoop: (kernel: Kernel, base: number) => (count: number) => number): number {
  const kernel = boot({ memory: MEMORY });
  const process = kernel.spawn('bench');
  const address = map(process, SMALL_PAGES);
  touch(process, address, SMALL_PAGES, true);
  const loop = makeLoop(kernel, address);
  // Many short calls: one long one would be measured in the code that V8 makes to leave the interpreter in mid-loop.
  let sum = 0;
  const run = () => {
    for (let i = 0; i < CALLS; i++) sum = (sum + loop(LOADS / CALLS)) | 0;
  };
  run();
  const start = cpuNs();
  run();
  const spent = cpuNs() - start;
  if (sum === 1) throw new Error('bench: the sum is there to be used');
  return spent / LOADS;
}

function loadSequentially(kernel: Kernel, base: number) {
  const { vm, mmu } = kernel;
  const { load32 } = access;
  return (count: number) => {
    let sum = 0;
    // Four loads a turn: the row measures the load, not the loop.
    for (let i = 0; i < count; i += 4) {
      const at = base + ((i << 2) & 0xffff);
      sum = (sum + load32(vm, mmu, at)) | 0;
      sum = (sum + load32(vm, mmu, at + 4)) | 0;
      sum = (sum + load32(vm, mmu, at + 8)) | 0;
      sum = (sum + load32(vm, mmu, at + 12)) | 0;
    }
    return sum;
  };
}

function translateByPage(kernel: Kernel, base: number) {
  const { mmu } = kernel;
  return (count: number) => {
    let sum = 0;
    for (let i = 0; i < count; i++) {
      sum ^= mmu.translate(base + ((i << 12) & (SMALL_PAGES * PAGE - 1)), 0, 1);
    }
    return sum;
  };
}

function bootPae(): number {
  const times: number[] = [];
  for (let round = 0; round < 3; round++) {
    const start = cpuNs();
    boot({ memory: 64 * 2 ** 30, highmem: '64g', contentFree: true });
    times.push((cpuNs() - start) / 1e6);
  }
  return times.sort((a, b) => a - b)[1] as number;
}

function bootTebibyte(): number {
  const start = cpuNs();
  const frames = 2 ** 28;
  bareAllocator(frames, new MemMap(frames));
  return (cpuNs() - start) / 1e6;
}

const speed = (bound: number) => ({ kind: 'speed', bound }) as const;
const time = (bound: number) => ({ kind: 'time', bound }) as const;

export const rows: readonly Row[] = [
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
    name: 'buddy',
    what: 'page allocator, one call, random blocks',
    peer: ['buddy', 'buddy'],
    goal: time(1.3),
    run: buddy,
  },
  {
    name: 'tlb-hit',
    what: 'load that hits the TLB',
    peer: null,
    goal: { kind: 'ns', bound: 1.5 },
    run: () => accesses(loadSequentially),
  },
  {
    name: 'walk',
    what: 'TLB miss: walk of two levels, fill',
    peer: ['buddy', 'walk'],
    goal: time(1.3),
    run: () => accesses(translateByPage),
  },
  {
    name: 'boot-64g',
    what: 'boot of a 64 GiB PAE machine',
    peer: null,
    goal: { kind: 'ms', bound: 50 },
    run: bootPae,
  },
  {
    name: 'boot-1t',
    what: 'memory and page allocator of 1 TiB',
    peer: null,
    goal: { kind: 'ms', bound: 50 },
    run: bootTebibyte,
  },
];
