/**
 * Names in a directory's pages.
 *
 * ```
 *   +-------+---------+-----+------+------+ ... +-------+---------+ ...
 *   | inode | rec_len | len | kind | name |     | inode | rec_len |      up to the end of the block
 *   +-------+---------+-----+------+------+ ... +-------+---------+ ...
 *   inode 0: nothing; rec_len leads to the next one, over what was deleted
 * ```
 * @linux 2.4.22 fs/ext2/dir.c
 */
import { Errno } from '../../errno.ts';
import { PG } from '../../physical/mem-map.ts';
import type { Pfn } from '../../types.ts';
import type { BlockPages } from '../buffers/block-pages.ts';
import type { Dirent } from '../directory.ts';
import { readPage } from '../filemap-nopage.ts';
import type { InodeKind } from '../inode.ts';
import type { FileInode } from '../open-file.ts';
import type { PageCache } from '../page-cache.ts';
import { entryBytes, FT_DIR, FT_REG_FILE, FT_SYMLINK } from './layout.ts';

/** A name that was found: page with a reference, and where in it. */
interface Found {
  readonly pfn: Pfn;
  readonly at: number;
  /** Entry before it in the same block, -1: it is the first. */
  readonly before: number;
  readonly ino: number;
}

/** Kinds by the type that an entry tells. */
const KINDS: Readonly<Record<number, InodeKind>> = {
  [FT_REG_FILE]: 'regular',
  [FT_DIR]: 'directory',
  [FT_SYMLINK]: 'symlink',
};

const encoder = new TextEncoder();
const decoder = new TextDecoder();

export class DirectoryPages {
  private readonly cache: PageCache;
  private readonly pages: BlockPages;
  private readonly blockSize: number;

  constructor(cache: PageCache, pages: BlockPages, blockSize: number) {
    this.cache = cache;
    this.pages = pages;
    this.blockSize = blockSize;
  }

  /** A page of a directory, up to date, with a reference; or -EIO, -ENOMEM. @linux ext2_get_page(), read_cache_page() */
  private page(directory: FileInode, index: number): Pfn | number {
    const { cache } = this;
    const { mapping } = directory;
    for (;;) {
      let pfn = cache.findGetPage(mapping, index);
      if (pfn === 0) {
        pfn = cache.allocator.allocPages(mapping.gfpMask, 0);
        if (pfn === 0) return -Errno.ENOMEM;
        if (!cache.addToPageCacheUnique(pfn, mapping, index)) {
          cache.allocator.putPage(pfn);
          continue;
        }
        readPage(mapping, pfn);
      }
      cache.markPageAccessed(pfn);
      if (!cache.testFlags(pfn, PG.uptodate)) {
        cache.lockPage(pfn);
        const gone = cache.mappingOf(pfn) === null;
        if (gone || cache.testFlags(pfn, PG.uptodate)) {
          cache.unlockPage(pfn);
          if (!gone) return pfn;
          cache.allocator.putPage(pfn);
          continue;
        }
        cache.clearFlags(pfn, PG.error);
        readPage(mapping, pfn);
        cache.waitOnPage(pfn);
        if (!cache.testFlags(pfn, PG.uptodate)) {
          cache.allocator.putPage(pfn);
          return -Errno.EIO;
        }
      }
      return pfn;
    }
  }

  private view(pfn: Pfn): DataView {
    const { memory } = this.cache;
    return new DataView(memory.bytes.buffer, memory.bytes.byteOffset + memory.base(pfn) * 4, 4096);
  }

  private pageCount(directory: FileInode): number {
    return Math.ceil(directory.size / 4096);
  }

  /** Bytes of page `index` that belong to the directory. */
  private end(directory: FileInode, index: number): number {
    return Math.min(4096, directory.size - index * 4096);
  }

