import { crc32 } from './crc32.ts';
import {
  Access,
  BLOCK_HEADER_BYTES,
  type Compression,
  EventKind,
  ImageRole,
  Limit,
  NO_FILE,
  PRELUDE_BYTES,
  TraceError,
} from './format.ts';
import {
  decodePrelude,
  jsonBytesOf,
  type TraceHeader,
  type TracePrelude,
  type TraceTotals,
} from './header.ts';
import type { SingleReferences } from './single-references.ts';

/** Bytes of a single reference at most, as far as nextSingles() reads them: tag, two of the mapping, three of the page. */
const SINGLE_BYTES = 6;

/** Bytes of a trace, in order. */
export interface TraceSource {
  /** Fills `target` as far as it can; the number of bytes read, 0 at the end only. */
  read(target: Uint8Array): number;
  close(): void;
}

/** Unpacks one block; must not make more than `rawBytes` bytes. May throw anything when `stored` is damaged. */
export type BlockDecompressor = (
  compression: Compression,
  stored: Uint8Array,
  rawBytes: number,
  /** Its number, from 0. */
  block: number,
) => Uint8Array;

/** A file that mappings refer to by its index in `TraceReader.files`. */
export interface TraceFile {
  readonly name: string;
  readonly bytes: number;
}

/**
 * Reads the header of a trace and nothing after it.
 * @throws TraceError when it is damaged.
 */
export function readPrelude(source: TraceSource): TracePrelude {
  const fixed = new Uint8Array(PRELUDE_BYTES);
  const got = readFully(source, fixed);
  const jsonBytes = jsonBytesOf(fixed.subarray(0, got));
  const all = new Uint8Array(PRELUDE_BYTES + jsonBytes);
  all.set(fixed);
  const json = readFully(source, all.subarray(PRELUDE_BYTES));
  return decodePrelude(all.subarray(0, PRELUDE_BYTES + json));
}

/**
 * Reads a trace event by event, in constant memory. `next()` fills the fields; an event's doc comment in EventKind
 * names those that it sets, the others keep older values. Nothing is allocated for an event other than File.
 *
 * ```ts
 * const trace = openTrace(path);
 * while (trace.next()) {
 *   if (trace.kind === EventKind.Reference) {
 *     const first = base[trace.mapping] + trace.page * 4096;
 *     for (let i = 0; i < trace.count; i++) touch(first + i * trace.stride * 4096, trace.access);
 *   } else if …
 * }
 * ```
 *
 * What is checked here: all ids were made before, all counts are within Limit, the totals are those of the header.
 * What is left to the consumer: whether the process has the mapping, and whether it is that large.
 */
export class TraceReader {
  readonly header: TraceHeader;
  readonly totals: TraceTotals;
  /** Files defined so far, by number. */
  readonly files: TraceFile[] = [];

  kind: EventKind = EventKind.End;
  /** The process whose event this is; the first is 0. */
  process = 0;
  mapping = 0;
  /** Page within the mapping. For a stack, counted downwards: its highest page is 0. */
  page = 0;
  pages = 0;
  access: Access = Access.Read;
  /** References of this event: the i-th is to `page + i * stride`. */
  count = 0;
  /** 1: consecutive pages; 0: the same page again and again. */
  stride: 0 | 1 = 0;
  prot = 0;
  flags = 0;
  /** Index into `files`, or NO_FILE. */
  file = NO_FILE;
  /** First page of the file that is mapped. */
  filePage = 0;
  advice = 0;
  stack = 0;
  heap = 0;
  role: ImageRole = ImageRole.Program;
  newMapping = 0;
  newPages = 0;
  child = 0;
  vfork = false;
  status = 0;
  references = 0;
  name = '';
  bytes = 0;

  /** Events read, this one included. */
  events = 0;
  /** References read, those of this event included. */
  referencesRead = 0;
  /** Sum of the Work events read. */
  rawReferencesRead = 0;

  private readonly label: string;
  private readonly source: TraceSource;
  private readonly decompress: BlockDecompressor;
  private readonly compression: Compression;
  private readonly blockHeader = new Uint8Array(BLOCK_HEADER_BYTES);
  /** Position in the (compressed) file. */
  private filePosition: number;
  private block: Uint8Array = new Uint8Array(0);
  private at = 0;
  /** Position in the uncompressed stream at which the block begins. */
  private blockStart = 0;
  private blocks = 0;
  private done = false;

  private cursors = new Int32Array(64);
  private mappings = 0;
  private processes = 1;
  private nameBytes = 0;
  private lastMapping = 0;

