import { realpathSync, statSync } from 'node:fs';
import { isAbsolute, relative } from 'node:path';
import type { TraceWriter } from '../trace/writer.ts';

/**
 * The files of a recording. One file has one id, whatever name it was opened by. Names below the directory of the
 * recording are written relative to it, so that a recording does not tell where it was made.
 */
export class FileTable {
  readonly #writer: TraceWriter;
  readonly #root: string;
  readonly #ids = new Map<string, number>();

  constructor(writer: TraceWriter, root: string) {
    this.#writer = writer;
    this.#root = realpathOf(root);
  }

  /** The id of the file; `bytes` is its size if it cannot be found any more. */
  id(path: string, bytes: number): number {
    const real = realpathOf(path);
    let id = this.#ids.get(real);
    if (id === undefined) {
      const size = statSync(real, { throwIfNoEntry: false })?.size ?? bytes;
      const local = relative(this.#root, real);
      const name = local !== '' && !local.startsWith('..') && !isAbsolute(local) ? local : real;
      id = this.#writer.file(name, size);
      this.#ids.set(real, id);
    }
    return id;
  }
}

/** The path without symbolic links, or as it is when there is no such file. */
export function realpathOf(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}
