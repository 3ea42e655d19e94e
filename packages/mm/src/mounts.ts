/** Mounting and unmounting file systems. */

import { CAP } from './address-space/task.ts';
import { Errno } from './errno.ts';
import type { Kernel } from './kernel.ts';
import { ConfigError } from './kernel-bug.ts';
import { mountDevices } from './page-cache/dev-fs.ts';
import type { MountedFileSystem } from './page-cache/directory.ts';
import { DiskFs } from './page-cache/disk-fs/disk-fs.ts';
import { RamFs } from './page-cache/ram-fs.ts';
import { Tmpfs } from './shmem/tmpfs.ts';
import { parseTmpfsOptions, type TmpfsDefaults } from './shmem/tmpfs-options.ts';

/** Permission bits of the root unless an option says otherwise: everybody, each his own. */
const DEFAULT_MODE = 0o1777;

/** What a mount has without options: half of RAM, for pages and for inodes. */
function defaults(kernel: Kernel): TmpfsDefaults {
  const { totalram } = kernel.physical.totals;
  const { uid, gid } = kernel.vm.current;
  return {
    blocks: totalram >>> 1,
    inodes: totalram >>> 1,
    mode: DEFAULT_MODE,
    uid,
    gid,
    totalRam: totalram,
    sizeInPercent: kernel.shmem.rules.sizeInPercent,
    print: (text) => kernel.physical.log.print(text),
  };
}

/** How a file system is mounted. */
export interface MountHow {
  /** Nothing in it may be changed. */
  readonly readonly?: boolean;
  /** What /proc/mounts tells instead of the disk. */
  readonly source?: string;
}

type MountPoint = Exclude<ReturnType<Kernel['fs']['namei']['mountPoint']>, number>;

function addMount(
  kernel: Kernel,
  point: MountPoint,
  fs: MountedFileSystem,
  how: MountHow & { readonly type: string },
): number {
  const error = kernel.fs.mounts.add({ path: point.path, fs, covered: point.covered, ...how });
  if (error !== 0) fs.destroy();
  return error;
}

/** See {@link Kernel.mountTmpfs}. @linux 2.4.22 fs/namespace.c do_add_mount(), mm/shmem.c shmem_read_super() */
export function mountTmpfs(kernel: Kernel, path: string, options: string, how: MountHow = {}): number {
  const { namei } = kernel.fs;
  if (!path.startsWith('/')) return -Errno.ENOENT;
  const point = namei.mountPoint(path);
  if (typeof point === 'number') return point;
  const parsed = parseTmpfsOptions(options, defaults(kernel), false);
  const fs = parsed === null ? null : Tmpfs.mount(kernel.shmem, parsed);
  if (fs === null) return -Errno.EINVAL;
  return addMount(kernel, point, fs, { source: 'none', type: 'tmpfs', ...how });
}

/** See {@link Kernel.remountTmpfs}. @linux 2.4.22 mm/shmem.c shmem_remount_fs() */
export function remountTmpfs(kernel: Kernel, path: string, options: string): number {
  const mount = kernel.fs.namei.mountAt(path);
  if (typeof mount === 'number') return mount;
  if (!(mount.fs instanceof Tmpfs)) return -Errno.EINVAL;
  const { superblock } = mount.fs;
  const { maxBlocks, maxInodes } = superblock;
  const old = { ...defaults(kernel), blocks: maxBlocks, inodes: maxInodes };
  const parsed = parseTmpfsOptions(options, old, true);
  return parsed !== null && superblock.setSize(parsed.blocks, parsed.inodes) ? 0 : -Errno.EINVAL;
}

/** See {@link Kernel.umount}. */
export function umount(kernel: Kernel, path: string): number {
  const mount = kernel.fs.namei.mountAt(path);
  return typeof mount === 'number' ? mount : kernel.fs.mounts.remove(mount);
}

/** Devices of file systems that have none begin here. */
const FIRST_UNNAMED = 0x0010;

/** A device number for a file system without a disk: what get_anon_super() asks for. @linux 2.4.22 fs/super.c get_anon_super() */
export function unnamedDev(kernel: Kernel): number {
  const used = new Set([...kernel.fs.mounts].map(({ fs }) => fs.root.dev));
  let dev = FIRST_UNNAMED;
  while (used.has(dev)) dev++;
  return dev;
}

/**
 * Mounts a ramfs: files in the page cache, which nothing limits. At `/` it is the root, with directories throughout.
 * @returns 0, or -EBUSY, -ENOTDIR, -ENOENT, -ENOMEM
 */
export function mountRamfs(kernel: Kernel, path: string): number {
  const { pageCache: cache, vfs } = kernel;
  const root = RamFs.mount({ cache, vfs, dev: unnamedDev(kernel) });
  return mountMade(kernel, path, root, { source: path === '/' ? 'rootfs' : 'none', type: 'ramfs' });
}

/** Mounts the machine's devices, as a directory that has a node for each: 0, or -EBUSY, -ENOTDIR, -ENOENT, -ENOMEM. */
export function mountDevfs(kernel: Kernel, path: string): number {
  const { pageCache: cache, vfs, fs } = kernel;
  const folder = '/dev/';
  const made = mountDevices(
    { cache, vfs, dev: unnamedDev(kernel) },
    {
      find: (name) => fs.device(`${folder}${name}`),
      names: () => {
        const paths = [...fs.paths(), ...kernel.paging.disks.map((disk) => disk.path)];
        const names = paths
          .filter((each) => each.startsWith(folder))
          .map((each) => each.slice(folder.length));
        return new Set(names.sort());
      },
    },
  );
  return mountMade(kernel, path, made, { source: 'none', type: 'devfs' });
}

/** Mounts what was made. @returns 0, or -ENOMEM (it was not), -ENOENT, -ENOTDIR, -EBUSY */
export function mountMade(
  kernel: Kernel,
  path: string,
  fs: MountedFileSystem | null,
  how: MountHow & { readonly type: string },
): number {
  if (fs === null) return -Errno.ENOMEM;
  const point = kernel.fs.namei.mountPoint(path);
  if (typeof point !== 'number') return addMount(kernel, point, fs, how);
  fs.destroy();
  return point;
}

/** See {@link Kernel.mount}. */
export function mountDisk(kernel: Kernel, path: string, diskPath: string, how: MountHow = {}): number {
  if (kernel.memory.contentFree) throw new ConfigError(`mount ${path}: a content-free machine has no bytes`);
  const { namei } = kernel.fs;
  const { paging, vfs, vm } = kernel;
  if (!path.startsWith('/')) return -Errno.ENOENT;
  const point = namei.mountPoint(path);
  if (typeof point === 'number') return point;
  const disk = paging.disks.find((other) => other.path === diskPath);
  if (disk === undefined) return -Errno.ENXIO;
  const fs = DiskFs.mount(
    {
      buffers: paging.buffers,
      devices: paging.devices,
      inodes: paging.inodeCache,
      names: paging.dentryCache,
      vfs,
      rights: { mayUseReserve: () => vm.current.capable(CAP.sysResource), pid: () => vm.current.pid },
      now: () => vfs.now(),
    },
    paging.devices.node(disk.dev),
  );
  if (typeof fs === 'number') return fs;
  return addMount(kernel, point, fs, { source: diskPath, type: 'ext2', ...how });
}