  /**
   * Reads the header at once.
   * @param name what messages about the events call the trace
   * @throws TraceError when it is damaged; the source is closed then.
   */
  constructor(source: TraceSource, decompress: BlockDecompressor, name = 'trace') {
    this.label = name;
    this.source = source;
    this.decompress = decompress;
    try {
      const prelude = readPrelude(source);
      this.header = prelude.header;
      this.totals = prelude.totals;
      this.compression = prelude.compression;
      this.filePosition = prelude.bytes;
    } catch (error) {
      source.close();
      throw error;
    }
  }

  /** Position in the uncompressed event stream: where the next event begins. */
  get position(): number {
    return this.blockStart + this.at;
  }

  /**
   * Goes to the next event. False at the end of the trace (`kind` is End).
   * @throws TraceError when the trace is damaged or cut short; it must not be read on then.
   */
  next(): boolean {
    if (this.done) return false;
    if (this.at === this.block.length) this.#nextBlock();
    const tag = this.block[this.at++]!;
    this.events++;
    if (tag >= 0x80) {
      this.#reference(tag);
      return true;
    }
    this.kind = tag as EventKind;
    switch (tag) {
      case EventKind.End:
        this.#end();
        return false;
      case EventKind.Work:
        this.references = this.#varint(Number.MAX_SAFE_INTEGER, 'references');
        this.rawReferencesRead += this.references;
        return true;
      case EventKind.Switch:
        this.process = this.#varint(this.processes - 1, 'process');
        return true;
      case EventKind.File:
        this.#file();
        return true;
      case EventKind.Exec:
        this.file = this.#varint(this.files.length - 1, 'file');
        this.stack = this.#newMapping();
        this.heap = this.#newMapping();
        return true;
      case EventKind.Image:
        this.role = this.#varint(1, 'role') as ImageRole;
        this.pages = this.#count('pages');
        this.mapping = this.#newMapping();
        return true;
      case EventKind.Map:
        this.#backing();
        this.page = 0;
        this.mapping = this.#newMapping();
        return true;
      case EventKind.MapFixed:
        this.#mapping();
        this.page = this.#varint(Limit.pages, 'page');
        this.#backing();
        return true;
      case EventKind.Unmap:
        this.#range();
        return true;
      case EventKind.Protect:
        this.#range();
        this.prot = this.#varint(0xffffffff, 'prot');
        return true;
      case EventKind.Advise:
        this.#range();
        this.advice = this.#varint(0xffffffff, 'advice');
        return true;
      case EventKind.Break:
        this.#mapping();
        this.pages = this.#varint(Limit.pages, 'pages');
        return true;
      case EventKind.Remap: {
        this.#range();
        this.newPages = this.#count('new pages');
        const flags = this.#varint(0x1ffffffff, 'flags');
        this.flags = Math.floor(flags / 2);
        this.newMapping = flags % 2 === 1 ? this.#newMapping() : this.mapping;
        return true;
      }
      case EventKind.Fork:
        this.vfork = this.#varint(1, 'vfork') === 1;
        if (this.processes === Limit.processes) this.#fail(`more than ${Limit.processes} processes`);
        this.child = this.processes++;
        return true;
      case EventKind.Exit:
        this.status = this.#varint(0xffffffff, 'status');
        return true;
      default:
        this.at--;
        return this.#fail(`event kind ${tag}, expected 0 to ${EventKind.Exit} or a reference`);
    }
  }

  /** Closes the source. Needed only when the trace is not read to its end. */
  close(): void {
    this.done = true;
    this.source.close();
  }

