import { describe, expect, it } from 'vitest';
import type { TlbEntry } from '../../src/hardware/tlb.ts';
import { G, P, RW, TableRig, US } from './table-rig.ts';

const VA = 0x08048000;
const KERNEL = 0xc0400000;

describe.each([
  ['two levels', false],
  ['PAE', true],
])('what the TLB holds, %s', (_name, pae) => {
  const all = (rig: TableRig): TlbEntry[] => {
    const entries: TlbEntry[] = [];
    rig.mmu.tlb.forEachEntry((entry) => entries.push(entry));
    return entries.sort((a, b) => a.address - b.address);
  };

  it('is told entry by entry, and asking changes nothing', () => {
    const rig = new TableRig({ pae });
    rig.map(VA, 20, P | RW | US);
    rig.map(KERNEL, 30, P | RW | G);
    expect(rig.mmu.tlb.entryOf(VA)).toBeNull();
    rig.go(VA + 5, 0, 1);
    rig.go(KERNEL, 1, 0);
    const user = { address: VA, stores: false, user: true, global: false };
    const kernel = { address: KERNEL, stores: true, user: false, global: true };
    expect(rig.mmu.tlb.entryOf(VA + 0xabc)).toEqual(user);
    expect(rig.mmu.tlb.entryOf(VA + 0x1000)).toBeNull();
    expect(all(rig)).toEqual([user, kernel]);
    const { walks } = rig.mmu;
    rig.go(VA, 1, 1);
    expect(rig.mmu.walks).toBe(walks + 1);
    expect(all(rig)).toEqual([{ ...user, stores: true }, kernel]);
  });

  it('ends with a flush, but for global entries', () => {
    const rig = new TableRig({ pae });
    rig.map(VA, 20, P | RW | US);
    rig.map(KERNEL, 30, P | RW | G);
    rig.go(VA, 0, 1);
    rig.go(KERNEL, 0, 0);
    rig.mmu.loadCr3(rig.mmu.cr3);
    expect(all(rig).map(({ address }) => address)).toEqual([KERNEL]);
    rig.mmu.tlb.invalidate(KERNEL);
    expect(all(rig)).toEqual([]);
  });
});
