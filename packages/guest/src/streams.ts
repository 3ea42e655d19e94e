/** Open files that are no files: the console (see terminal/) and pipes. For the memory manager they are character devices. */
import { Errno, type File } from '@pagewalk/mm';
import type { Guest } from './guest.ts';
import { SIG } from './signal-numbers.ts';
import { sendSignal } from './signals.ts';
import type { CallResult, GuestTask } from './task.ts';

/** What reads and writes go to. */
export interface Stream {
  /** The type bits of st_mode. */
  readonly type: number;
  read(task: GuestTask, addr: number, length: number): CallResult;
  write(task: GuestTask, addr: number, length: number): CallResult;
  /** What could be done with it now without waiting: {@link POLL} bits. */
  poll(file: File): number;
  /** The last reference to an open file of it is gone. */
  close?(file: File): void;
}

/** Events of poll. */
export const POLL = { in: 1, out: 4, error: 8, hangup: 16, invalid: 32 } as const;

const S_IFIFO = 0o010000;
/** Bytes that a pipe holds, and that are written to it at once or not at all. @linux PIPE_BUF */
const PIPE_BYTES = 4096;
/** A device without a place in the tree. */
const PIPE_PATH = '/pipe';

/** Which stream an open file is, and all pipes. */
export class Streams {
  private readonly guest: Guest;
  private readonly bound = new WeakMap<File, Stream>();

  constructor(guest: Guest) {
    this.guest = guest;
    guest.kernel.registerDevice(PIPE_PATH, { release: (file) => this.bound.get(file)?.close?.(file) });
  }

  /** The stream that a file is; null: it is a file. */
  of(file: File): Stream | null {
    return this.bound.get(file) ?? this.guest.console.streamOf(file);
  }

  /** Makes an open file one of a stream. */
  bind(file: File, stream: Stream): void {
    this.bound.set(file, stream);
  }

  /** Makes a pipe of the running task: its two descriptors, or -errno. */
  pipe(task: GuestTask): readonly [number, number] | number {
    const { process } = task;
    const reader = process.openDevice(PIPE_PATH, 0);
    if (reader < 0) return reader;
    const writer = process.openDevice(PIPE_PATH, 1);
    if (writer < 0) {
      process.close(reader);
      return writer;
    }
    const ends = [reader, writer].map((fd) => process.task.files[fd] as File);
    const pipe = new Pipe(this.guest, ends[0] as File, ends[1] as File);
    for (const end of ends) this.bind(end, pipe);
    return [reader, writer];
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
          // What is written is written: the call is not made again.
          ...(at > 0 ? { interrupted: () => at } : {}),
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
