import { describe, expect, it } from 'vitest';
import { boot as bootKernel } from '../../src/index.ts';
import { formatFreeAreas, formatShowMem, NO_COUNTERS } from '../../src/proc/show-mem.ts';
import { boot, fixture, MIB } from '../page-allocator/machine.ts';

describe('SysRq-m', () => {
  it('free areas of the reference machine with 512 MiB (sheet 1, section 12)', () => {
    const { allocator } = boot({ machine: 'ref-h4g', memoryBytes: 512 * MIB });
    expect(formatFreeAreas(allocator, NO_COUNTERS)).toBe(`Free pages:      515408kB (     0kB HighMem)
Zone:DMA freepages: 13672kB min:   128kB low:   256kB high:   384kB
Zone:Normal freepages:501736kB min:  1020kB low:  2040kB high:  3060kB
Zone:HighMem freepages:     0kB min:     0kB low:     0kB high:     0kB
( Active: 0, inactive: 0, free: 128852 )
2*4kB 2*8kB 3*16kB 3*32kB 3*64kB 2*128kB 1*256kB 1*512kB 0*1024kB 6*2048kB = 13672kB)
0*4kB 1*8kB 0*16kB 1*32kB 1*64kB 1*128kB 1*256kB 1*512kB 1*1024kB 244*2048kB = 501736kB)
= 0kB)
Swap cache: add 0, delete 0, find 0/0, race 0+0
`);
  });

  it('has the shape of the recorded dumps', () => {
    const { allocator } = boot({ memoryBytes: 2048 * MIB });
    const shape = (text: string) => text.replace(/ *\d+(?=kB|,| |\*|\/|\+|$)/gm, '#');
    const recorded = fixture('kernels/i386-2.4.22-2048M/sysrq-m.txt').replace('SysRq : Show Memory\n', '');
    expect(shape(formatShowMem(allocator, NO_COUNTERS))).toBe(shape(recorded));
  });

  it('tells of the swap cache of a machine that swaps', () => {
    const kernel = bootKernel({ memory: 16 * MIB, swap: [{ size: 32 * MIB }] });
    const process = kernel.spawn('big');
    const pages = 6000;
    const at = process.mmap2(0, pages * 4096, 3, 0x22, -1, 0);
    for (let i = 0; i < 2 * pages; i++) process.store8(at + (i % pages) * 4096, i);
    const text = kernel.showMem();
    const { stats } = kernel.paging.swapCache;
    expect(stats.addTotal).toBeGreaterThan(pages);
    expect(stats.findTotal).toBeGreaterThan(0);
    expect(text).toContain(
      `Swap cache: add ${stats.addTotal}, delete ${stats.delTotal}, find ${stats.findSuccess}/${stats.findTotal}, race 0+0\n`,
    );
    expect(text).toContain(`\n${kernel.pageCache.swapperPages} pages swap cached\n`);
    expect(stats.addTotal - stats.delTotal).toBe(kernel.pageCache.swapperPages);
    const { free } = kernel.paging.swapAreas.swapinfo();
    expect(text).toContain(`Free swap:       ${String(free * 4).padStart(6)}kB\n`);
  });

  it('counts shared, swap-cached and reserved frames', () => {
    const { allocator } = boot({ memoryBytes: 16 * MIB });
    const [a, b] = [allocator.allocPages(0x1d0, 0), allocator.allocPages(0x1d0, 0)];
    allocator.getPage(a);
    allocator.getPage(b);
    allocator.memMap.mapping[b] = 1;
    const text = formatShowMem(allocator, { ...NO_COUNTERS, swapperSpace: 1, pageCache: 3, buffermem: 1 });
    expect(text).toContain(
      '\n402 reserved pages\n1 pages shared\n1 pages swap cached\n0 pages in page table cache\n',
    );
    expect(text).toContain('Buffer memory:        4kB\nCache memory:        8kB\n');
  });
});
