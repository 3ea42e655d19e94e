import { crc32 } from './crc32.ts';
import { Compression, Limit, PRELUDE_BYTES, TRACE_MAGIC, TRACE_VERSION, TraceError } from './format.ts';

/** The machine that a workload was recorded on. */
export interface TraceMachine {
  /** Kernel name and release, as `uname -sr` has them. */
  readonly system: string;
  /** As `uname -m` has it. */
  readonly architecture: string;
  readonly processor: string;
  readonly cpus: number;
  readonly memoryBytes: number;
}

/** What the command did when it ran natively, without the recorder; children that it waited for included. */
export interface RealRun {
  readonly minorFaults: number;
  readonly majorFaults: number;
  /** Wall-clock time. */
  readonly seconds: number;
  /** Exit status, as a shell has it. */
  readonly status: number;
}

/** The reference filter that the recording passed (see filter.ts). */
export interface FilterSettings {
  /** Pages that the filter remembers for each process; 0: every reference was recorded. */
  readonly depth: number;
  /** A remembered page is recorded again after this many raw references of its process. */
  readonly refresh: number;
}

/** What a recording says about itself; JSON in the file. */
export interface TraceHeader {
  /** The command and its arguments. */
  readonly command: readonly string[];
  /** One sentence on what the workload is. */
  readonly note: string;
  /** What made the recording, with version. */
  readonly recorder: string;
  /** ISO 8601 date. */
  readonly recordedAt: string;
  readonly machine: TraceMachine;
  /** Null when the command was not run natively. */
  readonly real: RealRun | null;
  readonly filter: FilterSettings;
}

/** Counts over the whole trace, in the header so that nothing needs to be read to know them. */
export interface TraceTotals {
  /** Events, the last (End) included. */
  readonly events: number;
  /** References that the trace holds. */
  readonly references: number;
  /** References that the program made, those filtered out included. */
  readonly rawReferences: number;
  /** Different (mapping, page) pairs referenced. A page shared after fork counts once. */
  readonly distinctPages: number;
  readonly mappings: number;
  readonly processes: number;
  /** Compressed blocks, the empty last one not counted. */
  readonly blocks: number;
}

/** The fixed part and the JSON together. */
export interface TracePrelude {
  readonly header: TraceHeader;
  readonly totals: TraceTotals;
  readonly compression: Compression;
  /** Bytes from the start of the file to the first block. */
  readonly bytes: number;
}

/** The header as bytes. Its size depends on `header` only, so that a writer can put the totals in at the end. */
export function encodePrelude(
  header: TraceHeader,
  compression: Compression,
  totals: TraceTotals,
): Uint8Array {
  const json = new TextEncoder().encode(JSON.stringify(header));
  if (json.length > Limit.headerBytes) {
    throw new RangeError(
      `trace header: ${json.length} bytes of JSON, at most ${Limit.headerBytes} are allowed`,
    );
  }
  const bytes = new Uint8Array(PRELUDE_BYTES + json.length);
  const view = new DataView(bytes.buffer);
  bytes.set(TRACE_MAGIC, 0);
  view.setUint16(8, TRACE_VERSION, true);
  view.setUint8(10, compression);
  view.setUint8(11, 12);
  view.setUint32(12, json.length, true);
  view.setFloat64(16, totals.events, true);
  view.setFloat64(24, totals.references, true);
  view.setFloat64(32, totals.rawReferences, true);
  view.setFloat64(40, totals.distinctPages, true);
  view.setUint32(48, totals.mappings, true);
  view.setUint32(52, totals.processes, true);
  view.setUint32(56, totals.blocks, true);
  bytes.set(json, PRELUDE_BYTES);
  view.setUint32(60, preludeCrc(bytes), true);
  return bytes;
}

/**
 * Reads the fixed part of a header: how many bytes of JSON follow it.
 * @throws TraceError when this is no trace, or one of another version.
 */
export function jsonBytesOf(fixed: Uint8Array): number {
  if (fixed.length < PRELUDE_BYTES) {
    throw new TraceError(`trace ends at byte ${fixed.length}, inside its ${PRELUDE_BYTES} byte header`);
  }
  for (let i = 0; i < TRACE_MAGIC.length; i++) {
    if (fixed[i] !== TRACE_MAGIC[i]) {
      throw new TraceError(
        `not a pagewalk trace: byte ${i} is ${hex(fixed[i]!)}, expected ${hex(TRACE_MAGIC[i]!)} (${
          i === 0 ? 'another kind of file' : 'damaged, perhaps by a transfer in text mode'
        })`,
      );
    }
  }
  const view = new DataView(fixed.buffer, fixed.byteOffset, PRELUDE_BYTES);
  const version = view.getUint16(8, true);
  if (version !== TRACE_VERSION) {
    throw new TraceError(
      `trace has version ${version} at byte 8, this reader knows version ${TRACE_VERSION}`,
    );
  }
  const length = view.getUint32(12, true);
  if (length < 2 || length > Limit.headerBytes) {
    throw new TraceError(
      `trace header: ${length} bytes of JSON at byte 12, expected 2 to ${Limit.headerBytes}`,
    );
  }
  return length;
}

