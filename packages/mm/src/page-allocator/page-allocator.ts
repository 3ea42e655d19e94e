import { KernelBug } from '../kernel-bug.ts';
import { type MemMap, PG } from '../physical/mem-map.ts';
import type { PhysicalNode } from '../physical/node.ts';
import { MAX_ORDER, MAX_ORDER_PAGES, ZONE_HIGHMEM, type Zone } from '../physical/zone.ts';
import type { Trace } from '../trace/trace.ts';
import type { Pfn } from '../types.ts';
import { NO_RECLAIM, type PageAllocatorPorts } from './ports.ts';
import { MM_PAGE_ALLOC } from './tracepoints.ts';

export { GFP } from './gfp.ts';
export { PF } from './process-flags.ts';

const RESERVED = PG.reserved;
/** A page that still carries one of these needs a closer look before it is freed. */
export const UNUSUAL = PG.lru | PG.active | PG.locked | PG.referenced | PG.dirty;
const MUST_NOT_BE_FREED = PG.active | PG.locked;
const TOP = MAX_ORDER - 1;

/** What a page allocator is made of. */
export interface AllocatorParts {
  /** Node 0. */
  readonly node: PhysicalNode;
  readonly trace: Trace;
  readonly ports: PageAllocatorPorts;
  /** All nodes by number. */
  readonly nodes: readonly PhysicalNode[];
  /** CONFIG_NUMA. */
  readonly numa: boolean;
  /** An SMP kernel. */
  readonly smp: boolean;
  /** Writes to the kernel's log. */
  print(text: string, level: number): void;
}

/**
 * The page allocator: blocks by the binary buddy system, in zones. Which zone may give a block, and what is done when none may,
 * is what releases differ in: see class-zone-allocator.ts and aging-page-allocator.ts.
 *
 * Every multi-page block has its count on its first page only. Free blocks are marked in `memMap.freeOrder`; that their
 * kernel counterpart is a bitmap with one bit a pair of buddies makes no difference to any result (see buddy-map.ts).
 *
 * Reentrancy: {@link allocPages} may call reclaim through the ports, which may free pages and allocate; it never reclaims
 * twice, because the running task carries PF_MEMALLOC meanwhile.
 *
 * @linux 2.4.22 mm/page_alloc.c
 */
export abstract class PageAllocator {
  readonly memMap: MemMap;
  /** Node 0: the only one of a PC. */
  readonly node: PhysicalNode;
  /** All nodes, by number. */
  readonly nodes: readonly PhysicalNode[];
  /** The nodes from last to first set up: the order in which the kernel goes through them. @linux pgdat_list */
  readonly pgdatList: readonly PhysicalNode[];
  /** The three zones of each node, also the empty ones; nodes in the order of pgdat_list. @linux for_each_zone() */
  readonly zones: readonly Zone[];
  /** Whether {@link allocPagesNode} heeds the node and {@link allocPages} begins at {@link localNode}. @linux CONFIG_NUMA */
  readonly numa: boolean;
  /** Node of the running CPU, which the scheduler sets. @linux numa_node_id() */
  localNode = 0;
  /** PF_* flags of the running task: the scheduler sets them at a switch, reclaim adds and clears its own. */
  currentFlags = 0;
  /** Whether an interrupt handler runs: it may neither sleep nor use the task's private block. */
  inInterrupt = false;
  /** What reclaim and the scheduler do for the allocator. */
  ports: PageAllocatorPorts;

  protected readonly trace: Trace;
  protected readonly flags: Int32Array;
  protected readonly count: Int32Array;
  private readonly next: Int32Array;
  private readonly prev: Int32Array;
  private readonly freeOrder: Uint8Array;
  private readonly zonelists: readonly (readonly Zone[])[];
  private readonly dma: Zone;
  private readonly normal: Zone;
  private readonly highmem: Zone;
  private readonly normalStart: number;
  private readonly highmemStart: number;
  private readonly node0End: number;
  private readonly single: boolean;
  // Index in pgdatList of the node that the next request begins with. @linux _alloc_pages()'s `next`
  private cursor = 0;
  // Calls of allocPages until one is made to fail; 0: off.
  private failIn = 0;