  /**
   * Goes over the entries of a page; `visit` returns true to stop there.
   *
   * @returns the place where it stopped, -1: nowhere
   */
  private scan(
    view: DataView,
    end: number,
    visit: (at: number, before: number, ino: number) => boolean,
  ): number {
    let before = -1;
    for (let at = 0; at < end; ) {
      if (at % this.blockSize === 0) before = -1;
      const length = view.getUint16(at + 4, true);
      // A damaged directory ends here.
      if (length < 8 || length % 4 !== 0 || (at % this.blockSize) + length > this.blockSize) return -1;
      if (visit(at, before, view.getUint32(at, true))) return at;
      before = at;
      at += length;
    }
    return -1;
  }

  /** @linux ext2_find_entry(): pages that cannot be read are passed over */
  private find(directory: FileInode, name: string): Found | null {
    const wanted = encoder.encode(name);
    for (let index = 0; index < this.pageCount(directory); index++) {
      const pfn = this.page(directory, index);
      if (pfn < 0) continue;
      const view = this.view(pfn);
      let found: Found | null = null;
      this.scan(view, this.end(directory, index), (at, before, ino) => {
        if (ino === 0 || !isNamed(view, at, wanted)) return false;
        found = { pfn, at, before, ino };
        return true;
      });
      if (found !== null) return found;
      this.cache.allocator.putPage(pfn);
    }
    return null;
  }

  /** The inode that a name names, 0: there is no such name. @linux ext2_inode_by_name() */
  lookup(directory: FileInode, name: string): number {
    const found = this.find(directory, name);
    if (found === null) return 0;
    this.cache.allocator.putPage(found.pfn);
    return found.ino;
  }

  /** All names, in the order of the disk. @linux ext2_readdir() */
  names(directory: FileInode): Dirent[] {
    const names: Dirent[] = [];
    for (let index = 0; index < this.pageCount(directory); index++) {
      const pfn = this.page(directory, index);
      if (pfn < 0) continue;
      const view = this.view(pfn);
      this.scan(view, this.end(directory, index), (at, _before, ino) => {
        const kind = KINDS[view.getUint8(at + 7)];
        if (ino !== 0) names.push({ name: nameAt(view, at), ino, ...(kind && { kind }) });
        return false;
      });
      this.cache.allocator.putPage(pfn);
    }
    return names;
  }

  /** Whether a directory has no names but . and .. @linux ext2_empty_dir() */
  isEmpty(directory: FileInode): boolean {
    return this.names(directory).every(({ name }) => name === '.' || name === '..');
  }

  /**
   * Adds a name: in the first gap that holds it, else in a new block.
   *
   * @returns 0, -EEXIST (a look-up that failed did not see it), -ENOMEM, -EIO, -ENOSPC
   * @linux 2.4.22 fs/ext2/dir.c ext2_add_link()
   */
  add(directory: FileInode, name: string, ino: number, kind: number): number {
    const bytes = encoder.encode(name);
    const needed = entryBytes(bytes.length);
    const taken = this.checkAbsent(directory, bytes);
    if (taken !== 0) return taken;
    for (let index = 0; index <= this.pageCount(directory); index++) {
      const pfn = this.page(directory, index);
      if (pfn < 0) return pfn;
      const { cache } = this;
      cache.lockPage(pfn);
      const error = this.addToPage(directory, index, pfn, bytes, needed, ino, kind);
      cache.unlockPage(pfn);
      cache.allocator.putPage(pfn);
      if (error !== NO_ROOM) return error;
    }
    return -Errno.ENOSPC;
  }

  /** 0, -EEXIST, or the error of a page that may have the name. */
  private checkAbsent(directory: FileInode, name: Uint8Array): number {
    for (let index = 0; index < this.pageCount(directory); index++) {
      const pfn = this.page(directory, index);
      if (pfn < 0) return pfn;
      const view = this.view(pfn);
      const end = this.end(directory, index);
      const at = this.scan(view, end, (entry, _before, ino) => ino !== 0 && isNamed(view, entry, name));
      this.cache.allocator.putPage(pfn);
      if (at !== -1) return -Errno.EEXIST;
    }
    return 0;
  }