  #reference(tag: number): void {
    const access = (tag >> 5) & 3;
    if (access === 3) this.#fail('access 3, expected 0 (read), 1 (write) or 2 (execute)');
    this.kind = EventKind.Reference;
    this.access = access as Access;
    const mapping = (tag & 0x10) === 0 ? this.lastMapping : this.#varint(this.mappings - 1, 'mapping');
    if (mapping >= this.mappings) this.#fail('a reference before there is any mapping');
    let page = this.cursors[mapping]!;
    switch (tag & 3) {
      case 1:
        page++;
        break;
      case 2:
        page--;
        break;
      case 3: {
        const zigzag = this.#varint(2 * Limit.pages + 1, 'page');
        page += zigzag % 2 === 1 ? -(zigzag + 1) / 2 : zigzag / 2;
        break;
      }
    }
    const run = (tag >> 2) & 3;
    if (run === 3) this.#fail('run kind 3, expected 0 (none), 1 (next pages) or 2 (same page)');
    const count = run === 0 ? 1 : this.#varint(Limit.pages - 2, 'run') + 2;
    const last = run === 1 ? page + count - 1 : page;
    if (page < 0 || last > Limit.pages) this.#fail(`a reference to pages ${page} to ${last}`);
    this.mapping = mapping;
    this.page = page;
    this.count = count;
    this.stride = run === 1 ? 1 : 0;
    this.referencesRead += count;
    this.lastMapping = mapping;
    this.cursors[mapping] = last;
    if (this.referencesRead > this.totals.references) {
      this.#fail(`more references than the ${this.totals.references} of the header`);
    }
  }

  /**
   * Goes over the events that come next as long as they are single references of one process, at most `most` of them, and
   * stands then as after so many calls of {@link next}. Leaves to that what is not plain: damage, a block's end.
   *
   * @returns how many; 0: the next event is another one, or next() must look at it
   */
  nextSingles(into: SingleReferences, most: number): number {
    const { block, cursors, mappings } = this;
    const limit = Math.min(most, into.room, this.totals.references - this.referencesRead);
    const end = block.length - SINGLE_BYTES;
    let { at, lastMapping } = this;
    let count = 0;
    while (count < limit && at <= end) {
      const tag = block[at]!;
      if (tag < 0x80 || (tag & 0x0c) !== 0 || (tag & 0x60) === 0x60) break;
      let to = at + 1;
      let mapping = lastMapping;
      if ((tag & 0x10) !== 0) {
        mapping = block[to++]!;
        if (mapping >= 0x80) {
          mapping = (mapping & 0x7f) | (block[to++]! << 7);
          if (mapping >= 0x4000) break;
        }
      }
      if (mapping >= mappings) break;
      let page = cursors[mapping]!;
      if ((tag & 3) === 3) {
        let zigzag = block[to++]!;
        if (zigzag >= 0x80) {
          zigzag = (zigzag & 0x7f) | (block[to++]! << 7);
          if (zigzag >= 0x4000) {
            zigzag = (zigzag & 0x3fff) | (block[to++]! << 14);
            if (zigzag >= 0x200000) break;
          }
        }
        page += (zigzag >>> 1) ^ -(zigzag & 1);
      } else {
        // 0, 1 and 2 are 0, 1 and -1.
        page += (tag & 1) - ((tag >> 1) & 1);
      }
      if (page < 0 || page > Limit.pages) break;
      at = to;
      lastMapping = mapping;
      cursors[mapping] = page;
      into.mapping[count] = mapping;
      into.page[count] = page;
      into.access[count] = (tag >> 5) & 3;
      count++;
    }
    if (count === 0) return 0;
    this.at = at;
    this.lastMapping = lastMapping;
    this.events += count;
    this.referencesRead += count;
    this.kind = EventKind.Reference;
    this.access = into.access[count - 1] as Access;
    this.mapping = lastMapping;
    this.page = cursors[lastMapping]!;
    this.count = 1;
    this.stride = 0;
    return count;
  }

  /** The last `count` references that {@link nextSingles} gave do not count: the consumer stops before them, for good. */
  uncount(count: number): void {
    this.events -= count;
    this.referencesRead -= count;
  }

  #file(): void {
    const bytes = this.#varint(Number.MAX_SAFE_INTEGER, 'bytes');
    const length = this.#varint(Limit.nameBytes, 'name length');
    if (length > this.block.length - this.at)
      this.#fail(`a name of ${length} bytes, cut off by the block's end`);
    this.nameBytes += length;
    if (this.files.length === Limit.files || this.nameBytes > Limit.allNameBytes) {
      this.#fail(`more than ${Limit.files} files, or ${Limit.allNameBytes} bytes of names`);
    }
    this.name = new TextDecoder().decode(this.block.subarray(this.at, this.at + length));
    this.at += length;
    this.bytes = bytes;
    this.file = this.files.length;
    this.files.push({ name: this.name, bytes });
  }

  #range(): void {
    this.#mapping();
    this.page = this.#varint(Limit.pages, 'page');
    this.pages = this.#count('pages');
  }

  #backing(): void {
    this.pages = this.#count('pages');
    this.prot = this.#varint(0xffffffff, 'prot');
    this.flags = this.#varint(0xffffffff, 'flags');
    this.file = this.#varint(this.files.length, 'file') - 1;
    this.filePage = this.file === NO_FILE ? 0 : this.#varint(Number.MAX_SAFE_INTEGER, 'file page');
  }

  #mapping(): void {
    this.mapping = this.#varint(this.mappings - 1, 'mapping');
  }

  #newMapping(): number {
    if (this.mappings === Limit.mappings) this.#fail(`more than ${Limit.mappings} mappings`);
    const id = this.mappings++;
    if (id >= this.cursors.length) {
      const grown = new Int32Array(2 * this.cursors.length);
      grown.set(this.cursors);
      this.cursors = grown;
    }
    return id;
  }

  #count(name: string): number {
    const value = this.#varint(Limit.pages, name);
    if (value === 0) this.#fail(`0 ${name}, expected at least 1`);
    return value;
  }

  /** An unsigned LEB128 number of at most `max`. */
  #varint(max: number, name: string): number {
    const block = this.block;
    let value = 0;
    let scale = 1;
    for (let i = 0; i < 8; i++) {
      if (this.at === block.length) this.#fail(`${name} is cut off by the block's end`);
      const byte = block[this.at++]!;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) {
        if (value > max) this.#fail(`${name} is ${value}, expected at most ${max}`);
        return value;
      }
      scale *= 128;
    }
    return this.#fail(`${name} has more than 8 bytes`);
  }

  #nextBlock(): void {
    const head = this.blockHeader;
    this.#need(head, 'a block header');
    const view = new DataView(head.buffer);
    const rawBytes = view.getUint32(0, true);
    const storedBytes = view.getUint32(4, true);
    const crc = view.getUint32(8, true);
    if (rawBytes === 0) this.#fileFail('the end of the blocks, expected an End event before');
    if (rawBytes > Limit.blockBytes) {
      this.#fileFail(`a block of ${rawBytes} bytes, expected at most ${Limit.blockBytes}`);
    }
    // Data that cannot be compressed grows a little in every format; no more than this.
    if (storedBytes === 0 || storedBytes > rawBytes + 1024) {
      this.#fileFail(`a block stored in ${storedBytes} bytes, expected 1 to ${rawBytes + 1024}`);
    }
    const stored = new Uint8Array(storedBytes);
    this.#need(stored, `a block of ${storedBytes} bytes`);
    let raw: Uint8Array = stored;
    try {
      raw = this.decompress(this.compression, stored, rawBytes, this.blocks);
    } catch {
      this.#fileFail('a block that does not decompress: damaged');
    }
    if (raw.length !== rawBytes) this.#fileFail(`a block of ${raw.length} bytes, expected ${rawBytes}`);
    if (crc32(raw) !== crc) this.#fileFail('a block whose CRC is wrong: damaged');
    this.blockStart += this.block.length;
    this.block = raw;
    this.at = 0;
    this.blocks++;
  }

  /** The End event: nothing may follow, and what was read must be what the header promised. */
  #end(): void {
    if (this.at !== this.block.length) this.#fail('events after the End event');
    const head = this.blockHeader;
    this.#need(head, 'the empty last block');
    if (head.some((byte) => byte !== 0))
      this.#fileFail('a block after the End event, expected the empty last one');
    if (this.source.read(new Uint8Array(1)) !== 0) this.#fileFail('bytes after the end of the trace');
    this.#total('events', this.events, this.totals.events);
    this.#total('references', this.referencesRead, this.totals.references);
    this.#total('raw references', this.rawReferencesRead, this.totals.rawReferences);
    this.#total('mappings', this.mappings, this.totals.mappings);
    this.#total('processes', this.processes, this.totals.processes);
    this.#total('blocks', this.blocks, this.totals.blocks);
    this.close();
  }

  #total(what: string, read: number, promised: number): void {
    if (read !== promised) this.#fail(`the trace ends after ${read} ${what}, expected ${promised}`);
  }

  #need(target: Uint8Array, what: string): void {
    const got = readFully(this.source, target);
    if (got < target.length) {
      this.filePosition += got;
      this.#fileFail(`the end of the file inside ${what}: cut short`);
    }
    this.filePosition += target.length;
  }

  #fail(what: string): never {
    this.close();
    throw new TraceError(
      `${this.label}: event ${this.events} (byte ${this.position} of the events): ${what}`,
    );
  }

  #fileFail(what: string): never {
    this.close();
    throw new TraceError(
      `${this.label}: after event ${this.events}, byte ${this.filePosition} of the file: ${what}`,
    );
  }
}

/** Fills `target` unless the source ends before; the bytes read. */
function readFully(source: TraceSource, target: Uint8Array): number {
  let done = 0;
  while (done < target.length) {
    const got = source.read(target.subarray(done));
    if (got === 0) break;
    done += got;
  }
  return done;
}
