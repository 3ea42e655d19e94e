import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { boot, type Kernel } from '../../src/index.ts';
import { GFP_KERNEL } from '../../src/page-allocator/gfp.ts';
import { ioremap, iounmap } from '../../src/vmalloc/ioremap.ts';

const MIB = 2 ** 20;

/** Kernels over which the sequences run: with and without high memory, with and without PAE and large pages. */
const MACHINES = [
  { memory: 32 * MIB, machine: 'ref-h4g' },
  { memory: 1024 * MIB, machine: 'ref-h4g' },
  { memory: 32 * MIB, machine: 'ref-pae' },
  { memory: 32 * MIB, machine: 'ref-noh', release: '2.4.20' },
  { memory: 32 * MIB, machine: 'ref-noh', cmdline: 'mem=nopentium' },
] as const;

type Op =
  | { readonly kind: 'alloc'; readonly size: number; readonly low: boolean }
  | { readonly kind: 'map'; readonly pages: number }
  | { readonly kind: 'device'; readonly offset: number; readonly size: number }
  | { readonly kind: 'free'; readonly which: number }
  | { readonly kind: 'store'; readonly which: number; readonly at: number; readonly bytes: Uint8Array }
  | { readonly kind: 'load'; readonly which: number; readonly at: number; readonly count: number }
  | { readonly kind: 'spawn' }
  | { readonly kind: 'run'; readonly which: number };

const op: fc.Arbitrary<Op> = fc.oneof(
  fc.record({
    kind: fc.constant('alloc' as const),
    size: fc.oneof(fc.integer({ min: 1, max: 40000 }), fc.constant(5 * MIB)),
    low: fc.boolean(),
  }),
  fc.record({ kind: fc.constant('map' as const), pages: fc.integer({ min: 1, max: 5 }) }),
  fc.record({
    kind: fc.constant('device' as const),
    offset: fc.nat(4095),
    size: fc.integer({ min: 2, max: 20000 }),
  }),
  fc.record({ kind: fc.constant('free' as const), which: fc.nat() }),
  fc.record({
    kind: fc.constant('store' as const),
    which: fc.nat(),
    at: fc.nat(),
    bytes: fc.uint8Array({ minLength: 1, maxLength: 9000 }),
  }),
  fc.record({
    kind: fc.constant('load' as const),
    which: fc.nat(),
    at: fc.nat(),
    count: fc.integer({ min: 1, max: 9000 }),
  }),
  fc.record({ kind: fc.constant('spawn' as const) }),
  fc.record({ kind: fc.constant('run' as const), which: fc.nat() }),
);

interface Area {
  readonly addr: number;
  /** Bytes without the guard page. */
  readonly size: number;
  /** What the area must contain; null for a device. */
  readonly bytes: Uint8Array | null;
  /** Frames of ours that it maps. */
  readonly frames: readonly number[];
}

/** First fit over a list of [start, end) with guard pages: the model that is obviously right. */
function firstFit(start: number, taken: readonly (readonly [number, number])[], size: number): number {
  let addr = start;
  for (const [from, to] of taken) {
    if (addr + size <= from) return addr;
    addr = to;
  }
  return addr;
}

/** Runs a sequence against the model: addresses, contents, and that what is freed cannot be reached. */
class AreaWorld {
  readonly areas: Area[] = [];
  private readonly kernel: Kernel;
  private oopses = 0;

  constructor(kernel: Kernel) {
    this.kernel = kernel;
  }

