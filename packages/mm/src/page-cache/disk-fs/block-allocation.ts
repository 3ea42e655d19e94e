import { Errno } from '../../errno.ts';
import { GD } from './layout.ts';
import { EXT2_NEW_BLOCK } from './tracepoints.ts';
import type { Volume } from './volume.ts';

/** Blocks near the goal that are looked at first: up to the next multiple. */
const NEAR = 64;

/**
 * Takes a free block: the goal, else one close behind it, else one at the begin of eight free ones in the goal's group or the
 * groups after it, else any.
 *
 * @param root whether the task may use the reserve
 * @returns the block, or -ENOSPC, -EIO
 * @linux 2.4.22 fs/ext2/balloc.c ext2_new_block()
 */
export function newBlock(volume: Volume, wanted: number, root: boolean): number {
  if (volume.freeBlocks <= (root ? 0 : volume.reservedBlocks)) return -Errno.ENOSPC;
  const { firstDataBlock, blocksPerGroup, blocksCount, groups } = volume;
  const goal = wanted < firstDataBlock || wanted >= blocksCount ? firstDataBlock : wanted;
  let group = Math.floor((goal - firstDataBlock) / blocksPerGroup);
  let bit = -1;
  if (volume.group16(group, GD.freeBlocks) > 0) {
    const bh = volume.bitmap(group, GD.blockBitmap);
    if (bh === null) return -Errno.EIO;
    bit = searchFrom(volume.bytes(bh), (goal - firstDataBlock) % blocksPerGroup, blocksPerGroup);
  }
  for (let others = 0; bit === -1; others++) {
    if (others === groups) return -Errno.ENOSPC;
    group = (group + 1) % groups;
    if (volume.group16(group, GD.freeBlocks) === 0) continue;
    const bh = volume.bitmap(group, GD.blockBitmap);
    if (bh === null) return -Errno.EIO;
    bit = searchAny(volume.bytes(bh), blocksPerGroup);
  }
  const bh = volume.bitmap(group, GD.blockBitmap);
  if (bh === null) return -Errno.EIO;
  const bits = volume.bytes(bh);
  bits[bit >> 3] = (bits[bit >> 3] as number) | (1 << (bit & 7));
  volume.buffers.markDirty(bh);
  volume.addToGroup(group, GD.freeBlocks, -1);
  volume.addFreeBlocks(-1);
  const block = firstDataBlock + group * blocksPerGroup + bit;
  const { trace } = volume.buffers.cache;
  if (trace.on) trace.emit(EXT2_NEW_BLOCK, volume.sb.dev, wanted, block, group);
  return block;
}

/** The free bit for a goal in its group, -1: none from there on. */
function searchFrom(bits: Uint8Array, goal: number, limit: number): number {
  if (isFree(bits, goal)) return goal;
  if (goal > 0) {
    const end = Math.min((goal + NEAR - 1) & ~(NEAR - 1), limit);
    for (let bit = goal; bit < end; bit++) if (isFree(bits, bit)) return bit;
  }
  for (let byte = goal >> 3; byte < limit >> 3; byte++) {
    if (bits[byte] === 0) return runStart(bits, byte << 3);
  }
  for (let bit = goal; bit < limit; bit++) if (isFree(bits, bit)) return bit;
  return -1;
}

/** A free bit of a group, -1: none. */
function searchAny(bits: Uint8Array, limit: number): number {
  for (let byte = 0; byte < limit >> 3; byte++) if (bits[byte] === 0) return runStart(bits, byte << 3);
  for (let bit = 0; bit < limit; bit++) if (isFree(bits, bit)) return bit;
  return -1;
}

/** Where the run of free bits begins that reaches up to `bit`: at most seven back. */
function runStart(bits: Uint8Array, bit: number): number {
  let at = bit;
  for (let i = 0; i < 7 && at > 0 && isFree(bits, at - 1); i++) at--;
  return at;
}

function isFree(bits: Uint8Array, bit: number): boolean {
  return ((bits[bit >> 3] as number) & (1 << (bit & 7))) === 0;
}

/**
 * Gives blocks back. What lies in them in memory is not written any more.
 *
 * @linux 2.4.22 fs/ext2/balloc.c ext2_free_blocks()
 */
export function freeBlocks(volume: Volume, blocks: readonly number[]): void {
  const { firstDataBlock, blocksPerGroup, blocksCount } = volume;
  for (const block of blocks) {
    // A number from a damaged disk is passed over: the kernel complains about it.
    if (block < firstDataBlock || block >= blocksCount) continue;
    const group = Math.floor((block - firstDataBlock) / blocksPerGroup);
    const bh = volume.bitmap(group, GD.blockBitmap);
    if (bh === null) continue;
    const bit = (block - firstDataBlock) % blocksPerGroup;
    const bits = volume.bytes(bh);
    if (isFree(bits, bit)) continue;
    bits[bit >> 3] = (bits[bit >> 3] as number) & ~(1 << (bit & 7));
    volume.buffers.markDirty(bh);
    volume.addToGroup(group, GD.freeBlocks, 1);
    volume.addFreeBlocks(1);
    volume.forget(block);
  }
}
