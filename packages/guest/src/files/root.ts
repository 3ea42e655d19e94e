/** The tree that programs find at the beginning. */
import { ConfigError, errnoName, mountDevfs, mountProc, mountRamfs } from '@pagewalk/mm';
import type { Guest } from '../guest.ts';
import { procView } from './proc-view.ts';

/** Directories that every machine has. */
const DIRECTORIES = ['/dev', '/proc', '/tmp'] as const;

/** Mounts a root, if none is mounted yet, with the devices and /proc. @throws ConfigError when there is no memory for them */
export function setUpRoot(guest: Guest): void {
  const { kernel } = guest;
  const { namei, mounts } = kernel.fs;
  const good = (what: string, result: number) => {
    if (result < 0) throw new ConfigError(`root: ${what}: ${errnoName(-result)}`);
  };
  if (mounts.at('/') === null) good('/', mountRamfs(kernel, '/'));
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
  kernel.fs.settle();
}
