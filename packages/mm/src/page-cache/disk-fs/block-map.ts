/**
 * Which block of the disk holds which block of a file.
 *
 * ```
 *   inode: [0 .. 11]  direct
 *          [12] ──> block of numbers                     one level
 *          [13] ──> block of numbers ──> block ...       two
 *          [14] ──> ...                                  three
 * ```
 * @linux 2.4.22 fs/ext2/inode.c
 */
import { BH, type BufferHead } from '../../block/buffer-head.ts';
import { Errno } from '../../errno.ts';
import { brelse } from '../buffers/block-buffers.ts';
import type { FileInode } from '../open-file.ts';
import { freeBlocks, newBlock } from './block-allocation.ts';
import { DIRECT_BLOCKS } from './layout.ts';
import type { Volume } from './volume.ts';

/** What a file system on a disk knows of an inode. @linux struct ext2_inode_info */
export interface DiskNode {
  /** The fifteen block numbers. @linux i_data */
  readonly data: Int32Array;
  /** Blocks that it has, of metadata too, in units of 512 bytes. @linux i_blocks */
  blocks: number;
  /** Group of its inode. */
  readonly group: number;
  /**
   * The block of the file that was allocated last, and where: the next is wished behind it.
   * @linux i_next_alloc_block, i_next_alloc_goal
   */
  nextBlock: number;
  nextGoal: number;
}

/** What the running task may and is. */
export interface AllocationRights {
  /** Whether it may use the reserve. */
  mayUseReserve(): boolean;
  /** Its pid: tasks begin at different places of a group. */
  pid(): number;
}

/** Places on the way to a block: in the inode, then in each block of numbers. Empty: the file cannot be that long. */
function pathTo(volume: Volume, block: number): number[] {
  const perBlock = volume.blockSize / 4;
  if (block < DIRECT_BLOCKS) return [block];
  let left = block - DIRECT_BLOCKS;
  if (left < perBlock) return [DIRECT_BLOCKS, left];
  left -= perBlock;
  if (left < perBlock ** 2) return [DIRECT_BLOCKS + 1, Math.floor(left / perBlock), left % perBlock];
  left -= perBlock ** 2;
  if (left >= perBlock ** 3) return [];
  return [
    DIRECT_BLOCKS + 2,
    Math.floor(left / perBlock ** 2),
    Math.floor(left / perBlock) % perBlock,
    left % perBlock,
  ];
}

/** The way to a block was changed while it was looked for: look again. @linux -EAGAIN */
const CHANGED = Number.NEGATIVE_INFINITY;

/** Maps the blocks of a volume's files. */
export class BlockMap {
  private readonly volume: Volume;
  private readonly rights: AllocationRights;

  constructor(volume: Volume, rights: AllocationRights) {
    this.volume = volume;
    this.rights = rights;
  }

  /** Bytes of the longest file. @linux ext2_max_size() */
  get maxBytes(): number {
    const perBlock = this.volume.blockSize / 4;
    const blocks = DIRECT_BLOCKS + perBlock + perBlock ** 2 + perBlock ** 3;
    // i_blocks counts 512-byte units in 32 bits.
    return Math.min(blocks, (2 ** 32 - 1) / (this.volume.blockSize / 512)) * this.volume.blockSize;
  }

  /** @linux 2.4.22 fs/ext2/inode.c ext2_get_block() */
  readonly getBlock = (inode: FileInode, block: number, bh: BufferHead, create: boolean): number => {
    const path = pathTo(this.volume, block);
    if (path.length === 0) return -Errno.EIO;
    let number: number;
    do number = this.find(inode, block, path, bh, create);
    while (number === CHANGED);
    if (number <= 0) return number;
    bh.dev = this.volume.sb.dev;
    bh.blocknr = number;
    bh.state |= BH.mapped;
    return 0;
  };

  /** The block, made if it is missing and wanted; 0: a hole; or -errno; or {@link CHANGED}. */
  private find(
    inode: FileInode,
    block: number,
    path: readonly number[],
    bh: BufferHead,
    create: boolean,
  ): number {
    const { volume } = this;
    const chain: BufferHead[] = [];
    let number = ((inode.generic as DiskNode).data[path[0] as number] as number) >>> 0;
    let depth = 1;
    let error = 0;
    while (number !== 0 && depth < path.length) {
      const indirect = volume.bread(number);
      if (indirect === null) {
        error = -Errno.EIO;
        break;
      }
      chain.push(indirect);
      number = volume.get32(indirect, 4 * (path[depth] as number));
      depth++;
    }
    if (error === 0 && number === 0 && create) {
      number = this.allocate(inode, block, path, depth, chain);
      if (number > 0) bh.state |= BH.new;
    }
    for (const each of chain) brelse(each);
    return error === 0 ? number : error;
  }

