import { DirectoryInode, type Dirent } from './directory.ts';
import type { FileInode } from './open-file.ts';
import { RamFs, type RamFsParts } from './ram-fs.ts';

/** The machine's devices, by the last name of their node. */
export interface DeviceNodes {
  /** null: there is no such device. */
  find(name: string): FileInode | null;
  names(): Iterable<string>;
}

/** Where the devices are; what else is put there is in memory. */
class DeviceDirectory extends DirectoryInode {
  private readonly devices: DeviceNodes;

  constructor(dev: number, devices: DeviceNodes) {
    super(1, dev, 0o755, { uid: 0, gid: 0 });
    this.devices = devices;
  }

  override find(name: string): FileInode | null {
    return super.find(name) ?? this.devices.find(name);
  }

  override names(): readonly Dirent[] {
    const names: Dirent[] = [
      { name: '.', ino: this.ino, kind: 'directory' },
      { name: '..', ino: this.parent.ino, kind: 'directory' },
    ];
    for (const name of this.devices.names()) {
      const node = this.links.has(name) ? null : this.devices.find(name);
      if (node !== null) names.push({ name, ino: node.ino, kind: node.kind });
    }
    for (const [name, { inode }] of this.links) names.push({ name, ino: inode.ino, kind: inode.kind });
    return names;
  }
}

/**
 * The machine's devices as a file system, as devfs does it: a node for every driver, that nobody has to make and nobody can
 * remove. Directories, links and files can be made beside them. null: no memory.
 */
export function mountDevices(parts: RamFsParts, devices: DeviceNodes): RamFs | null {
  return RamFs.mount({ ...parts, root: new DeviceDirectory(parts.dev, devices) });
}