  private addToPage(
    directory: FileInode,
    index: number,
    pfn: Pfn,
    name: Uint8Array,
    needed: number,
    ino: number,
    kind: number,
  ): number {
    const end = Math.max(0, this.end(directory, index));
    let view = this.view(pfn);
    let at = this.scan(view, end, (entry, _before, owner) => {
      const length = view.getUint16(entry + 4, true);
      const used = owner === 0 ? 0 : entryBytes(view.getUint8(entry + 6));
      return length - used >= needed;
    });
    const isNew = at === -1;
    if (isNew) {
      if (end >= 4096) return NO_ROOM;
      at = end;
    }
    const length = isNew ? this.blockSize : view.getUint16(at + 4, true);
    const error = this.pages.prepareWrite(pfn, at, at + length);
    if (error !== 0) return error;
    view = this.view(pfn);
    let place = at;
    let room = length;
    if (!isNew && view.getUint32(at, true) !== 0) {
      const used = entryBytes(view.getUint8(at + 6));
      view.setUint16(at + 4, used, true);
      place = at + used;
      room = length - used;
    }
    writeEntry(view, place, room, name, ino, kind);
    return this.pages.commitWrite(pfn, at, at + length);
  }

  /** Takes a name away: its room goes to the entry before it. 0, -ENOENT, -EIO. @linux ext2_delete_entry() */
  remove(directory: FileInode, name: string): number {
    const found = this.find(directory, name);
    if (found === null) return -Errno.ENOENT;
    const { cache } = this;
    const { pfn, at, before } = found;
    cache.lockPage(pfn);
    const from = before === -1 ? at : before;
    const to = at + this.view(pfn).getUint16(at + 4, true);
    const error = this.pages.prepareWrite(pfn, from, to);
    if (error === 0) {
      const view = this.view(pfn);
      if (before !== -1) view.setUint16(before + 4, to - before, true);
      view.setUint32(at, 0, true);
      this.pages.commitWrite(pfn, from, to);
    }
    cache.unlockPage(pfn);
    cache.allocator.putPage(pfn);
    return error;
  }

  /** Makes a name, which must be there, name another inode. @linux ext2_set_link() */
  set(directory: FileInode, name: string, ino: number, kind: number): number {
    const found = this.find(directory, name);
    if (found === null) return -Errno.ENOENT;
    const { cache } = this;
    const { pfn, at } = found;
    cache.lockPage(pfn);
    const to = at + this.view(pfn).getUint16(at + 4, true);
    const error = this.pages.prepareWrite(pfn, at, to);
    if (error === 0) {
      const view = this.view(pfn);
      view.setUint32(at, ino, true);
      view.setUint8(at + 7, kind);
      this.pages.commitWrite(pfn, at, to);
    }
    cache.unlockPage(pfn);
    cache.allocator.putPage(pfn);
    return error;
  }

  /** Fills the first block of a new directory: . and .. @linux ext2_make_empty() */
  makeEmpty(directory: FileInode, parentIno: number, kind: number): number {
    const dot = this.add(directory, '.', directory.ino, kind);
    return dot !== 0 ? dot : this.add(directory, '..', parentIno, kind);
  }
}

/** A page has no room for the name. */
const NO_ROOM = 1;

function writeEntry(
  view: DataView,
  at: number,
  room: number,
  name: Uint8Array,
  ino: number,
  kind: number,
): void {
  view.setUint32(at, ino, true);
  view.setUint16(at + 4, room, true);
  view.setUint8(at + 6, name.length);
  view.setUint8(at + 7, kind);
  for (let i = 0; i < name.length; i++) view.setUint8(at + 8 + i, name[i] as number);
}

function isNamed(view: DataView, at: number, name: Uint8Array): boolean {
  if (view.getUint8(at + 6) !== name.length) return false;
  for (let i = 0; i < name.length; i++) if (view.getUint8(at + 8 + i) !== name[i]) return false;
  return true;
}

function nameAt(view: DataView, at: number): string {
  const length = view.getUint8(at + 6);
  return decoder.decode(new Uint8Array(view.buffer, view.byteOffset + at + 8, length).slice());
}
