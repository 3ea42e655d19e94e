import type { BootLog } from '../physical/boot-log.ts';
import type { ZoneInitRules } from '../physical/machine.ts';
import { MemMap } from '../physical/mem-map.ts';
import { PhysicalNode } from '../physical/node.ts';
import { MAX_ORDER, MAX_ORDER_PAGES, type Zone } from '../physical/zone.ts';
import type { Pfn } from '../types.ts';
import type { BootMemory } from './bootmem.ts';
import type { MemorySetup } from './setup-memory.ts';

/** Frames below 16 MiB, which ISA DMA reaches. */
const MAX_DMA_PFN = 4096;
const PAGES_PER_WAITQUEUE = 256;
const WAIT_TABLE_MAX = 4096;
const ZONE_BALANCE_RATIO = 128;
const ZONE_BALANCE_MIN = 20;
const ZONE_BALANCE_MAX = 255;
const PAGE_OFFSET = 0xc0000000;

/** The node with its page descriptors, and where boot put the descriptors. */
export interface NodeInit {
  readonly node: PhysicalNode;
  /** Physical address of `mem_map`, bytes. */
  readonly memMapAddress: number;
  /** Bytes taken for it. */
  readonly memMapBytes: number;
}

/**
 * Sizes of the three zones in pages. Holes count.
 *
 * @linux 2.4.22 arch/i386/mm/init.c zone_sizes_init()
 */
export function zoneSizes(setup: Pick<MemorySetup, 'maxLowPfn' | 'highStartPfn' | 'highEndPfn'>): number[] {
  const { maxLowPfn, highEndPfn } = setup;
  if (maxLowPfn < MAX_DMA_PFN) return [maxLowPfn, 0, 0];
  return [MAX_DMA_PFN, maxLowPfn - MAX_DMA_PFN, highEndPfn - maxLowPfn];
}

/**
 * The part of each zone that lies in a node of the frames `start` .. `end` - 1: the zones' limits hold for the whole machine,
 * so that only the nodes below 16 MiB have a DMA zone.
 *
 * @param sizes of the machine's zones, {@link zoneSizes}
 */
export function zoneSizesOfNode(sizes: readonly number[], start: Pfn, end: Pfn): number[] {
  let zoneStart = 0;
  return sizes.map((size) => {
    const from = Math.max(zoneStart, start);
    zoneStart += size;
    return Math.max(0, Math.min(zoneStart, end) - from);
  });
}

/**
 * pages_min of a zone of `size` pages: a 128th, 20 pages at least and 255 at most. pages_low is twice, pages_high three
 * times as much.
 */
export function pagesMin(size: number): number {
  return Math.min(ZONE_BALANCE_MAX, Math.max(ZONE_BALANCE_MIN, Math.floor(size / ZONE_BALANCE_RATIO)));
}

/** Wait queues of a zone of `size` pages. @linux wait_table_size() */
export function waitTableSize(size: number): number {
  let queues = 1;
  while (queues < Math.floor(size / PAGES_PER_WAITQUEUE)) queues *= 2;
  return Math.min(queues, WAIT_TABLE_MAX);
}

/** Right shift of the 32-bit hash for a table of so many queues, a power of two. */
export function waitTableShift(queues: number): number {
  return 32 - Math.log2(queues);
}

/**
 * Queue of the page whose descriptor lies at kernel address `pageAddress`. Where the shift is 32 (a table of one queue), which
 * C leaves undefined, it is queue 0.
 *
 * @linux 2.4.22 mm/filemap.c page_waitqueue()
 */
export function waitQueueIndex(pageAddress: number, shift: number): number {
  return shift === 32 ? 0 : Math.imul(pageAddress, 0x9e370001) >>> shift;
}

/** Bytes of the pair bitmap of `order` in a zone of `size` pages; order 9 has none. */
export function pairBitmapBytes(size: number, order: number): number {
  return Math.ceil((((size - 1) >> (order + 4)) + 1) / 4) * 4;
}

/** Bytes of all pair bitmaps of a zone of `size` pages, by order. */
export function pairBitmaps(size: number): number[] {
  return Array.from({ length: MAX_ORDER - 1 }, (_, order) => pairBitmapBytes(size, order));
}