/**
 * Reads a whole header (fixed part and JSON).
 * @throws TraceError when it is damaged or states something impossible.
 */
export function decodePrelude(bytes: Uint8Array): TracePrelude {
  const length = jsonBytesOf(bytes);
  const total = PRELUDE_BYTES + length;
  if (bytes.length < total) {
    throw new TraceError(`trace ends at byte ${bytes.length}, inside its header of ${total} bytes`);
  }
  const all = bytes.subarray(0, total);
  const view = new DataView(all.buffer, all.byteOffset, total);
  const crc = view.getUint32(60, true);
  const actual = preludeCrc(all);
  if (crc !== actual) {
    throw new TraceError(
      `trace header: CRC ${hex(crc)} at byte 60, but its bytes have ${hex(actual)}: damaged`,
    );
  }
  const compression = view.getUint8(10);
  if (compression > Compression.Brotli) {
    throw new TraceError(`trace header: compression ${compression} at byte 10, expected 0, 1 or 2`);
  }
  const shift = view.getUint8(11);
  if (shift !== 12) throw new TraceError(`trace header: page shift ${shift} at byte 11, expected 12`);
  return {
    header: parseHeader(new TextDecoder().decode(all.subarray(PRELUDE_BYTES))),
    totals: {
      events: count(view, 16, 'events'),
      references: count(view, 24, 'references'),
      rawReferences: count(view, 32, 'raw references'),
      distinctPages: count(view, 40, 'distinct pages'),
      mappings: view.getUint32(48, true),
      processes: view.getUint32(52, true),
      blocks: view.getUint32(56, true),
    },
    compression: compression as Compression,
    bytes: total,
  };
}

function count(view: DataView, at: number, what: string): number {
  const value = view.getFloat64(at, true);
  if (!Number.isSafeInteger(value) || value < 0) {
    throw new TraceError(`trace header: ${value} ${what} at byte ${at}, expected a whole number`);
  }
  return value;
}

/** The CRC covers all of the header but itself. */
function preludeCrc(bytes: Uint8Array): number {
  return crc32(bytes.subarray(PRELUDE_BYTES), crc32(bytes.subarray(0, PRELUDE_BYTES - 4)));
}

function parseHeader(text: string): TraceHeader {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new TraceError('trace header: the JSON at byte 64 does not parse');
  }
  const header = object(value, 'header');
  const command = header['command'];
  if (!Array.isArray(command) || !command.every((word) => typeof word === 'string')) {
    throw new TraceError('trace header: "command" is not a list of strings');
  }
  const machine = object(header['machine'], 'machine');
  const filter = object(header['filter'], 'filter');
  const real = header['real'] === null ? null : object(header['real'], 'real');
  return {
    command: command as string[],
    note: string(header, 'note'),
    recorder: string(header, 'recorder'),
    recordedAt: string(header, 'recordedAt'),
    machine: {
      system: string(machine, 'system'),
      architecture: string(machine, 'architecture'),
      processor: string(machine, 'processor'),
      cpus: number(machine, 'cpus'),
      memoryBytes: number(machine, 'memoryBytes'),
    },
    real: real && {
      minorFaults: number(real, 'minorFaults'),
      majorFaults: number(real, 'majorFaults'),
      seconds: number(real, 'seconds'),
      status: number(real, 'status'),
    },
    filter: { depth: number(filter, 'depth'), refresh: number(filter, 'refresh') },
  };
}

function object(value: unknown, name: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new TraceError(`trace header: "${name}" is not an object`);
  }
  return value as Record<string, unknown>;
}

function string(from: Record<string, unknown>, name: string): string {
  const value = from[name];
  if (typeof value !== 'string') throw new TraceError(`trace header: "${name}" is not a string`);
  return value;
}

function number(from: Record<string, unknown>, name: string): number {
  const value = from[name];
  if (typeof value !== 'number' || !Number.isFinite(value) || value < 0) {
    throw new TraceError(`trace header: "${name}" is not a number of at least 0`);
  }
  return value;
}

function hex(value: number): string {
  return `0x${value.toString(16)}`;
}
