/**
 * Makes an ext2 with files on it, as `mke2fs -d` does: on the medium, not through the memory of a machine.
 *
 * ```
 *   mkfs: an empty file system      FileWriter: nodes, blocks and names one behind the other
 *                                   finish: bitmaps, and what is free, counted anew
 * ```
 */
import { type BlockStore, MemoryStore } from '../../hardware/block-store.ts';
import { ConfigError } from '../../kernel-bug.ts';
import { type TreeDirectory, type TreeNode, treeSize } from './file-tree.ts';
import {
  DIRECT_BLOCKS,
  entryBytes,
  FAST_LINK_BYTES,
  FIRST_INO,
  FT_DIR,
  FT_REG_FILE,
  FT_SYMLINK,
  GD,
  GROUP_BYTES,
  hasSuperCopy,
  IN,
  INODE_BYTES,
  ROOT_INO,
  S_IFDIR,
  S_IFLNK,
  S_IFREG,
  SB,
  SUPER_BYTES,
  SUPER_OFFSET,
} from './layout.ts';
import { mkfs } from './mkfs.ts';

const BLOCK = 4096;
const MIB = 2 ** 20;
const PER_BLOCK = BLOCK / 4;
/** Longest name, bytes. */
const NAME_MAX = 255;
const ENTRY_TYPES = { file: FT_REG_FILE, directory: FT_DIR, symlink: FT_SYMLINK } as const;

/**
 * Makes a disk with these files on it; all are root's.
 *
 * @param room bytes that are to be free besides, at least
 * @throws ConfigError for a name that is too long
 */
export function mkfsTree(tree: TreeDirectory, room = 64 * MIB): MemoryStore {
  const { bytes, inodes } = treeSize(tree, BLOCK);
  const wanted = inodes + Math.ceil(room / (8 * BLOCK)) + FIRST_INO;
  // What the bitmaps and tables take: a 32nd at most, for the small ones some blocks more.
  const size = Math.ceil((bytes + room + wanted * INODE_BYTES) * 1.06 + 64 * BLOCK);
  const store = new MemoryStore(Math.ceil(size / MIB) * MIB);
  mkfs(store, {
    blockSize: BLOCK,
    bytesPerInode: Math.max(1024, Math.floor(store.size / wanted)),
    reservedPercent: 0,
  });
  const writer = new FileWriter(store);
  writer.root(tree);
  writer.finish();
  return store;
}

/** A node to be written. */
interface NodeFields {
  readonly mode: number;
  readonly mtime: number;
  readonly links: number;
  readonly size: number;
}

class FileWriter {
  private readonly store: BlockStore;
  private readonly blocks: number;
  private readonly perGroup: number;
  private readonly inodesPerGroup: number;
  private readonly groups: number;
  private readonly descriptors: DataView;
  private readonly blockBits: Uint8Array[] = [];
  private readonly inodeBits: Uint8Array[] = [];
  private readonly directories: number[] = [];
  // Inodes of nodes that were written; links counts their names.
  private readonly numbers = new Map<TreeNode, number>();
  private nextBlock = 0;
  private nextIno = FIRST_INO;

  constructor(store: BlockStore) {
    this.store = store;
    const superBlock = new DataView(new ArrayBuffer(SUPER_BYTES));
    store.read(SUPER_OFFSET, new Uint8Array(superBlock.buffer));
    this.blocks = superBlock.getUint32(SB.blocksCount, true);
    this.perGroup = superBlock.getUint32(SB.blocksPerGroup, true);
    this.inodesPerGroup = superBlock.getUint32(SB.inodesPerGroup, true);
    this.groups = Math.ceil(this.blocks / this.perGroup);
    this.descriptors = new DataView(new ArrayBuffer(Math.ceil((this.groups * GROUP_BYTES) / BLOCK) * BLOCK));
    store.read(BLOCK, new Uint8Array(this.descriptors.buffer));
    for (let group = 0; group < this.groups; group++) {
      this.blockBits.push(this.block(this.of(group, GD.blockBitmap)));
      this.inodeBits.push(this.block(this.of(group, GD.inodeBitmap)));
      this.directories.push(0);
    }
    this.emptyRoot();
  }

