import { BH, type BufferHead } from '../../block/buffer-head.ts';
import { Errno } from '../../errno.ts';
import type { PhysicalMemory } from '../../hardware/physical-memory.ts';
import type { BlockDeviceNode, BlockDevices } from '../block-devices.ts';
import { brelse } from '../buffers/block-buffers.ts';
import type { BufferCache } from '../buffers/buffer-cache.ts';
import { insertInodeQueue } from '../buffers/buffer-rings.ts';
import type { FileInode } from '../open-file.ts';
import { SuperBlock, type SuperOperations } from '../super-block.ts';
import {
  EXT2_SUPER_MAGIC,
  GROUP_BYTES,
  INCOMPAT_FILETYPE,
  INODE_BYTES,
  RO_COMPAT_LARGE_FILE,
  RO_COMPAT_SPARSE_SUPER,
  SB,
  STATE_VALID,
  SUPER_OFFSET,
} from './layout.ts';

/** Bitmaps of a kind that stay in memory. @linux EXT2_MAX_GROUP_LOADED */
const MAX_GROUP_LOADED = 8;

/**
 * A mounted ext2: its superblock and descriptors, which stay in memory, and its blocks, through buffers.
 *
 * @linux 2.4.22 fs/ext2/super.c
 */
export class Volume {
  readonly buffers: BufferCache;
  readonly devices: BlockDevices;
  readonly node: BlockDeviceNode;
  readonly sb: SuperBlock;
  readonly blockSize: number;
  readonly blocksCount: number;
  readonly inodesCount: number;
  readonly reservedBlocks: number;
  readonly firstDataBlock: number;
  readonly blocksPerGroup: number;
  readonly inodesPerGroup: number;
  readonly groups: number;
  /** Seconds, for the times of files. */
  readonly now: () => number;
  private readonly memory: PhysicalMemory;
  private readonly superBuffer: BufferHead;
  private readonly superAt: number;
  private readonly descriptors: BufferHead[] = [];
  // Bitmaps in memory, the one used last first. @linux s_block_bitmap, s_inode_bitmap
  private readonly loaded = new Map<string, BufferHead>();

  private constructor(parts: VolumeParts, superBuffer: BufferHead, superAt: number) {
    this.buffers = parts.buffers;
    this.devices = parts.devices;
    this.node = parts.node;
    this.now = parts.now;
    this.memory = parts.buffers.cache.memory;
    this.superBuffer = superBuffer;
    this.superAt = superAt;
    this.blockSize = 1024 << this.super32(SB.logBlockSize);
    this.blocksCount = this.super32(SB.blocksCount);
    this.inodesCount = this.super32(SB.inodesCount);
    this.reservedBlocks = this.super32(SB.reservedBlocks);
    this.firstDataBlock = this.super32(SB.firstDataBlock);
    this.blocksPerGroup = this.super32(SB.blocksPerGroup);
    this.inodesPerGroup = this.super32(SB.inodesPerGroup);
    this.groups = Math.ceil((this.blocksCount - this.firstDataBlock) / this.blocksPerGroup);
    this.sb = new SuperBlock(parts.node.inode.blockDev, parts.ops);
  }

  /**
   * Reads the superblock and the descriptors of a device that is open.
   *
   * @returns -EIO, or -EINVAL: no ext2, or one that this room does not know
   * @linux 2.4.22 fs/ext2/super.c ext2_read_super()
   */
  static mount(parts: VolumeParts): Volume | number {
    const { devices, node } = parts;
    devices.setBlockSize(node, 1024);
    const first = devices.bread(node, 1);
    if (first === null) return -Errno.EIO;
    const probe = new Volume(parts, first, 0);
    const known = probe.isKnown();
    const { blockSize } = probe;
    brelse(first);
    if (!known) return -Errno.EINVAL;
    devices.setBlockSize(node, blockSize);
    const buffer = devices.bread(node, Math.floor(SUPER_OFFSET / blockSize));
    if (buffer === null) return -Errno.EIO;
    const volume = new Volume(parts, buffer, SUPER_OFFSET % blockSize);
    const error = volume.readDescriptors();
    if (error !== 0) {
      volume.release();
      return error;
    }
    volume.set16(buffer, volume.superAt + SB.state, volume.super16(SB.state) & ~STATE_VALID);
    volume.set16(buffer, volume.superAt + SB.mountCount, volume.super16(SB.mountCount) + 1);
    volume.markSuperDirty();
    return volume;
  }

