import type { BootAllocator } from '../boot-memory/boot-allocator.ts';
import { allocateBootPageTables, type BootPageTables } from '../boot-memory/boot-page-tables.ts';
import { freeAreaInit, type NodeInit } from '../boot-memory/free-area-init.ts';
import { registerMemory } from '../boot-memory/register-memory.ts';
import { setupMemory, setupMemoryRegion } from '../boot-memory/setup-memory.ts';
import { PhysicalMemory, type RamBuffer } from '../hardware/physical-memory.ts';
import { BootLog } from '../physical/boot-log.ts';
import type { E820Entry, E820Map } from '../physical/e820.ts';
import type { HashTableRule, MachineDescription, PhysicalRelease } from '../physical/machine.ts';
import type { MemMap } from '../physical/mem-map.ts';
import type { HighmemConfig } from '../physical/memory-limits.ts';
import type { PhysicalNode } from '../physical/node.ts';
import type { Resource } from '../physical/resources.ts';
import { Trace } from '../trace/trace.ts';
import type { Pfn } from '../types.ts';
import { allocateHashTable, type HashTable } from './hash-tables.ts';
import { freeInitmem, memInit, type RamTotals } from './mem-init.ts';
import type { AllocatorParts, PageAllocator } from './page-allocator.ts';
import { NO_RECLAIM, type PageAllocatorPorts } from './ports.ts';

/** All that decides how physical memory looks after boot. `release/` makes one from what a user asks for. */
export interface PhysicalBootConfig {
  readonly release: PhysicalRelease;
  readonly machine: MachineDescription;
  /** Makes the release's page allocator. */
  readonly allocator: (parts: AllocatorParts) => PageAllocator;
  /** RAM in bytes. */
  readonly memoryBytes: number;
  readonly highmem: HighmemConfig;
  readonly commandLine: string;
  /** More than one: an SMP kernel, which takes two low pages more. */
  readonly cpus: number;
  /** Memory nodes; more than one: a made-up machine of discontiguous memory. Default 1. */
  readonly nodes?: number;
  /** With several nodes: CONFIG_NUMA, see {@link PageAllocator.allocPagesNode}. */
  readonly numa?: boolean;
  /** The BIOS's memory map, if not the machine's own. */
  readonly e820?: readonly E820Entry[];
  /** User pages without contents. */
  readonly contentFree?: boolean;
  /** A driver that wants boot memory: called last before mem_init(). What it takes is never given back. */
  readonly bootDriver?: (bootmem: BootAllocator) => void;
  /** Gives the bytes of RAM, if a CPU has them; see {@link PhysicalMemory}. */
  readonly ram?: (bytes: number) => RamBuffer;
}

/** A machine as mem_init() leaves it, and what the rest of boot still has to do with its memory. */
export class PhysicalBoot {
  readonly config: PhysicalBootConfig;
  readonly memMap: MemMap;
  /** Node 0: the only one of a PC. */
  readonly node: PhysicalNode;
  /** All nodes, by number. */
  readonly nodes: readonly PhysicalNode[];
  readonly allocator: PageAllocator;
  readonly log: BootLog;
  /** The tree behind /proc/iomem. */
  readonly resources: Resource;
  readonly map: E820Map;
  readonly pageTables: BootPageTables;
  /** RAM counters: change as boot frees its own code. */
  readonly totals: RamTotals;
  /** One past the last frame that has a permanent kernel mapping. @linux max_low_pfn, num_mappedpages */
  readonly maxLowPfn: Pfn;
  /** Frames of high memory: first, one past the last. */
  readonly highStartPfn: Pfn;
  readonly highEndPfn: Pfn;
  /** Physical address of node 0's page descriptors and sizeof(struct page), bytes. */
  readonly memMapAddress: number;
  readonly pageBytes: number;
  /** Where the boot memory allocator of node 0 stood when it was retired. */
  readonly bootmemEnd: { readonly lastPos: number; readonly lastOffset: number };
  /** The hash tables allocated so far. */
  readonly hashTables: HashTable[] = [];
  #memory: PhysicalMemory | null = null;

