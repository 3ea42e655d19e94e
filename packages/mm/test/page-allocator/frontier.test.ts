import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkPageAllocator } from '../../src/page-allocator/check.ts';
import { freeBlockCounts } from '../../src/page-allocator/free-lists.ts';
import { freeDescendingUntouched } from '../../src/page-allocator/mem-init.ts';
import type { PageAllocator } from '../../src/page-allocator/page-allocator.ts';
import type { Zone } from '../../src/physical/zone.ts';
import { bareAllocator, boot, freeLists, MIB } from './machine.ts';

const HIGH = 8192;

/** Two allocators over one zone with holes, freed descending: blocks implicit, and page by page as the kernel does it. */
function twins(runs: readonly (readonly [start: number, end: number])[]) {
  const implicit = bareAllocator([4096, 4096, 20000]);
  const explicit = bareAllocator([4096, 4096, 20000]);
  for (const [start, end] of [...runs].reverse()) {
    freeDescendingUntouched(implicit, implicit.zones[2] as Zone, HIGH + start, HIGH + end);
    for (let pfn = end - 1; pfn >= start; pfn--) explicit.freeToLists(HIGH + pfn, 0);
  }
  return { implicit, explicit };
}

function sameLists(a: PageAllocator, b: PageAllocator): void {
  expect(freeLists(a, a.zones[2] as Zone)).toEqual(freeLists(b, b.zones[2] as Zone));
  expect(a.zones[2]?.freePages).toBe(b.zones[2]?.freePages);
  expect(checkPageAllocator(a)).toEqual([]);
}

describe('untouched high memory', () => {
  it.each([
    ['one run', [[0, 20000]]],
    ['partial ends', [[7, 19999]]],
    [
      'holes',
      [
        [0, 5000],
        [5001, 5600],
        [6000, 6100],
        [7000, 15000],
        [15360, 20000],
      ],
    ],
    ['less than a block', [[100, 300]]],
  ] as [
    string,
    [number, number][],
  ][])('stands in the lists as the kernel would have freed it: %s', (_, runs) => {
    const { implicit, explicit } = twins(runs);
    sameLists(implicit, explicit);
  });

  it('is handed out and taken back in the same order', () => {
    const op = fc.tuple(fc.boolean(), fc.integer({ min: 0, max: 9 }), fc.nat());
    fc.assert(
      fc.property(fc.array(op, { maxLength: 150 }), (ops) => {
        const { implicit, explicit } = twins([
          [3, 6000],
          [6200, 20000],
        ]);
        const blocks: [number, number][] = [];
        for (const [allocate, order, pick] of ops) {
          if (allocate || blocks.length === 0) {
            const pfn = implicit.rmqueue(implicit.zones[2] as Zone, order);
            expect(pfn).toBe(explicit.rmqueue(explicit.zones[2] as Zone, order));
            if (pfn !== 0) blocks.push([pfn, order]);
          } else {
            const [pfn, freed] = blocks.splice(pick % blocks.length, 1)[0] as [number, number];
            implicit.freePages(pfn, freed);
            explicit.freePages(pfn, freed);
          }
        }
        sameLists(implicit, explicit);
      }),
      { numRuns: 60 },
    );
  });

  it('can be used up completely', () => {
    const { implicit } = twins([
      [0, 1024],
      [1536, 2048],
    ]);
    const zone = implicit.zones[2] as Zone;
    const blocks = Array.from({ length: 4 }, () => implicit.rmqueue(zone, 9));
    expect(blocks).toEqual([HIGH, HIGH + 512, HIGH + 1536, 0]);
    expect(zone.freePages).toBe(0);
  });

  it('lets a machine of 64 GiB boot with its high memory untouched', () => {
    const machine = boot({ machine: 'ref-pae', memoryBytes: 65536 * MIB });
    const highmem = machine.node.zones[2] as Zone;
    expect(freeBlockCounts(machine.memMap, highmem)).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 0, 32064]);
    expect(highmem.freePages).toBe(32064 * 512);
    expect(machine.log.toString()).toContain('64640MB HIGHMEM available.');
  });

  it('serves a zone of 1 TiB', () => {
    const allocator = bareAllocator([4096, 0, 2 ** 28 - 4096]);
    const zone = allocator.zones[2] as Zone;
    freeDescendingUntouched(allocator, zone, 4096, 2 ** 28);
    expect(zone.freePages).toBe(2 ** 28 - 4096);
    const pfn = allocator.allocPages(2, 0);
    expect(pfn).toBe(4096 + 511);
    expect(freeBlockCounts(allocator.memMap, zone).reverse().slice(0, 2)).toEqual([524279, 1]);
    allocator.freePages(pfn, 0);
    expect(zone.freePages).toBe(2 ** 28 - 4096);
  });
});
