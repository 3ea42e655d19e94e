import type { E820Entry } from './e820.ts';

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
  /** Empty e820 ranges take part in the sweep of sanitize_e820_map(). */
  readonly e820KeepsEmptyRanges: boolean;
  /** `mem=S#A` and `mem=S$A` are known. */
  readonly memHashOptions: boolean;
  /** The DMI scan comes before (not after) the iomem resources. */
  readonly dmiBeforeResources: boolean;
  /** The hash tables that boot allocates, in order. */
  readonly hashTables: readonly HashTableRule[];
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