  /** See {@link bootPhysical}. */
  constructor(config: PhysicalBootConfig, trace: Trace, ports?: PageAllocatorPorts) {
    const { machine, release } = config;
    const { image } = machine;
    const log = new BootLog();
    const highmem = config.highmem !== 'off';
    const legacyKiB = Math.floor(config.memoryBytes / 1024) - 1024;
    const bios = config.e820 ?? machine.e820(config.memoryBytes);
    const map = setupMemoryRegion(
      bios,
      { e801KiB: legacyKiB, int88KiB: Math.min(legacyKiB, 0xfc00) },
      release,
      log,
    );
    const setup = setupMemory(
      {
        map,
        commandLine: config.commandLine,
        highmem: config.highmem,
        image,
        cacheLineBytes: machine.cacheLineBytes,
        pse: machine.pse,
        smp: config.cpus > 1,
        nodes: config.nodes ?? 1,
        release,
      },
      log,
    );
    const { bootmem } = setup;
    // The trampoline on which further CPUs wake up.
    if (config.cpus > 1) bootmem.allocLowPages(4096);
    this.pageTables = allocateBootPageTables(setup, config.highmem === '64g', highmem);
    this.pageBytes = highmem ? machine.pageBytesHighmem : machine.pageBytes;
    const sizes = { page: this.pageBytes, waitQueueHead: machine.waitQueueHeadBytes };
    const inits = freeAreaInit(setup, sizes, release.zones, log);
    const init = inits[0] as NodeInit;
    const scanDmi = () => {
      for (const bytes of machine.dmiStringBytes) bootmem.alloc(bytes);
    };
    if (release.dmiBeforeResources) scanDmi();
    this.resources = registerMemory(map, image, machine.videoRom, machine.resourceBytes, bootmem);
    if (!release.dmiBeforeResources) scanDmi();
    log.print(`Kernel command line: ${config.commandLine}`);
    for (const bytes of machine.consoleBytes) bootmem.alloc(bytes);
    config.bootDriver?.(bootmem);
    this.bootmemEnd = { lastPos: bootmem.node(0).lastPos, lastOffset: bootmem.node(0).lastOffset };

    trace.show('gfp', release.gfpWord);
    this.config = config;
    this.log = log;
    this.map = map;
    this.node = init.node;
    this.nodes = inits.map(({ node }) => node);
    this.memMap = init.node.memMap;
    this.memMapAddress = init.memMapAddress;
    this.maxLowPfn = setup.maxLowPfn;
    this.highStartPfn = setup.highStartPfn;
    this.highEndPfn = setup.highEndPfn;
    this.allocator = config.allocator({
      node: init.node,
      trace,
      ports: ports ?? NO_RECLAIM,
      nodes: this.nodes,
      numa: config.numa ?? false,
      smp: config.cpus > 1,
      print: (text, level) => log.print(text, level),
    });
    this.totals = memInit(this.allocator, setup, image, log, release);
  }

  /** The machine's RAM, made when first asked for: nothing here depends on what frames contain. */
  get memory(): PhysicalMemory {
    this.#memory ??= new PhysicalMemory(
      this.memMap.frames,
      this.config.contentFree ?? false,
      this.config.ram,
    );
    return this.#memory;
  }

  /** The word that the kernel keeps in `page->flags`. */
  pageFlags(pfn: Pfn): number {
    const node = this.nodes.find((candidate) => pfn < candidate.endPfn) ?? this.node;
    return node.pageFlags(pfn, this.config.release.pageFlagWord);
  }

  /** Frames that have a descriptor, holes included. @linux max_mapnr, num_physpages */
  get maxMapnr(): number {
    return this.memMap.frames;
  }

  /**
   * Allocates one hash table and logs its line. The kernel does it in the order dentry, inode, mount (vfs_caches_init), buffer
   * (buffer_init), page (page_cache_init), after the slab caches of fork_init and proc_caches_init.
   */
  allocateHashTable(name: HashTable['name']): HashTable {
    const rule = this.config.release.hashTables.find((candidate) => candidate.name === name) as HashTableRule;
    const table = allocateHashTable(this.allocator, rule, this.maxMapnr, this.log);
    this.hashTables.push(table);
    return table;
  }

  /** Allocates all hash tables, in the kernel's order. */
  allocateHashTables(): void {
    for (const rule of this.config.release.hashTables) this.allocateHashTable(rule.name);
  }

  /** Logs that kswapd runs. @linux mm/vmscan.c kswapd_init() */
  startKswapd(): void {
    this.log.print(this.config.release.kswapdLine);
  }

  /** Frees what only boot needed: the last step. @linux free_initmem() */
  freeInitmem(): void {
    const { machine, release } = this.config;
    freeInitmem(this.allocator, this.totals, machine.image, this.log, release.infoLevel);
  }

  /** What follows mem_init() on a machine on which nothing else allocates: hash tables, kswapd, freeing the init pages. */
  finish(): void {
    this.allocateHashTables();
    this.startKswapd();
    this.freeInitmem();
  }
}

/**
 * Boots a machine's physical memory up to the end of mem_init(): memory map, boot memory, zones, page allocator.
 *
 * @param trace where the allocator's events go
 * @param ports reclaim and scheduler for the allocator; they can also be set later (`allocator.ports`)
 * @throws ConfigError if the kernel image does not fit; KernelPanic if boot memory runs out
 */
export function bootPhysical(
  config: PhysicalBootConfig,
  trace: Trace = new Trace(() => 0, 64),
  ports?: PageAllocatorPorts,
): PhysicalBoot {
  return new PhysicalBoot(config, trace, ports);
}
