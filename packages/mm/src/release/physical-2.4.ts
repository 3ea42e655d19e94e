import { pagesMin, pairBitmaps } from '../boot-memory/free-area-init.ts';
import { KERN } from '../physical/boot-log.ts';
import { parseEarlyOptions } from '../physical/command-line.ts';
import { sanitizeE820Map, startAndEnd } from '../physical/e820.ts';
import type { HashTableRule, MemoryMapRules, ZoneInitRules } from '../physical/machine.ts';

const DEFAULT_LEVEL = 4;

/** The smallest order whose block holds `bytes`. */
function orderOfBytes(bytes: number): number {
  let order = 0;
  while (4096 * 2 ** order < bytes) order++;
  return order;
}

/**
 * The memory map as 2.4.20 and 2.4.22 read it.
 *
 * @param keepEmpty empty ranges take part in the sweep of sanitize_e820_map()
 * @param memHash `mem=S#A` and `mem=S$A` are known
 */
export function memoryMapRules(keepEmpty: boolean, memHash: boolean): MemoryMapRules {
  return {
    sanitize: (bios) => sanitizeE820Map(bios, keepEmpty),
    rangeText: startAndEnd,
    legacyBytes: (kib) => kib * 1024,
    parseOptions: (commandLine, map, log) => parseEarlyOptions(commandLine, map, memHash, log),
  };
}

/** Zones as 2.4.20 and 2.4.22 set them up. */
export const ZONES_2_4_10: ZoneInitRules = { pagesMin, pairBitmaps, waitTables: true };

/** fs/dcache.c dcache_init(): a bucket for two frames of memory. */
export const DENTRY_HASH: HashTableRule = {
  name: 'dentry',
  title: 'Dentry cache',
  level: KERN.INFO,
  order: (pages) => orderOfBytes((pages >> 1) * 8),
  bucketBytes: 8,
  lowestOrder: 0,
};

/** fs/inode.c inode_init(): a bucket for four frames. */
export const INODE_HASH: HashTableRule = {
  name: 'inode',
  title: 'Inode cache',
  level: KERN.INFO,
  order: (pages) => orderOfBytes((pages >> 2) * 8),
  bucketBytes: 8,
  lowestOrder: 0,
};

/** fs/namespace.c mnt_init(), 2.4.20: a bucket for sixteen frames. */
export const MOUNT_HASH_2_4_20: HashTableRule = {
  name: 'mount',
  title: 'Mount-cache',
  level: DEFAULT_LEVEL,
  order: (pages) => orderOfBytes((pages >> 4) * 8),
  bucketBytes: 8,
  lowestOrder: 0,
};

/** fs/namespace.c mnt_init(), 2.4.22: always one page. */
export const MOUNT_HASH_2_4_22: HashTableRule = {
  name: 'mount',
  title: 'Mount cache',
  level: KERN.INFO,
  order: () => 0,
  bucketBytes: 8,
  lowestOrder: 0,
};

/** fs/buffer.c buffer_init(): about four pages of table for 64 MiB. */
export function bufferHash(title: string, level: number): HashTableRule {
  return {
    name: 'buffer',
    title,
    level,
    order: (pages) => Math.max(0, Math.ceil(Math.log2((pages >> 14) * 4))),
    bucketBytes: 4,
    lowestOrder: 1,
  };
}

/** mm/filemap.c page_cache_init(): a bucket for every frame. */
export const PAGE_HASH: HashTableRule = {
  name: 'page',
  title: 'Page-cache',
  level: DEFAULT_LEVEL,
  order: (pages) => orderOfBytes(pages * 4),
  bucketBytes: 4,
  lowestOrder: 1,
};
