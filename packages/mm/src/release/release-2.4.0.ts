import { oldPagesMin, oldPairBitmaps } from '../boot-memory/old-zone-init.ts';
import { gfpWord240 } from '../page-allocator/gfp.ts';
import { parseMemOptions } from '../physical/command-line.ts';
import { sizeAndStart } from '../physical/e820.ts';
import type { HashTableRule, PhysicalRelease } from '../physical/machine.ts';
import { plainPageFlags } from '../physical/page-flag-words.ts';
import { bufferHash, DENTRY_HASH, INODE_HASH, PAGE_HASH } from './physical-2.4.ts';

const DEFAULT_LEVEL = 4;

/** The tables as in later releases, but each line is printed without a level and with a hyphen. */
function named(rule: HashTableRule, title: string): HashTableRule {
  return { ...rule, title, level: DEFAULT_LEVEL };
}

/** Physical memory of Linux 2.4.0 (4 January 2001). */
export const PHYSICAL_2_4_0: PhysicalRelease = {
  version: '2.4.0',
  memoryMap: {
    // The BIOS is believed: ranges may overlap and come in any order.
    sanitize: () => null,
    rangeText: sizeAndStart,
    legacyBytes: (kib) => kib * 1024 - 0x100000,
    parseOptions: parseMemOptions,
  },
  zones: { pagesMin: oldPagesMin, pairBitmaps: oldPairBitmaps, waitTables: false },
  infoLevel: DEFAULT_LEVEL,
  tellsLowmem: false,
  highMemoryAscends: true,
  dmiBeforeResources: false,
  gfpWord: gfpWord240,
  pageFlagWord: plainPageFlags,
  hashTables: [
    named(DENTRY_HASH, 'Dentry-cache'),
    bufferHash('Buffer-cache', DEFAULT_LEVEL),
    PAGE_HASH,
    named(INODE_HASH, 'Inode-cache'),
  ],
  kswapdLine: 'Starting kswapd v1.8',
};
