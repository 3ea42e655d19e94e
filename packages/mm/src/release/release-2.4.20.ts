import { KERN } from '../physical/boot-log.ts';
import type { PhysicalRelease } from '../physical/machine.ts';
import { zonedPageFlags } from '../physical/page-flag-words.ts';
import {
  bufferHash,
  DENTRY_HASH,
  INODE_HASH,
  MOUNT_HASH_2_4_20,
  memoryMapRules,
  PAGE_HASH,
  ZONES_2_4_10,
} from './physical-2.4.ts';

/** Physical memory of Linux 2.4.20 (28 November 2002). */
export const PHYSICAL_2_4_20: PhysicalRelease = {
  version: '2.4.20',
  memoryMap: memoryMapRules(true, false),
  zones: ZONES_2_4_10,
  infoLevel: KERN.INFO,
  tellsLowmem: true,
  highMemoryAscends: false,
  dmiBeforeResources: false,
  gfpWord: (gfp) => gfp,
  pageFlagWord: zonedPageFlags,
  hashTables: [DENTRY_HASH, INODE_HASH, MOUNT_HASH_2_4_20, bufferHash('Buffer-cache', 4), PAGE_HASH],
  kswapdLine: 'Starting kswapd',
};
