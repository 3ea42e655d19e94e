import type { BlockStore } from '../../hardware/block-store.ts';
import { ConfigError } from '../../kernel-bug.ts';
import {
  EXT2_SUPER_MAGIC,
  entryBytes,
  FIRST_INO,
  FT_DIR,
  GD,
  GROUP_BYTES,
  hasSuperCopy,
  IN,
  INCOMPAT_FILETYPE,
  INODE_BYTES,
  RO_COMPAT_SPARSE_SUPER,
  ROOT_INO,
  S_IFDIR,
  SB,
  STATE_VALID,
  SUPER_BYTES,
  SUPER_OFFSET,
} from './layout.ts';

/** How a file system is made. */
export interface MkfsOptions {
  /** 1024, 2048 or 4096; the default is what mke2fs chooses: 1024 below 512 MiB, else 4096. */
  readonly blockSize?: number;
  /** Bytes of the disk for each inode; the default is mke2fs's: 4096 for a small one, else 8192. */
  readonly bytesPerInode?: number;
  /** Percentage of the blocks that only root may use; default 5. */
  readonly reservedPercent?: number;
}

/** What mkfs decided. */
interface Plan {
  readonly blockSize: number;
  readonly blocks: number;
  readonly firstData: number;
  readonly blocksPerGroup: number;
  readonly groups: number;
  readonly descriptorBlocks: number;
  readonly inodesPerGroup: number;
  readonly tableBlocks: number;
  readonly reserved: number;
}

/**
 * Makes an empty ext2 file system on a medium, as mke2fs of the time does it: with a root directory and lost+found.
 *
 * @throws ConfigError for a medium of less than 64 KiB, or bad options
 */
export function mkfs(store: BlockStore, options: MkfsOptions = {}): void {
  const plan = planOf(store.size, options);
  const writer = new Writer(store, plan);
  for (let group = 0; group < plan.groups; group++) writer.group(group);
  writer.rootAndLostFound();
  writer.finish();
}

const MIB = 2 ** 20;

function planOf(size: number, options: MkfsOptions): Plan {
  const small = size < 512 * MIB;
  const blockSize = options.blockSize ?? (small ? 1024 : 4096);
  if (![1024, 2048, 4096].includes(blockSize)) {
    throw new ConfigError(`mkfs: block size ${blockSize}; allowed are 1024, 2048 and 4096`);
  }
  if (size < 65536) throw new ConfigError(`mkfs: a medium of ${size} bytes; at least 65536`);
  const bytesPerInode = options.bytesPerInode ?? (small && size >= 3 * MIB ? 4096 : 8192);
  const firstData = blockSize === 1024 ? 1 : 0;
  const blocksPerGroup = 8 * blockSize;
  let blocks = Math.floor(size / blockSize);
  for (;;) {
    const groups = Math.ceil((blocks - firstData) / blocksPerGroup);
    const descriptorBlocks = Math.ceil((groups * GROUP_BYTES) / blockSize);
    const perBlock = blockSize / INODE_BYTES;
    const wanted = Math.max(Math.floor((blocks * blockSize) / bytesPerInode), FIRST_INO + 1);
    const tableBlocks = Math.min(
      Math.ceil(Math.ceil(wanted / groups) / perBlock),
      Math.floor(blocksPerGroup / perBlock),
    );
    // A last group too small for what it must have is left away.
    const last = blocks - firstData - (groups - 1) * blocksPerGroup;
    const overhead = 2 + tableBlocks + (hasSuperCopy(groups - 1) ? 1 + descriptorBlocks : 0);
    if (groups > 1 && last < overhead + 50) {
      blocks -= last;
      continue;
    }
    const reserved = Math.floor((blocks * (options.reservedPercent ?? 5)) / 100);
    return {
      blockSize,
      blocks,
      firstData,
      blocksPerGroup,
      groups,
      descriptorBlocks,
      inodesPerGroup: tableBlocks * perBlock,
      tableBlocks,
      reserved,
    };
  }
}

class Writer {
  private readonly store: BlockStore;
  private readonly plan: Plan;
  private readonly descriptors: DataView;
  private freeBlocks = 0;

  constructor(store: BlockStore, plan: Plan) {
    this.store = store;
    this.plan = plan;
    this.descriptors = new DataView(new ArrayBuffer(plan.descriptorBlocks * plan.blockSize));
  }