  /**
   * @param node the zones and zonelists to serve
   * @param trace where events go
   * @param ports reclaim and scheduler; without them nothing is ever reclaimed
   * @param nodes all nodes by number, `node` being the first
   * @param numa CONFIG_NUMA
   */
  constructor(
    node: PhysicalNode,
    trace: Trace,
    ports: PageAllocatorPorts = NO_RECLAIM,
    nodes: readonly PhysicalNode[] = [node],
    numa = false,
  ) {
    this.node = node;
    this.nodes = nodes;
    this.pgdatList = nodes.slice().reverse();
    this.numa = numa;
    this.single = nodes.length === 1;
    this.memMap = node.memMap;
    this.zones = this.pgdatList.flatMap(({ zones }) => zones);
    this.zonelists = node.zonelists;
    this.trace = trace;
    this.ports = ports;
    this.flags = node.memMap.flags;
    this.count = node.memMap.count;
    this.next = node.memMap.next;
    this.prev = node.memMap.prev;
    this.freeOrder = node.memMap.freeOrder;
    this.dma = node.zones[0] as Zone;
    this.normal = node.zones[1] as Zone;
    this.highmem = node.zones[2] as Zone;
    this.normalStart = this.dma.endPfn;
    this.highmemStart = this.normalStart + this.normal.size;
    this.node0End = node.endPfn;
  }

  /** The zone of a frame. @linux page_zone() */
  zoneOf(pfn: Pfn): Zone {
    if (pfn < this.normalStart) return this.dma;
    if (pfn < this.highmemStart) return this.normal;
    return this.single || pfn < this.node0End ? this.highmem : this.zoneBeyondNode0(pfn);
  }

  /**
   * Allocates 2^`order` contiguous page frames; 0 if there are none. On a machine of several nodes requests begin with each
   * node in turn, and go through the others when it has nothing.
   *
   * @param gfp which zones, and what may be done to find memory
   * @param order 0 .. 9; a higher order fails
   * @linux 2.4.22 include/linux/mm.h alloc_pages(); mm/page_alloc.c, mm/numa.c _alloc_pages()
   */
  allocPages(gfp: number, order: number): Pfn {
    if (order >= MAX_ORDER) return 0;
    if (this.failIn !== 0 && --this.failIn === 0) return this.traceAlloc(0, order, gfp);
    return this.single ? this.allocFrom(this.zonelists, gfp, order) : this.allocAround(gfp, order);
  }

  /**
   * Allocates from one node only: on a CONFIG_NUMA kernel. Others do not heed the node: this is {@link allocPages} then.
   *
   * @param nid 0 .. nodes - 1
   * @linux 2.4.22 mm/numa.c alloc_pages_node()
   */
  allocPagesNode(nid: number, gfp: number, order: number): Pfn {
    const node = this.nodes[nid];
    if (node === undefined) throw new RangeError(`node ${nid}: there are ${this.nodes.length}`);
    if (!this.numa) return this.allocPages(gfp, order);
    if (order >= MAX_ORDER) return 0;
    if (this.failIn !== 0 && --this.failIn === 0) return this.traceAlloc(0, order, gfp);
    return this.allocFrom(node.zonelists, gfp, order);
  }

  /**
   * Begins where the last request did not, or at the CPU's own node on a CONFIG_NUMA kernel, and goes round pgdat_list once.
   * Each node tries its best, which includes reclaiming: the next one is asked only when it gives up.
   *
   * ```
   *   pgdat_list   node 2 -> node 1 -> node 0      1st request: 2 1 0    2nd: 1 0 2    3rd: 0 2 1    4th: 2 1 0
   * ```
   * @linux 2.4.22 mm/numa.c _alloc_pages()
   */
  private allocAround(gfp: number, order: number): Pfn {
    const list = this.pgdatList;
    const first = this.numa ? list.length - 1 - this.localNode : this.cursor;
    if (!this.numa) this.cursor = first + 1 < list.length ? first + 1 : 0;
    for (let i = 0; i < list.length; i++) {
      const at = first + i < list.length ? first + i : first + i - list.length;
      const pfn = this.allocFrom((list[at] as PhysicalNode).zonelists, gfp, order);
      if (pfn !== 0) return pfn;
    }
    return 0;
  }

