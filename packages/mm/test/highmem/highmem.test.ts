import { describe, expect, it } from 'vitest';
import { clearFixmap, setFixmap } from '../../src/highmem/fixmap.ts';
import { KM } from '../../src/highmem/kmap-types.ts';
import { boot, ConfigError, type Kernel, KernelBug } from '../../src/index.ts';
import { GFP_HIGHUSER, GFP_KERNEL } from '../../src/page-allocator/gfp.ts';

const MIB = 2 ** 20;

function machine(name = 'ref-h4g', more: { release?: string; cpus?: number } = {}): Kernel {
  return boot({ memory: 1024 * MIB, machine: name, ...more });
}

/** Pages of high memory. */
function highPages(kernel: Kernel, count: number): number[] {
  return Array.from({ length: count }, () => {
    const pfn = kernel.allocPages(GFP_HIGHUSER, 0);
    expect(pfn).toBeGreaterThanOrEqual(0x38000);
    return pfn;
  });
}

const slot = (n: number) => 0xfe000000 + n * 4096;

describe.each([
  ['ref-h4g', 1024],
  ['ref-pae', 512],
])('sheet 1 section 16: kmap, %s', (name, last) => {
  it('the first page gets slot 1; an unused page keeps its address', () => {
    const kernel = machine(name);
    const { highmem } = kernel;
    const [a, b] = highPages(kernel, 2) as [number, number];
    expect(highmem.kmap(a)).toBe(0xfe001000);
    expect(highmem.pkmapCount[1]).toBe(2);
    highmem.kunmap(a);
    expect(highmem.pkmapCount[1]).toBe(1);
    expect(highmem.kmap(a)).toBe(0xfe001000);
    expect(highmem.pkmapCount[1]).toBe(2);
    expect(highmem.kmap(b)).toBe(0xfe002000);
    expect(kernel.vtop(0xfe002123).physical).toBe(b * 4096 + 0x123);
    kernel.checkInvariants();
  });

  it('passing slot 0 flushes what has no user', () => {
    const kernel = machine(name);
    const { highmem } = kernel;
    const [a, b, ...more] = highPages(kernel, last) as [number, number, ...number[]];
    highmem.kmap(a);
    const addr = highmem.kmap(b);
    expect(kernel.store8(addr, 5)).toBe(true);
    highmem.kunmap(b);
    expect(kernel.load8(addr)).toBe(5);
    more.slice(0, last - 3).forEach((pfn, i) => {
      expect(highmem.kmap(pfn)).toBe(slot(3 + i));
      highmem.kunmap(pfn);
    });
    expect(highmem.flushRounds).toBe(0);
    expect(highmem.pageAddress(b)).toBe(addr);
    kernel.checkInvariants();
    // The next one wraps.
    const next = more[last - 3] as number;
    expect(highmem.kmap(next)).toBe(0xfe000000);
    expect(highmem.flushRounds).toBe(1);
    expect(highmem.pageAddress(a)).toBe(slot(1));
    expect(highmem.pageAddress(b)).toBe(0);
    expect(highmem.pkmapCount[2]).toBe(0);
    expect(kernel.load8(addr)).toBe(-1);
    expect(kernel.oopses[0]?.lines[0]).toBe(
      'Unable to handle kernel paging request at virtual address fe002000',
    );
    kernel.checkInvariants();
    expect(highmem.kmap(b)).toBe(slot(2));
    expect(kernel.load8(slot(2))).toBe(5);
  });

  it('a full window: the caller sleeps; the first last kunmap wakes it, and it goes once round to a flush', () => {
    const kernel = machine(name);
    const { highmem } = kernel;
    const pages = highPages(kernel, last);
    const extra = highPages(kernel, 1)[0] as number;
    for (const pfn of pages) expect(highmem.kmap(pfn)).not.toBe(0);
    kernel.checkInvariants();
    let woken = 0;
    expect(highmem.kmap(extra, () => woken++)).toBe(0);
    expect(highmem.sleepers).toBe(1);
    expect(highmem.kmapNonblock(extra)).toBe(0);
    const third = pages[2] as number;
    expect(highmem.kmap(third)).toBe(slot(3));
    highmem.kunmap(third);
    expect(woken).toBe(0);
    const rounds = highmem.flushRounds;
    highmem.kunmap(third);
    expect([woken, highmem.sleepers]).toEqual([1, 0]);
    expect(highmem.kmap(extra)).toBe(slot(3));
    expect(highmem.flushRounds).toBe(rounds + 1);
    expect(highmem.pageAddress(third)).toBe(0);
    kernel.checkInvariants();
  });
});

