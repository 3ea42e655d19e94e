import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { boot, type Kernel } from '../../src/index.ts';
import { GFP_HIGHUSER } from '../../src/page-allocator/gfp.ts';

const MIB = 2 ** 20;
const PAGES = 700;

type Op =
  | { readonly kind: 'kmap'; readonly from: number; readonly count: number }
  | { readonly kind: 'kunmap'; readonly from: number; readonly count: number }
  | { readonly kind: 'through'; readonly from: number; readonly count: number }
  | { readonly kind: 'atomic'; readonly page: number; readonly type: number; readonly value: number }
  | { readonly kind: 'store'; readonly page: number; readonly at: number; readonly value: number };

const page = fc.nat(PAGES - 1);
const count = fc.integer({ min: 1, max: 600 });
const op: fc.Arbitrary<Op> = fc.oneof(
  fc.record({ kind: fc.constant('kmap' as const), from: page, count: fc.integer({ min: 1, max: 100 }) }),
  fc.record({ kind: fc.constant('kunmap' as const), from: page, count }),
  fc.record({ kind: fc.constant('through' as const), from: page, count }),
  fc.record({ kind: fc.constant('atomic' as const), page, type: fc.nat(5), value: fc.nat(255) }),
  fc.record({ kind: fc.constant('store' as const), page, at: fc.nat(4095), value: fc.nat(255) }),
);

/** Pages, their users and their first bytes, as the kernel must see them through whatever address. */
class KmapWorld {
  private readonly pages: number[];
  private readonly users = new Map<number, number>();
  private readonly shadow: Uint8Array[];
  private readonly kernel: Kernel;

  constructor(kernel: Kernel) {
    this.kernel = kernel;
    this.pages = Array.from({ length: PAGES }, () => kernel.allocPages(GFP_HIGHUSER, 0));
    expect(this.pages.every((pfn) => pfn >= 0x38000)).toBe(true);
    this.shadow = this.pages.map(() => new Uint8Array(4096));
  }

  run(step: Op): void {
    const { highmem } = this.kernel;
    switch (step.kind) {
      case 'kmap':
        for (let i = 0; i < step.count; i++) this.map((step.from + i) % PAGES);
        return;
      case 'kunmap':
        for (let i = 0; i < step.count; i++) this.unmap((step.from + i) % PAGES);
        return;
      case 'through':
        for (let i = 0; i < step.count; i++) {
          const n = (step.from + i) % PAGES;
          if (this.map(n)) this.unmap(n);
        }
        return;
      case 'atomic': {
        const pfn = this.pages[step.page] as number;
        const addr = highmem.kmapAtomic(pfn, step.type);
        expect(this.kernel.load8(addr)).toBe(this.shadow[step.page]?.[0]);
        expect(this.kernel.store8(addr, step.value)).toBe(true);
        (this.shadow[step.page] as Uint8Array)[0] = step.value;
        highmem.kunmapAtomic(addr, step.type);
        return;
      }
      case 'store': {
        if (!this.map(step.page)) return;
        const addr = highmem.pageAddress(this.pages[step.page] as number);
        expect(this.kernel.store8(addr + step.at, step.value)).toBe(true);
        (this.shadow[step.page] as Uint8Array)[step.at] = step.value;
        this.unmap(step.page);
      }
    }
  }

  check(): void {
    const { kernel } = this;
    kernel.checkInvariants();
    for (const [n, users] of this.users) {
      const addr = kernel.highmem.pageAddress(this.pages[n] as number);
      expect(kernel.highmem.pkmapCount[(addr - 0xfe000000) >>> 12]).toBe(users + 1);
      const into = new Uint8Array(4096);
      expect(kernel.loadBytes(addr, into)).toBe(4096);
      expect(Buffer.compare(into, this.shadow[n] as Uint8Array)).toBe(0);
    }
    expect(kernel.oopses).toEqual([]);
  }

  private map(n: number): boolean {
    const { highmem } = this.kernel;
    const addr = highmem.kmap(this.pages[n] as number);
    if (addr === 0) {
      expect(this.users.size).toBe(highmem.parts.lastPkmap);
      return false;
    }
    expect(this.kernel.load8(addr)).toBe(this.shadow[n]?.[0]);
    this.users.set(n, (this.users.get(n) ?? 0) + 1);
    return true;
  }

  private unmap(n: number): void {
    const users = this.users.get(n) ?? 0;
    if (users === 0) return;
    this.kernel.highmem.kunmap(this.pages[n] as number);
    if (users === 1) this.users.delete(n);
    else this.users.set(n, users - 1);
  }
}

describe('kmap against a shadow of every byte', () => {
  it.each(['ref-h4g', 'ref-pae'])('%s', (machine) => {
    fc.assert(
      fc.property(fc.array(op, { minLength: 1, maxLength: 25 }), (steps) => {
        const world = new KmapWorld(boot({ memory: 1024 * MIB, machine }));
        for (const step of steps) world.run(step);
        world.check();
      }),
      { numRuns: 25 },
    );
  });
});
