import { describe, expect, it } from 'vitest';
import { boot } from '../../src/index.ts';
import type { AgingPageAllocator } from '../../src/page-allocator/aging-page-allocator.ts';
import { NOTHING_AGES } from '../../src/page-allocator/ports.ts';
import { formatAgedMeminfo } from '../../src/proc/aged-meminfo.ts';
import { fixture, MIB } from '../page-allocator/machine.ts';

const SIZES = [16, 64, 256, 512, 2048] as const;
const recorded = (mib: number, file: string) => fixture(`kernels/i386-2.4.0-${mib}M/${file}`);
const kernel = (mib: number) => boot({ release: '2.4.0', memory: mib * MIB });

describe('/proc/meminfo of 2.4.0 as recorded (sheet 7, section 16)', () => {
  it.each(
    SIZES.flatMap((mib) => [[mib, 'meminfo.txt'] as const, [mib, 'end-meminfo.txt'] as const]),
  )('%i MiB, %s', (mib, file) => {
    const text = recorded(mib, file);
    const pages = (label: string) => Number(new RegExp(`^${label}: +(\\d+) kB$`, 'm').exec(text)?.[1]) / 4;
    const info = {
      totalram: pages('MemTotal'),
      freeram: pages('MemFree'),
      sharedram: 0,
      bufferram: pages('Buffers'),
      pageCache: pages('Cached'),
      swapCache: 0,
      active: pages('Active'),
      inactive: 0,
      totalhigh: pages('HighTotal'),
      freehigh: pages('HighFree'),
      totalswap: pages('SwapTotal'),
      freeswap: pages('SwapFree'),
    };
    const aged = {
      inactiveDirty: pages('Inact_dirty'),
      inactiveClean: pages('Inact_clean'),
      inactiveTarget: pages('Inact_target'),
    };
    expect(formatAgedMeminfo(info, aged)).toBe(text);
  });

  it('byte counts are words of 32 bits', () => {
    const none = { sharedram: 0, bufferram: 0, pageCache: 0, swapCache: 0, active: 0, inactive: 0 };
    const text = formatAgedMeminfo(
      { ...none, totalram: 2 ** 20 + 1, freeram: 2, totalhigh: 0, freehigh: 0, totalswap: 0, freeswap: 0 },
      { inactiveDirty: 0, inactiveClean: 0, inactiveTarget: 0 },
    );
    expect(text.split('\n')[1]).toBe('Mem:      4096 4294963200     8192        0        0        0');
  });

  it.each(SIZES)('a booted machine of %i MiB has the recorded totals', (mib) => {
    const lines = /^(MemTotal|HighTotal|LowTotal|SwapTotal|MemShared): .*$/gm;
    expect(kernel(mib).proc('meminfo').match(lines)).toEqual(recorded(mib, 'meminfo.txt').match(lines));
  });
});

describe('SysRq-m of 2.4.0 (sheet 7, section 16)', () => {
  it.each(SIZES)('%i MiB: all lines but those that count what /init has', (mib) => {
    const sysrq = recorded(mib, 'sysrq-m.txt').split('\n').slice(1);
    const booted = kernel(mib);
    const ours = booted.showMem().split('\n');
    expect(ours).toHaveLength(sysrq.length);
    const ofInit = /^Free pages|^\( Active|^\d+\*4kB|pages shared$|^Buffer memory/;
    const rest = (lines: string[]) => lines.filter((line) => !ofInit.test(line));
    expect(rest(ours)).toEqual(rest(sysrq));
    const marks = /\((\d+ \d+ \d+)\) \)$/m;
    expect(marks.exec(ours.join('\n'))?.[1]).toBe(marks.exec(sysrq.join('\n'))?.[1]);
    expect(ours[2]).toMatch(/^\( Active: 0, inactive_dirty: 0, inactive_clean: 0, free: \d+ \(/);
    // The drivers' pages come from the DMA zone only on the smallest machine.
    if (mib > 16) expect(ours[3]).toBe(sysrq[3]);
  });

  it('shows pages by age', () => {
    const booted = kernel(64);
    const allocator = booted.allocator as AgingPageAllocator;
    allocator.aging = { ...NOTHING_AGES, nrActivePages: () => 3, nrInactiveDirtyPages: () => 7 };
    (allocator.zones[1] as { inactiveCleanPages: number }).inactiveCleanPages = 5;
    allocator.pressure.value = 640;
    expect(booted.showMem()).toMatch(/Active: 3, inactive_dirty: 7, inactive_clean: 5, free: /);
    expect(booted.proc('meminfo')).toMatch(
      /^Active: {12} 12 kB\nInact_dirty: {7} 28 kB\nInact_clean: {7} 20 kB\nInact_target: {6} 40 kB$/m,
    );
  });
});

describe('/proc/PID of 2.4.0', () => {
  it('status shows no thread group', () => {
    const booted = kernel(64);
    booted.run(booted.spawn('init'));
    expect(booted.proc('self/status').split('\n').slice(0, 4)).toEqual([
      'Name:\tinit',
      'State:\tR (running)',
      'Pid:\t7',
      'PPid:\t1',
    ]);
  });

  it('the threads of the kernel', () => {
    const names = kernel(64).tasks.map(({ comm }) => comm);
    expect(names).toEqual(['swapper', 'init', 'keventd', 'kswapd', 'kreclaimd', 'bdflush', 'kupdate']);
  });
});
