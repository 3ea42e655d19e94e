import type { PhysicalRelease } from '../physical/machine.ts';
import { bufferHash, DENTRY_HASH, INODE_HASH, MOUNT_HASH_2_4_20, PAGE_HASH } from './physical-2.4.ts';

/** Physical memory of Linux 2.4.20 (28 November 2002). */
export const PHYSICAL_2_4_20: PhysicalRelease = {
  version: '2.4.20',
  e820KeepsEmptyRanges: true,
  memHashOptions: false,
  dmiBeforeResources: false,
  hashTables: [DENTRY_HASH, INODE_HASH, MOUNT_HASH_2_4_20, bufferHash('Buffer-cache', 4), PAGE_HASH],
};