  /** Allocates by one node's zonelists; 0: failed. Records the outcome. @linux mm/page_alloc.c __alloc_pages() */
  protected abstract allocFrom(zonelists: readonly (readonly Zone[])[], gfp: number, order: number): Pfn;

  /** Frees a block whose count is 0. @linux mm/page_alloc.c __free_pages_ok() */
  abstract freePagesOk(pfn: Pfn, order: number): void;

  /** Pages that buffers may fill, says the release's rule. @linux mm/page_alloc.c nr_free_buffer_pages() */
  abstract nrFreeBufferPages(): number;

  /**
   * Drops a reference to a block; at the last one the block goes back to its zone. A reserved page is left alone, its
   * count too.
   *
   * @linux 2.4.22 mm/page_alloc.c __free_pages()
   */
  freePages(pfn: Pfn, order: number): void {
    if (((this.flags[pfn] as number) & RESERVED) !== 0) return;
    const count = (this.count[pfn] as number) - 1;
    if (count < 0) throw new KernelBug(`page ${pfn} is freed but has no reference`);
    this.count[pfn] = count;
    if (count === 0) this.freePagesOk(pfn, order);
  }

  /** Takes one more reference. @linux get_page() */
  getPage(pfn: Pfn): void {
    this.count[pfn] = (this.count[pfn] as number) + 1;
  }

  /** Drops one reference to a single page. @linux put_page(), __free_page() */
  putPage(pfn: Pfn): void {
    this.freePages(pfn, 0);
  }

  /** Pages in the free lists of all zones. @linux nr_free_pages() */
  nrFreePages(): number {
    if (this.single) return this.dma.freePages + this.normal.freePages + this.highmem.freePages;
    return this.zones.reduce((sum, zone) => sum + zone.freePages, 0);
  }

  /** Pages in the free lists of high memory. @linux nr_free_highpages() */
  nrFreeHighpages(): number {
    return this.nodes.reduce((sum, node) => sum + (node.zones[ZONE_HIGHMEM] as Zone).freePages, 0);
  }

  /**
   * Makes the `n`-th call of {@link allocPages} from now fail (1: the next one), whatever its order.
   * 0 calls the injection off.
   */
  failAlloc(n: number): void {
    this.failIn = n;
  }

  /** Calls of {@link allocPages} that the injected failure is still away; 0: none is armed. */
  get failAllocPending(): number {
    return this.failIn;
  }

  /**
   * Puts a block on its zone's free lists, merged with its free buddies as far as possible.
   *
   * ```
   *   order 2   [ . . . . ]          a block of order o and its buddy (index XOR 2^o) are the halves of
   *   order 1   [ . . ][ . . ]       one block of order o + 1, which begins at index AND NOT 2^o
   *   order 0   [.][.][.][.]
   * ```
   * The block goes to the head of its list.
   */
  freeToLists(pfn: Pfn, order: number): void {
    const zone = this.zoneOf(pfn);
    const start = zone.startPfn;
    const size = zone.size;
    const { freeOrder, next, prev } = this;
    let index = pfn - start;
    if ((index & ((1 << order) - 1)) !== 0)
      throw new KernelBug(`block ${pfn} is not aligned to its order ${order}`);
    if (freeOrder[pfn] !== 0) throw new KernelBug(`page ${pfn} is freed twice`);
    zone.freePages += 1 << order;
    while (order < TOP) {
      const buddyIndex = index ^ (1 << order);
      // A buddy past the zone's end never becomes free; the frame there may belong to the next zone.
      if (buddyIndex >= size) break;
      const buddy = start + buddyIndex;
      if (freeOrder[buddy] !== order + 1) break;
      const after = next[buddy] as number;
      const before = prev[buddy] as number;
      next[before] = after;
      prev[after] = before;
      freeOrder[buddy] = 0;
      index &= ~(1 << order);
      order++;
    }
    const block = start + index;
    const head = zone.freeListHeads + order;
    const first = next[head] as number;
    freeOrder[block] = order + 1;
    prev[first] = block;
    next[block] = first;
    prev[block] = head;
    next[head] = block;
  }