  private isKnown(): boolean {
    if (this.super16(SB.magic) !== EXT2_SUPER_MAGIC) return false;
    const sizes = this.super32(SB.logBlockSize) <= 2 && this.blocksPerGroup > 0 && this.inodesPerGroup > 0;
    if (!sizes || this.super32(SB.revLevel) !== 1 || this.super16(SB.inodeSize) !== INODE_BYTES) return false;
    if (this.blocksPerGroup > 8 * this.blockSize || this.inodesPerGroup > 8 * this.blockSize) return false;
    const roCompat = this.super32(SB.roCompat) & ~(RO_COMPAT_SPARSE_SUPER | RO_COMPAT_LARGE_FILE);
    return this.super32(SB.incompat) === INCOMPAT_FILETYPE && roCompat === 0;
  }

  private readDescriptors(): number {
    const blocks = Math.ceil((this.groups * GROUP_BYTES) / this.blockSize);
    const first = Math.floor(SUPER_OFFSET / this.blockSize) + 1;
    for (let i = 0; i < blocks; i++) {
      const bh = this.devices.bread(this.node, first + i);
      if (bh === null) return -Errno.EIO;
      this.descriptors.push(bh);
    }
    return 0;
  }

  /** Marks the volume as unmounted in order. */
  setValid(): void {
    const at = this.superAt + SB.state;
    this.set16(this.superBuffer, at, this.super16(SB.state) | STATE_VALID);
    this.writeSuper();
  }

  /** Lets go of all buffers. @linux ext2_put_super() */
  release(): void {
    for (const bh of [this.superBuffer, ...this.descriptors, ...this.loaded.values()]) brelse(bh);
    this.loaded.clear();
    this.descriptors.length = 0;
  }

  /** Puts the superblock on its way to the disk. @linux ext2_write_super() */
  writeSuper(): void {
    this.set32(this.superBuffer, this.superAt + SB.writeTime, this.now());
    this.buffers.markDirty(this.superBuffer);
    this.sb.dirt = false;
  }

  // ---- numbers in buffers

  get32(bh: BufferHead, at: number): number {
    return (this.memory.words[this.memory.base(bh.page) + ((bh.offset + at) >> 2)] as number) >>> 0;
  }

  set32(bh: BufferHead, at: number, value: number): void {
    this.memory.words[this.memory.base(bh.page) + ((bh.offset + at) >> 2)] = value;
  }

  get16(bh: BufferHead, at: number): number {
    const word = this.get32(bh, at & ~3);
    return (at & 2) === 0 ? word & 0xffff : word >>> 16;
  }

  set16(bh: BufferHead, at: number, value: number): void {
    const word = this.get32(bh, at & ~3);
    const low = (at & 2) === 0;
    this.set32(bh, at & ~3, low ? (word & ~0xffff) | (value & 0xffff) : (word & 0xffff) | (value << 16));
  }

  /** The bytes of a buffer, as a view that is valid until the next allocation. */
  bytes(bh: BufferHead): Uint8Array {
    const start = this.memory.base(bh.page) * 4 + bh.offset;
    return this.memory.bytes.subarray(start, start + bh.size);
  }

  // ---- the superblock

  private super32(at: number): number {
    return this.get32(this.superBuffer, this.superAt + at);
  }

