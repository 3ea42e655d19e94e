import { Errno } from '../errno.ts';
import { GFP_HIGHUSER } from '../page-allocator/gfp.ts';
import { type CopyActor, FileInode, type InodeOperations, type OpenFile } from '../page-cache/open-file.ts';
import type { PageCache } from '../page-cache/page-cache.ts';
import type { Addr, Pfn } from '../types.ts';

/**
 * /dev/zero. A read gives zeroes (with `readUser`, a large one by mapping the zero page), a write goes nowhere, a private mapping gets zero pages at once, a shared one is shared memory.
 * @linux 2.4.22 drivers/char/mem.c zero_fops
 */
export class DevZero implements InodeOperations {
  readonly maxBytes = 0x7fffffff;
  readonly mmapKind = 'devzero';
  private readonly cache: PageCache;
  private readonly zeroPage: Pfn;
  /** A read into the running task's memory; absent: {@link read} does it. */
  readonly readUser?: (file: OpenFile, addr: Addr, count: number) => number;

  constructor(cache: PageCache, zeroPage: Pfn, readZero?: (addr: Addr, count: number) => number) {
    this.cache = cache;
    this.zeroPage = zeroPage;
    if (readZero !== undefined) this.readUser = (_file, addr, count) => readZero(addr, count);
  }

  /** The device's inode; it never goes away. */
  newInode(ino: number, dev: number): FileInode {
    const inode = new FileInode(ino, dev, 'chardev', 0o666, this);
    inode.mapping = this.cache.newMapping(inode, {}, GFP_HIGHUSER);
    return inode;
  }

  /** @linux 2.4.22 drivers/char/mem.c read_zero() */
  read(_file: OpenFile, _position: number, count: number, actor: CopyActor): number {
    let read = 0;
    while (read < count) {
      const bytes = Math.min(4096, count - read);
      const missing = actor(this.zeroPage, 0, bytes, read);
      read += bytes - missing;
      if (missing !== 0) return read > 0 ? read : -Errno.EFAULT;
    }
    return read;
  }

  /** @linux 2.4.22 drivers/char/mem.c write_null() */
  write(_file: OpenFile, _position: number, count: number): number {
    return count;
  }
}
