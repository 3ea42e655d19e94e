import type { Pfn } from '../types.ts';

/**
 * State bits of a buffer. @linux 2.4.22 include/linux/fs.h enum bh_state_bits
 *
 * `launder` is set while the I/O layer owns the locked buffer: whoever sees it may wait, the buffer will be unlocked.
 * `waitIo` remembers that reclaim passed by once without starting I/O.
 */
export const BH = {
  uptodate: 1 << 0,
  dirty: 1 << 1,
  lock: 1 << 2,
  req: 1 << 3,
  mapped: 1 << 4,
  new: 1 << 5,
  async: 1 << 6,
  waitIo: 1 << 7,
  launder: 1 << 8,
  attached: 1 << 9,
  sync: 1 << 11,
} as const;

/** The three rings of buffers by state. @linux BUF_CLEAN, BUF_LOCKED, BUF_DIRTY */
export const BUF = { clean: 0, locked: 1, dirty: 2 } as const;

/** Called when the I/O of a buffer ends. @linux bh->b_end_io */
export type EndIo = (bh: BufferHead, uptodate: boolean) => void;

/**
 * A block of a device in memory: a piece of a page. The buffers of one page form a ring.
 *
 * ```
 *   page   [ 0 .. 1023 | 1024 .. 2047 | 2048 .. 3071 | 3072 .. 4095 ]
 *              bh   ->thisPage->  bh   ->      bh     ->      bh  -> back to the first
 * ```
 * @linux 2.4.22 include/linux/fs.h struct buffer_head
 */
export class BufferHead {
  // Tens of thousands of these are in use at a time, so that a CPU finds hardly one in its caches. What is asked together
  // stands together, and no field holds a number that V8 keeps in an object of its own (above 2^31).

  /** {@link BH} bits. @linux b_state */
  state = 0;
  /** References. @linux b_count */
  count = 0;
  /** Next buffer of the page. @linux b_this_page */
  thisPage: BufferHead | null = null;
  /** List of an inode's dirty buffers that it is on. @linux b_inode_buffers */
  inodeList: Set<BufferHead> | null = null;
  /** Ring of {@link list}. @linux b_next_free, b_prev_free */
  nextFree: BufferHead | null = null;
  /** Whether it is found by (device, block). @linux b_pprev */
  hashed = false;
  /** Block on the device, in units of {@link size}. @linux b_blocknr */
  blocknr = -1;
  /** Device number, major << 8 | minor; 0 = none. @linux b_dev */
  dev = 0;
  /** Address of the object in its slab, as a signed number; 0 in a machine that charges nothing. */
  slabAddr = 0;
  /** Bytes: 512 to 4096, a power of two. @linux b_size */
  size = 0;
  /** Page that holds the bytes, and where in it. @linux b_page, b_data */
  page: Pfn = 0;
  offset = 0;
  /** @linux b_end_io */
  endIo: EndIo | null = null;
  /** Next buffer of the request that it is part of. @linux b_reqnext */
  requestNext: BufferHead | null = null;
  /** Ring that it hangs on, {@link BUF}. @linux b_list */
  list: number = BUF.clean;
  prevFree: BufferHead | null = null;
  /** Jiffies at which a dirty buffer is to be written. @linux b_flushtime */
  flushtime = 0;
  /** What {@link endIo} needs: the buffer that a bounce buffer stands for. @linux b_private */
  private: BufferHead | null = null;
}