/** The sizes in bytes that decide how much boot memory a node's own structures take. */
export interface StructBytes {
  /** sizeof(struct page) */
  readonly page: number;
  /** sizeof(wait_queue_head_t) */
  readonly waitQueueHead: number;
}

/**
 * Creates all nodes, by number, over one array of page descriptors.
 *
 * @linux 2.4.22 mm/page_alloc.c free_area_init(); mm/numa.c free_area_init_node() where there are several nodes
 */
export function freeAreaInit(
  setup: MemorySetup,
  bytes: StructBytes,
  rules: ZoneInitRules,
  log: BootLog,
): NodeInit[] {
  const sizes = zoneSizes(setup);
  const total = sizes.reduce((sum, size) => sum + size, 0);
  const memMap = new MemMap(total);
  const nodes = setup.bootmem.nodes;
  return nodes.map((bootmem, nid) => {
    const end = nodes[nid + 1]?.startPfn ?? total;
    const own = zoneSizesOfNode(sizes, bootmem.startPfn, end);
    const init = freeAreaInitCore(nid, own, memMap, bootmem, bytes, rules, log);
    // CONFIG_DISCONTIGMEM: a bit a frame that would say whether it exists. It is taken, but nothing reads it.
    if (nodes.length > 1) bootmem.alloc(Math.ceil((end - bootmem.startPfn) / 8 / 4) * 4);
    return init;
  });
}

/**
 * Creates one node, its zones and page descriptors, and takes the boot memory that the kernel takes for them, from the node
 * itself. All pages are taken afterwards: mem_init() frees what is RAM and not in use.
 *
 * @param sizes pages of the node's zones
 * @linux 2.4.22 mm/page_alloc.c free_area_init_core()
 */
function freeAreaInitCore(
  nid: number,
  sizes: readonly number[],
  memMap: MemMap,
  bootmem: BootMemory,
  bytes: StructBytes,
  rules: ZoneInitRules,
  log: BootLog,
): NodeInit {
  const total = sizes.reduce((sum, size) => sum + size, 0);
  log.print(`On node ${nid} totalpages: ${total}`);
  const memMapBytes = (total + 1) * bytes.page;
  const memMapAddress = mapAlign(bootmem.alloc(memMapBytes), bytes.page);
  const node = new PhysicalNode(memMap, sizes, nid, bootmem.startPfn);
  for (const zone of node.zones) {
    log.print(`zone(${zone.index}): ${zone.size} pages.`);
    if (zone.size === 0) continue;
    initZone(zone, bootmem, bytes.waitQueueHead, rules);
    if ((zone.startPfn & (MAX_ORDER_PAGES - 1)) !== 0) log.print('BUG: wrong zone alignment, it will crash');
  }
  return { node, memMapAddress, memMapBytes };
}

/** Sets a zone's watermarks and takes boot memory for its wait table and pair bitmaps. */
function initZone(zone: Zone, bootmem: BootMemory, waitQueueHeadBytes: number, rules: ZoneInitRules): void {
  if (rules.waitTables) {
    const queues = waitTableSize(zone.size);
    zone.waitTable = {
      size: queues,
      shift: waitTableShift(queues),
      address: bootmem.alloc(queues * waitQueueHeadBytes),
    };
  }
  zone.pagesMin = rules.pagesMin(zone.size, zone.index);
  zone.pagesLow = zone.pagesMin * 2;
  zone.pagesHigh = zone.pagesMin * 3;
  zone.mapBytes = rules.pairBitmaps(zone.size);
  zone.mapAddresses = zone.mapBytes.map((bytes) => bootmem.alloc(bytes));
}

/** Rounds up so that the kernel address minus PAGE_OFFSET is a multiple of the descriptor's size. @linux MAP_ALIGN() */
function mapAlign(address: number, pageBytes: number): number {
  return Math.ceil(address / pageBytes) * pageBytes;
}

/** Kernel address of a page's descriptor. */
export function pageDescriptorAddress(init: NodeInit, pfn: Pfn, pageBytes: number): number {
  return PAGE_OFFSET + init.memMapAddress + (pfn - init.node.startPfn) * pageBytes;
}
