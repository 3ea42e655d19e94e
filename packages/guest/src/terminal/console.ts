/** What the machine has of the outside world: a terminal, or plain streams, as descriptors 0, 1 and 2 of the programs. */
import { type CharDriver, Errno, type File } from '@pagewalk/mm';
import type { Guest } from '../guest.ts';
import { signalGroup } from '../jobs.ts';
import { SIG } from '../signal-numbers.ts';
import { sendSignal } from '../signals.ts';
import type { Stream } from '../streams.ts';
import type { GuestTask } from '../task.ts';
import { HostInput, HostOutput } from './host-streams.ts';
import { Tty } from './tty.ts';

/** A terminal at the other end. */
export interface TerminalConfig {
  /** Of the window, in characters. */
  readonly rows: number;
  readonly columns: number;
  /** Which of the descriptors 0, 1 and 2 are the terminal; default: all. The others are plain streams. */
  readonly descriptors?: readonly [boolean, boolean, boolean];
}

/** The other end of the console. Input is given to {@link Console.push}. */
export interface ConsoleHost {
  /** Output: `fd` is 1 or 2 for a plain stream, 0 for the terminal, whose echo it is, too. */
  write(fd: 0 | 1 | 2, bytes: Uint8Array): void;
  /** Absent: there is none; the programs see streams like pipes. */
  readonly terminal?: TerminalConfig;
}

/** The machine's end of the console. */
export class Console {
  /** Null: there is no terminal. */
  readonly tty: Tty | null;
  private readonly guest: Guest;
  private readonly streams: readonly Stream[];
  private readonly input: HostInput | null;
  // The console is being opened for a program that begins.
  private opening = false;

  constructor(guest: Guest, host: ConsoleHost | null) {
    this.guest = guest;
    const terminal = host?.terminal;
    const write = (fd: 0 | 1 | 2) => (bytes: Uint8Array) => host?.write(fd, bytes);
    this.tty = terminal === undefined ? null : new Tty(guest, terminal.rows, terminal.columns, write(0));
    const on = terminal?.descriptors ?? [true, true, true];
    this.input = this.tty !== null && on[0] ? null : new HostInput(guest);
    this.streams = ([1, 1, 2] as const).map(
      (fd, i) =>
        (on[i] ? this.tty : null) ?? (i === 0 ? (this.input as HostInput) : new HostOutput(guest, write(fd))),
    );
    if (host === null) this.hangUp();
    const driver: CharDriver = { open: () => (this.opening || this.tty !== null ? 0 : -Errno.ENXIO) };
    const own: CharDriver = {
      open: () => (this.guest.loadedTask?.job.hasTerminal === true && this.tty !== null ? 0 : -Errno.ENXIO),
    };
    guest.kernel.registerDevice('/dev/console', driver, { rdev: 0x501 });
    guest.kernel.registerDevice('/dev/tty', own, { rdev: 0x500 });
  }

  /** Input is not at its end: more may be pushed. */
  get isOpen(): boolean {
    return this.input === null ? this.tty?.hungUp === false : !this.input.ended;
  }

  /**
   * A program wants input from a stream that has none yet. Then time stands still until some is pushed, or it ends: so what
   * programs do does not depend on when it comes.
   */
  get starving(): boolean {
    return this.input?.starving === true;
  }

  /** Input arrives: typed at the terminal, or of the stream that is descriptor 0. */
  push(bytes: Uint8Array): void {
    if (this.input === null) this.tty?.push(bytes);
    else this.input.push(bytes);
  }

  /** Input ends. A terminal is hung up: SIGHUP. */
  hangUp(): void {
    if (this.input === null) this.tty?.hangUp();
    else this.input.end();
  }

  /** The terminal's window has another size. */
  resize(rows: number, columns: number): void {
    this.tty?.resize(rows, columns);
  }

  /** Sends a signal from outside: to the group in front, or to all programs if there is no terminal. */
  signal(signal: number): void {
    if (this.input !== null) this.input.starving = false;
    const { tty, guest } = this;
    if (tty !== null && tty.foreground !== 0 && signalGroup(guest, tty.foreground, signal)) return;
    for (const task of [...guest.tasks]) sendSignal(guest, task, signal);
  }

  /** Opens descriptors 0, 1 and 2 of a program that begins: in front, in the terminal's session, or as the leader of a new one. */
  openFor(task: GuestTask): void {
    const { tty } = this;
    if (tty !== null) {
      const leader = this.guest.tasks.find(({ pid }) => pid === tty.session);
      if (leader !== undefined) {
        task.job.session = tty.session;
        task.job.hasTerminal = true;
        tty.foreground = task.job.group;
      } else tty.control(task);
    }
    this.opening = true;
    this.streams.forEach((stream, fd) => {
      task.process.openDevice('/dev/console', fd === 0 && stream !== tty ? 0 : stream === tty ? 2 : 1);
      const file = task.process.task.files[fd] as File;
      if (stream !== tty) this.guest.streams.bind(file, stream);
    });
    this.opening = false;
  }

  /** What an open of one of the terminal's device files is; null: it is none. */
  streamOf(file: File): Stream | null {
    return file.path === '/dev/tty' || file.path === '/dev/console' ? this.tty : null;
  }

  /** The leader of the terminal's session has ended or gives it up: the group in front is hung up. */
  sessionEnded(session: number): void {
    const { tty } = this;
    if (tty === null || tty.session !== session) return;
    const { foreground } = tty;
    this.releaseSession(session);
    if (foreground === 0) return;
    signalGroup(this.guest, foreground, SIG.hup);
    signalGroup(this.guest, foreground, SIG.cont);
  }

  /** No process of a session has the terminal any more. */
  releaseSession(session: number): void {
    const { tty } = this;
    if (tty === null || tty.session !== session) return;
    tty.session = 0;
    tty.foreground = 0;
    for (const { job } of this.guest.tasks) if (job.session === session) job.hasTerminal = false;
  }
}
