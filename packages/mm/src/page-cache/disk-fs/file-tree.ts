/** A tree of files, as it is put on a disk that is made: wherever its bytes come from. */
export type TreeNode = TreeFile | TreeLink | TreeDirectory;

/** What all kinds have. */
interface TreeEntry {
  /** Permission bits. */
  readonly mode: number;
  /** Time of the last change, seconds since 1970; default 0. */
  readonly mtime?: number;
}
export interface TreeFile extends TreeEntry {
  readonly kind: 'file';
  /** Bytes. */
  readonly size: number;
  /** Its contents, `size` bytes; asked once. */
  bytes(): Uint8Array;
}
export interface TreeLink {
  readonly kind: 'symlink';
  readonly target: string;
  readonly mtime?: number;
}
export interface TreeDirectory extends TreeEntry {
  readonly kind: 'directory';
  /** By name, in the order of the disk. A node that stands in several places is one file with several names. */
  readonly entries: ReadonlyMap<string, TreeNode>;
}

/** What a tree takes on a disk, without the disk's own books. */
export interface TreeSize {
  /** Bytes, each file in whole blocks. */
  readonly bytes: number;
  readonly inodes: number;
}

/** @param blockSize bytes of a block. A file with several names is counted for each: the size is an upper bound */
export function treeSize(tree: TreeDirectory, blockSize: number): TreeSize {
  let bytes = blockSize;
  let inodes = 1;
  let names = 0;
  for (const [name, node] of tree.entries) {
    names += 12 + 3 * name.length;
    if (node.kind === 'directory') {
      const below = treeSize(node, blockSize);
      bytes += below.bytes;
      inodes += below.inodes;
      continue;
    }
    inodes++;
    const size = node.kind === 'file' ? node.size : 3 * node.target.length;
    // Blocks of numbers: one for a block full of them, and those above.
    const blocks = Math.ceil(size / blockSize);
    bytes += (blocks + Math.ceil(blocks / (blockSize / 4)) + 3) * blockSize;
  }
  return { bytes: bytes + Math.ceil(names / (blockSize / 2)) * blockSize, inodes };
}
