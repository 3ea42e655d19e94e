import { closeSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/** Where a TraceWriter puts bytes: appended, but for the header, which is written again at the end. */
export interface TraceSink {
  append(bytes: Uint8Array): void;
  /** Overwrites bytes that were appended before. */
  overwrite(position: number, bytes: Uint8Array): void;
  /** All is written: makes the trace visible. */
  finish(): void;
  /** Removes what was written. */
  abort(): void;
}

/**
 * A sink to the file `path`. The bytes go to a temporary file beside it that takes the name only when all is
 * written, so that no half-written trace is ever seen under it.
 */
export function fileSink(path: string): TraceSink {
  const temporary = join(dirname(path), `.${basename(path)}.${process.pid}.tmp`);
  const fd = openSync(temporary, 'w');
  const write = (bytes: Uint8Array, position: number): void => {
    for (let done = 0; done < bytes.length; ) {
      done += writeSync(fd, bytes, done, bytes.length - done, position + done);
    }
  };
  let end = 0;
  return {
    append(bytes) {
      write(bytes, end);
      end += bytes.length;
    },
    overwrite: (position, bytes) => write(bytes, position),
    finish() {
      closeSync(fd);
      renameSync(temporary, path);
    },
    abort() {
      closeSync(fd);
      rmSync(temporary, { force: true });
    },
  };
}

/** A sink to memory, with the bytes so far. */
export interface MemorySink extends TraceSink {
  bytes(): Uint8Array;
}

/** A sink to memory, for tests and for traces that are made and replayed in one go. */
export function memorySink(): MemorySink {
  let buffer = new Uint8Array(4096);
  let end = 0;
  return {
    append(bytes) {
      if (end + bytes.length > buffer.length) {
        const grown = new Uint8Array(2 * (end + bytes.length));
        grown.set(buffer.subarray(0, end));
        buffer = grown;
      }
      buffer.set(bytes, end);
      end += bytes.length;
    },
    overwrite: (position, bytes) => buffer.set(bytes, position),
    finish() {},
    abort() {
      end = 0;
    },
    bytes: () => buffer.slice(0, end),
  };
}
