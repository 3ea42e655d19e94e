import type { BootLog } from './boot-log.ts';
import type { EarlyOptions } from './command-line.ts';
import type { E820Entry, E820Map } from './e820.ts';
import type { PageFlagWord } from './page-flag-words.ts';

/** Where the kernel image lies: physical addresses in bytes. */
export interface KernelImage {
  /** First byte of the code. */
  readonly text: number;
  /** End of the code, start of the data. */
  readonly etext: number;
  /** End of the initialised data. */
  readonly edata: number;
  /** Code and data that are freed at the end of boot. */
  readonly initBegin: number;
  readonly initEnd: number;
  /** End of the image, bss included. */
  readonly end: number;
}

/** Hardware and kernel build, as far as they decide which frames boot takes. */
export interface MachineDescription {
  readonly name: string;
  /** What the BIOS reports for a machine with so many bytes of RAM. */
  e820(bytes: number): E820Entry[];
  readonly image: KernelImage;
  /** sizeof(struct page) with and without CONFIG_HIGHMEM, bytes. */
  readonly pageBytesHighmem: number;
  readonly pageBytes: number;
  /** sizeof(wait_queue_head_t), bytes. */
  readonly waitQueueHeadBytes: number;
  /** sizeof(struct resource), bytes. */
  readonly resourceBytes: number;
  /** Alignment of boot allocations. @linux SMP_CACHE_BYTES */
  readonly cacheLineBytes: number;
  /** Whether the CPU has 4 MiB pages. */
  readonly pse: boolean;
  /** Whether the CPU has global pages. */
  readonly pge: boolean;
  /** Whether the CPU has memory type range registers. */
  readonly mtrr: boolean;
  /** Sizes of the DMI strings that the kernel keeps, bytes. */
  readonly dmiStringBytes: readonly number[];
  /** Sizes of what the console allocates from boot memory, bytes. */
  readonly consoleBytes: readonly number[];
  /** Whether a video BIOS answers at 0xc0000. */
  readonly videoRom: boolean;
}

/** What differs between releases in how physical memory is set up. */
export interface PhysicalRelease {
  /** E.g. `2.4.22`. */
  readonly version: string;
  readonly memoryMap: MemoryMapRules;
  readonly zones: ZoneInitRules;
  /** Priority of the lines that describe the machine: 2.4.0 names none. */
  readonly infoLevel: number;
  /** "LOWMEM available" is printed, and "HIGHMEM available" also where there is none. */
  readonly tellsLowmem: boolean;
  /** mem_init() frees high memory from its start to its end; else the other way round. */
  readonly highMemoryAscends: boolean;
  /** The DMI scan comes before (not after) the iomem resources. */
  readonly dmiBeforeResources: boolean;
  /** The release's number of a gfp mask, for display. */
  readonly gfpWord: (gfp: number) => number;
  /** How `page->flags` is written. */
  readonly pageFlagWord: PageFlagWord;
  /** The hash tables that boot allocates, in order. */
  readonly hashTables: readonly HashTableRule[];
  /** The line with which the page-out daemon starts. */
  readonly kswapdLine: string;
}

/** How a release reads the BIOS's memory map and the options that change it. */
export interface MemoryMapRules {
  /** Makes the BIOS's ranges fit for use; null: copy them as they are. @linux sanitize_e820_map() */
  sanitize(bios: readonly E820Entry[]): E820Entry[] | null;
  /** A range as the boot log shows it, without its type. */
  rangeText(entry: E820Entry): string;
  /** Without a usable map: bytes of RAM from 1 MiB on, of so many KiB that an old BIOS call reported. */
  legacyBytes(kib: number): number;
  /** Obeys `mem=` and its like. @linux parse_cmdline_early(); in 2.4.0 parse_mem_cmdline() */
  parseOptions(commandLine: string, map: E820Map, log: BootLog): EarlyOptions;
}

/** How a release sets up a zone. */
export interface ZoneInitRules {
  /** pages_min of a zone of `size` pages; pages_low is twice, pages_high three times as much. */
  pagesMin(size: number, zoneIndex: number): number;
  /** Bytes of the pair bitmaps, by order. */
  pairBitmaps(size: number): number[];
  /** Each zone has a hash of wait queues in boot memory; else each page has its own queue. */
  readonly waitTables: boolean;
}

/** How large a hash table of the kernel is, and how its line in the boot log reads. */
export interface HashTableRule {
  readonly name: 'dentry' | 'inode' | 'mount' | 'buffer' | 'page';
  /** Text before ` hash table entries`. */
  readonly title: string;
  /** Priority of the line. */
  readonly level: number;
  /** Order that the table should have on a machine of `pages` frames. */
  order(pages: number): number;
  /** Bytes of a bucket. */
  readonly bucketBytes: number;
  /** The smallest order that is tried when larger ones are not to be had (the wanted order always is). */
  readonly lowestOrder: number;
}
