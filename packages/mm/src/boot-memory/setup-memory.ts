import { ConfigError } from '../kernel-bug.ts';
import { type BootLog, KERN } from '../physical/boot-log.ts';
import { E820_RAM, type E820Entry, E820Map, pfnDown, pfnUp } from '../physical/e820.ts';
import type { KernelImage, PhysicalRelease } from '../physical/machine.ts';
import { findMaxLowPfn, type HighmemConfig, megabytes } from '../physical/memory-limits.ts';
import { MAX_ORDER_PAGES } from '../physical/zone.ts';
import type { Pfn } from '../types.ts';
import { BootNodes } from './boot-nodes.ts';
import { BootMemory } from './bootmem.ts';

const HIGH_MEMORY = 0x100000;
const PAGE = 4096;
/** Low memory that a node must have: 8 MiB. */
const NODE_PAGES_MIN = 2048;

/** RAM as the old BIOS calls report it, for machines without a usable e820 map: KiB above 1 MiB. */
export interface LegacyBiosSizes {
  readonly e801KiB: number;
  readonly int88KiB: number;
}

/**
 * Learns from the BIOS where memory is.
 *
 * @linux 2.4.22 arch/i386/kernel/setup.c setup_memory_region()
 */
export function setupMemoryRegion(
  bios: readonly E820Entry[],
  legacy: LegacyBiosSizes,
  release: PhysicalRelease,
  log: BootLog,
): E820Map {
  const rules = release.memoryMap;
  const map = new E820Map((entry) => rules.rangeText(entry));
  // A map that cannot be sanitised is copied as it is.
  const entries = rules.sanitize(bios) ?? bios;
  let who = 'BIOS-e820';
  if (!map.copyFrom(entries, log)) {
    const e801 = legacy.e801KiB >= legacy.int88KiB;
    who = e801 ? 'BIOS-e801' : 'BIOS-88';
    map.entries.length = 0;
    map.add(0, 0x9f000, E820_RAM, log);
    map.add(HIGH_MEMORY, rules.legacyBytes(e801 ? legacy.e801KiB : legacy.int88KiB), E820_RAM, log);
  }
  log.print('BIOS-provided physical RAM map:', release.infoLevel);
  map.print(who, log);
  return map;
}

/** What setup_memory() found out. All figures in page frames. */
export interface MemorySetup {
  readonly map: E820Map;
  /** Boot memory of each node, and of all. */
  readonly bootmem: BootNodes;
  readonly maxLowPfn: Pfn;
  /** First and one past the last frame of high memory; equal if there is none. */
  readonly highStartPfn: Pfn;
  readonly highEndPfn: Pfn;
  /** Whether the CPU's 4 MiB pages are used (`mem=nopentium` forbids it). */
  readonly pse: boolean;
}

export interface MemorySetupInput {
  readonly map: E820Map;
  readonly commandLine: string;
  readonly highmem: HighmemConfig;
  readonly image: KernelImage;
  readonly cacheLineBytes: number;
  readonly pse: boolean;
  readonly smp: boolean;
  /** Memory nodes, from 1 on. */
  readonly nodes: number;
  readonly release: PhysicalRelease;
}

/**
 * Obeys the memory options of the command line, divides low from high memory and starts the boot memory allocator with the
 * kernel image, its own bitmap and page 0 taken.
 *
 * @linux 2.4.22 arch/i386/kernel/setup.c parse_cmdline_early(), setup_memory()
 */
