/** Input and output of the host that are no terminal: the programs see pipes. */
import { Errno } from '@pagewalk/mm';
import type { Guest } from '../guest.ts';
import { POLL, type Stream } from '../streams.ts';
import type { CallResult, GuestTask } from '../task.ts';

const S_IFIFO = 0o010000;
const CHUNK = 65536;

/** Input of the host. */
export class HostInput implements Stream {
  readonly type = S_IFIFO;
  /** No more comes. */
  ended = false;
  /** A program looked for input, and there was none yet. */
  starving = false;
  private readonly guest: Guest;
  private pieces: Uint8Array[] = [];

  constructor(guest: Guest) {
    this.guest = guest;
  }

  push(bytes: Uint8Array): void {
    if (this.ended || bytes.length === 0) return;
    this.pieces.push(bytes.slice());
    this.starving = false;
  }

  end(): void {
    this.ended = true;
    this.starving = false;
  }

  read(task: GuestTask, addr: number, length: number): CallResult {
    if (length === 0) return 0;
    if (this.pieces.length === 0 && !this.ended) {
      this.starving = true;
      return {
        ready: () => this.pieces.length > 0 || this.ended,
        finish: () => this.read(task, addr, length),
      };
    }
    const bytes = this.take(length);
    return this.guest.user.put(addr, bytes) ? bytes.length : -Errno.EFAULT;
  }

  write(): CallResult {
    return -Errno.EBADF;
  }

  poll(): number {
    if (this.pieces.length === 0 && !this.ended) {
      this.starving = true;
      return 0;
    }
    return this.pieces.length > 0 ? POLL.in : POLL.hangup;
  }

  private take(most: number): Uint8Array {
    const bytes = new Uint8Array(
      Math.min(
        most,
        this.pieces.reduce((sum, { length }) => sum + length, 0),
      ),
    );
    let done = 0;
    while (done < bytes.length) {
      const piece = this.pieces[0] as Uint8Array;
      const part = piece.subarray(0, bytes.length - done);
      bytes.set(part, done);
      done += part.length;
      if (part.length < piece.length) this.pieces[0] = piece.subarray(part.length);
      else this.pieces.shift();
    }
    return bytes;
  }
}

/** Output to the host. */
export class HostOutput implements Stream {
  readonly type = S_IFIFO;
  private readonly guest: Guest;
  private readonly send: (bytes: Uint8Array) => void;

  constructor(guest: Guest, send: (bytes: Uint8Array) => void) {
    this.guest = guest;
    this.send = send;
  }

  read(): CallResult {
    return -Errno.EBADF;
  }

  write(_task: GuestTask, addr: number, length: number): number {
    let done = 0;
    while (done < length) {
      const want = Math.min(length - done, CHUNK);
      const bytes = this.guest.user.getSome(addr + done, want);
      if (bytes.length > 0) this.send(bytes);
      done += bytes.length;
      if (bytes.length < want) break;
    }
    return done === 0 && length > 0 ? -Errno.EFAULT : done;
  }

  poll(): number {
    return POLL.out;
  }
}
