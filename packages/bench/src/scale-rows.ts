/** Rows about huge machines: how long they take to boot, and what of the host's memory they take. */
import { boot, MemMap } from '@pagewalk/mm';
import { bareAllocator } from './bare-allocator.ts';
import { cpuNs } from './cpu-time.ts';
import type { Row } from './row.ts';

function bootPae(): void {
  boot({ memory: 64 * 2 ** 30, highmem: '64g', contentFree: true });
}

function bootTebibyte(): void {
  const frames = 2 ** 28;
  bareAllocator(frames, new MemMap(frames));
}

/** Median of three, in ms. */
function milliseconds(work: () => void): number {
  const times: number[] = [];
  for (let round = 0; round < 3; round++) {
    const start = cpuNs();
    work();
    times.push((cpuNs() - start) / 1e6);
  }
  return times.sort((a, b) => a - b)[1] as number;
}

/** MB (10^6 bytes) that this process grows by; small machines were booted first, so that code is there already. */
function megabytes(work: () => void): number {
  for (let round = 0; round < 3; round++) boot({ memory: 2 ** 26, highmem: '64g', contentFree: true });
  const before = process.memoryUsage.rss();
  work();
  return (process.memoryUsage.rss() - before) / 1e6;
}

export const scaleRows: readonly Row[] = [
  {
    name: 'boot-64g',
    what: 'boot of a 64 GiB PAE machine',
    peer: null,
    goal: { kind: 'ms', bound: 50 },
    run: () => milliseconds(bootPae),
  },
  {
    name: 'boot-64g-rss',
    what: 'the same, resident memory',
    peer: null,
    goal: { kind: 'MB', bound: 10 },
    run: () => megabytes(bootPae),
  },
  {
    name: 'boot-1t',
    what: 'memory and page allocator of 1 TiB',
    peer: null,
    goal: { kind: 'ms', bound: 50 },
    run: () => milliseconds(bootTebibyte),
  },
  {
    name: 'boot-1t-rss',
    what: 'the same, resident memory',
    peer: null,
    goal: { kind: 'MB', bound: 10 },
    run: () => megabytes(bootTebibyte),
  },
];
