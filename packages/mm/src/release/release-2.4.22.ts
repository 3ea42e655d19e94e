import { KERN } from '../physical/boot-log.ts';
import type { PhysicalRelease } from '../physical/machine.ts';
import { zonedPageFlags } from '../physical/page-flag-words.ts';
import {
  bufferHash,
  DENTRY_HASH,
  INODE_HASH,
  MOUNT_HASH_2_4_22,
  memoryMapRules,
  PAGE_HASH,
  ZONES_2_4_10,
} from './physical-2.4.ts';

/** Physical memory of Linux 2.4.22 (25 August 2003), the book's kernel. */
export const PHYSICAL_2_4_22: PhysicalRelease = {
  version: '2.4.22',
  memoryMap: memoryMapRules(false, true),
  zones: ZONES_2_4_10,
  infoLevel: KERN.INFO,
  tellsLowmem: true,
  highMemoryAscends: false,
  dmiBeforeResources: true,
  gfpWord: (gfp) => gfp,
  pageFlagWord: zonedPageFlags,
  hashTables: [DENTRY_HASH, INODE_HASH, MOUNT_HASH_2_4_22, bufferHash('Buffer cache', KERN.INFO), PAGE_HASH],
  kswapdLine: 'Starting kswapd',
};
