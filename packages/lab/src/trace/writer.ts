import { compressBlock } from './compression.ts';
import { crc32 } from './crc32.ts';
import {
  Access,
  BLOCK_HEADER_BYTES,
  Compression,
  EventKind,
  type ImageRole,
  Limit,
  NO_FILE,
} from './format.ts';
import { encodePrelude, type TraceHeader, type TraceTotals } from './header.ts';
import { PageSet } from './page-set.ts';
import { fileSink, type TraceSink } from './sink.ts';

/** More than any one event takes. */
const EVENT_BYTES_MAX = Limit.nameBytes + 64;

/** The mapping ids that an exec makes. */
export interface ExecMappings {
  readonly stack: number;
  readonly heap: number;
}

/** Starts a trace in the file `path`; it appears there when the writer is closed. */
export function createTrace(path: string, header: TraceHeader, compression?: Compression): TraceWriter {
  return new TraceWriter(fileSink(path), header, compression);
}

/**
 * Writes a trace, event by event, in constant memory (one block, and a bit for each page ever referenced).
 * All events are of the current process, which is 0 at first; `switchTo` changes it.
 * Ids of files, mappings and processes count from 0 in the order in which they are made.
 *
 * Misuse (ids never made, numbers out of range) throws RangeError, before anything is written.
 */
export class TraceWriter {
  readonly #sink: TraceSink;
  readonly #header: TraceHeader;
  readonly #compression: Compression;
  readonly #block = new Uint8Array(Limit.blockBytes);
  readonly #distinct = new PageSet();
  #at = 0;
  #closed = false;

  #process = 0;
  #processes = 1;
  #mappings = 0;
  #files = 0;
  #nameBytes = 0;
  #events = 0;
  #references = 0;
  #raw = 0;
  #blocks = 0;

  /** Page last referenced, by mapping: what the next reference is relative to. */
  #cursors = new Int32Array(64);
  #lastMapping = 0;

  // The run being collected; its count is 0 when there is none.
  #runMapping = 0;
  #runPage = 0;
  #runAccess: Access = Access.Read;
  #runCount = 0;
  #runStride = 0;

  constructor(sink: TraceSink, header: TraceHeader, compression: Compression = Compression.Brotli) {
    this.#sink = sink;
    this.#header = header;
    this.#compression = compression;
    sink.append(encodePrelude(header, compression, this.totals));
  }

  /** The process whose events are written. */
  get process(): number {
    return this.#process;
  }

  /** Counts so far; those of the whole trace after `close`. */
  get totals(): TraceTotals {
    return {
      events: this.#events,
      references: this.#references,
      rawReferences: this.#raw,
      distinctPages: this.#distinct.size,
      mappings: this.#mappings,
      processes: this.#processes,
      blocks: this.#blocks,
    };
  }

  /** A reference to `page` of `mapping`. The writer collects repeated and consecutive ones into runs. */
  reference(mapping: number, page: number, access: Access): void {
    if (mapping !== this.#runMapping || access !== this.#runAccess || !this.#joinRun(page)) {
      this.#mapping(mapping);
      this.#pages('page', page, 0);
      this.#endRun();
      this.#runMapping = mapping;
      this.#runPage = page;
      this.#runAccess = access;
      this.#runCount = 1;
    }
    this.#references++;
    this.#distinct.add(mapping, page);
  }

  /** The program made `references` references (these recorded ones, and others that were filtered out). */
  work(references: number): void {
    if (references === 0) return;
    whole('references', references, Number.MAX_SAFE_INTEGER);
    this.#begin(EventKind.Work);
    this.#varint(references);
    this.#raw += references;
  }

