import { BH, BUF, type BufferHead } from '../../block/buffer-head.ts';
import { KernelBug } from '../../kernel-bug.ts';

/**
 * Where buffers are found: by device and block, and by state on one of three rings (clean, locked, dirty), oldest first.
 *
 * @linux 2.4.22 fs/buffer.c lru_list, nr_buffers_type, size_buffers_type, hash_table
 */
export class BufferRings {
  /** First (oldest) buffer of each ring, {@link BUF}. */
  readonly first: (BufferHead | null)[] = [null, null, null];
  /** Buffers on each ring. Recount: the rings. */
  readonly count = [0, 0, 0];
  /** Bytes on each ring. */
  readonly bytes = [0, 0, 0];
  private readonly byBlock = new Map<string, BufferHead>();

  /** The buffer of a block, null if there is none; takes no reference. @linux get_hash_table() */
  find(dev: number, block: number, size: number): BufferHead | null {
    return this.byBlock.get(key(dev, block, size)) ?? null;
  }

  /** @linux __insert_into_hash_list() */
  hash(bh: BufferHead): void {
    bh.hashed = true;
    this.byBlock.set(key(bh.dev, bh.blocknr, bh.size), bh);
  }

  /** Adds a buffer at the end of a ring. @linux __insert_into_lru_list() */
  insert(bh: BufferHead, list: number): void {
    if (bh.nextFree !== null) throw new KernelBug(`block ${bh.blocknr} is on a ring already`);
    const first = this.first[list] as BufferHead | null;
    if (first === null) {
      this.first[list] = bh;
      bh.nextFree = bh;
      bh.prevFree = bh;
    } else {
      const last = first.prevFree as BufferHead;
      bh.nextFree = first;
      bh.prevFree = last;
      last.nextFree = bh;
      first.prevFree = bh;
    }
    this.count[list] = (this.count[list] as number) + 1;
    this.bytes[list] = (this.bytes[list] as number) + bh.size;
  }

  /** Takes a buffer off its ring; nothing if it is on none. @linux __remove_from_lru_list() */
  remove(bh: BufferHead): void {
    const next = bh.nextFree;
    if (next === null) return;
    const prev = bh.prevFree as BufferHead;
    prev.nextFree = next;
    next.prevFree = prev;
    if (this.first[bh.list] === bh) this.first[bh.list] = next === bh ? null : next;
    bh.nextFree = null;
    bh.prevFree = null;
    this.count[bh.list] = (this.count[bh.list] as number) - 1;
    this.bytes[bh.list] = (this.bytes[bh.list] as number) - bh.size;
  }

  /** Off its ring and not to be found any more. @linux __remove_from_queues() */
  forget(bh: BufferHead): void {
    if (bh.hashed) {
      this.byBlock.delete(key(bh.dev, bh.blocknr, bh.size));
      bh.hashed = false;
    }
    this.remove(bh);
  }

  /** Moves a buffer to the ring that its state asks for: to its end, or nowhere if it is there. @linux __refile_buffer() */
  refile(bh: BufferHead): void {
    let list: number = BUF.clean;
    if ((bh.state & BH.lock) !== 0) list = BUF.locked;
    if ((bh.state & BH.dirty) !== 0) list = BUF.dirty;
    if (list === bh.list) return;
    this.remove(bh);
    bh.list = list;
    if (list === BUF.clean) removeInodeQueue(bh);
    this.insert(bh, list);
  }

  /** Recounts the rings. @returns what differs */
  check(): string[] {
    const faults: string[] = [];
    for (let list = 0; list < 3; list++) {
      let count = 0;
      let bytes = 0;
      const first = this.first[list] as BufferHead | null;
      for (let bh = first; bh !== null; ) {
        count++;
        bytes += bh.size;
        if (bh.list !== list) faults.push(`block ${bh.blocknr} on ring ${list} says ${bh.list}`);
        if ((bh.nextFree as BufferHead).prevFree !== bh) faults.push(`ring ${list} is broken`);
        bh = bh.nextFree === first ? null : bh.nextFree;
      }
      if (count !== this.count[list] || bytes !== this.bytes[list]) {
        faults.push(
          `ring ${list}: ${count} buffers of ${bytes} bytes, counted ${this.count[list]}, ${this.bytes[list]}`,
        );
      }
    }
    return faults;
  }
}

function key(dev: number, block: number, size: number): string {
  return `${dev}:${block}:${size}`;
}

/** Puts a buffer on the list of an inode's dirty buffers. @linux buffer_insert_list() */
export function insertInodeQueue(bh: BufferHead, list: Set<BufferHead>): void {
  removeInodeQueue(bh);
  bh.state |= BH.attached;
  bh.inodeList = list;
  list.add(bh);
}

/** @linux remove_inode_queue() */
export function removeInodeQueue(bh: BufferHead): void {
  if (bh.inodeList === null) return;
  bh.inodeList.delete(bh);
  bh.inodeList = null;
  bh.state &= ~BH.attached;
}