describe('kmap', () => {
  it('a low page has its address; kunmap of it does nothing', () => {
    const kernel = machine();
    const low = kernel.allocPages(GFP_KERNEL, 0);
    expect(kernel.highmem.kmap(low)).toBe(0xc0000000 + low * 4096);
    kernel.highmem.kunmap(low);
    expect(kernel.highmem.lastPkmapNr).toBe(0);
    expect(kernel.highmem.kmapAtomic(low, KM.user0)).toBe(0xc0000000 + low * 4096);
  });

  it('unbalanced kunmap is a BUG()', () => {
    const kernel = machine();
    const [a] = highPages(kernel, 1) as [number];
    expect(() => kernel.highmem.kunmap(a)).toThrow(KernelBug);
    kernel.highmem.kmap(a);
    kernel.highmem.kunmap(a);
    expect(() => kernel.highmem.kunmap(a)).toThrow(KernelBug);
  });

  it('the flush reaches the global entries of the TLB, a cr3 reload does not', () => {
    const kernel = machine();
    const { highmem, mmu } = kernel;
    const [a, ...more] = highPages(kernel, 1024) as [number, ...number[]];
    const addr = highmem.kmap(a);
    expect(kernel.load8(addr)).toBe(0);
    const walks = mmu.walks;
    mmu.reloadCr3();
    expect(kernel.load8(addr)).toBe(0);
    expect(mmu.walks).toBe(walks);
    for (const pfn of more) {
      highmem.kmap(pfn);
      highmem.kunmap(pfn);
    }
    expect(highmem.flushRounds).toBe(1);
    expect(kernel.load8(addr)).toBe(0);
    expect(mmu.walks).toBe(walks + 1);
  });

  it('without high memory every page has its address', () => {
    const kernel = machine('ref-noh');
    const pfn = kernel.allocPages(GFP_HIGHUSER, 0);
    const addr = 0xc0000000 + pfn * 4096;
    const { highmem } = kernel;
    expect([highmem.kmap(pfn), highmem.kmapNonblock(pfn), highmem.kmapAtomic(pfn, 0)]).toEqual([
      addr,
      addr,
      addr,
    ]);
    highmem.kunmap(pfn);
    highmem.kunmapAtomic(addr, 0);
    expect(kernel.load8(0xfe001000)).toBe(-1);
    kernel.checkInvariants();
  });

  it('2.4.20 has no kmap_nonblock and two kinds of atomic mapping less', () => {
    const kernel = machine('ref-h4g', { release: '2.4.20' });
    const [a] = highPages(kernel, 1) as [number];
    expect(() => kernel.highmem.kmapNonblock(a)).toThrow(ConfigError);
    expect(() => kernel.highmem.kmapAtomic(a, KM.softirq0)).toThrow(ConfigError);
    expect(kernel.highmem.kmapAtomic(a, KM.bhIrq)).toBe(0xffff9000);
  });

  it('2.4.0 has two kinds of atomic mapping', () => {
    const kernel = machine('qemu', { release: '2.4.0' });
    const [a] = highPages(kernel, 1) as [number];
    expect(() => kernel.highmem.kmapNonblock(a)).toThrow(ConfigError);
    expect(() => kernel.highmem.kmapAtomic(a, 2)).toThrow(ConfigError);
    expect(kernel.highmem.kmapAtomic(a, 0)).toBe(0xffffe000);
    expect(kernel.highmem.kmapAtomic(a, 1)).toBe(0xffffd000);
    kernel.checkInvariants();
  });

  it('tells each step', () => {
    const kernel = machine();
    const [a] = highPages(kernel, 1) as [number];
    kernel.trace.on = true;
    kernel.highmem.kmap(a);
    kernel.highmem.kunmap(a);
    const events = [...kernel.trace.events()].map(({ name, values }) => [name, values]);
    expect(events).toEqual([
      ['pkmap_slot', { slot: 1, count: 0, outcome: 1 }],
      ['kmap', { pfn: a, address: 0xfe001000, count: 2, fresh: 1 }],
      ['kunmap', { pfn: a, address: 0xfe001000, count: 1, wakes: 0, outcome: 1 }],
    ]);
  });
});

