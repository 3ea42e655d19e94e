import { describe, expect, it } from 'vitest';
import { Resource } from '../../src/physical/resources.ts';
import { formatIomem } from '../../src/proc/iomem.ts';
import { boot, fixture, MIB } from '../page-allocator/machine.ts';

describe('/proc/iomem', () => {
  const machines = ['2.4.20', '2.4.22'].flatMap((release) =>
    [16, 64, 256, 512, 2048].map((mib) => [release, mib] as const),
  );
  it.each(machines)('as recorded on %s with %i MiB', (release, mib) => {
    const machine = boot({ release, memoryBytes: mib * MIB });
    expect(formatIomem(machine.resources)).toBe(fixture(`kernels/i386-${release}-${mib}M/iomem.txt`));
  });

  it('refuses what overlaps or does not fit', () => {
    const root = new Resource('root', 0x1000, 0xffff);
    expect(root.request(new Resource('a', 0x2000, 0x2fff))).toBe(true);
    expect(root.request(new Resource('b', 0x2fff, 0x3000))).toBe(false);
    expect(root.request(new Resource('c', 0x1000, 0x1fff))).toBe(true);
    expect(root.request(new Resource('d', 0, 0x1000))).toBe(false);
    expect(root.request(new Resource('e', 0xf000, 0x10000))).toBe(false);
    expect(root.request(new Resource('f', 0x5000, 0x4000))).toBe(false);
    expect(root.children.map((child) => child.name)).toEqual(['c', 'a']);
  });
});