export function setupMemory(input: MemorySetupInput, log: BootLog): MemorySetup {
  const { map, image, highmem } = input;
  const options = input.release.memoryMap.parseOptions(input.commandLine, map, log);
  const startPfn = pfnUp(image.end);
  const { maxPfn, maxLowPfn } = findMaxLowPfn(map.maxPfn(), options.highmemPages, highmem, log);
  let highStartPfn = maxLowPfn;
  let highEndPfn = maxLowPfn;
  if (highmem !== 'off') {
    highEndPfn = maxPfn;
    highStartPfn = Math.min(maxPfn, maxLowPfn);
    if (input.release.tellsLowmem || highStartPfn < highEndPfn) {
      log.print(`${megabytes(highEndPfn - highStartPfn)}MB HIGHMEM available.`, KERN.NOTICE);
    }
  }
  if (input.release.tellsLowmem) log.print(`${megabytes(maxLowPfn)}MB LOWMEM available.`, KERN.NOTICE);
  const starts = nodeStarts(maxLowPfn, input.nodes);
  const ends = [...starts.slice(1), maxLowPfn];
  const node0 = new BootMemory(startPfn, ends[0] as Pfn, input.cacheLineBytes, log);
  if (pfnUp(image.end + node0.mapBytes + PAGE) > node0.lowPfn) {
    const asked = input.commandLine === '' ? '' : ` (kernel command line "${input.commandLine}")`;
    throw new ConfigError(
      `memory: ${node0.lowPfn * 4} KiB of low memory${asked} cannot hold the kernel image, which ends at ${image.end >> 10} KiB`,
    );
  }
  const nodes = [node0];
  for (let nid = 1; nid < input.nodes; nid++) {
    const [from, to] = [starts[nid] as Pfn, ends[nid] as Pfn];
    nodes.push(new BootMemory(placeNodeMap(map, from, to), to, input.cacheLineBytes, log, from));
  }
  const bootmem = new BootNodes(nodes, input.cacheLineBytes, log);
  registerLowPages(map, maxLowPfn, bootmem);
  // The bitmap's end is rounded up here and once more inside reserve(): the page behind it is lost for good.
  bootmem.reserve(HIGH_MEMORY, startPfn * PAGE + node0.mapBytes + PAGE - 1 - HIGH_MEMORY);
  for (const node of nodes.slice(1)) node.reserve(node.mapPfn * PAGE, node.mapBytes);
  bootmem.reserve(0, PAGE);
  if (input.smp) bootmem.reserve(PAGE, PAGE);
  return { map, bootmem, maxLowPfn, highStartPfn, highEndPfn, pse: input.pse && !options.noPse };
}

/**
 * First frames of the nodes of a machine of discontiguous memory: equal shares of low memory, in whole blocks of the highest
 * order. High memory, which has no boot memory of its own, goes with the last node.
 *
 * @throws ConfigError when a share would be too small
 */
export function nodeStarts(maxLowPfn: Pfn, nodes: number): Pfn[] {
  const share = Math.floor(maxLowPfn / nodes / MAX_ORDER_PAGES) * MAX_ORDER_PAGES;
  if (nodes > 1 && share < NODE_PAGES_MIN) {
    const most = Math.max(1, Math.floor(maxLowPfn / NODE_PAGES_MIN));
    throw new ConfigError(
      `nodes: ${nodes}; allowed with ${megabytes(maxLowPfn)} MiB of low memory: 1 to ${most}, of 8 MiB or more each`,
    );
  }
  return Array.from({ length: nodes }, (_, nid) => nid * share);
}

/** Where a node's boot bitmap lies: at the node's first RAM that has room for it. */
function placeNodeMap(map: E820Map, start: Pfn, end: Pfn): Pfn {
  const pages = Math.ceil((end - start) / 8 / PAGE);
  for (const run of map.ramRuns()) {
    const from = Math.max(run.start, start);
    if (from + pages <= Math.min(run.end, end)) return from;
  }
  throw new ConfigError(`nodes: no RAM between ${start * 4} and ${end * 4} KiB, where a node would begin`);
}

/** Frees the RAM below `maxLowPfn`. @linux register_bootmem_low_pages() */
function registerLowPages(map: E820Map, maxLowPfn: Pfn, bootmem: BootNodes): void {
  for (const { addr, size, type } of map.entries) {
    const start = pfnUp(addr);
    const end = Math.min(pfnDown(addr + size), maxLowPfn);
    if (type === E820_RAM && start < end) bootmem.freeFrames(start, end);
  }
}
