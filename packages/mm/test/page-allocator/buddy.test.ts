import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { KernelBug } from '../../src/kernel-bug.ts';
import { pairBits } from '../../src/page-allocator/buddy-map.ts';
import { checkPageAllocator } from '../../src/page-allocator/check.ts';
import { fragmentation } from '../../src/page-allocator/free-lists.ts';
import { freeAscending } from '../../src/page-allocator/mem-init.ts';
import type { PageAllocator } from '../../src/page-allocator/page-allocator.ts';
import { PG } from '../../src/physical/mem-map.ts';
import type { Zone } from '../../src/physical/zone.ts';
import { bareAllocator, freeLists, freshAllocator } from './machine.ts';

/** A zone of `pages` pages, freed one by one, ascending, with page 0. */
function zoneOf(pages: number): { allocator: PageAllocator; zone: Zone } {
  const allocator = bareAllocator([pages]);
  for (let pfn = 0; pfn < pages; pfn++) allocator.freeToLists(pfn, 0);
  return { allocator, zone: allocator.zones[0] as Zone };
}

const bits = (allocator: PageAllocator, zone: Zone) =>
  Array.from({ length: 9 }, (_, order) => pairBits(allocator.memMap, zone, order).join());

describe('buddy system (sheet 1, section 9)', () => {
  it('vector A: a zone of 1024 pages', () => {
    const { allocator, zone } = zoneOf(1024);
    const none = Array(9).fill([]);
    expect(freeLists(allocator, zone)).toEqual([...none, [512, 0]]);
    expect(zone.freePages).toBe(1024);
    expect(allocator.rmqueue(zone, 0)).toBe(1023);
    expect(freeLists(allocator, zone)).toEqual([
      [1022],
      [1020],
      [1016],
      [1008],
      [992],
      [960],
      [896],
      [768],
      [512],
      [0],
    ]);
    expect(bits(allocator, zone)).toEqual(['511', '255', '127', '63', '31', '15', '7', '3', '1']);
    expect(allocator.rmqueue(zone, 0)).toBe(1022);
    expect(allocator.rmqueue(zone, 3)).toBe(1008);
    expect(allocator.rmqueue(zone, 1)).toBe(1020);
    expect(freeLists(allocator, zone)).toEqual([[], [], [1016], [], [992], [960], [896], [768], [512], [0]]);
    expect(bits(allocator, zone)).toEqual(['', '', '127', '', '31', '15', '7', '3', '1']);
    expect(zone.freePages).toBe(1012);
    allocator.freePages(1023, 0);
    expect(freeLists(allocator, zone)[0]).toEqual([1023]);
    allocator.freePages(1022, 0);
    expect(freeLists(allocator, zone).slice(0, 2)).toEqual([[], [1022]]);
    allocator.freePages(1008, 3);
    expect(freeLists(allocator, zone)[3]).toEqual([1008]);
    expect(pairBits(allocator.memMap, zone, 3)).toEqual([63]);
    allocator.freePages(1020, 1);
    expect(freeLists(allocator, zone)).toEqual([...none, [512, 0]]);
    expect(bits(allocator, zone)).toEqual(Array(9).fill(''));
  });

  it('vector B: a zone of 16 pages', () => {
    const { allocator, zone } = zoneOf(16);
    expect(freeLists(allocator, zone)[4]).toEqual([0]);
    expect(allocator.rmqueue(zone, 1)).toBe(14);
    expect(freeLists(allocator, zone).slice(0, 5)).toEqual([[], [12], [8], [0], []]);
    expect(bits(allocator, zone).slice(0, 4)).toEqual(['', '3', '1', '0']);
    expect(allocator.rmqueue(zone, 0)).toBe(13);
    expect(freeLists(allocator, zone).slice(0, 5)).toEqual([[12], [], [8], [0], []]);
    expect(bits(allocator, zone).slice(0, 4)).toEqual(['6', '', '1', '0']);
    allocator.freePages(14, 1);
    expect(freeLists(allocator, zone)[1]).toEqual([14]);
    expect(pairBits(allocator.memMap, zone, 1)).toEqual([3]);
    allocator.freePages(13, 0);
    expect(freeLists(allocator, zone)[4]).toEqual([0]);
    expect(zone.freePages).toBe(16);
  });

  it('freeing runs whole gives the lists of freeing page by page', () => {
    const runs = fc.array(fc.tuple(fc.integer({ min: 0, max: 40 }), fc.integer({ min: 1, max: 1500 })), {
      maxLength: 12,
    });
    fc.assert(
      fc.property(runs, (gaps) => {
        const whole = bareAllocator([4096, 5000]);
        const single = bareAllocator([4096, 5000]);
        let at = 0;
        for (const [gap, length] of gaps) {
          const start = at + gap;
          const end = Math.min(start + length, 9096);
          if (start >= end) break;
          freeAscending(whole, start, end);
          for (let pfn = start; pfn < end; pfn++) single.freeToLists(pfn, 0);
          at = end;
        }
        for (let i = 0; i < 2; i++) {
          const zone = whole.zones[i] as Zone;
          expect(freeLists(whole, zone)).toEqual(freeLists(single, single.zones[i] as Zone));
        }
        expect(checkPageAllocator(whole)).toEqual([]);
      }),
      { numRuns: 50 },
    );
  });

  it('hands out no page twice, and coalesces to the start', () => {
    const op = fc.tuple(fc.nat(3), fc.integer({ min: 0, max: 9 }), fc.nat());
    fc.assert(
      fc.property(fc.array(op, { maxLength: 200 }), (ops) => {
        // A zone that ends in the middle of a block, with another one behind it.
        const allocator = freshAllocator([1000, 3000]);
        const start = allocator.nrFreePages();
        const owned = new Uint8Array(4000);
        const blocks: [pfn: number, order: number][] = [];
        for (const [kind, order, pick] of ops) {
          if (kind !== 0) {
            const pfn = allocator.rmqueue(allocator.zones[pick & 1] as Zone, order);
            if (pfn === 0) continue;
            for (let page = pfn; page < pfn + (1 << order); page++) expect(owned[page]++).toBe(0);
            blocks.push([pfn, order]);
          } else if (blocks.length > 0) {
            const [pfn, freed] = blocks.splice(pick % blocks.length, 1)[0] as [number, number];
            owned.fill(0, pfn, pfn + (1 << freed));
            allocator.freePages(pfn, freed);
          }
        }
        expect(checkPageAllocator(allocator)).toEqual([]);
        expect(allocator.nrFreePages()).toBe(start - owned.reduce((sum, page) => sum + page, 0));
        for (const [pfn, order] of blocks) allocator.freePages(pfn, order);
        expect(allocator.nrFreePages()).toBe(start);
        expect(checkPageAllocator(allocator)).toEqual([]);
      }),
      { numRuns: 60 },
    );
  });

  it('does not merge across the border of two zones', () => {
    // Zone 0 ends at 4098: its last two pages are a block of order 1 whose buddy would lie in zone 1.
    const allocator = bareAllocator([4098, 4096]);
    freeAscending(allocator, 4096, 4104);
    expect(freeLists(allocator, allocator.zones[0] as Zone)[1]).toEqual([4096]);
    expect(freeLists(allocator, allocator.zones[1] as Zone)[2]).toEqual([4098]);
    expect(checkPageAllocator(allocator)).toEqual([]);
  });

  it('measures fragmentation', () => {
    const { allocator, zone } = zoneOf(16);
    allocator.rmqueue(zone, 0);
    expect(fragmentation(allocator.memMap, zone, 3)).toBe(7 / 15);
    expect(fragmentation(allocator.memMap, zone, 0)).toBe(0);
  });
});