  /** What is mkfs's own goes: the root's block and lost+found. */
  private emptyRoot(): void {
    for (const ino of [ROOT_INO, FIRST_INO]) {
      const node = this.node(ino);
      for (let i = 0; i < DIRECT_BLOCKS; i++) {
        const block = node.getUint32(IN.block + 4 * i, true);
        if (block !== 0) clearBit(this.blockBits[Math.floor(block / this.perGroup)], block % this.perGroup);
      }
      this.putNode(ino, new Uint8Array(INODE_BYTES));
    }
    clearBit(this.inodeBits[0], FIRST_INO - 1);
  }

  private of(group: number, field: number): number {
    return this.descriptors.getUint32(group * GROUP_BYTES + field, true);
  }

  private block(number: number): Uint8Array {
    const bytes = new Uint8Array(BLOCK);
    this.store.read(number * BLOCK, bytes);
    return bytes;
  }

  private placeOf(ino: number): number {
    const group = Math.floor((ino - 1) / this.inodesPerGroup);
    return this.of(group, GD.inodeTable) * BLOCK + ((ino - 1) % this.inodesPerGroup) * INODE_BYTES;
  }

  private node(ino: number): DataView {
    const at = this.placeOf(ino);
    const block = this.block(Math.floor(at / BLOCK));
    return new DataView(block.buffer, at % BLOCK, INODE_BYTES);
  }

  private putNode(ino: number, bytes: Uint8Array): void {
    const at = this.placeOf(ino);
    const block = this.block(Math.floor(at / BLOCK));
    block.set(bytes, at % BLOCK);
    this.store.write(at - (at % BLOCK), block);
  }

  /** The next free block. */
  private takeBlock(): number {
    for (; this.nextBlock < this.blocks; this.nextBlock++) {
      const bits = this.blockBits[Math.floor(this.nextBlock / this.perGroup)];
      if (takeBit(bits, this.nextBlock % this.perGroup)) return this.nextBlock++;
    }
    throw new ConfigError(`the disk of ${this.blocks} blocks is too small for the files`);
  }

  private takeIno(): number {
    const ino = this.nextIno++;
    const group = Math.floor((ino - 1) / this.inodesPerGroup);
    if (group >= this.groups) throw new ConfigError(`the disk has no inode left for a file (${ino})`);
    takeBit(this.inodeBits[group], (ino - 1) % this.inodesPerGroup);
    return ino;
  }

  root(tree: TreeDirectory): void {
    this.directory(tree, ROOT_INO, ROOT_INO);
  }

  /** Writes a node that has no names but those of this disk: its inode. */
  private add(node: TreeNode, parent: number): number {
    const known = this.numbers.get(node);
    if (known !== undefined) {
      const fields = this.node(known);
      fields.setUint16(IN.links, fields.getUint16(IN.links, true) + 1, true);
      this.putNode(known, new Uint8Array(fields.buffer, fields.byteOffset, INODE_BYTES));
      return known;
    }
    const ino = this.takeIno();
    if (node.kind === 'directory') {
      this.directory(node, ino, parent);
      return ino;
    }
    this.numbers.set(node, ino);
    const mtime = node.mtime ?? 0;
    if (node.kind === 'file') {
      const fields = { mode: S_IFREG | (node.mode & 0o7777), mtime, links: 1, size: node.size };
      this.contents(ino, fields, node.bytes());
      return ino;
    }
    const target = new TextEncoder().encode(node.target);
    if (target.length >= BLOCK)
      throw new ConfigError(`a symbolic link to ${target.length} bytes: at most ${BLOCK - 1}`);
    const fields = { mode: S_IFLNK | 0o777, mtime, links: 1, size: target.length };
    if (target.length >= FAST_LINK_BYTES) this.contents(ino, fields, target);
    else {
      const view = inodeView(fields, 0);
      new Uint8Array(view.buffer).set(target, IN.block);
      this.putNode(ino, new Uint8Array(view.buffer));
    }
    return ino;
  }

