/** The machine's character devices, and how a driver of the user's own comes to one. */
import { CharDevice, type CharDriver } from './address-space/char-device.ts';
import { devKmem, type VmallocBytes } from './address-space/dev-kmem.ts';
import { devMem, type MemoryDeviceParts } from './address-space/dev-mem.ts';
import { devFull, devNull } from './address-space/dev-null.ts';
import { ConfigError } from './kernel-bug.ts';
import type { FileSystem } from './page-cache/file-system.ts';
import type { PageCache } from './page-cache/page-cache.ts';

/** @linux MEM_MAJOR */
const MEM_MAJOR = 1 << 8;

/** What the devices of every machine need. */
export interface CharDeviceParts extends MemoryDeviceParts {
  readonly fs: FileSystem;
  readonly pageCache: PageCache;
  readonly vmalloc: VmallocBytes;
  /** Fills the running task's memory with zeros: bytes, or -EFAULT. */
  readZero(addr: number, count: number): number;
}

/** Makes /dev/mem, /dev/kmem, /dev/null and /dev/full; their inode numbers are the minors. @linux 2.4.22 drivers/char/mem.c chr_dev_init() */
export function installCharDevices(parts: CharDeviceParts): void {
  const devices: readonly [minor: number, name: string, mode: number, driver: CharDriver][] = [
    [1, 'mem', 0o640, devMem(parts)],
    [2, 'kmem', 0o640, devKmem(parts, parts.vmalloc)],
    [3, 'null', 0o666, devNull],
    [7, 'full', 0o666, devFull((_file, addr, count) => parts.readZero(addr, count))],
  ];
  for (const [minor, name, mode, driver] of devices) {
    const device = new CharDevice(parts.pageCache, name, driver);
    const inode = parts.fs.addDevice(`/dev/${name}`, (ino, dev) => device.newInode(ino, dev, mode), minor);
    inode.rdev = MEM_MAJOR | minor;
  }
}

/** What the node of a device says of itself. */
export interface DeviceNode {
  /** Permission bits (default 0o666): shown, not enforced. */
  readonly mode?: number;
  /** 256 * major + minor (default 0): shown by stat. */
  readonly rdev?: number;
}

/**
 * Makes a device's node for a driver. A node of the same name is unlinked first.
 *
 * @param path absolute, e.g. `/dev/scullp`
 * @throws ConfigError for a path that does not begin with `/`
 */
export function registerDevice(
  parts: Pick<CharDeviceParts, 'fs' | 'pageCache'>,
  path: string,
  driver: CharDriver,
  { mode = 0o666, rdev = 0 }: DeviceNode = {},
): void {
  if (!path.startsWith('/') || path.endsWith('/')) {
    throw new ConfigError(`device: path '${path}'; it must begin with / and end in a name`);
  }
  const device = new CharDevice(parts.pageCache, path.slice(path.lastIndexOf('/') + 1), driver);
  parts.fs.addDevice(path, (ino, dev) => device.newInode(ino, dev, mode)).rdev = rdev;
}
