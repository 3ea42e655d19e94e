/** Mounting and unmounting file systems. */

import { CAP } from './address-space/task.ts';
import { Errno } from './errno.ts';
import type { Kernel } from './kernel.ts';
import { ConfigError } from './kernel-bug.ts';
import { DiskFs } from './page-cache/disk-fs/disk-fs.ts';
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

/** See {@link Kernel.mountTmpfs}. @linux 2.4.22 fs/namespace.c do_add_mount(), mm/shmem.c shmem_read_super() */
export function mountTmpfs(kernel: Kernel, path: string, options: string): number {
  const { namei, mounts } = kernel.fs;
  if (!path.startsWith('/')) return -Errno.ENOENT;
  const point = namei.mountPoint(path);
  if (typeof point === 'number') return point;
  const parsed = parseTmpfsOptions(options, defaults(kernel), false);
  const fs = parsed === null ? null : Tmpfs.mount(kernel.shmem, parsed);
  if (fs === null) return -Errno.EINVAL;
  const error = mounts.add({ path: point.path, fs, covered: point.covered });
  if (error !== 0) fs.destroy();
  return error;
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

/** What the machine's calendar shows at boot, seconds since 1970: the day on which 2.4.22 came out. */
const BOOT_TIME = 1_061_856_000;

/** See {@link Kernel.mount}. */
export function mountDisk(kernel: Kernel, path: string, diskPath: string): number {
  if (kernel.memory.contentFree) throw new ConfigError(`mount ${path}: a content-free machine has no bytes`);
  const { namei, mounts } = kernel.fs;
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
      now: () => BOOT_TIME + Math.floor(kernel.clock.now / 1e9),
    },
    paging.devices.node(disk.dev),
  );
  if (typeof fs === 'number') return fs;
  const error = mounts.add({ path: point.path, fs, covered: point.covered });
  if (error !== 0) fs.destroy();
  return error;
}