  private directory(node: TreeDirectory, ino: number, parent: number): void {
    const names = new DirectoryWriter();
    names.add('.', ino, FT_DIR);
    names.add('..', parent, FT_DIR);
    let below = 0;
    for (const [name, entry] of node.entries) {
      if (entry.kind === 'directory') below++;
      names.add(name, this.add(entry, ino), ENTRY_TYPES[entry.kind]);
    }
    const bytes = names.finish();
    const { mode, mtime = 0 } = node;
    this.contents(
      ino,
      { mode: S_IFDIR | (mode & 0o7777), mtime, links: 2 + below, size: bytes.length },
      bytes,
    );
    const group = Math.floor((ino - 1) / this.inodesPerGroup);
    this.directories[group] = (this.directories[group] as number) + 1;
  }

  /** Writes contents, and the node that leads to them. */
  private contents(ino: number, fields: NodeFields, bytes: Uint8Array): void {
    const data: number[] = [];
    for (let at = 0; at < bytes.length; at += BLOCK) {
      const number = this.takeBlock();
      const piece = bytes.subarray(at, at + BLOCK);
      if (piece.length === BLOCK) this.store.write(number * BLOCK, piece);
      else {
        const whole = new Uint8Array(BLOCK);
        whole.set(piece);
        this.store.write(number * BLOCK, whole);
      }
      data.push(number);
    }
    const count = { blocks: data.length };
    const view = inodeView(fields, 0);
    for (let i = 0; i < DIRECT_BLOCKS; i++) view.setUint32(IN.block + 4 * i, data[i] ?? 0, true);
    let from = DIRECT_BLOCKS;
    for (let level = 1; level <= 3 && from < data.length; level++) {
      const covered = PER_BLOCK ** level;
      const number = this.numberBlock(data.slice(from, from + covered), level, count);
      view.setUint32(IN.block + 4 * (DIRECT_BLOCKS + level - 1), number, true);
      from += covered;
    }
    view.setUint32(IN.blocks, count.blocks * (BLOCK / 512), true);
    this.putNode(ino, new Uint8Array(view.buffer));
  }

  /** Writes a block of numbers, and those below it. */
  private numberBlock(data: readonly number[], level: number, count: { blocks: number }): number {
    const block = this.takeBlock();
    count.blocks++;
    const view = new DataView(new ArrayBuffer(BLOCK));
    const covered = PER_BLOCK ** (level - 1);
    for (let i = 0; i * covered < data.length; i++) {
      const part = data.slice(i * covered, (i + 1) * covered);
      const number = level === 1 ? (part[0] as number) : this.numberBlock(part, level - 1, count);
      view.setUint32(4 * i, number, true);
    }
    this.store.write(block * BLOCK, new Uint8Array(view.buffer));
    return block;
  }