  private put(block: number, bytes: Uint8Array): void {
    this.store.write(block * this.plan.blockSize, bytes);
  }

  private firstOf(group: number): number {
    return this.plan.firstData + group * this.plan.blocksPerGroup;
  }

  /** Bitmaps, inode table and descriptor of a group. */
  group(group: number): void {
    const { plan, descriptors } = this;
    const first = this.firstOf(group);
    const size = Math.min(plan.blocksPerGroup, plan.blocks - first);
    const copies = hasSuperCopy(group) ? 1 + plan.descriptorBlocks : 0;
    const blockBitmap = first + copies;
    const used = copies + 2 + plan.tableBlocks;
    const blockBits = new Uint8Array(plan.blockSize);
    setBits(blockBits, 0, used);
    setBits(blockBits, size, 8 * plan.blockSize);
    const inodeBits = new Uint8Array(plan.blockSize);
    if (group === 0) setBits(inodeBits, 0, FIRST_INO - 1);
    setBits(inodeBits, plan.inodesPerGroup, 8 * plan.blockSize);
    this.put(blockBitmap, blockBits);
    this.put(blockBitmap + 1, inodeBits);
    const zeroes = new Uint8Array(plan.blockSize);
    for (let i = 0; i < plan.tableBlocks; i++) this.put(blockBitmap + 2 + i, zeroes);
    const at = group * GROUP_BYTES;
    descriptors.setUint32(at + GD.blockBitmap, blockBitmap, true);
    descriptors.setUint32(at + GD.inodeBitmap, blockBitmap + 1, true);
    descriptors.setUint32(at + GD.inodeTable, blockBitmap + 2, true);
    descriptors.setUint16(at + GD.freeBlocks, size - used, true);
    descriptors.setUint16(at + GD.freeInodes, plan.inodesPerGroup - (group === 0 ? FIRST_INO - 1 : 0), true);
    this.freeBlocks += size - used;
  }

  /** The two directories, in the first group. */
  rootAndLostFound(): void {
    const { plan } = this;
    const root = this.takeBlocks(1);
    const lostFoundBlocks = Math.min(12, 16384 / plan.blockSize);
    const lostFound = this.takeBlocks(lostFoundBlocks);
    const bitmap = this.descriptors.getUint32(GD.inodeBitmap, true);
    const bits = new Uint8Array(plan.blockSize);
    this.store.read(bitmap * plan.blockSize, bits);
    setBits(bits, FIRST_INO - 1, FIRST_INO);
    this.put(bitmap, bits);
    const free = this.descriptors.getUint16(GD.freeInodes, true);
    this.descriptors.setUint16(GD.freeInodes, free - 1, true);
    this.descriptors.setUint16(GD.usedDirs, 2, true);
    this.inode(ROOT_INO, 0o755, 3, [root]);
    this.inode(
      FIRST_INO,
      0o700,
      2,
      Array.from({ length: lostFoundBlocks }, (_, i) => lostFound + i),
    );
    this.directory(root, [
      { ino: ROOT_INO, name: '.' },
      { ino: ROOT_INO, name: '..' },
      { ino: FIRST_INO, name: 'lost+found' },
    ]);
    this.directory(lostFound, [
      { ino: FIRST_INO, name: '.' },
      { ino: ROOT_INO, name: '..' },
    ]);
    for (let i = 1; i < lostFoundBlocks; i++) this.directory(lostFound + i, []);
  }

  /** The next free blocks of the first group. */
  private takeBlocks(count: number): number {
    const { plan, descriptors } = this;
    const bitmap = descriptors.getUint32(GD.blockBitmap, true);
    const bits = new Uint8Array(plan.blockSize);
    this.store.read(bitmap * plan.blockSize, bits);
    let bit = 0;
    while (((bits[bit >> 3] as number) & (1 << (bit & 7))) !== 0) bit++;
    setBits(bits, bit, bit + count);
    this.put(bitmap, bits);
    descriptors.setUint16(GD.freeBlocks, descriptors.getUint16(GD.freeBlocks, true) - count, true);
    this.freeBlocks -= count;
    return plan.firstData + bit;
  }