  /** The next events are of `process`. Writes nothing when they already are. */
  switchTo(process: number): void {
    if (process === this.#process) return;
    whole('process', process, this.#processes - 1);
    this.#begin(EventKind.Switch);
    this.#varint(process);
    this.#process = process;
  }

  /** Makes a file known; its id. */
  file(name: string, bytes: number): number {
    whole('bytes', bytes, Number.MAX_SAFE_INTEGER);
    const utf8 = new TextEncoder().encode(name);
    if (utf8.length > Limit.nameBytes) {
      throw new RangeError(
        `trace: file name of ${utf8.length} bytes, at most ${Limit.nameBytes} are allowed`,
      );
    }
    this.#nameBytes += utf8.length;
    if (this.#files === Limit.files || this.#nameBytes > Limit.allNameBytes) {
      throw new RangeError(`trace: more than ${Limit.files} files, or ${Limit.allNameBytes} bytes of names`);
    }
    this.#begin(EventKind.File);
    this.#varint(bytes);
    this.#varint(utf8.length);
    this.#block.set(utf8, this.#at);
    this.#at += utf8.length;
    return this.#files++;
  }

  /** The process runs `file` now, with a new stack and heap, both empty. */
  exec(file: number): ExecMappings {
    whole('file', file, this.#files - 1);
    this.#begin(EventKind.Exec);
    this.#varint(file);
    return { stack: this.#newMapping(), heap: this.#newMapping() };
  }

  /** Reserves the address range of an ELF image; `mapFixed` fills it. The new mapping. */
  image(role: ImageRole, pages: number): number {
    this.#pages('pages', pages);
    this.#begin(EventKind.Image);
    this.#varint(role);
    this.#varint(pages);
    return this.#newMapping();
  }

  /** mmap at an address that the kernel chooses. The new mapping. `file` may be NO_FILE. */
  map(pages: number, prot: number, flags: number, file = NO_FILE, filePage = 0): number {
    this.#pages('pages', pages);
    this.#checkBacking(prot, flags, file, filePage);
    this.#begin(EventKind.Map);
    this.#backing(pages, prot, flags, file, filePage);
    return this.#newMapping();
  }

  /** mmap with MAP_FIXED over a part of `mapping`, which keeps its id there. */
  mapFixed(
    mapping: number,
    page: number,
    pages: number,
    prot: number,
    flags: number,
    file = NO_FILE,
    filePage = 0,
  ): void {
    this.#checkRange(mapping, page, pages);
    this.#checkBacking(prot, flags, file, filePage);
    this.#begin(EventKind.MapFixed);
    this.#varint(mapping);
    this.#varint(page);
    this.#backing(pages, prot, flags, file, filePage);
  }

  unmap(mapping: number, page: number, pages: number): void {
    this.#range(EventKind.Unmap, mapping, page, pages);
  }

  protect(mapping: number, page: number, pages: number, prot: number): void {
    whole('prot', prot, 0xffffffff);
    this.#range(EventKind.Protect, mapping, page, pages);
    this.#varint(prot);
  }

  /** `advice` is madvise's number. */
  advise(mapping: number, page: number, pages: number, advice: number): void {
    whole('advice', advice, 0xffffffff);
    this.#range(EventKind.Advise, mapping, page, pages);
    this.#varint(advice);
  }

  /** brk: the heap has `pages` (counted from the page of the first break) now. */
  break(heap: number, pages: number): void {
    this.#mapping(heap);
    whole('pages', pages, Limit.pages);
    this.#begin(EventKind.Break);
    this.#varint(heap);
    this.#varint(pages);
  }

  /**
   * mremap. The mapping that the result has: the same when it begins at page 0 and did not move, else a new one,
   * whose page 0 is the first page of the result.
   */
  remap(
    mapping: number,
    page: number,
    pages: number,
    newPages: number,
    flags: number,
    moved: boolean,
  ): number {
    this.#checkRange(mapping, page, pages);
    this.#pages('newPages', newPages);
    whole('flags', flags, 0xffffffff);
    this.#begin(EventKind.Remap);
    const isNew = moved || page !== 0;
    this.#varint(mapping);
    this.#varint(page);
    this.#varint(pages);
    this.#varint(newPages);
    this.#varint(flags * 2 + (isNew ? 1 : 0));
    return isNew ? this.#newMapping() : mapping;
  }

  /** The process makes a child with the same mappings; the child's number. */
  fork(vfork: boolean): number {
    if (this.#processes === Limit.processes)
      throw new RangeError(`trace: more than ${Limit.processes} processes`);
    this.#begin(EventKind.Fork);
    this.#varint(vfork ? 1 : 0);
    return this.#processes++;
  }

  exit(status: number): void {
    whole('status', status, 0xffffffff);
    this.#begin(EventKind.Exit);
    this.#varint(status);
  }

  /** Writes the rest, and the totals into the header. */
  close(): TraceTotals {
    this.#begin(EventKind.End);
    this.#flushBlock();
    this.#sink.append(new Uint8Array(BLOCK_HEADER_BYTES));
    this.#closed = true;
    this.#sink.overwrite(0, encodePrelude(this.#header, this.#compression, this.totals));
    this.#sink.finish();
    return this.totals;
  }

  /** Gives the trace up; nothing stays. */
  abort(): void {
    this.#closed = true;
    this.#sink.abort();
  }

  #joinRun(page: number): boolean {
    const count = this.#runCount;
    if (count === 0 || count === Limit.pages) return false;
    const stride = page - this.#runPage;
    if (count === 1 && (stride === 0 || stride === 1)) this.#runStride = stride;
    else if (count === 1 || page !== this.#runPage + this.#runStride * count) return false;
    this.#runCount = count + 1;
    return true;
  }

  #endRun(): void {
    const count = this.#runCount;
    if (count === 0) return;
    this.#runCount = 0;
    this.#reserve();
    const mapping = this.#runMapping;
    const delta = this.#runPage - this.#cursors[mapping]!;
    const explicit = mapping !== this.#lastMapping;
    const run = count === 1 ? 0 : this.#runStride === 1 ? 1 : 2;
    const code = delta === 0 ? 0 : delta === 1 ? 1 : delta === -1 ? 2 : 3;
    this.#block[this.#at++] = 0x80 | (this.#runAccess << 5) | (explicit ? 0x10 : 0) | (run << 2) | code;
    if (explicit) this.#varint(mapping);
    if (code === 3) this.#varint(delta < 0 ? -2 * delta - 1 : 2 * delta);
    if (run !== 0) this.#varint(count - 2);
    this.#cursors[mapping] = this.#runPage + (run === 1 ? count - 1 : 0);
    this.#lastMapping = mapping;
  }

  #begin(kind: EventKind): void {
    this.#endRun();
    this.#reserve();
    this.#block[this.#at++] = kind;
  }

  /** Makes room for one event, and counts it. */
  #reserve(): void {
    if (this.#closed) throw new Error('trace writer: closed already');
    if (this.#at + EVENT_BYTES_MAX > Limit.blockBytes) this.#flushBlock();
    this.#events++;
  }

  #flushBlock(): void {
    if (this.#at === 0) return;
    const raw = this.#block.subarray(0, this.#at);
    const stored = compressBlock(this.#compression, raw);
    const head = new DataView(new ArrayBuffer(BLOCK_HEADER_BYTES));
    head.setUint32(0, raw.length, true);
    head.setUint32(4, stored.length, true);
    head.setUint32(8, crc32(raw), true);
    this.#sink.append(new Uint8Array(head.buffer));
    this.#sink.append(stored);
    this.#blocks++;
    this.#at = 0;
  }

  #range(kind: EventKind, mapping: number, page: number, pages: number): void {
    this.#checkRange(mapping, page, pages);
    this.#begin(kind);
    this.#varint(mapping);
    this.#varint(page);
    this.#varint(pages);
  }

  #backing(pages: number, prot: number, flags: number, file: number, filePage: number): void {
    this.#varint(pages);
    this.#varint(prot);
    this.#varint(flags);
    this.#varint(file + 1);
    if (file !== NO_FILE) this.#varint(filePage);
  }

  #newMapping(): number {
    if (this.#mappings === Limit.mappings)
      throw new RangeError(`trace: more than ${Limit.mappings} mappings`);
    const id = this.#mappings++;
    if (id >= this.#cursors.length) {
      const grown = new Int32Array(2 * this.#cursors.length);
      grown.set(this.#cursors);
      this.#cursors = grown;
    }
    return id;
  }

  #checkBacking(prot: number, flags: number, file: number, filePage: number): void {
    whole('prot', prot, 0xffffffff);
    whole('flags', flags, 0xffffffff);
    if (file !== NO_FILE) whole('file', file, this.#files - 1);
    whole('filePage', filePage, Number.MAX_SAFE_INTEGER);
  }

  #checkRange(mapping: number, page: number, pages: number): void {
    this.#mapping(mapping);
    this.#pages('page', page, 0);
    this.#pages('pages', pages);
  }

  #mapping(mapping: number): void {
    whole('mapping', mapping, this.#mappings - 1);
  }

  #pages(name: string, pages: number, min = 1): void {
    if (pages < min) throw new RangeError(`trace: ${name} is ${pages}, expected at least ${min}`);
    whole(name, pages, Limit.pages);
  }

  #varint(value: number): void {
    let at = this.#at;
    const block = this.#block;
    while (value > 0x7f) {
      block[at++] = (value % 128) | 0x80;
      value = Math.floor(value / 128);
    }
    block[at++] = value;
    this.#at = at;
  }
}

function whole(name: string, value: number, max: number): number {
  if (!Number.isInteger(value) || value < 0 || value > max) {
    throw new RangeError(`trace: ${name} is ${value}, expected a whole number from 0 to ${max}`);
  }
  return value;
}