  private super16(at: number): number {
    return this.get16(this.superBuffer, this.superAt + at);
  }

  get freeBlocks(): number {
    return this.super32(SB.freeBlocks);
  }

  get freeInodes(): number {
    return this.super32(SB.freeInodes);
  }

  addFreeBlocks(count: number): void {
    this.set32(this.superBuffer, this.superAt + SB.freeBlocks, this.freeBlocks + count);
    this.markSuperDirty();
  }

  addFreeInodes(count: number): void {
    this.set32(this.superBuffer, this.superAt + SB.freeInodes, this.freeInodes + count);
    this.markSuperDirty();
  }

  private markSuperDirty(): void {
    this.buffers.markDirty(this.superBuffer);
    this.sb.dirt = true;
  }

  // ---- groups

  private descriptor(group: number): { readonly bh: BufferHead; readonly at: number } {
    const perBlock = this.blockSize / GROUP_BYTES;
    const bh = this.descriptors[Math.floor(group / perBlock)] as BufferHead;
    return { bh, at: (group % perBlock) * GROUP_BYTES };
  }

  /** A block number of a group: `GD.blockBitmap` and the like. */
  group32(group: number, field: number): number {
    const { bh, at } = this.descriptor(group);
    return this.get32(bh, at + field);
  }

  /** A count of a group: `GD.freeBlocks` and the like. */
  group16(group: number, field: number): number {
    const { bh, at } = this.descriptor(group);
    return this.get16(bh, at + field);
  }

  addToGroup(group: number, field: number, delta: number): void {
    const { bh, at } = this.descriptor(group);
    this.set16(bh, at + field, this.get16(bh, at + field) + delta);
    this.buffers.markDirty(bh);
  }

  /** A bitmap of a group, which stays in memory for a while; null: it cannot be read. @linux load_block_bitmap() */
  bitmap(group: number, field: number): BufferHead | null {
    const key = `${field}:${group}`;
    let bh = this.loaded.get(key) ?? null;
    if (bh !== null) {
      this.loaded.delete(key);
    } else {
      bh = this.devices.bread(this.node, this.group32(group, field));
      if (bh === null) return null;
      const others = [...this.loaded.keys()].filter((other) => other.startsWith(`${field}:`));
      if (others.length >= MAX_GROUP_LOADED) {
        const oldest = others[0] as string;
        brelse(this.loaded.get(oldest) as BufferHead);
        this.loaded.delete(oldest);
      }
    }
    this.loaded.set(key, bh);
    return bh;
  }

  // ---- blocks

  /** A block of metadata with a reference; null: it cannot be read. */
  bread(block: number): BufferHead | null {
    return this.devices.bread(this.node, block);
  }

  /** The same of a new block: zeroes. */
  newBlock(block: number): BufferHead {
    const bh = this.devices.getblk(this.node, block);
    this.buffers.lockBuffer(bh);
    this.bytes(bh).fill(0);
    bh.state |= BH.uptodate;
    this.buffers.unlockBuffer(bh);
    return bh;
  }

  /** Metadata of an inode has changed: fsync of it waits for this block. @linux mark_buffer_dirty_inode() */
  markDirtyOf(inode: FileInode, bh: BufferHead): void {
    this.buffers.markDirty(bh);
    if (bh.inodeList !== inode.dirtyBuffers) insertInodeQueue(bh, inode.dirtyBuffers);
  }

  /** Drops a reference to a block that is free now: what it holds is not written any more. @linux bforget() */
  forget(block: number): void {
    const bh = this.buffers.rings.find(this.node.inode.blockDev, block, this.blockSize);
    if (bh !== null) this.buffers.markClean(bh);
  }
}

/** What a volume is made of. */
export interface VolumeParts {
  readonly buffers: BufferCache;
  readonly devices: BlockDevices;
  readonly node: BlockDeviceNode;
  readonly ops: SuperOperations;
  /** Seconds. */
  now(): number;
}