describe.each(['ref-h4g', 'ref-pae'])('sheet 1 section 16: kmap_atomic, %s', (name) => {
  it.each([
    ['BOUNCE_READ', KM.bounceRead, 0xffffe000],
    ['USER0', KM.user0, 0xffffb000],
    ['USER1', KM.user1, 0xffffa000],
    ['SOFTIRQ1', KM.softirq1, 0xffff7000],
  ])('%s', (_, type, addr) => {
    const kernel = machine(name);
    const [a, b] = highPages(kernel, 2) as [number, number];
    expect(kernel.highmem.kmapAtomic(a, type)).toBe(addr);
    expect(kernel.store32(addr + 8, 0xdeadbeef)).toBe(true);
    expect(kernel.memory.words[kernel.memory.base(a) + 2]).toBe(0xdeadbeef | 0);
    // Nothing is unmapped; the next use of the slot takes its place, TLB and all.
    kernel.highmem.kunmapAtomic(addr, type);
    expect(kernel.load32(addr + 8)).toBe(0xdeadbeef);
    expect(kernel.highmem.kmapAtomic(b, type)).toBe(addr);
    expect(kernel.load32(addr + 8)).toBe(0);
    kernel.checkInvariants();
  });

  it('debugging: a slot in use or the wrong one is a BUG(), and a slot given back faults', () => {
    const kernel = machine(name);
    const { highmem } = kernel;
    const [a] = highPages(kernel, 1) as [number];
    highmem.debug = true;
    const addr = highmem.kmapAtomic(a, KM.user0);
    expect(() => highmem.kmapAtomic(a, KM.user0)).toThrow(KernelBug);
    expect(() => highmem.kunmapAtomic(addr, KM.user1)).toThrow(KernelBug);
    expect(kernel.load8(addr)).toBe(0);
    highmem.kunmapAtomic(addr + 5, KM.user0);
    expect(kernel.load8(addr)).toBe(-1);
    highmem.kunmapAtomic(0xc0001000, KM.user0);
    expect(highmem.kmapAtomic(a, KM.user0)).toBe(addr);
  });
});

describe('several CPUs', () => {
  it('each has its atomic slots, and flushes only its own TLB for them', () => {
    const kernel = machine('ref-h4g', { cpus: 2 });
    const { highmem } = kernel;
    const [a, b] = highPages(kernel, 2) as [number, number];
    const first = highmem.kmapAtomic(a, KM.user0);
    kernel.slab.cpu = 1;
    const second = highmem.kmapAtomic(b, KM.user0);
    kernel.slab.cpu = 0;
    expect([first, second]).toEqual([0xffffb000, 0xffff3000]);
    expect(kernel.vtop(first).physical).toBe(a * 4096);
    expect(kernel.vtop(second).physical).toBe(b * 4096);
    expect(kernel.region(second)).toMatchObject({ kind: 'kmap_atomic', slot: 11 });
    // Another CPU that looks at the slot keeps what its TLB has.
    const other = highmem.parts.mmus[1];
    const before = other?.translate(first, 0, 0);
    highmem.kmapAtomic(b, KM.user0);
    expect(other?.translate(first, 0, 0)).toBe(before);
    expect(kernel.load8(first)).toBe(0);
    kernel.checkInvariants();
  });

  it('a flush round and vfree() reach the TLBs of all', () => {
    const kernel = machine('ref-h4g', { cpus: 2 });
    const { highmem } = kernel;
    const other = highmem.parts.mmus[1];
    const [a, ...more] = highPages(kernel, 1025) as [number, ...number[]];
    const addr = highmem.kmap(a);
    const area = kernel.vmalloc.vmalloc(1);
    highmem.kunmap(a);
    expect(other?.translate(addr, 1, 0)).toBeGreaterThan(0);
    expect(other?.translate(area, 1, 0)).toBeGreaterThan(0);
    kernel.vmalloc.vfree(area);
    expect(other?.translate(area, 1, 0)).toBe(-1);
    for (const pfn of more) {
      highmem.kmap(pfn);
      highmem.kunmap(pfn);
    }
    expect(highmem.pageAddress(a)).toBe(0);
    expect(kernel.vtop(addr).physical).not.toBe(a * 4096);
    expect(other?.translate(addr, 1, 0)).not.toBe(kernel.memory.base(a));
  });
});

describe('fixmap', () => {
  it.each([
    'ref-h4g',
    'ref-pae',
    'ref-noh',
  ])('%s: set_fixmap maps a physical address at a fixed one', (name) => {
    const kernel = machine(name);
    const { highmem } = kernel;
    const pfn = kernel.allocPages(GFP_KERNEL, 0);
    kernel.memory.words[kernel.memory.base(pfn)] = 1234;
    const last = highmem.parts.fixmap.slots - 1;
    const addr = 0xffffe000 - last * 4096;
    expect(kernel.load8(addr)).toBe(-1);
    setFixmap(highmem, last, pfn * 4096, 0x163);
    expect(kernel.load32(addr)).toBe(1234);
    expect(kernel.vtop(addr).physical).toBe(pfn * 4096);
    clearFixmap(highmem, last);
    expect(kernel.load8(addr)).toBe(-1);
    setFixmap(highmem, last + 1, 0, 0x163);
    expect(kernel.bootLog.at(-1)?.text).toBe('Invalid __set_fixmap');
  });

  it('sheet 1 section 14: the boot-time slots of the reference machine end at 0xfffe7000', () => {
    expect(0xffffe000 - (machine().highmem.parts.fixmap.slots - 1) * 4096).toBe(0xfffe7000);
  });
});
