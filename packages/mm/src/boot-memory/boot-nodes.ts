import { KernelPanic } from '../kernel-bug.ts';
import { type BootLog, KERN } from '../physical/boot-log.ts';
import type { Pfn } from '../types.ts';
import type { BootAllocator } from './boot-allocator.ts';
import { BOOTMEM_GOAL, type BootMemory } from './bootmem.ts';

const PAGE = 4096;

/**
 * Boot memory of all nodes.
 *
 * ```
 *   pgdat_list -> node 2 -> node 1 -> node 0        each init_bootmem_node() puts its node in front
 * ```
 * A request that names no node is served by the first node of that list that can: with several nodes not by node 0, but by
 * the one that was set up last. What belongs to one node (its descriptors, wait tables and bitmaps) is asked of
 * {@link node}.
 *
 * @linux 2.4.22 mm/bootmem.c __alloc_bootmem()
 */
export class BootNodes implements BootAllocator {
  /** By node number. */
  readonly nodes: readonly BootMemory[];
  /** In the order of pgdat_list: last set up first. */
  readonly list: readonly BootMemory[];
  readonly #cacheLine: number;
  readonly #log: BootLog;

  /**
   * @param nodes in the order in which they were set up: by node number
   * @param cacheLine alignment of allocations, bytes, a power of two
   */
  constructor(nodes: readonly BootMemory[], cacheLine: number, log: BootLog) {
    this.nodes = nodes;
    this.list = nodes.slice().reverse();
    this.#cacheLine = cacheLine;
    this.#log = log;
  }

  /** Boot memory of one node. @linux NODE_DATA(nid)->bdata */
  node(nid: number): BootMemory {
    const node = this.nodes[nid];
    if (node === undefined) throw new RangeError(`node ${nid}: there are ${this.nodes.length}`);
    return node;
  }

  /** Takes all frames that `[address, address + size)` touches, which lies in one node. @linux reserve_bootmem_node() */
  reserve(address: number, size: number): void {
    this.#nodeAt(address).reserve(address, size);
  }

  /** Frees the frames `start` .. `end` - 1, whichever nodes they belong to. @linux free_bootmem_node() */
  freeFrames(start: Pfn, end: Pfn): void {
    for (const node of this.nodes) {
      const from = Math.max(start, node.startPfn);
      const to = Math.min(end, node.lowPfn);
      if (from < to) node.free(from * PAGE, (to - from) * PAGE);
    }
  }

  alloc(size: number): number {
    return this.#allocOrPanic(size, this.#cacheLine, BOOTMEM_GOAL);
  }

  allocLow(size: number): number {
    return this.#allocOrPanic(size, this.#cacheLine, 0);
  }

  allocPages(size: number): number {
    return this.#allocOrPanic(size, PAGE, BOOTMEM_GOAL);
  }

  allocLowPages(size: number): number {
    return this.#allocOrPanic(size, PAGE, 0);
  }

  /** Hands all free frames over, node by node; returns their number. @linux free_all_bootmem_node() for each node */
  freeAll(freeRun: (start: Pfn, end: Pfn) => void): number {
    return this.nodes.reduce((total, node) => total + node.freeAll(freeRun), 0);
  }

  #nodeAt(address: number): BootMemory {
    const pfn = Math.floor(address / PAGE);
    return this.nodes.find((node) => node.has(pfn)) ?? (this.nodes[0] as BootMemory);
  }

  #allocOrPanic(size: number, align: number, goal: number): number {
    for (const node of this.list) {
      const address = node.allocCore(size, align, goal);
      if (address >= 0) return address;
    }
    this.#log.print(`bootmem alloc of ${size} bytes failed!`, KERN.ALERT);
    throw new KernelPanic(`Out of memory: bootmem alloc of ${size} bytes failed`);
  }
}