  /**
   * Gives a file the blocks that are missing on the way to one of it, the blocks of numbers first. They become the file's only
   * when all are there.
   *
   * @param depth places of `path` that exist
   * @returns the last of them, -errno, or {@link CHANGED}
   * @linux ext2_alloc_branch(), ext2_splice_branch()
   */
  private allocate(
    inode: FileInode,
    block: number,
    path: readonly number[],
    depth: number,
    chain: readonly BufferHead[],
  ): number {
    const { volume } = this;
    const node = inode.generic as DiskNode;
    const root = this.rights.mayUseReserve();
    const taken: number[] = [];
    let goal = this.goal(node, block, path, depth, chain);
    for (let level = depth; level <= path.length; level++) {
      const fresh = newBlock(volume, goal, root);
      if (fresh < 0) {
        freeBlocks(volume, taken);
        return fresh;
      }
      const above = taken.at(-1);
      if (above !== undefined) {
        const indirect = volume.newBlock(above);
        volume.set32(indirect, 4 * (path[level - 1] as number), fresh);
        volume.markDirtyOf(inode, indirect);
        brelse(indirect);
      }
      taken.push(fresh);
      goal = fresh;
    }
    const first = taken[0] as number;
    const last = taken.at(-1) as number;
    const parent = chain.at(-1);
    const place = path[depth - 1] as number;
    const before = parent === undefined ? node.data[place] : volume.get32(parent, 4 * place);
    if (before !== 0) {
      // Somebody was faster while blocks were searched.
      freeBlocks(volume, taken);
      return CHANGED;
    }
    if (parent === undefined) {
      node.data[place] = first;
    } else {
      volume.set32(parent, 4 * place, first);
      volume.markDirtyOf(inode, parent);
    }
    node.nextBlock = block;
    node.nextGoal = last;
    node.blocks += (taken.length * volume.blockSize) / 512;
    inode.ctime = volume.now();
    inode.markDirty();
    return last;
  }

  /** Where a block is best: behind the last one, else near those that are numbered beside it. @linux ext2_find_goal() */
  private goal(
    node: DiskNode,
    block: number,
    path: readonly number[],
    depth: number,
    chain: readonly BufferHead[],
  ): number {
    const { volume } = this;
    if (block === node.nextBlock + 1) {
      node.nextBlock++;
      node.nextGoal++;
    }
    if (block === node.nextBlock && node.nextGoal !== 0) return node.nextGoal;
    const place = path[depth - 1] as number;
    const parent = chain.at(-1);
    for (let at = place - 1; at >= 0; at--) {
      const beside = parent === undefined ? (node.data[at] as number) >>> 0 : volume.get32(parent, 4 * at);
      if (beside !== 0) return beside;
    }
    if (parent !== undefined) return parent.blocknr;
    const colour = (this.rights.pid() % 16) * Math.floor(volume.blocksPerGroup / 16);
    return node.group * volume.blocksPerGroup + volume.firstDataBlock + colour;
  }

  /** Gives back all blocks from block `first` of the file on. @linux 2.4.22 fs/ext2/inode.c ext2_truncate() */
  truncate(inode: FileInode, first: number): void {
    const { volume } = this;
    const node = inode.generic as DiskNode;
    const perBlock = volume.blockSize / 4;
    const freed: number[] = [];
    let begin = 0;
    for (let place = 0; place < node.data.length; place++) {
      const level = Math.max(0, place - DIRECT_BLOCKS + 1);
      const span = perBlock ** level;
      const number = (node.data[place] as number) >>> 0;
      if (number !== 0 && first < begin + span) {
        if (this.cut(inode, number, level, Math.max(0, first - begin), freed)) node.data[place] = 0;
      }
      begin += span;
    }
    if (freed.length > 0) {
      node.blocks -= (freed.length * volume.blockSize) / 512;
      freeBlocks(volume, freed);
    }
    node.nextBlock = -1;
    node.nextGoal = 0;
  }

  /**
   * Collects the blocks below `number` from the `first`-th on.
   *
   * @param level 0: a block of the file; else how many levels of numbers
   * @returns whether nothing of it is left
   */
  private cut(inode: FileInode, number: number, level: number, first: number, freed: number[]): boolean {
    const { volume } = this;
    if (level === 0) {
      freed.push(number);
      return true;
    }
    const bh = volume.bread(number);
    if (bh !== null) {
      const perBlock = volume.blockSize / 4;
      const span = perBlock ** (level - 1);
      for (let place = Math.floor(first / span); place < perBlock; place++) {
        const below = volume.get32(bh, 4 * place);
        if (below === 0) continue;
        if (!this.cut(inode, below, level - 1, Math.max(0, first - place * span), freed)) continue;
        volume.set32(bh, 4 * place, 0);
        volume.markDirtyOf(inode, bh);
      }
      brelse(bh);
    }
    if (first !== 0) return false;
    freed.push(number);
    return true;
  }
}