  /** Bitmaps, descriptors and superblocks. */
  finish(): void {
    let freeBlocks = 0;
    let freeInodes = 0;
    for (let group = 0; group < this.groups; group++) {
      const blockBits = this.blockBits[group] as Uint8Array;
      const inodeBits = this.inodeBits[group] as Uint8Array;
      this.store.write(this.of(group, GD.blockBitmap) * BLOCK, blockBits);
      this.store.write(this.of(group, GD.inodeBitmap) * BLOCK, inodeBits);
      const free = clearBits(blockBits, this.perGroup);
      const inodes = clearBits(inodeBits, this.inodesPerGroup);
      const at = group * GROUP_BYTES;
      this.descriptors.setUint16(at + GD.freeBlocks, free, true);
      this.descriptors.setUint16(at + GD.freeInodes, inodes, true);
      this.descriptors.setUint16(at + GD.usedDirs, this.directories[group] as number, true);
      freeBlocks += free;
      freeInodes += inodes;
    }
    for (let group = 0; group < this.groups; group++) {
      if (!hasSuperCopy(group)) continue;
      const first = group * this.perGroup;
      const offset = group === 0 ? SUPER_OFFSET : first * BLOCK;
      const superBlock = new DataView(new ArrayBuffer(SUPER_BYTES));
      this.store.read(offset, new Uint8Array(superBlock.buffer));
      superBlock.setUint32(SB.freeBlocks, freeBlocks, true);
      superBlock.setUint32(SB.freeInodes, freeInodes, true);
      this.store.write(offset, new Uint8Array(superBlock.buffer));
      this.store.write((first + 1) * BLOCK, new Uint8Array(this.descriptors.buffer));
    }
  }
}

function inodeView({ mode, mtime, links, size }: NodeFields, blocks: number): DataView {
  const view = new DataView(new ArrayBuffer(INODE_BYTES));
  view.setUint16(IN.mode, mode, true);
  view.setUint32(IN.size, size % 2 ** 32, true);
  view.setUint32(IN.sizeHigh, Math.floor(size / 2 ** 32), true);
  for (const time of [IN.atime, IN.ctime, IN.mtime]) view.setUint32(time, mtime, true);
  view.setUint16(IN.links, links, true);
  view.setUint32(IN.blocks, blocks, true);
  return view;
}

/** Entries of a directory, in blocks that no entry crosses. */
class DirectoryWriter {
  private readonly done: Uint8Array[] = [];
  private bytes = new Uint8Array(BLOCK);
  private at = 0;
  // Where the last entry of the block begins.
  private last = 0;

  add(name: string, ino: number, type: number): void {
    const text = new TextEncoder().encode(name);
    if (text.length > NAME_MAX) throw new ConfigError(`a name of ${text.length} bytes: at most ${NAME_MAX}`);
    const length = entryBytes(text.length);
    if (this.at + length > BLOCK) this.close();
    const view = new DataView(this.bytes.buffer);
    view.setUint32(this.at, ino, true);
    view.setUint16(this.at + 4, length, true);
    view.setUint8(this.at + 6, text.length);
    view.setUint8(this.at + 7, type);
    this.bytes.set(text, this.at + 8);
    this.last = this.at;
    this.at += length;
  }

  /** The last entry reaches to the end of the block. */
  private close(): void {
    new DataView(this.bytes.buffer).setUint16(this.last + 4, BLOCK - this.last, true);
    this.done.push(this.bytes);
    this.bytes = new Uint8Array(BLOCK);
    this.at = 0;
    this.last = 0;
  }

  finish(): Uint8Array {
    this.close();
    const all = new Uint8Array(this.done.length * BLOCK);
    this.done.forEach((block, i) => {
      all.set(block, i * BLOCK);
    });
    return all;
  }
}

/** Sets a bit; false: it is set. */
function takeBit(bits: Uint8Array | undefined, bit: number): boolean {
  if (bits === undefined) return false;
  const byte = bits[bit >> 3] as number;
  bits[bit >> 3] = byte | (1 << (bit & 7));
  return (byte & (1 << (bit & 7))) === 0;
}

function clearBit(bits: Uint8Array | undefined, bit: number): void {
  if (bits !== undefined) bits[bit >> 3] = (bits[bit >> 3] as number) & ~(1 << (bit & 7));
}

/** How many of the first `count` bits are 0. */
function clearBits(bits: Uint8Array, count: number): number {
  let clear = 0;
  for (let bit = 0; bit < count; bit++) if (((bits[bit >> 3] as number) & (1 << (bit & 7))) === 0) clear++;
  return clear;
}
