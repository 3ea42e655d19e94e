/** The terminal of the machine: what programs open as /dev/console, and as /dev/tty if it controls them. */
import { Errno } from '@pagewalk/mm';
import type { Guest } from '../guest.ts';
import { groupMembers, isOrphaned, signalGroup } from '../jobs.ts';
import { SIG } from '../signal-numbers.ts';
import { sendSignal } from '../signals.ts';
import { POLL, type Stream } from '../streams.ts';
import type { CallResult, GuestTask, Sleep } from '../task.ts';
import { INPUT_BYTES, LineDiscipline } from './line-discipline.ts';
import { Output } from './output.ts';
import { L, Termios, V } from './termios.ts';

const S_IFCHR = 0o020000;
const CHUNK = 65536;
const SIGNALS_OF = { intr: SIG.int, quit: SIG.quit, susp: SIG.tstp } as const;

/** A terminal. @linux 2.4.22 drivers/char/tty_io.c, n_tty.c */
export class Tty implements Stream {
  readonly type = S_IFCHR;
  readonly termios = new Termios();
  readonly discipline: LineDiscipline;
  readonly output: Output;
  /** Of the window, in characters. */
  rows: number;
  columns: number;
  /** The session that it controls; 0: none. */
  session = 0;
  /** The group in front, which gets the keyboard's signals. */
  foreground = 0;
  /** Nobody is at the other end any more. */
  hungUp = false;
  private readonly guest: Guest;
  // What was typed and has no room yet.
  private backlog: Uint8Array = new Uint8Array(0);

  /** @param write where output and echo go */
  constructor(guest: Guest, rows: number, columns: number, write: (bytes: Uint8Array) => void) {
    this.guest = guest;
    this.rows = rows;
    this.columns = columns;
    this.output = new Output(this.termios, write);
    this.discipline = new LineDiscipline(this.termios, this.output, (kind) => {
      if (this.foreground !== 0) signalGroup(guest, this.foreground, SIGNALS_OF[kind]);
    });
  }

  /** Characters are typed. What has no room waits until a program reads. */
  push(bytes: Uint8Array): void {
    if (this.hungUp) return;
    this.backlog = this.backlog.length === 0 ? bytes.slice() : concat(this.backlog, bytes);
    this.feed();
  }

  /** The line is gone: the session's leader and the group in front get SIGHUP, reads find the end, writes EIO. */
  hangUp(): void {
    if (this.hungUp) return;
    this.hungUp = true;
    const leader = this.guest.tasks.find(({ pid, job }) => pid === this.session && job.session === pid);
    if (this.foreground !== 0) {
      signalGroup(this.guest, this.foreground, SIG.hup);
      signalGroup(this.guest, this.foreground, SIG.cont);
    }
    if (leader !== undefined && leader.job.group !== this.foreground) {
      sendSignal(this.guest, leader, SIG.hup);
      sendSignal(this.guest, leader, SIG.cont);
    }
  }

  /** The window has another size: SIGWINCH. */
  resize(rows: number, columns: number): void {
    if (rows === this.rows && columns === this.columns) return;
    this.rows = rows;
    this.columns = columns;
    if (this.foreground !== 0) signalGroup(this.guest, this.foreground, SIG.winch);
  }

  /** Makes it the controlling terminal of a task's session, which has none. */
  control(task: GuestTask): void {
    task.job.hasTerminal = true;
    this.session = task.job.session;
    this.foreground = task.job.group;
  }

  /** Forgets input that nobody has read, what has no room yet included. */
  flushInput(): void {
    this.backlog = new Uint8Array(0);
    this.discipline.flushInput();
  }

  /** The settings were changed by a program. */
  settingsChanged(): void {
    this.discipline.settingsChanged();
    this.feed();
  }

  read(task: GuestTask, addr: number, length: number): CallResult {
    const held = this.fromBehind(task, SIG.ttin, () => this.read(task, addr, length));
    if (held !== null) return held;
    if (length === 0) return 0;
    const { lflag, cc } = this.termios;
    if ((lflag & L.icanon) !== 0) {
      if (this.discipline.readable || this.hungUp) return this.deliver(addr, length);
      return this.waitFor(
        () => this.discipline.readable,
        () => this.read(task, addr, length),
      );
    }
    return this.readRaw(addr, length, cc[V.min] as number, (cc[V.time] as number) * 1e8, false);
  }

  write(task: GuestTask, addr: number, length: number): CallResult {
    if ((this.termios.lflag & L.tostop) !== 0) {
      const held = this.fromBehind(task, SIG.ttou, () => this.write(task, addr, length));
      if (held !== null) return held;
    }
    return this.writeFrom(addr, length, 0);
  }

