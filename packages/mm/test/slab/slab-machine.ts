import { bootPhysical } from '../../src/page-allocator/boot.ts';
import { physicalBootConfig } from '../../src/release/machine-config.ts';
import { SLAB_T } from '../../src/slab/descriptor-layout.ts';
import type { KmemCache } from '../../src/slab/kmem-cache.ts';
import { SlabAllocator } from '../../src/slab/slab-allocator.ts';
import type { SlabVariant } from '../../src/slab/slab-lists.ts';
import { THREE_LISTS } from '../../src/slab/three-lists.ts';
import { Trace } from '../../src/trace/trace.ts';

export const MIB = 2 ** 20;
export const GFP_KERNEL = 0x1f0;

export interface SlabMachineOptions {
  readonly cpus?: number;
  readonly debug?: boolean;
  readonly mib?: number;
  readonly cacheLine?: number;
  readonly upSpinlockBytes?: 0 | 4;
  readonly variant?: SlabVariant;
}

/** A machine with the general caches and nothing else. */
export function slabMachine(options: SlabMachineOptions = {}) {
  const { cpus = 1, debug = false, mib = 64, cacheLine = 32, upSpinlockBytes = 0 } = options;
  const { variant = THREE_LISTS } = options;
  const trace = new Trace(() => 0, 1024);
  const physical = bootPhysical(
    physicalBootConfig({ machine: 'ref-noh', memoryBytes: mib * MIB, cpus }),
    trace,
  );
  physical.finish();
  const log: string[] = [];
  const slab = new SlabAllocator({
    memory: physical.memory,
    allocator: physical.allocator,
    trace,
    build: { smp: cpus > 1, debug, upSpinlockBytes },
    variant,
    cacheLine,
    cpus,
    cacheCacheAt: 0x200000,
    print: (text) => log.push(text),
  });
  slab.kmemCacheSizesInit(physical.maxMapnr);
  return { slab, allocator: physical.allocator, memory: physical.memory, trace, log };
}

/** Creates a cache that must come to be. */
export function create(
  slab: SlabAllocator,
  name: string,
  size: number,
  flags = 0,
  offset = 0,
  ctor = false,
): KmemCache {
  const cache = slab.kmemCacheCreate(name, size, offset, flags, ctor ? () => {} : null, null);
  if (cache === null) throw new Error(`no cache ${name}`);
  return cache;
}

/** Names slabs in the order in which they are first seen: S1, S2, … */
export class SlabNames {
  readonly #slab: SlabAllocator;
  readonly #cache: KmemCache;
  readonly #seen: number[] = [];

  constructor(slab: SlabAllocator, cache: KmemCache) {
    this.#slab = slab;
    this.#cache = cache;
  }

  /** `S2#0`: object 0 of the second slab. */
  object(obj: number): string {
    const at = obj - 0xc0000000;
    const slab = (this.#slab.allocator.memMap.prev[at >>> 12] as number) & 0x3fffffff;
    const sMem = this.#slab.load(slab + SLAB_T.sMem) & 0x3fffffff;
    return `${this.#name(slab)}#${(at - sMem) / this.#cache.objsize}`;
  }

  /** `full[S1(3)] partial[S2(1)] free[]`, empty lists left out. */
  lists(): string {
    const parts: string[] = [];
    const byUse = this.#slab.lists.byUse(this.#cache);
    for (const name of ['full', 'partial', 'free'] as const) {
      const slabs = byUse[name];
      if (slabs.length === 0) continue;
      const texts = slabs.map((slab) => `${this.#name(slab)}(${this.#slab.load(slab + SLAB_T.inuse)})`);
      parts.push(`${name}[${texts.join(',')}]`);
    }
    return parts.join(' ');
  }

  /** Address of the k-th slab's descriptor, from 1. */
  at(k: number): number {
    return this.#seen[k - 1] as number;
  }

  #name(slab: number): string {
    if (!this.#seen.includes(slab)) this.#seen.push(slab);
    return `S${this.#seen.indexOf(slab) + 1}`;
  }
}