  /**
   * Takes a block of 2^`order` pages from a zone, whatever its watermarks; 0 if it has none so large. The smallest
   * sufficient block at the head of its list is split; the *upper* part is handed out, the lower halves go back.
   *
   * @linux 2.4.22 mm/page_alloc.c rmqueue(), expand()
   */
  rmqueue(zone: Zone, order: number): Pfn {
    const { freeOrder, next, prev } = this;
    const heads = zone.freeListHeads;
    for (let high = order; high < MAX_ORDER; high++) {
      const head = heads + high;
      let block = next[head] as number;
      if (block === head) {
        if (high !== TOP || zone.frontier === zone.frontierEnd) continue;
        block = takeFrontier(zone);
      } else {
        const after = next[block] as number;
        next[head] = after;
        prev[after] = head;
        freeOrder[block] = 0;
      }
      zone.freePages -= 1 << order;
      while (high > order) {
        high--;
        const listHead = heads + high;
        const first = next[listHead] as number;
        freeOrder[block] = high + 1;
        prev[first] = block;
        next[block] = first;
        prev[block] = listHead;
        next[listHead] = block;
        block += 1 << high;
      }
      this.count[block] = 1;
      if (((this.flags[block] as number) & (PG.lru | PG.active)) !== 0) {
        throw new KernelBug(`page ${block} came off a free list but is on an LRU list`);
      }
      return block;
    }
    return 0;
  }

  private zoneBeyondNode0(pfn: Pfn): Zone {
    const nodes = this.nodes;
    let nid = 1;
    while (pfn >= (nodes[nid] as PhysicalNode).endPfn) nid++;
    return (nodes[nid] as PhysicalNode).zoneOf(pfn);
  }

  /** Takes a page that is being freed off its list and clears what it may carry. @throws KernelBug for what it may not */
  protected prepareUnusualPage(pfn: Pfn): void {
    if (((this.flags[pfn] as number) & PG.lru) !== 0) this.ports.lruCacheDel(pfn);
    const flags = this.flags[pfn] as number;
    if ((flags & MUST_NOT_BE_FREED) !== 0) {
      throw new KernelBug(`page ${pfn} is freed while locked or active (flags ${flags.toString(16)})`);
    }
    this.flags[pfn] = flags & ~(PG.referenced | PG.dirty);
  }

  /** Records the end of an allocation, and the event as the page's owner. Returns `pfn`. */
  protected traceAlloc(pfn: Pfn, order: number, gfp: number): Pfn {
    const trace = this.trace;
    if (!trace.on) return pfn;
    trace.emit(MM_PAGE_ALLOC, pfn, order, gfp, pfn === 0 ? -1 : this.zoneOf(pfn).number);
    if (pfn !== 0) this.memMap.owner.fill(trace.seq, pfn, pfn + (1 << order));
    return pfn;
  }
}

/** Takes the first block of the implicit tail of a zone's order-9 list. The tail must not be empty. */
function takeFrontier(zone: Zone): Pfn {
  const block = zone.frontier;
  zone.frontier = block + MAX_ORDER_PAGES;
  if (zone.frontier === zone.frontierEnd && zone.laterRanges.length > 0) {
    zone.frontier = zone.laterRanges.shift() as number;
    zone.frontierEnd = zone.laterRanges.shift() as number;
  }
  return block;
}
