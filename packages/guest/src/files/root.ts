/** The tree that programs find at the beginning. */
import {
  ConfigError,
  errnoName,
  mkfsTree,
  mountDevfs,
  mountProc,
  mountRamfs,
  type TreeDirectory,
} from '@pagewalk/mm';
import type { Guest } from '../guest.ts';
import { procView } from './proc-view.ts';

/** Directories that every machine has. */
const DIRECTORIES = ['/dev', '/proc', '/tmp'] as const;

/** Files to be mounted besides the root. */
export interface TreeMount {
  /** Absolute; the directories on the way to it are made. */
  readonly path: string;
  readonly tree: TreeDirectory;
  /** Nothing in it may be changed. */
  readonly readonly: boolean;
}

/** Bytes that are free on a disk made of a tree, for programs to write. */
const ROOM = 64 * 2 ** 20;

/**
 * Mounts the root, the devices and /proc, and what is asked for.
 *
 * @param tree what becomes the root; null: an empty one in memory
 * @throws ConfigError: there is no memory for them, or a mount's path leads nowhere
 */
export function setUpRoot(guest: Guest, tree: TreeDirectory | null, mounts: readonly TreeMount[]): void {
  const { kernel } = guest;
  const { namei } = kernel.fs;
  const good = (what: string, result: number) => {
    if (result < 0) throw new ConfigError(`${what}: nothing can be mounted there (${errnoName(-result)})`);
  };
  good('/', tree === null ? mountRamfs(kernel, '/') : mountTree(guest, { path: '/', tree, readonly: false }));
  const root = { uid: 0, gid: 0 };
  for (const path of DIRECTORIES) {
    if (kernel.fs.lookup(path) === null)
      good(path, namei.mkdir(path, path === '/tmp' ? 0o1777 : 0o755, root));
  }
  good('/dev', mountDevfs(kernel, '/dev'));
  good('/proc', mountProc(kernel, '/proc', procView(guest)));
  good('/dev/shm', namei.mkdir('/dev/shm', 0o1777, root));
  const links = [
    ['/proc/self/fd', 'fd'],
    ['/proc/self/fd/0', 'stdin'],
    ['/proc/self/fd/1', 'stdout'],
    ['/proc/self/fd/2', 'stderr'],
  ] as const;
  for (const [target, name] of links) good(name, namei.symlink(target, `/dev/${name}`, root));
  for (const mount of mounts) {
    makeWay(guest, mount.path);
    good(`mount ${mount.path}`, mountTree(guest, mount));
  }
  kernel.fs.settle();
}

/** Makes the directories of a path that are not there. */
function makeWay({ kernel }: Guest, path: string): void {
  const names = path.split('/').filter((name) => name !== '');
  names.forEach((_, i) => {
    const folder = `/${names.slice(0, i + 1).join('/')}`;
    if (kernel.fs.lookup(folder) === null) kernel.fs.namei.mkdir(folder, 0o755, { uid: 0, gid: 0 });
  });
}

function mountTree({ kernel }: Guest, { path, tree, readonly }: TreeMount): number {
  const disk = kernel.paging.addDisk(mkfsTree(tree, readonly ? 0 : ROOM));
  return kernel.mount(path, disk.path, { readonly });
}
