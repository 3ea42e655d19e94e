/** Sequences of page references for the rows about replacement. */
import { closeSync, openSync, readFileSync, writeSync } from 'node:fs';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { Compression, EventKind, traceFromBytes, UnpackedTrace } from '@pagewalk/lab';

/** A recording that comes with the project. */
export function readRecording(name: string): Uint8Array {
  return readFileSync(new URL(`../../lab/recordings/${name}.pwt`, import.meta.url));
}

/** The same with its blocks unpacked. */
export function unpackRecording(name: string): Promise<UnpackedTrace> {
  return UnpackedTrace.from(readRecording(name), async (compression, stored) => {
    if (compression === Compression.None) return stored;
    return compression === Compression.Gzip ? gunzipSync(stored) : brotliDecompressSync(stored);
  });
}

/**
 * Pages drawn by "octave Zipf": each power of two of ranks is equally likely, so rank r has a chance of about 1 / r. All in
 * whole numbers, so that `host/replay.c` draws the same ones.
 *
 * @param pages a power of two
 */
export function zipfTrace(pages: number, length: number): Int32Array {
  const trace = new Int32Array(length);
  const octaves = 31 - Math.clz32(pages) + 1;
  let state = 1;
  const below = (n: number): number => {
    state = (state + 0x9e3779b9) | 0;
    let z = Math.imul(state ^ (state >>> 16), 0x85ebca6b);
    z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35);
    return ((z ^ (z >>> 16)) >>> 0) % n;
  };
  for (let i = 0; i < length; i++) {
    const octave = 1 << below(octaves);
    let rank = octave - 1 + below(octave);
    if (rank >= pages) rank = below(pages);
    // Scatters the ranks over the pages.
    trace[i] = (Math.imul(rank, 2654435761) >>> 0) % pages;
  }
  return trace;
}

/** Bytes of a reference in a file for libCacheSim: time (4), object (8), size (4), when it is next referenced (8). */
const RECORD = 24;
const BUFFERED = 65536;

/** Writes references one by one into a file that libCacheSim reads (`oracleGeneral`). */
class ReferenceFile {
  count = 0;
  private readonly file: number;
  private readonly buffer = Buffer.alloc(RECORD * BUFFERED);

  constructor(path: string) {
    this.file = openSync(path, 'w');
  }

  /** @param high,low halves of the object's number */
  add(high: number, low: number): void {
    const at = (this.count % BUFFERED) * RECORD;
    this.buffer.writeUInt32LE(this.count++ >>> 0, at);
    this.buffer.writeUInt32LE(low >>> 0, at + 4);
    this.buffer.writeUInt32LE(high >>> 0, at + 8);
    this.buffer.writeUInt32LE(1, at + 12);
    this.buffer.writeBigInt64LE(-2n, at + 16);
    if (this.count % BUFFERED === 0) writeSync(this.file, this.buffer);
  }

  close(): void {
    writeSync(this.file, this.buffer, 0, (this.count % BUFFERED) * RECORD);
    closeSync(this.file);
  }
}

/** Writes a sequence of pages for libCacheSim. Returns the references. */
export function writeTrace(trace: Int32Array, path: string): number {
  const file = new ReferenceFile(path);
  for (const page of trace) file.add(0, page + 1);
  file.close();
  return file.count;
}

/** Writes the references of a recording for libCacheSim: (mapping, page) is the object. Returns the references. */
export function writeRecording(name: string, path: string): number {
  const trace = traceFromBytes(readRecording(name));
  const file = new ReferenceFile(path);
  while (trace.next()) {
    if (trace.kind !== EventKind.Reference) continue;
    for (let i = 0; i < trace.count; i++) file.add(trace.mapping + 1, trace.page + i * trace.stride);
  }
  file.close();
  return file.count;
}
