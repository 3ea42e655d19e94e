/** System calls that mount and unmount. */
import { Errno, mountDevfs, mountProc, mountRamfs } from '@pagewalk/mm';
import { textAt, withPath } from '../files/paths.ts';
import { procView } from '../files/proc-view.ts';
import type { Guest } from '../guest.ts';
import type { SystemCall } from './call.ts';

const MS = { rdonly: 1, remount: 32, bind: 4096, move: 8192 } as const;
const ENODEV = 19;

/** What can be mounted: 0 or -errno. */
type Mounter = (guest: Guest, path: string, source: string, options: string, readonly: boolean) => number;
const KINDS: Readonly<Record<string, Mounter>> = {
  tmpfs: ({ kernel }, path, source, options, readonly) =>
    kernel.mountTmpfs(path, options, { source, readonly }),
  shm: ({ kernel }, path, source, options, readonly) =>
    kernel.mountTmpfs(path, options, { source, readonly }),
  ramfs: ({ kernel }, path) => mountRamfs(kernel, path),
  proc: (guest, path) => mountProc(guest.kernel, path, procView(guest)),
  devfs: ({ kernel }, path) => mountDevfs(kernel, path),
  devtmpfs: ({ kernel }, path) => mountDevfs(kernel, path),
  ext2: ({ kernel }, path, source, _options, readonly) => kernel.mount(path, source, { readonly }),
};

/** tmpfs, ramfs, devfs, proc and the ext2 of a disk. A tmpfs can be remounted with other limits. */
export const mount: SystemCall = (guest, task, sourceAt, pathAddr, kindAt, flags, dataAt) => {
  const source = sourceAt === 0 ? 'none' : textAt(guest, sourceAt);
  const kind = kindAt === 0 ? '' : textAt(guest, kindAt);
  const options = dataAt === 0 ? '' : textAt(guest, dataAt);
  if (typeof source === 'number') return source;
  if (typeof kind === 'number') return kind;
  if (typeof options === 'number') return options;
  if ((flags & (MS.bind | MS.move)) !== 0) return -Errno.EINVAL;
  return withPath(guest, task, pathAddr, (path) => {
    const point = guest.kernel.fs.namei.find(path);
    if (typeof point === 'number') return point;
    if (point.inode.kind !== 'directory') return -Errno.ENOTDIR;
    if ((flags & MS.remount) !== 0) return guest.kernel.remountTmpfs(point.path, options);
    const mounter = KINDS[kind];
    if (mounter === undefined) return -ENODEV;
    return mounter(guest, point.path, source, options, (flags & MS.rdonly) !== 0);
  });
};

export const umount2: SystemCall = (guest, task, at) =>
  withPath(guest, task, at, (path) => {
    const point = guest.kernel.fs.namei.find(path);
    return typeof point === 'number' ? point : guest.kernel.umount(point.path);
  });
