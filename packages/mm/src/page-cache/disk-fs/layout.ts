/**
 * What lies where on the disk: the format of ext2, revision 1, with 128-byte inodes, sparse copies of the superblock and file
 * types in directories.
 *
 * ```
 *   boot | group 0                                                         | group 1 ...
 *        | superblock, descriptors, block bitmap, inode bitmap, inode table, data |
 * ```
 * All numbers are little-endian. @linux 2.4.22 include/linux/ext2_fs.h
 */

/** Where the superblock begins, bytes, and how long it is. */
export const SUPER_OFFSET = 1024;
export const SUPER_BYTES = 1024;
export const EXT2_SUPER_MAGIC = 0xef53;

/** Offsets in the superblock, bytes. */
export const SB = {
  inodesCount: 0,
  blocksCount: 4,
  reservedBlocks: 8,
  freeBlocks: 12,
  freeInodes: 16,
  firstDataBlock: 20,
  logBlockSize: 24,
  logFragSize: 28,
  blocksPerGroup: 32,
  fragsPerGroup: 36,
  inodesPerGroup: 40,
  mountTime: 44,
  writeTime: 48,
  mountCount: 52,
  maxMountCount: 54,
  magic: 56,
  state: 58,
  errors: 60,
  revLevel: 76,
  firstInode: 84,
  inodeSize: 88,
  incompat: 96,
  roCompat: 100,
  uuid: 104,
} as const;
/** {@link SB.state}: unmounted in order. */
export const STATE_VALID = 1;
/**
 * Features that this room knows.
 * @linux EXT2_FEATURE_INCOMPAT_FILETYPE, EXT2_FEATURE_RO_COMPAT_SPARSE_SUPER, EXT2_FEATURE_RO_COMPAT_LARGE_FILE
 */
export const INCOMPAT_FILETYPE = 2;
export const RO_COMPAT_SPARSE_SUPER = 1;
export const RO_COMPAT_LARGE_FILE = 2;

/** Bytes of a group descriptor, and offsets in it. @linux struct ext2_group_desc */
export const GROUP_BYTES = 32;
export const GD = {
  blockBitmap: 0,
  inodeBitmap: 4,
  inodeTable: 8,
  freeBlocks: 12,
  freeInodes: 14,
  usedDirs: 16,
} as const;

/** Bytes of an inode, and offsets in it. @linux struct ext2_inode */
export const INODE_BYTES = 128;
export const IN = {
  mode: 0,
  uid: 2,
  size: 4,
  atime: 8,
  ctime: 12,
  mtime: 16,
  dtime: 20,
  gid: 24,
  links: 26,
  /** In units of 512 bytes. */
  blocks: 28,
  /** Fifteen block numbers: twelve blocks, then an indirect, a double and a triple indirect one. */
  block: 40,
  /** Bits 32.. of a file's size. */
  sizeHigh: 108,
} as const;
/** Blocks that an inode names itself. @linux EXT2_NDIR_BLOCKS */
export const DIRECT_BLOCKS = 12;
/** Inode of the root directory, and the first that files get. */
export const ROOT_INO = 2;
export const FIRST_INO = 11;

/** Kind bits of a mode. @linux S_IFMT, S_IFREG, S_IFDIR, S_IFLNK */
export const S_IFMT = 0o170000;
export const S_IFREG = 0o100000;
export const S_IFDIR = 0o040000;
export const S_IFLNK = 0o120000;
/** Kinds in a directory. @linux EXT2_FT_REG_FILE, EXT2_FT_DIR, EXT2_FT_SYMLINK */
export const FT_REG_FILE = 1;
export const FT_DIR = 2;
export const FT_SYMLINK = 7;
/** A link whose target, with its NUL, is no longer lies in the inode, where else block numbers are. */
export const FAST_LINK_BYTES = 60;

/** Bytes of a directory entry with a name of `length` bytes. @linux EXT2_DIR_REC_LEN */
export function entryBytes(length: number): number {
  return (8 + length + 3) & ~3;
}

/** Whether a group has a copy of the superblock: 0, 1, and powers of 3, 5 and 7. @linux ext2_bg_has_super() */
export function hasSuperCopy(group: number): boolean {
  if (group <= 1) return true;
  return [3, 5, 7].some((base) => {
    let power = base;
    while (power < group) power *= base;
    return power === group;
  });
}
