import { spawnSync } from 'node:child_process';
import {
  closeSync,
  fstatSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readSync,
  rmSync,
  unlinkSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Disk space is given back in pieces of this size. */
const PUNCH_BYTES = 256 << 20;

/** A log that valgrind writes, from the start of a process or from an exec on. */
export class ProcessLog {
  readonly pid: number;
  readonly #fd: number;
  #position = 0;
  #punched = 0;
  #sizeBefore = 0;

  constructor(pid: number, fd: number) {
    this.pid = pid;
    this.#fd = fd;
  }

  /** Reads on, into `target` from `at` on; the bytes read, 0 when there are none (yet). */
  read(target: Uint8Array, at: number): number {
    const got = readSync(this.#fd, target, at, target.length - at, this.#position);
    this.#position += got;
    if (this.#position - this.#punched >= PUNCH_BYTES) this.#punch();
    return got;
  }

  /**
   * Whether it is worth reading now: there are `bytes` or more, or what there is did not grow since the last call.
   * So a process that is running is read in whole slices, and one that waits or has ended is read to its end.
   */
  ready(bytes: number): boolean {
    const size = fstatSync(this.#fd).size;
    const grew = size !== this.#sizeBefore;
    this.#sizeBefore = size;
    return size - this.#position >= bytes || !grew;
  }

  /** Whether there is nothing left to read at present. */
  get drained(): boolean {
    return fstatSync(this.#fd).size <= this.#position;
  }

  close(): void {
    closeSync(this.#fd);
  }

  /** Frees the disk space of what has been read. Best effort: not every file system can. */
  #punch(): void {
    const file = `/proc/${process.pid}/fd/${this.#fd}`;
    const length = String(this.#position - this.#punched);
    spawnSync('fallocate', ['--punch-hole', '--offset', String(this.#punched), '--length', length, file]);
    this.#punched = this.#position;
  }
}

/**
 * The directory that valgrind writes its logs to, one `log.PID` for each process. A process that execs opens its
 * log anew and would truncate it; so each log is opened and unlinked as soon as it is seen, after which the exec
 * makes a new file.
 */
export class LogDirectory {
  readonly path = mkdtempSync(join(tmpdir(), 'pagewalk-record-'));

  /** For valgrind's --log-file. */
  get pattern(): string {
    return join(this.path, 'log.%p');
  }

  /** Logs that appeared since the last call. */
  poll(): ProcessLog[] {
    const logs: ProcessLog[] = [];
    for (const name of readdirSync(this.path)) {
      const file = join(this.path, name);
      const fd = openSync(file, 'r');
      unlinkSync(file);
      logs.push(new ProcessLog(Number(name.slice(name.lastIndexOf('.') + 1)), fd));
    }
    return logs;
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}
