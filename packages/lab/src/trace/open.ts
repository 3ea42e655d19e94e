import { closeSync, openSync, readSync } from 'node:fs';
import { decompressBlock } from './compression.ts';
import { TraceError } from './format.ts';
import type { TracePrelude } from './header.ts';
import { memorySource } from './memory-source.ts';
import { readPrelude, TraceReader, type TraceSource } from './reader.ts';

/**
 * Opens the trace in the file `path`.
 * @throws TraceError when there is no such file, or no trace in it.
 */
export function openTrace(path: string): TraceReader {
  return named(path, () => new TraceReader(fileSource(path), decompressBlock, path));
}

/** A reader of a trace that is in memory. @throws TraceError when it is none. */
export function traceFromBytes(bytes: Uint8Array): TraceReader {
  return new TraceReader(memorySource(bytes), decompressBlock);
}

/**
 * What the trace in the file `path` says about itself, without reading the events.
 * @throws TraceError when there is no such file, or no trace in it.
 */
export function readTraceHeader(path: string): TracePrelude {
  return named(path, () => {
    const source = fileSource(path);
    try {
      return readPrelude(source);
    } finally {
      source.close();
    }
  });
}

/** The bytes of a file (or of a pipe), read as they are needed. */
export function fileSource(path: string): TraceSource {
  let fd = -1;
  try {
    fd = openSync(path, 'r');
  } catch (error) {
    throw new TraceError(reason(error));
  }
  return {
    read: (target) => readSync(fd, target, 0, target.length, null),
    close() {
      if (fd >= 0) closeSync(fd);
      fd = -1;
    },
  };
}

function named<T>(path: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    if (error instanceof TraceError) throw new TraceError(`${path}: ${error.message}`);
    // A directory opens but does not read.
    if (error instanceof Error && 'code' in error) throw new TraceError(`${path}: ${reason(error)}`);
    throw error;
  }
}

/** Why the system refused a file, in words. */
function reason(error: unknown): string {
  const code = (error as NodeJS.ErrnoException).code;
  if (code === 'ENOENT') return 'there is no such file';
  if (code === 'EISDIR') return 'this is a directory, not a file';
  if (code === 'EACCES') return 'no permission to read it';
  return `cannot be read: ${code ?? error}`;
}