  run(step: Op): void {
    const { kernel } = this;
    const { vmalloc } = kernel;
    switch (step.kind) {
      case 'alloc': {
        const expected = this.hole(step.size);
        const addr = step.low ? vmalloc.vmalloc32(step.size) : vmalloc.vmalloc(step.size);
        if (addr === 0) return;
        this.add(addr, expected, step.size, []);
        return;
      }
      case 'map': {
        if (kernel.release === '2.4.20') return;
        const frames = Array.from({ length: step.pages }, () => kernel.allocPages(GFP_KERNEL, 0));
        const expected = this.hole(step.pages * 4096);
        if (frames.every((pfn) => pfn !== 0)) {
          const addr = vmalloc.vmap(frames);
          if (addr !== 0) {
            this.add(addr, expected, step.pages * 4096, frames);
            return;
          }
        }
        for (const pfn of frames) if (pfn !== 0) kernel.freePages(pfn, 0);
        return;
      }
      case 'device': {
        const first = 0xf0000000 + step.offset;
        const end = Math.ceil((first + step.size - 1) / 4096) * 4096;
        const size = end - 0xf0000000;
        const expected = this.hole(size);
        const addr = ioremap(vmalloc, first, step.size);
        expect(addr).toBe(expected + step.offset);
        this.areas.push({ addr: expected, size, bytes: null, frames: [] });
        this.areas.sort((a, b) => a.addr - b.addr);
        return;
      }
      case 'free':
        this.free(step.which);
        return;
      case 'store': {
        const area = this.pick(step.which);
        if (area === null) return;
        const at = step.at % area.size;
        const stored = kernel.storeBytes(area.addr + at, step.bytes);
        const room = Math.min(step.bytes.length, area.size - at);
        expect(stored).toBe(room);
        if (room < step.bytes.length) this.oopses++;
        area.bytes?.set(step.bytes.subarray(0, room), at);
        return;
      }
      case 'load': {
        const area = this.pick(step.which);
        if (area === null) return;
        const at = step.at % area.size;
        const into = new Uint8Array(step.count);
        const room = Math.min(step.count, area.size - at);
        expect(kernel.loadBytes(area.addr + at, into)).toBe(room);
        if (room < step.count) this.oopses++;
        const expected = area.bytes?.subarray(at, at + room) ?? new Uint8Array(room).fill(0xff);
        expect(Buffer.compare(into.subarray(0, room), expected)).toBe(0);
        return;
      }
      case 'spawn':
        if (kernel.processes.size < 4) kernel.spawn('bystander');
        return;
      case 'run': {
        const all = [...kernel.processes.values()];
        if (all.length > 0) kernel.run(all[step.which % all.length] as (typeof all)[number]);
      }
    }
  }

  /** The kernel's list is the model's, every byte is as it was stored, and nobody saw an oops but those of ours. */
  check(): void {
    const { kernel } = this;
    kernel.checkInvariants();
    expect([...kernel.vmalloc.vmlist()].map(({ addr, size }) => [addr, size])).toEqual(
      this.areas.map(({ addr, size }) => [addr, size + 4096]),
    );
    for (const { addr, bytes } of this.areas) {
      if (bytes === null) continue;
      const into = new Uint8Array(bytes.length);
      expect(kernel.loadBytes(addr, into)).toBe(bytes.length);
      expect(Buffer.compare(into, bytes)).toBe(0);
    }
    expect(kernel.oopses).toHaveLength(this.oopses);
  }

  freeAll(): void {
    while (this.areas.length > 0) this.free(0);
  }

  private free(which: number): void {
    const { kernel } = this;
    const area = this.pick(which);
    if (area === null) return;
    if (area.bytes === null) iounmap(kernel.vmalloc, area.addr + 1);
    else kernel.vmalloc.vfree(area.addr);
    this.areas.splice(this.areas.indexOf(area), 1);
    for (const pfn of area.frames) {
      expect(kernel.memMap.count[pfn]).toBe(1);
      kernel.freePages(pfn, 0);
    }
    expect(kernel.load8(area.addr)).toBe(-1);
    expect(kernel.store8(area.addr + area.size - 1, 1)).toBe(false);
    this.oopses += 2;
  }

  private add(addr: number, expected: number, size: number, frames: readonly number[]): void {
    expect(addr).toBe(expected);
    const rounded = Math.ceil(size / 4096) * 4096;
    const bytes = new Uint8Array(rounded);
    // Frames come with what the one before left in them.
    expect(this.kernel.loadBytes(addr, bytes)).toBe(rounded);
    this.areas.push({ addr, size: rounded, bytes, frames });
    this.areas.sort((a, b) => a.addr - b.addr);
  }

  private hole(size: number): number {
    const rounded = Math.ceil(size / 4096) * 4096 + 4096;
    const taken = this.areas.map((area) => [area.addr, area.addr + area.size + 4096] as const);
    return firstFit(this.kernel.vmalloc.start, taken, rounded);
  }

  private pick(which: number): Area | null {
    return this.areas.length === 0 ? null : (this.areas[which % this.areas.length] as Area);
  }
}

describe('areas against a shadow of every byte', () => {
  it.each(MACHINES)('%o', (config) => {
    fc.assert(
      fc.property(fc.array(op, { minLength: 1, maxLength: 40 }), (steps) => {
        const kernel = boot(config);
        const world = new AreaWorld(kernel);
        for (const step of steps) world.run(step);
        world.check();
        world.freeAll();
        world.check();
      }),
      { numRuns: 25 },
    );
  });

  it('the same sequence twice takes no more memory than once', () => {
    fc.assert(
      fc.property(fc.array(op, { minLength: 1, maxLength: 30 }), (steps) => {
        const kernel = boot(MACHINES[0]);
        const once = () => {
          const world = new AreaWorld(kernel);
          for (const step of steps) if (step.kind !== 'spawn') world.run(step);
          world.freeAll();
          return kernel.allocator.nrFreePages();
        };
        const first = once();
        expect(once()).toBe(first);
      }),
      { numRuns: 25 },
    );
  });
});
