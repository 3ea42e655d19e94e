import { brelse } from '../buffers/block-buffers.ts';
import type { CachedName } from '../dentry-cache.ts';
import { DirectoryInode, type Dirent, NO_FILE, type Owner } from '../directory.ts';
import { FileInode, type InodeOperations, type OpenFile } from '../open-file.ts';
import type { DiskNode } from './block-map.ts';
import { GD, IN, INODE_BYTES, S_IFDIR, S_IFLNK, S_IFMT, S_IFREG } from './layout.ts';
import type { Volume } from './volume.ts';

/** {@link DiskNode} with what the tree of names needs. */
export interface DiskInodeInfo extends DiskNode {
  /** The name by which it was found last; a directory has just one. */
  lastName: CachedName | null;
}

/** What directories ask of their file system. */
export interface NameSource {
  find(directory: DiskDirectory, name: string): FileInode | null;
  names(directory: DiskDirectory): Dirent[];
  /** A directory was opened. */
  open(file: OpenFile): number;
  /** Writes a directory, and waits: 0 or -EIO. */
  fsync(inode: FileInode, datasync: boolean): number;
}

/** A directory whose names are on the disk. */
export class DiskDirectory extends DirectoryInode {
  private readonly source: NameSource;

  constructor(ino: number, dev: number, mode: number, owner: Owner, source: NameSource) {
    super(ino, dev, mode, owner, {
      ...NO_FILE,
      open: (file) => source.open(file),
      fsync: (inode, datasync) => source.fsync(inode, datasync),
      blocks: (inode) => infoOf(inode).blocks,
    });
    this.source = source;
  }

  override find(name: string): FileInode | null {
    return this.source.find(this, name);
  }

  override names(): readonly Dirent[] {
    return this.source.names(this);
  }

  override nameOf(child: DirectoryInode): string | null {
    return infoOf(child).lastName?.name ?? null;
  }
}

export function infoOf(inode: FileInode): DiskInodeInfo {
  return inode.generic as DiskInodeInfo;
}

/** A fresh inode's knowledge: no blocks. */
export function newInfo(volume: Volume, ino: number): DiskInodeInfo {
  return {
    data: new Int32Array(15),
    blocks: 0,
    group: Math.floor((ino - 1) / volume.inodesPerGroup),
    nextBlock: -1,
    nextGoal: 0,
    lastName: null,
  };
}

function typeBits({ kind }: FileInode): number {
  if (kind === 'directory') return S_IFDIR;
  return kind === 'symlink' ? S_IFLNK : S_IFREG;
}

/** Where an inode is on the disk: its block, and the byte in it. */
function placeOf(volume: Volume, ino: number): { readonly block: number; readonly at: number } {
  const group = Math.floor((ino - 1) / volume.inodesPerGroup);
  const offset = ((ino - 1) % volume.inodesPerGroup) * INODE_BYTES;
  return {
    block: volume.group32(group, GD.inodeTable) + Math.floor(offset / volume.blockSize),
    at: offset % volume.blockSize,
  };
}

/** What {@link readInode} makes inodes with. */
export interface InodeParts {
  readonly dev: number;
  readonly fileOps: InodeOperations;
  readonly source: NameSource;
}

/**
 * Reads an inode from its table.
 *
 * @returns null: it cannot be read, or is no file, no directory and no symbolic link
 * @linux 2.4.22 fs/ext2/inode.c ext2_read_inode()
 */
export function readInode(volume: Volume, ino: number, parts: InodeParts): FileInode | null {
  if (ino < 1 || ino > volume.inodesCount) return null;
  const { block, at } = placeOf(volume, ino);
  const bh = volume.bread(block);
  if (bh === null) return null;
  const get16 = (field: number) => volume.get16(bh, at + field);
  const get32 = (field: number) => volume.get32(bh, at + field);
  const mode = get16(IN.mode);
  const kind = mode & S_IFMT;
  const owner = { uid: get16(IN.uid), gid: get16(IN.gid) };
  const links = get16(IN.links);
  let inode: FileInode | null = null;
  if (links > 0 && kind === S_IFDIR) {
    inode = new DiskDirectory(ino, parts.dev, mode & 0o7777, owner, parts.source);
  } else if (links > 0 && kind === S_IFREG) {
    inode = new FileInode(ino, parts.dev, 'regular', mode & 0o7777, parts.fileOps);
  }
  if (links > 0 && kind === S_IFLNK) {
    inode = new FileInode(ino, parts.dev, 'symlink', mode & 0o7777, parts.fileOps);
  }
  if (inode !== null) {
    const info = newInfo(volume, ino);
    for (let i = 0; i < 15; i++) info.data[i] = get32(IN.block + 4 * i);
    info.blocks = get32(IN.blocks);
    inode.uid = owner.uid;
    inode.gid = owner.gid;
    inode.atime = get32(IN.atime);
    inode.mtime = get32(IN.mtime);
    inode.ctime = get32(IN.ctime);
    inode.generic = info;
    inode.nlink = links;
    inode.size = get32(IN.size) + (kind === S_IFREG ? get32(IN.sizeHigh) * 2 ** 32 : 0);
  }
  brelse(bh);
  return inode;
}

/**
 * Puts an inode into its table's buffer; with `sync`, on the disk.
 *
 * @param dtime time of its end, 0 while it lives
 * @returns 0, or whether it could not be: true
 * @linux 2.4.22 fs/ext2/inode.c ext2_update_inode()
 */
export function updateInode(volume: Volume, inode: FileInode, sync: boolean, dtime = 0): boolean {
  const { block, at } = placeOf(volume, inode.ino);
  const bh = volume.bread(block);
  if (bh === null) return false;
  const info = infoOf(inode);
  volume.set16(bh, at + IN.mode, typeBits(inode) | inode.mode);
  volume.set16(bh, at + IN.uid, inode.uid);
  volume.set16(bh, at + IN.gid, inode.gid);
  volume.set16(bh, at + IN.links, inode.nlink);
  volume.set32(bh, at + IN.size, inode.size % 2 ** 32);
  if (inode.kind === 'regular') volume.set32(bh, at + IN.sizeHigh, Math.floor(inode.size / 2 ** 32));
  volume.set32(bh, at + IN.atime, inode.atime);
  volume.set32(bh, at + IN.mtime, inode.mtime);
  volume.set32(bh, at + IN.ctime, inode.ctime);
  volume.set32(bh, at + IN.dtime, dtime);
  volume.set32(bh, at + IN.blocks, info.blocks);
  for (let i = 0; i < 15; i++) volume.set32(bh, at + IN.block + 4 * i, info.data[i] as number);
  volume.buffers.markDirty(bh);
  let good = true;
  if (sync) {
    volume.buffers.llRwBlock(true, [bh]);
    volume.buffers.waitOnBuffer(bh);
    good = (bh.state & 1) !== 0;
  }
  brelse(bh);
  return good;
}
