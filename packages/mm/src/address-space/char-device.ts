import { Errno } from '../errno.ts';
import { ConfigError } from '../kernel-bug.ts';
import { GFP_HIGHUSER } from '../page-allocator/gfp.ts';
import type { File } from '../page-cache/inode.ts';
import { type CopyActor, FileInode, type InodeOperations, type OpenFile } from '../page-cache/open-file.ts';
import type { PageCache } from '../page-cache/page-cache.ts';
import type { Addr, Pfn } from '../types.ts';
import type { Vma, VmOperations } from './vma.ts';

/**
 * What a character device's driver does; all of it is optional. Results below 0 are errnos.
 *
 * @linux struct file_operations, struct vm_operations_struct
 */
export interface CharDriver {
  /** A program opens the device: 0, or -errno, which refuses it. */
  open?(file: OpenFile): number;
  /** The last descriptor and the last area of an open are gone. */
  release?(file: OpenFile): void;
  /**
   * Bytes read. `copy(pfn, offset, bytes, done)` copies from byte `offset` of a frame to byte `done` of the program's buffer
   * and returns the bytes that it could not copy. Absent: -EINVAL.
   */
  read?(file: OpenFile, position: number, count: number, copy: CopyActor): number;
  /** Bytes written; `copy` goes the other way. Absent: -EINVAL. */
  write?(file: OpenFile, position: number, count: number, copy: CopyActor): number;
  /** Reads straight into the running task's memory, instead of {@link read}. */
  readUser?(file: OpenFile, addr: Addr, count: number): number;
  /**
   * A program maps the device: 0 or -errno. It may map frames at once (`kernel.remapPageRange`), and set the area's flags,
   * protection, private data and operations. Absent, and without {@link nopage}: -ENODEV.
   */
  mmap?(file: OpenFile, vma: Vma): number;
  /**
   * The frame for a page of an area that is touched for the first time, *with a reference* that the page-table entry then
   * holds; NOPAGE_SIGBUS (0) or NOPAGE_OOM (-1). It must not map anything itself.
   */
  nopage?(vma: Vma, address: Addr): Pfn;
  /** A second area began to show the device (split, fork, move); the first one is mmap's own. */
  vmOpen?(vma: Vma): void;
  /** An area is gone. */
  vmClose?(vma: Vma): void;
}

/** A character device: its driver, as the file system sees it. */
export class CharDevice implements InodeOperations {
  /** The full offset, as the memory devices use it. */
  readonly maxBytes = 0xffffffff;
  readonly mmapKind: File['mmapKind'];
  /** Present only if the driver has it. */
  readonly readUser?: (file: OpenFile, addr: Addr, count: number) => number;
  private readonly name: string;
  private readonly driver: CharDriver;
  private readonly cache: PageCache;
  /** What areas get whose driver sets nothing else; null: they have no owner. */
  private readonly vmOps: VmOperations | null;

  /** @param name of the driver's operations, for messages and areas */
  constructor(cache: PageCache, name: string, driver: CharDriver) {
    this.cache = cache;
    this.name = name;
    this.driver = driver;
    const { nopage, vmOpen, vmClose } = driver;
    const showsMemory = driver.mmap !== undefined || nopage !== undefined;
    this.mmapKind = showsMemory ? 'device' : null;
    if (driver.readUser !== undefined) {
      this.readUser = (file, addr, count) => driver.readUser?.(file, addr, count) ?? -Errno.EINVAL;
    }
    const hasOps = nopage !== undefined || vmOpen !== undefined || vmClose !== undefined;
    this.vmOps = !hasOps
      ? null
      : {
          name: `${name}_vm_ops`,
          ...(nopage === undefined ? {} : { nopage: (vma, address) => this.nopage(vma, address) }),
          ...(vmOpen === undefined ? {} : { open: (vma) => driver.vmOpen?.(vma) }),
          ...(vmClose === undefined ? {} : { close: (vma) => driver.vmClose?.(vma) }),
        };
  }

  /** The device's inode. Permission bits are shown, not enforced. */
  newInode(ino: number, dev: number, mode: number): FileInode {
    const inode = new FileInode(ino, dev, 'chardev', mode, this);
    inode.mapping = this.cache.newMapping(inode, {}, GFP_HIGHUSER);
    return inode;
  }

  open(file: OpenFile): number {
    return this.driver.open?.(file) ?? 0;
  }

  release(file: OpenFile): void {
    this.driver.release?.(file);
  }

  read(file: OpenFile, position: number, count: number, actor: CopyActor): number {
    return this.driver.read?.(file, position, count, actor) ?? -Errno.EINVAL;
  }

  write(file: OpenFile, position: number, count: number, actor: CopyActor): number {
    return this.driver.write?.(file, position, count, actor) ?? -Errno.EINVAL;
  }

  /** What `f_op->mmap` does: 0 or -errno. */
  mmap(file: OpenFile, vma: Vma): number {
    const error = this.driver.mmap?.(file, vma) ?? 0;
    if (error === 0 && vma.vmOps === null) vma.vmOps = this.vmOps;
    return error;
  }

  private nopage(vma: Vma, address: Addr): Pfn {
    const pfn = this.driver.nopage?.(vma, address) ?? 0;
    if (!Number.isInteger(pfn) || pfn < -1 || pfn >= this.cache.memMap.frames) {
      const frames = this.cache.memMap.frames;
      throw new ConfigError(`${this.name}: nopage gave ${pfn}; allowed are frames below ${frames}, 0 and -1`);
    }
    return pfn;
  }
}

/** mmap of a device's file. */
export function deviceMmap(file: File, vma: Vma): number {
  const { inode } = file as OpenFile;
  return (inode.ops as CharDevice).mmap(file as OpenFile, vma);
}
