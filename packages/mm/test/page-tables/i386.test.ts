import { describe, expect, it } from 'vitest';
import {
  I386,
  kernelProtections,
  type PagingGeometry,
  pgdIndex,
  pmdIndex,
  pteIndex,
  swapEntry,
  swapOffset,
  swapType,
} from '../../src/arch/i386.ts';
import { fixmapLayout, fixToVirt, vmallocEnd, vmallocStart } from '../../src/arch/i386-layout.ts';
import { I386_PAE } from '../../src/arch/i386-pae.ts';

const indexes = (geometry: PagingGeometry, addr: number) => [
  pgdIndex(geometry, addr),
  pmdIndex(geometry, addr),
  pteIndex(geometry, addr),
];

describe('sheet 1 section 13: translation vectors', () => {
  it.each([
    [0x08048123, [32, 0, 72]],
    [0xbffff000, [767, 0, 1023]],
    [0xc0000000, [768, 0, 0]],
    [0xfe001000, [1016, 0, 1]],
    [0xffffe000, [1023, 0, 1022]],
  ])('two levels, %s', (addr, expected) => {
    expect(indexes(I386, addr)).toEqual(expected);
  });

  it.each([
    [0x08048123, [0, 64, 72]],
    [0xbffff000, [2, 511, 511]],
    [0xfe001000, [3, 496, 1]],
    [0xffffe000, [3, 511, 510]],
  ])('PAE, %s', (addr, expected) => {
    expect(indexes(I386_PAE, addr)).toEqual(expected);
  });
});

describe('sheet 1 section 13: swap entries', () => {
  it.each([
    [0, 1, 0x00000100],
    [1, 0x1234, 0x00123402],
    [31, 0xffffff, 0xffffff3e],
  ])('(%i, %i)', (type, offset, entry) => {
    expect(swapEntry(type, offset)).toBe(entry);
    expect([swapType(entry), swapOffset(entry)]).toEqual([type, offset]);
    // Neither present nor PROT_NONE.
    expect(entry & 0x081).toBe(0);
  });
});

describe('sheet 1 section 13: kernel page flags', () => {
  it('carry the global bit where the CPU knows it', () => {
    expect(kernelProtections(true)).toEqual({ kernel: 0x163, readOnly: 0x161, noCache: 0x173 });
    expect(kernelProtections(false)).toEqual({ kernel: 0x063, readOnly: 0x061, noCache: 0x073 });
  });
});

describe('sheet 1 section 14: the top gigabyte', () => {
  it.each([
    [0xc1000000, 0xc1800000],
    [0xc4000000, 0xc4800000],
    [0xc7ff0000, 0xc8800000],
    [0xe0000000, 0xe0800000],
    [0xf8000000, 0xf8800000],
  ])('high_memory %i: vmalloc begins at %i', (highMemory, start) => {
    expect(vmallocStart(highMemory)).toBe(start);
  });

  it('reference build with high memory', () => {
    const fixmap = fixmapLayout({ highmem: true, nrCpus: 1, kmTypeNr: 8 });
    expect(fixmap).toEqual({ kmapBegin: 0, permanentSlots: 8, slots: 24, fixaddrStart: 0xffff6000 });
    expect(fixToVirt(fixmap.slots - 1)).toBe(0xfffe7000);
    expect(vmallocEnd(true, fixmap)).toBe(0xfdffe000);
    expect(vmallocEnd(true, fixmap) - vmallocStart(0xf8000000)).toBe(0x57fe000);
  });

  it('reference build without high memory', () => {
    const fixmap = fixmapLayout({ highmem: false, nrCpus: 1, kmTypeNr: 8 });
    expect(fixmap).toEqual({ kmapBegin: -1, permanentSlots: 0, slots: 16, fixaddrStart: 0xffffe000 });
    expect(vmallocEnd(false, fixmap)).toBe(0xffffc000);
  });

  it('a kernel with everything: slots in the order of the kernel', () => {
    const all = { highmem: true, nrCpus: 32, kmTypeNr: 8, localApic: true, ioApic: true, f00fSlot: true };
    const fixmap = fixmapLayout({ ...all, cyclone: true, acpi: true });
    expect(fixmap.kmapBegin).toBe(11);
    expect(fixmap.permanentSlots).toBe(11 + 256 + 4);
  });
});
