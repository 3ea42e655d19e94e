import { describe, expect, it } from 'vitest';
import { I386 } from '../../src/arch/i386.ts';
import { fixmapLayout } from '../../src/arch/i386-layout.ts';
import { I386_PAE } from '../../src/arch/i386-pae.ts';
import { Clock } from '../../src/hardware/clock.ts';
import { Mmu } from '../../src/hardware/mmu.ts';
import { PhysicalMemory } from '../../src/hardware/physical-memory.ts';
import {
  initKernelPageTables,
  startupPageTables,
  zapLowMappings,
} from '../../src/page-tables/kernel-page-tables.ts';

const MAX_LOW = 0x1800 + 10;

function build(options: { pae?: boolean; pse?: boolean; pge?: boolean; highmem?: boolean } = {}) {
  const pae = options.pae === true;
  const pse = options.pse !== false;
  const highmem = options.highmem !== false;
  const memory = new PhysicalMemory(8192);
  const perTable = pae ? 512 : 1024;
  const params = {
    memory,
    geometry: pae ? I386_PAE : I386,
    boot: {
      swapperPgDir: 0x101,
      pg0: 0x102,
      pg1: 0x103,
      emptyZeroPage: 0x104,
      kernelPmd: pae ? 0x200 : 0,
      directMap: pse ? [] : Array.from({ length: Math.ceil(MAX_LOW / perTable) }, (_, i) => 0x210 + i),
      fixmap: 0x201,
      pkmap: highmem ? 0x202 : 0,
    },
    maxLowPfn: MAX_LOW,
    pse,
    pge: options.pge !== false,
    highmem,
    fixmap: fixmapLayout({ highmem, nrCpus: 1, kmTypeNr: 8 }),
  };
  startupPageTables(memory, params.boot);
  const word = (pfn: number, index: number) => (memory.words[pfn * 1024 + index] as number) >>> 0;
  const mmuOf = (cr4: { pse: boolean; pge: boolean }) => {
    const mmu = new Mmu({ memory, clock: new Clock(), pae, ...cr4 });
    mmu.loadCr3(0x101000);
    return mmu;
  };
  return { params, memory, word, mmuOf };
}

describe('sheet 1 section 14: startup_32', () => {
  it('maps 8 MiB twice, at 0 and at PAGE_OFFSET', () => {
    const { word, mmuOf } = build();
    for (const i of [0, 768]) expect([word(0x101, i), word(0x101, i + 1)]).toEqual([0x00102007, 0x00103007]);
    expect([word(0x102, 0), word(0x102, 1), word(0x103, 1023)]).toEqual([0x007, 0x1007, 0x7ff007]);
    expect([word(0x101, 2), word(0x101, 770)]).toEqual([0, 0]);
    const mmu = mmuOf({ pse: false, pge: false });
    expect([mmu.pfnOf(0x123456), mmu.pfnOf(0xc07ff000), mmu.pfnOf(0xc0800000)]).toEqual([0x123, 0x7ff, -1]);
  });
});

describe('sheet 1 section 14: pagetable_init', () => {
  it('with large pages: whole 4 MiB entries, the last past the end', () => {
    const { params, word, mmuOf } = build();
    const tables = initKernelPageTables(params);
    expect([word(0x101, 768), word(0x101, 769)]).toEqual([0x000001e3, 0x004001e3]);
    expect(word(0x101, 768 + 6)).toBe(0x018001e3);
    expect(word(0x101, 768 + 7)).toBe(0);
    expect(tables.cr4).toEqual({ pse: true, pge: true });
    expect(tables.wpWorksOk).toBe(true);
    expect(mmuOf(tables.cr4).pfnOf(0xc1801000)).toBe(0x1801);
    // 24 fixmap slots and the kmap window: one empty table each.
    expect(word(0x101, 1023)).toBe(0x00201063);
    expect(word(0x101, 1016)).toBe(0x00202063);
    expect(tables.pkmapPageTable).toBe(0x202 * 1024);
    expect(tables.kmapPte).toBe(0x201 * 1024 + 1022);
    expect(tables.kmapProt).toBe(0x163);
  });

  it('without PGE', () => {
    const { params, word } = build({ pge: false });
    expect(initKernelPageTables(params).cr4).toEqual({ pse: true, pge: false });
    expect([word(0x101, 768), word(0x101, 769)]).toEqual([0x000000e3, 0x004000e3]);
  });

  it('without large pages: a page table for each 4 MiB, its entries up to the end; CR4.PGE stays off', () => {
    const { params, word, mmuOf } = build({ pse: false, highmem: false });
    const tables = initKernelPageTables(params);
    expect(params.boot.directMap).toHaveLength(7);
    expect(word(0x101, 768)).toBe(0x00210063);
    expect([word(0x210, 0), word(0x210, 1)]).toEqual([0x00000163, 0x00001163]);
    expect([word(0x216, 9), word(0x216, 10)]).toEqual([0x01809163, 0]);
    expect(tables.cr4).toEqual({ pse: false, pge: false });
    expect(tables.wpWorksOk).toBe(false);
    expect([tables.pkmapPageTable, tables.kmapPte]).toEqual([0, 0]);
    expect(word(0x101, 1016)).toBe(0);
    const mmu = mmuOf(tables.cr4);
    expect([mmu.pfnOf(0xc1809000), mmu.pfnOf(0xc180a000)]).toEqual([0x1809, -1]);
  });

  it('PAE: one middle directory for the kernel, 2 MiB pages, the zero page below it', () => {
    const { params, word, mmuOf } = build({ pae: true });
    const tables = initKernelPageTables(params);
    expect([0, 2, 4, 6].map((i) => word(0x101, i))).toEqual([0x200001, 0x104001, 0x104001, 0x200001]);
    expect([word(0x200, 0), word(0x200, 2)]).toEqual([0x1e3, 0x2001e3]);
    expect(word(0x200, 2 * 12)).toBe(0x018001e3);
    expect(word(0x200, 2 * 13)).toBe(0);
    expect(word(0x200, 2 * 511)).toBe(0x00201063);
    expect(word(0x200, 2 * 496)).toBe(0x00202063);
    expect(tables.kmapPte).toBe(0x201 * 1024 + 2 * 510);
    const mmu = mmuOf(tables.cr4);
    expect([mmu.pfnOf(0xc1801000), mmu.pfnOf(0x1801000)]).toEqual([0x1801, 0x1801]);
  });

  it('PAE without large pages', () => {
    const { params, word, mmuOf } = build({ pae: true, pse: false });
    const tables = initKernelPageTables(params);
    expect(params.boot.directMap).toHaveLength(13);
    expect([word(0x200, 0), word(0x210, 0)]).toEqual([0x00210063, 0x163]);
    const mmu = mmuOf(tables.cr4);
    expect([mmu.pfnOf(0xc1809000), mmu.pfnOf(0xc180a000)]).toEqual([0x1809, -1]);
  });
});

describe('sheet 1 section 14: zap_low_mappings', () => {
  it.each([false, true])('PAE %s: nothing is mapped below PAGE_OFFSET', (pae) => {
    const { params, word, mmuOf } = build({ pae });
    const tables = initKernelPageTables(params);
    zapLowMappings(params);
    const mmu = mmuOf(tables.cr4);
    expect([mmu.pfnOf(0), mmu.pfnOf(0x400000), mmu.pfnOf(0xc0400000)]).toEqual([-1, -1, 0x400]);
    if (pae) expect([0, 2, 4].map((i) => word(0x101, i))).toEqual([0x104001, 0x104001, 0x104001]);
  });
});