describe('references to pages (sheet 1, sections 4, 9 and 20)', () => {
  it('counts on the first page of a block, and frees at the last put', () => {
    const allocator = freshAllocator([1024]);
    const pfn = allocator.allocPages(0, 2);
    expect([...allocator.memMap.count.subarray(pfn, pfn + 4)]).toEqual([1, 0, 0, 0]);
    const free = allocator.nrFreePages();
    allocator.getPage(pfn);
    allocator.freePages(pfn, 2);
    expect(allocator.nrFreePages()).toBe(free);
    allocator.freePages(pfn, 2);
    expect(allocator.nrFreePages()).toBe(free + 4);
  });

  it('leaves reserved pages and their count alone', () => {
    const allocator = freshAllocator([1024]);
    const pfn = allocator.allocPages(0, 0);
    allocator.memMap.flags[pfn] = PG.reserved;
    allocator.putPage(pfn);
    allocator.putPage(pfn);
    expect(allocator.memMap.count[pfn]).toBe(1);
  });

  it('clears referenced and dirty, keeps the other flags', () => {
    const allocator = freshAllocator([1024]);
    const pfn = allocator.allocPages(0, 0);
    allocator.memMap.flags[pfn] = PG.referenced | PG.dirty | PG.uptodate;
    allocator.putPage(pfn);
    expect(allocator.memMap.flags[pfn]).toBe(PG.uptodate);
  });

  it('BUG()s where the kernel does', () => {
    const allocator = freshAllocator([1024]);
    const { flags, mapping } = allocator.memMap;
    const pfn = allocator.allocPages(0, 1);
    expect(() => allocator.freeToLists(pfn + 1, 1)).toThrow(KernelBug);
    flags[pfn] = PG.locked;
    expect(() => allocator.freePagesOk(pfn, 1)).toThrow(KernelBug);
    flags[pfn] = PG.active;
    expect(() => allocator.freePagesOk(pfn, 1)).toThrow(KernelBug);
    flags[pfn] = 0;
    mapping[pfn] = 3;
    expect(() => allocator.freePagesOk(pfn, 1)).toThrow(KernelBug);
    mapping[pfn] = 0;
    allocator.freePages(pfn, 1);
    expect(() => allocator.freePages(pfn, 1)).toThrow(KernelBug);
    expect(() => allocator.freePagesOk(pfn, 1)).toThrow(KernelBug);
  });

  it('refuses orders from 10 on', () => {
    expect(freshAllocator([4096]).allocPages(0, 10)).toBe(0);
  });
});
