/**
 * The numbers of the trace format: event kinds, accesses, limits. README.md in this folder describes the bytes.
 *
 * A reference, the commonest event by far, is one tag byte and rarely more:
 *
 * ```text
 *   7   6 5      4        3 2      1 0
 * +---+------+---------+-------+---------+
 * | 1 |access| mapping |  run  |  page   |
 * +---+------+---------+-------+---------+
 *     0 read   0 as the  0 none  0 the mapping's cursor
 *     1 write    last    1 next  1 cursor + 1
 *     2 exec   1 varint  2 same  2 cursor - 1
 *                                3 cursor + signed varint
 * ```
 */

/** First eight bytes of a trace. As in PNG, they are damaged by a transfer in text mode. */
export const TRACE_MAGIC = Uint8Array.of(0x89, 0x50, 0x57, 0x54, 0x0d, 0x0a, 0x1a, 0x0a);

/** The only version so far. */
export const TRACE_VERSION = 1;

/** Bytes of the fixed part of the header. */
export const PRELUDE_BYTES = 64;

/** Bytes before each block: raw size, stored size, CRC of the raw bytes. */
export const BLOCK_HEADER_BYTES = 12;

/** What a page reference does; also the number in bits 5 and 6 of the tag. */
export const Access = { Read: 0, Write: 1, Execute: 2 } as const;
export type Access = (typeof Access)[keyof typeof Access];

/** How the blocks are compressed; the number in the header. */
export const Compression = { None: 0, Gzip: 1, Brotli: 2 } as const;
export type Compression = (typeof Compression)[keyof typeof Compression];

/** What an event is. Every kind except Reference is its own tag byte. */
export const EventKind = {
  /** No more events. */
  End: 0,
  /** `count` references by `process` to `mapping`, from `page` on, with `access`. */
  Reference: 1,
  /** `references` raw references (recorded or filtered out) were made since the last Work of any process. */
  Work: 2,
  /** Events from here on are of `process`. */
  Switch: 3,
  /** Defines `file`, with `name` and `bytes`. */
  File: 4,
  /** `process` runs `file` now: its mappings are gone; `stack` and `heap` are new and empty. */
  Exec: 5,
  /** Reserves `pages` of address space for an ELF image with `role`: new `mapping`. */
  Image: 6,
  /** mmap where the kernel likes: new `mapping` of `pages`, `prot`, `flags`, `file`, `filePage`. */
  Map: 7,
  /** mmap with MAP_FIXED over `mapping` from `page` on: `pages`, `prot`, `flags`, `file`, `filePage`. */
  MapFixed: 8,
  /** munmap of `pages` of `mapping` from `page` on. */
  Unmap: 9,
  /** mprotect of `pages` of `mapping` from `page` on, to `prot`. */
  Protect: 10,
  /** madvise of `pages` of `mapping` from `page` on: `advice`. */
  Advise: 11,
  /** brk: the heap `mapping` has `pages` now. */
  Break: 12,
  /** mremap of `pages` of `mapping` from `page` on, to `newPages` in `newMapping` (perhaps the same), with `flags`. */
  Remap: 13,
  /** `process` made `child`, with a copy of all mappings; `vfork` when it lent them instead. */
  Fork: 14,
  /** `process` ended with `status`. */
  Exit: 15,
} as const;
export type EventKind = (typeof EventKind)[keyof typeof EventKind];

/** Which image of an exec an Image event is. */
export const ImageRole = { Program: 0, Interpreter: 1 } as const;
export type ImageRole = (typeof ImageRole)[keyof typeof ImageRole];

/** Protection bits, as mmap(2) has them. */
export const Prot = { Read: 1, Write: 2, Exec: 4 } as const;

/** The mmap(2) flags that a replay looks at, with Linux's i386 and x86-64 values. Others are kept as they were. */
export const MapFlag = {
  Shared: 0x1,
  Private: 0x2,
  Fixed: 0x10,
  Anonymous: 0x20,
  GrowsDown: 0x100,
  DenyWrite: 0x800,
  Locked: 0x2000,
  NoReserve: 0x4000,
  Populate: 0x8000,
} as const;

/** `file` of a mapping without one. */
export const NO_FILE = -1;

/** What a trace may hold at most; a reader refuses more, so that no input makes it allocate without bound. */
export const Limit = {
  /** Raw bytes of one block. */
  blockBytes: 1 << 20,
  /** Bytes of the JSON in the header. */
  headerBytes: 1 << 16,
  /** Pages of a mapping, and references of one event. */
  pages: 0x7fffffff,
  mappings: 1 << 24,
  processes: 1 << 16,
  files: 1 << 16,
  /** UTF-8 bytes of one file name. */
  nameBytes: 4096,
  /** UTF-8 bytes of all file names. */
  allNameBytes: 1 << 24,
} as const;

/** A trace cannot be read. The message is one line and says where, what was found and what was expected. */
export class TraceError extends Error {
  override name = 'TraceError';
}
