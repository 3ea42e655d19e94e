/** Open files that are no files: the console and pipes. For the memory manager they are character devices. */
import { type CharDriver, Errno, type File } from '@pagewalk/mm';
import type { Guest } from './guest.ts';
import { SIG } from './signal-numbers.ts';
import { sendSignal } from './signals.ts';
import type { CallResult, GuestTask } from './task.ts';

/** The other end of the console. */
export interface ConsoleHost {
  /** Up to `most` bytes of input; none: the end. */
  read(most: number): Uint8Array;
  /** Output; `fd` is 2 for standard error, else 1. */
  write(fd: number, bytes: Uint8Array): void;
}

/** What reads and writes go to. */
export interface Stream {
  /** The type bits of st_mode. */
  readonly type: number;
  read(task: GuestTask, addr: number, length: number): CallResult;
  write(task: GuestTask, addr: number, length: number, fd: number): CallResult;
  /** What could be done with it now without waiting: {@link POLL} bits. */
  poll(file: File): number;
}

/** Events of poll. */
export const POLL = { in: 1, out: 4, error: 8, hangup: 16, invalid: 32 } as const;

const S_IFCHR = 0o020000;
const S_IFIFO = 0o010000;
/** Bytes that a pipe holds, and that are written to it at once or not at all. @linux PIPE_BUF */
const PIPE_BYTES = 4096;
const CHUNK = 65536;
const PIPE_PATH = '/dev/pipe';

/** The console, and all pipes. */
export class Streams {
  private readonly guest: Guest;
  private readonly console: Stream;
  private readonly pipes = new WeakMap<File, Pipe>();

  constructor(guest: Guest, host: ConsoleHost) {
    this.guest = guest;
    this.console = new Console(guest, host);
    const driver: CharDriver = {};
    guest.kernel.registerDevice('/dev/tty', driver);
    guest.kernel.registerDevice('/dev/console', driver);
    guest.kernel.registerDevice(PIPE_PATH, { release: (file) => this.pipes.get(file)?.close(file) });
  }

  /** The stream that a file is; null: it is a file. */
  of(file: File): Stream | null {
    if (file.path === '/dev/tty' || file.path === '/dev/console') return this.console;
    return this.pipes.get(file) ?? null;
  }

  /** Makes a pipe of the running task: its two descriptors, or -errno. */
  pipe(task: GuestTask): readonly [number, number] | number {
    const { process } = task;
    const reader = process.open(PIPE_PATH, 0);
    if (reader < 0) return reader;
    const writer = process.open(PIPE_PATH, 1);
    if (writer < 0) {
      process.close(reader);
      return writer;
    }
    const ends = [reader, writer].map((fd) => process.task.files[fd] as File);
    const pipe = new Pipe(this.guest, ends[0] as File, ends[1] as File);
    for (const end of ends) this.pipes.set(end, pipe);
    return [reader, writer];
  }
}

class Console implements Stream {
  readonly type = S_IFCHR;
  private readonly guest: Guest;
  private readonly host: ConsoleHost;

  constructor(guest: Guest, host: ConsoleHost) {
    this.guest = guest;
    this.host = host;
  }

  read(_task: GuestTask, addr: number, length: number): number {
    const bytes = this.host.read(Math.min(length, CHUNK));
    return this.guest.user.put(addr, bytes) ? bytes.length : -Errno.EFAULT;
  }

  write(_task: GuestTask, addr: number, length: number, fd: number): number {
    let done = 0;
    while (done < length) {
      const want = Math.min(length - done, CHUNK);
      const bytes = this.guest.user.getSome(addr + done, want);
      if (bytes.length > 0) this.host.write(fd === 2 ? 2 : 1, bytes);
      done += bytes.length;
      if (bytes.length < want) break;
    }
    return done === 0 && length > 0 ? -Errno.EFAULT : done;
  }

  poll(): number {
    return POLL.in | POLL.out;
  }
}

/** A pipe. @linux 2.4.22 fs/pipe.c */
class Pipe implements Stream {
  readonly type = S_IFIFO;
  private readonly guest: Guest;
  private reader: File | null;
  private writer: File | null;
  private readonly ring = new Uint8Array(PIPE_BYTES);
  private head = 0;
  private used = 0;

  constructor(guest: Guest, reader: File, writer: File) {
    this.guest = guest;
    this.reader = reader;
    this.writer = writer;
  }

  /** The last reference to an end is gone. */
  close(file: File): void {
    if (file === this.reader) this.reader = null;
    if (file === this.writer) this.writer = null;
  }

  poll(file: File): number {
    if (file === this.reader) {
      return (this.used > 0 ? POLL.in : 0) | (this.writer === null ? POLL.hangup : 0);
    }
    return (this.used < PIPE_BYTES ? POLL.out : 0) | (this.reader === null ? POLL.error : 0);
  }

  read(task: GuestTask, addr: number, length: number): CallResult {
    if (length === 0) return 0;
    if (this.used === 0) {
      if (this.writer === null) return 0;
      return {
        ready: () => this.used > 0 || this.writer === null,
        finish: () => this.read(task, addr, length),
      };
    }
    const count = Math.min(length, this.used);
    const bytes = new Uint8Array(count);
    for (let i = 0; i < count; i++) bytes[i] = this.ring[(this.head + i) % PIPE_BYTES] as number;
    if (!this.guest.user.put(addr, bytes)) return -Errno.EFAULT;
    this.head = (this.head + count) % PIPE_BYTES;
    this.used -= count;
    return count;
  }

  write(task: GuestTask, addr: number, length: number): CallResult {
    return this.writeFrom(task, addr, length, 0);
  }

  /** Writes what is left from byte `done` on; waits for room between. */
  private writeFrom(task: GuestTask, addr: number, length: number, done: number): CallResult {
    while (done < length) {
      if (this.reader === null) {
        if (done > 0) return done;
        sendSignal(this.guest, task, SIG.pipe);
        return -EPIPE;
      }
      const room = PIPE_BYTES - this.used;
      const need = length <= PIPE_BYTES ? length : 1;
      if (room < need) {
        const at = done;
        return {
          ready: () => this.reader === null || PIPE_BYTES - this.used >= need,
          finish: () => this.writeFrom(task, addr, length, at),
        };
      }
      const want = Math.min(room, length - done);
      const bytes = this.guest.user.getSome(addr + done, want);
      for (let i = 0; i < bytes.length; i++) {
        this.ring[(this.head + this.used + i) % PIPE_BYTES] = bytes[i] as number;
      }
      this.used += bytes.length;
      done += bytes.length;
      if (bytes.length < want) return done > 0 ? done : -Errno.EFAULT;
    }
    return done;
  }
}

const EPIPE = 32;