  private inode(ino: number, mode: number, links: number, blocks: readonly number[]): void {
    const { plan } = this;
    const view = new DataView(new ArrayBuffer(INODE_BYTES));
    view.setUint16(IN.mode, S_IFDIR | mode, true);
    view.setUint32(IN.size, blocks.length * plan.blockSize, true);
    view.setUint16(IN.links, links, true);
    view.setUint32(IN.blocks, (blocks.length * plan.blockSize) / 512, true);
    for (const [i, block] of blocks.entries()) view.setUint32(IN.block + 4 * i, block, true);
    const table = this.descriptors.getUint32(GD.inodeTable, true) * plan.blockSize;
    this.writeBytes(table + (ino - 1) * INODE_BYTES, new Uint8Array(view.buffer));
  }

  /** Writes less than a sector. */
  private writeBytes(offset: number, bytes: Uint8Array): void {
    const sector = offset - (offset % 512);
    const whole = new Uint8Array(512);
    this.store.read(sector, whole);
    whole.set(bytes, offset - sector);
    this.store.write(sector, whole);
  }

  private directory(block: number, names: readonly { readonly ino: number; readonly name: string }[]): void {
    const { plan } = this;
    const bytes = new Uint8Array(plan.blockSize);
    const view = new DataView(bytes.buffer);
    let at = 0;
    for (const [i, { ino, name }] of names.entries()) {
      const last = i === names.length - 1;
      const length = last ? plan.blockSize - at : entryBytes(name.length);
      view.setUint32(at, ino, true);
      view.setUint16(at + 4, length, true);
      bytes[at + 6] = name.length;
      bytes[at + 7] = FT_DIR;
      for (let c = 0; c < name.length; c++) bytes[at + 8 + c] = name.charCodeAt(c);
      at += length;
    }
    if (names.length === 0) view.setUint16(4, plan.blockSize, true);
    this.put(block, bytes);
  }

  /** Superblock and descriptors, with their copies. */
  finish(): void {
    const { plan } = this;
    const bytes = new Uint8Array(SUPER_BYTES);
    const view = new DataView(bytes.buffer);
    const set32 = (at: number, value: number) => view.setUint32(at, value, true);
    const set16 = (at: number, value: number) => view.setUint16(at, value, true);
    set32(SB.inodesCount, plan.inodesPerGroup * plan.groups);
    set32(SB.blocksCount, plan.blocks);
    set32(SB.reservedBlocks, plan.reserved);
    set32(SB.freeBlocks, this.freeBlocks);
    set32(SB.freeInodes, plan.inodesPerGroup * plan.groups - FIRST_INO);
    set32(SB.firstDataBlock, plan.firstData);
    set32(SB.logBlockSize, Math.log2(plan.blockSize / 1024));
    set32(SB.logFragSize, Math.log2(plan.blockSize / 1024));
    set32(SB.blocksPerGroup, plan.blocksPerGroup);
    set32(SB.fragsPerGroup, plan.blocksPerGroup);
    set32(SB.inodesPerGroup, plan.inodesPerGroup);
    set16(SB.maxMountCount, 0xffff);
    set16(SB.magic, EXT2_SUPER_MAGIC);
    set16(SB.state, STATE_VALID);
    set16(SB.errors, 1);
    set32(SB.revLevel, 1);
    set32(SB.firstInode, FIRST_INO);
    set16(SB.inodeSize, INODE_BYTES);
    set32(SB.incompat, INCOMPAT_FILETYPE);
    set32(SB.roCompat, RO_COMPAT_SPARSE_SUPER);
    // Any will do: nothing looks a disk up by it.
    for (let i = 0; i < 16; i++) bytes[SB.uuid + i] = 0x24 + i;
    const descriptors = new Uint8Array(this.descriptors.buffer);
    for (let group = 0; group < plan.groups; group++) {
      if (!hasSuperCopy(group)) continue;
      set16(90, group);
      const first = this.firstOf(group);
      this.store.write(group === 0 ? SUPER_OFFSET : first * plan.blockSize, bytes);
      this.put(first + 1, descriptors);
    }
  }
}

/** Sets bits [from, to). */
function setBits(bytes: Uint8Array, from: number, to: number): void {
  for (let bit = from; bit < to; bit++) bytes[bit >> 3] = (bytes[bit >> 3] as number) | (1 << (bit & 7));
}
