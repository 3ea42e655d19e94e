import { describe, expect, it } from 'vitest';
import {
  pageDescriptorAddress,
  pagesMin,
  pairBitmapBytes,
  waitQueueIndex,
  waitTableShift,
  waitTableSize,
} from '../../src/boot-memory/free-area-init.ts';
import { PG } from '../../src/physical/mem-map.ts';
import { bareAllocator, boot, MIB } from '../page-allocator/machine.ts';

describe('zones (sheet 1, sections 3, 4 and 7)', () => {
  it.each([
    [100, 20],
    [2560, 20],
    [2688, 21],
    [4096, 32],
    [12288, 96],
    [32639, 254],
    [32640, 255],
    [126976, 255],
    [225280, 255],
    [819200, 255],
  ])('pages_min of %i pages is %i', (size, min) => {
    expect(pagesMin(size)).toBe(min);
  });

  it.each([
    [4096, 16, 28],
    [12288, 64, 26],
    [126976, 512, 23],
    [225280, 1024, 22],
    [32768, 128, 25],
    [819200, 4096, 20],
    [100, 1, 32],
  ])('a zone of %i pages has %i wait queues, shift %i', (size, queues, shift) => {
    expect(waitTableSize(size)).toBe(queues);
    expect(waitTableShift(queues)).toBe(shift);
  });

  it.each([
    [0, 28, 8],
    [5, 28, 13],
    [4095, 28, 13],
    [4096, 23, 271],
    [5000, 23, 484],
    [131071, 23, 443],
  ])('page %i under shift %i waits in queue %i', (pfn, shift, queue) => {
    expect(waitQueueIndex(0xc1000020 + 48 * pfn, shift)).toBe(queue);
  });

  it('has one queue where C leaves the shift undefined', () => {
    expect(waitQueueIndex(0xc1000020, 32)).toBe(0);
  });

  it('hashes with the descriptor addresses of the 512M machine', () => {
    const machine = boot({ machine: 'ref-h4g', memoryBytes: 512 * MIB });
    const init = { node: machine.node, memMapAddress: machine.memMapAddress, memMapBytes: 0 };
    expect(pageDescriptorAddress(init, 0, machine.pageBytes)).toBe(0xc1000020);
    expect(pageDescriptorAddress(init, 4096, machine.pageBytes)).toBe(0xc1030020);
  });

  it.each([
    [4096, [256, 128, 64, 32, 16, 8, 4, 4, 4]],
    [12288, [768, 384, 192, 96, 48, 24, 12, 8, 4]],
    [126976, [7936, 3968, 1984, 992, 496, 248, 124, 64, 32]],
    [225280, [14080, 7040, 3520, 1760, 880, 440, 220, 112, 56]],
    [32768, [2048, 1024, 512, 256, 128, 64, 32, 16, 8]],
    [819200, [51200, 25600, 12800, 6400, 3200, 1600, 800, 400, 200]],
    [950272, [59392, 29696, 14848, 7424, 3712, 1856, 928, 464, 232]],
  ])('pair bitmaps of %i pages (section 18)', (size, bytes) => {
    expect(bytes.map((_, order) => pairBitmapBytes(size, order))).toEqual(bytes);
  });

  it('builds the sixteen zonelists', () => {
    const { node } = bareAllocator([4096, 4096, 4096]);
    const names = node.zonelists.map((list) => list.map((zone) => zone.name).join());
    const normal = 'Normal,DMA';
    const highmem = 'HighMem,Normal,DMA';
    expect(names).toEqual(Array(4).fill([normal, 'DMA', highmem, 'DMA']).flat());
    expect(node.nrZones).toBe(3);
  });

  it('leaves empty zones out of the zonelists', () => {
    const { node } = bareAllocator([4096, 0, 0]);
    expect(new Set(node.zonelists.map((list) => list.map((zone) => zone.name).join()))).toEqual(
      new Set(['DMA']),
    );
    expect(node.nrZones).toBe(1);
  });

  it('composes the flags word of struct page (section 4)', () => {
    const { node } = boot({ machine: 'ref-pae', memoryBytes: 4096 * MIB });
    expect(node.pageFlags(0)).toBe(0x00004000);
    expect(node.pageFlags(0x40)).toBe(0);
    expect(node.pageFlags(0x1000)).toBe(0x01004000);
    expect(node.pageFlags(0x8000)).toBe(0x01000000);
    expect(node.pageFlags(0x38000)).toBe(0x02000800);
    expect(node.pageFlags(0xe0000)).toBe(0x02004000);
    expect(PG.fs1).toBe(0x10000);
  });
});
