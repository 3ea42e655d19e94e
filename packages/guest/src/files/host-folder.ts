/** A folder of this computer as a tree of files. The only part of the guest's files that needs Node. */
import { lstatSync, readdirSync, readFileSync, readlinkSync, type Stats, statSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigError, type TreeDirectory, type TreeNode } from '@pagewalk/mm';

/** Bytes that are copied at most: they lie in this computer's memory as the machine's disk. */
export const HOST_FOLDER_MOST = 2 ** 30;

/** Inodes that were met, so that a file with several names stays one. */
interface Walk {
  readonly files: Map<string, TreeNode>;
  readonly folder: string;
  bytes: number;
}

/**
 * Reads a folder: its directories, files and symbolic links with their permission bits and times. Sockets, FIFOs and devices are
 * left out. Contents are read when they are asked for.
 *
 * @throws ConfigError: no such folder, no folder, it cannot be read, or it is larger than {@link HOST_FOLDER_MOST}
 */
export function readHostFolder(folder: string): TreeDirectory {
  const walk: Walk = { files: new Map(), folder, bytes: 0 };
  const about = asked(folder, () => statSync(folder), 'no such folder');
  if (!about.isDirectory()) throw new ConfigError(`${folder}: no folder, but a file`);
  return directory(walk, folder, about);
}

/** What the computer says of a path. @param missing what to say when it is not there. @throws ConfigError in place of its error */
function asked<T>(path: string, ask: () => T, missing = 'gone while its folder was read'): T {
  try {
    return ask();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') throw new ConfigError(`${path}: ${missing}`);
    throw new ConfigError(`${path}: cannot be read (${code ?? String(error)})`);
  }
}

function seconds(about: Stats): number {
  return Math.max(0, Math.floor(about.mtimeMs / 1000)) % 2 ** 32;
}

function directory(walk: Walk, path: string, about: Stats): TreeDirectory {
  const entries = new Map<string, TreeNode>();
  // Which order the computer has is its own affair.
  for (const name of asked(path, () => readdirSync(path)).sort()) {
    const node = nodeOf(walk, join(path, name));
    if (node !== null) entries.set(name, node);
  }
  return { kind: 'directory', mode: about.mode & 0o7777, mtime: seconds(about), entries };
}

/** Null: it is left out. */
function nodeOf(walk: Walk, path: string): TreeNode | null {
  // Node gives the bytes of a name that are no UTF-8 as this, and then finds no such file.
  const missing = path.includes('\ufffd') ? 'a name that is not UTF-8' : undefined;
  const about = asked(path, () => lstatSync(path), missing);
  if (about.isDirectory()) return directory(walk, path, about);
  const identity = `${about.dev}:${about.ino}`;
  const known = about.nlink > 1 ? walk.files.get(identity) : undefined;
  if (known !== undefined) return known;
  let node: TreeNode | null = null;
  if (about.isSymbolicLink()) {
    node = { kind: 'symlink', target: asked(path, () => readlinkSync(path)), mtime: seconds(about) };
  } else if (about.isFile()) {
    walk.bytes += about.size;
    if (walk.bytes > HOST_FOLDER_MOST) {
      throw new ConfigError(
        `${walk.folder}: more than ${HOST_FOLDER_MOST / 2 ** 20} MiB of files, which a disk in memory does not hold`,
      );
    }
    node = {
      kind: 'file',
      mode: about.mode & 0o7777,
      mtime: seconds(about),
      size: about.size,
      bytes: () => contents(path, about.size),
    };
  }
  if (node !== null && about.nlink > 1) walk.files.set(identity, node);
  return node;
}

/** As many bytes as there were when the folder was read. */
function contents(path: string, size: number): Uint8Array {
  const bytes = asked(path, () => readFileSync(path));
  if (bytes.length === size) return bytes;
  const kept = new Uint8Array(size);
  kept.set(bytes.subarray(0, size));
  return kept;
}