  poll(): number {
    const readable = this.hungUp || (this.canonical ? this.discipline.readable : this.enoughToRead());
    return (
      (readable ? POLL.in : 0) |
      (this.discipline.stopped ? 0 : POLL.out) |
      (this.hungUp ? POLL.hangup | POLL.error : 0)
    );
  }

  /**
   * Whether a task may use the terminal in a way that only the group in front may: null, if so. Else it gets a signal that
   * stops it, and -EIO if it cannot be stopped; it tries again when it goes on.
   *
   * @linux n_tty.c job_control(), tty_io.c tty_check_change()
   */
  fromBehind(task: GuestTask, signal: number, again: () => CallResult): CallResult {
    const { job } = task;
    const inFront = () => !job.hasTerminal || this.foreground === 0 || job.group === this.foreground;
    if (inFront() || this.session !== job.session) return null;
    const ignored = task.actions[signal]?.handler === 1 || task.blocked.has(signal);
    if (ignored) return signal === SIG.ttou ? null : -Errno.EIO;
    if (isOrphaned(this.guest, job.group)) return -Errno.EIO;
    signalGroup(this.guest, job.group, signal);
    return { ready: inFront, finish: again };
  }

  /** Sets the group in front. -EPERM: it has no member in this session */
  setForeground(group: number): number {
    const member = groupMembers(this.guest, group)[0];
    if (member === undefined) return -Errno.ESRCH;
    if (member.job.session !== this.session) return -Errno.EPERM;
    this.foreground = group;
    return 0;
  }

  private get canonical(): boolean {
    return (this.termios.lflag & L.icanon) !== 0;
  }

  private enoughToRead(): boolean {
    const { cc } = this.termios;
    const least = (cc[V.time] as number) === 0 ? Math.max(1, cc[V.min] as number) : 1;
    return this.discipline.available >= least;
  }

  /** What was typed goes to the line discipline, as far as it has room. A line that is too long loses its end, as ever. */
  private feed(): void {
    const { discipline } = this;
    while (this.backlog.length > 0) {
      const room = INPUT_BYTES - 1 - discipline.held;
      const full = room <= 0 && discipline.readable;
      if (full) return;
      const piece = this.backlog.subarray(0, Math.max(1, room));
      this.backlog = this.backlog.subarray(piece.length);
      discipline.receive(piece);
    }
  }

  private deliver(addr: number, length: number): CallResult {
    const bytes = this.discipline.take(length);
    this.feed();
    return this.guest.user.put(addr, bytes) ? bytes.length : -Errno.EFAULT;
  }

  private waitFor(ready: () => boolean, finish: () => CallResult, wakeAt?: number): Sleep {
    const sleep = { ready: () => ready() || this.hungUp, finish };
    return wakeAt === undefined ? sleep : { ...sleep, wakeAt };
  }

  /**
   * Without lines: at least `least` bytes, or what came until none has come for `timeNs` (which runs from the first byte on,
   * or from the beginning if `least` is 0).
   *
   * @param timed the time has run out, if no more has come
   */
  private readRaw(addr: number, length: number, least: number, timeNs: number, timed: boolean): CallResult {
    const { available } = this.discipline;
    const enough = Math.min(length, Math.max(1, least));
    if (available >= enough || this.hungUp || timed || (least === 0 && timeNs === 0)) {
      return this.deliver(addr, length);
    }
    const { clock } = this.guest.kernel;
    if (timeNs > 0 && (least === 0 || available > 0)) {
      return this.waitFor(
        () => this.discipline.available > available,
        () => this.readRaw(addr, length, least, timeNs, this.discipline.available <= available),
        clock.now + timeNs,
      );
    }
    const wanted = timeNs > 0 ? 1 : enough;
    return this.waitFor(
      () => this.discipline.available >= wanted,
      () => this.readRaw(addr, length, least, timeNs, false),
    );
  }

  private writeFrom(addr: number, length: number, begin: number): CallResult {
    let done = begin;
    while (done < length) {
      if (this.hungUp) return done > 0 ? done : -Errno.EIO;
      if (this.discipline.stopped) {
        const at = done;
        return this.waitFor(
          () => !this.discipline.stopped,
          () => this.writeFrom(addr, length, at),
        );
      }
      const want = Math.min(length - done, CHUNK);
      const bytes = this.guest.user.getSome(addr + done, want);
      if (bytes.length > 0) this.output.send(bytes);
      done += bytes.length;
      if (bytes.length < want) return done > 0 ? done : -Errno.EFAULT;
    }
    return done;
  }
}

function concat(a: Uint8Array, b: Uint8Array): Uint8Array {
  const both = new Uint8Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}
