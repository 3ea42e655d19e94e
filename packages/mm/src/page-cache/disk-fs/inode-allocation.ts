import { Errno } from '../../errno.ts';
import { FIRST_INO, GD } from './layout.ts';
import type { Volume } from './volume.ts';

/**
 * Takes a free inode: that of a directory in a group with many free ones and the most free blocks, that of a file in its
 * directory's group, or else close by.
 *
 * @param parentGroup group of the directory that it will be in
 * @returns its number, or -ENOSPC, -EIO
 * @linux 2.4.22 fs/ext2/ialloc.c ext2_new_inode()
 */
export function newInodeNumber(volume: Volume, parentGroup: number, isDirectory: boolean): number {
  const group = isDirectory ? directoryGroup(volume) : fileGroup(volume, parentGroup);
  if (group === -1) return -Errno.ENOSPC;
  const bh = volume.bitmap(group, GD.inodeBitmap);
  if (bh === null) return -Errno.EIO;
  const bits = volume.bytes(bh);
  for (let bit = 0; bit < volume.inodesPerGroup; bit++) {
    if (((bits[bit >> 3] as number) & (1 << (bit & 7))) !== 0) continue;
    const ino = group * volume.inodesPerGroup + bit + 1;
    if (ino < FIRST_INO) continue;
    bits[bit >> 3] = (bits[bit >> 3] as number) | (1 << (bit & 7));
    volume.buffers.markDirty(bh);
    volume.addToGroup(group, GD.freeInodes, -1);
    if (isDirectory) volume.addToGroup(group, GD.usedDirs, 1);
    volume.addFreeInodes(-1);
    return ino;
  }
  return -Errno.ENOSPC;
}

/** @linux find_group_dir() */
function directoryGroup(volume: Volume): number {
  const average = Math.floor(volume.freeInodes / volume.groups);
  let best = -1;
  for (let group = 0; group < volume.groups; group++) {
    const free = volume.group16(group, GD.freeInodes);
    if (free === 0 || free < average) continue;
    if (best === -1 || volume.group16(group, GD.freeBlocks) > volume.group16(best, GD.freeBlocks))
      best = group;
  }
  return best;
}

/** @linux find_group_other() */
function fileGroup(volume: Volume, parent: number): number {
  const { groups } = volume;
  const hasFree = (group: number) => volume.group16(group, GD.freeInodes) > 0;
  if (hasFree(parent)) return parent;
  let group = parent;
  for (let step = 1; step < groups; step *= 2) {
    group = (group + step) % groups;
    if (hasFree(group)) return group;
  }
  group = (parent + 1) % groups;
  for (let i = 2; i < groups; i++) {
    group = (group + 1) % groups;
    if (hasFree(group)) return group;
  }
  return -1;
}

/** Gives an inode back. @linux 2.4.22 fs/ext2/ialloc.c ext2_free_inode() */
export function freeInodeNumber(volume: Volume, ino: number, isDirectory: boolean): void {
  const group = Math.floor((ino - 1) / volume.inodesPerGroup);
  const bit = (ino - 1) % volume.inodesPerGroup;
  const bh = volume.bitmap(group, GD.inodeBitmap);
  if (bh === null) return;
  const bits = volume.bytes(bh);
  bits[bit >> 3] = (bits[bit >> 3] as number) & ~(1 << (bit & 7));
  volume.buffers.markDirty(bh);
  volume.addToGroup(group, GD.freeInodes, 1);
  if (isDirectory) volume.addToGroup(group, GD.usedDirs, -1);
  volume.addFreeInodes(1);
}
