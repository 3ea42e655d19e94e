/** System calls and signals as they happen, a line each, in the form of strace. */
import type { Guest } from '../guest.ts';
import type { SignalInfo } from '../siginfo.ts';
import type { GuestTask } from '../task.ts';
import { argumentText, handlerText, pointer, pollResult, type TracedCall } from './arguments.ts';
import { callName } from './call-names.ts';
import { CALLS, IOCTLS } from './calls.ts';
import { errorText } from './error-texts.ts';
import { FLAGS, flagText, signalName, signalSet } from './flags.ts';
import { signalText } from './signal-text.ts';

/** The column of the `=` before results. */
const RESULT_COLUMN = 40;
const MAX_ERRNO = 4095;
const NUMBER = { execve: 11, fcntl: 55, fcntl64: 221, clone: 120 } as const;
const O_CREAT = 0o100;
const MREMAP_FIXED = 2;
const F_SETFD = 2;
const F_GETFL = 3;
const F_SETFL = 4;
const PRCTL: Readonly<Record<number, readonly [name: string, kind: string]>> = {
  15: ['PR_SET_NAME', 'str'],
  16: ['PR_GET_NAME', '>str'],
};

/** A call that has begun. */
interface Pending {
  readonly number: number;
  readonly args: readonly number[];
  readonly kinds: readonly string[];
  /** Arguments that were printed on the way in. */
  readonly printed: number;
  readonly text: string;
  /** `[pid 12] ` when there were several processes. */
  readonly prefix: string;
  /** The line was ended with `<unfinished ...>`: something else was printed since. */
  broken: boolean;
}

/** Prints what the programs of a machine ask of it. */
export class Tracer {
  private readonly guest: Guest;
  private readonly print: (line: string) => void;
  private readonly pending = new Map<GuestTask, Pending>();
  // Children that were not named yet: they are when their parent's call ends, or when they act first.
  private readonly born = new Set<GuestTask>();

  /** @param print takes a line, without newline */
  constructor(guest: Guest, print: (line: string) => void) {
    this.guest = guest;
    this.print = print;
  }

  /** A call begins; the task's memory is loaded. */
  enter(task: GuestTask, number: number, args: readonly number[]): void {
    const { guest } = this;
    const kinds = kindsOf(guest, number, args);
    const values = valuesOf(guest, number, args);
    const call: TracedCall = { guest, number, args: values, result: null };
    let printed = 0;
    const told: string[] = [];
    for (; printed < kinds.length; printed++) {
      const kind = kinds[printed] as string;
      if (kind.startsWith('>')) break;
      if (kind !== 'skip') told.push(argumentOf(call, kind, printed));
    }
    const more = told.length > 0 && printed < kinds.length ? ', ' : '';
    const text = `${callName(number)}(${told.join(', ')}${more}`;
    this.pending.set(task, {
      number,
      args: values,
      kinds,
      printed,
      text,
      prefix: this.prefix(task, 0),
      broken: false,
    });
  }

  /** A call has ended; null: it does not return. */
  exit(task: GuestTask, result: number | null): void {
    const begun = this.pending.get(task);
    if (begun === undefined) return;
    this.pending.delete(task);
    const { guest } = this;
    const call: TracedCall = { guest, number: begun.number, args: begun.args, result };
    this.line(task, endOf(begun, call), resultText(call), begun.broken ? undefined : begun.prefix);
    for (const child of this.born) this.name(child);
  }

  /** A call was interrupted by a signal. */
  interrupted(task: GuestTask): void {
    const begun = this.pending.get(task);
    if (begun === undefined) return;
    this.pending.delete(task);
    const call: TracedCall = { guest: this.guest, number: begun.number, args: begun.args, result: null };
    this.line(task, endOf(begun, call), '? ERESTARTSYS (To be restarted if SA_RESTART is set)');
  }

  /** A process was made. */
  attached(task: GuestTask): void {
    this.born.add(task);
  }

  /** A signal is delivered. */
  signal(task: GuestTask, info: SignalInfo): void {
    this.line(task, `--- ${signalName(info.signo)} ${signalText(info)} ---`);
  }

  /** A process stops. */
  stopped(task: GuestTask, signal: number): void {
    this.line(task, `--- stopped by ${signalName(signal)} ---`);
  }

  /** A process has ended. @param status as wait tells it */
  ended(task: GuestTask, status: number): void {
    if (this.pending.has(task)) this.exit(task, null);
    const signal = status & 0x7f;
    const how = signal === 0 ? `exited with ${(status >>> 8) & 0xff}` : `killed by ${signalName(signal)}`;
    this.line(task, `+++ ${how} +++`, undefined, this.prefix(task, 1));
  }

  private line(task: GuestTask, text: string, result?: string, prefix = this.prefix(task, 0)): void {
    this.breakLines(task);
    if (this.born.has(task)) this.name(task);
    const head = prefix + text;
    this.print(result === undefined ? head : `${`${head} `.padEnd(RESULT_COLUMN)}= ${result}`);
  }

  private name(child: GuestTask): void {
    this.born.delete(child);
    this.print(`strace: Process ${child.tid} attached`);
  }

  /** Calls of others that have begun and are not printed yet are printed as far as they are known. */
  private breakLines(task: GuestTask | null): void {
    for (const [other, begun] of this.pending) {
      if (other === task || begun.broken) continue;
      begun.broken = true;
      this.print(`${begun.prefix}${begun.text} <unfinished ...>`);
    }
  }

  /** @param others tasks that count besides those that live: one that has just ended is no longer among them */
  private prefix(task: GuestTask, others: number): string {
    return this.guest.tasks.length + others > 1 ? `[pid ${String(task.tid).padStart(5)}] ` : '';
  }
}

/** The rest of a call's line, up to its result. What the call would have written is an address, if it has failed. */
function endOf({ number, args, kinds, printed, text, broken }: Pending, call: TracedCall): string {
  const failed = call.result === null || isError(call.result);
  const told: string[] = [];
  for (let i = printed; i < kinds.length; i++) {
    const kind = kinds[i] as string;
    if (kind === 'skip') continue;
    const written = kind.startsWith('>');
    told.push(failed && written ? pointer(args[i] ?? 0) : argumentOf(call, kind.replace('>', ''), i));
  }
  return `${broken ? `<... ${callName(number)} resumed>` : text}${told.join(', ')})`;
}

function isError(result: number): boolean {
  return result < 0 && result >= -MAX_ERRNO;
}

/** The arguments as they are printed: a call that has them in memory, or in another order, has them here in that. */
function valuesOf(guest: Guest, number: number, args: readonly number[]): readonly number[] {
  if (CALLS[number] === 'mmapargs =x') return [...(guest.user.words(args[0] as number, 6) ?? [])];
  if (number !== NUMBER.clone) return args;
  const [flags = 0, stack = 0, parent = 0, tls = 0, child = 0] = args;
  return [
    stack,
    flags,
    ...((flags & 0x100000) !== 0 ? [parent] : []),
    ...((flags & 0x80000) !== 0 ? [tls] : []),
    child,
  ];
}

/** The kinds of a call's arguments; some depend on what others are. */
function kindsOf(guest: Guest, number: number, args: readonly number[]): string[] {
  const spec = CALLS[number];
  if (spec === 'mask') return ['>mask'];
  if (spec === undefined) return ['hex', 'hex', 'hex', 'hex', 'hex', 'hex'];
  if (number === NUMBER.clone) return cloneKinds(args[0] as number);
  const kinds: string[] = [];
  for (const kind of spec.split(' ').filter((word) => word !== '' && !word.startsWith('='))) {
    if (kind === 'mmapargs') return guest.user.words(args[0] as number, 6) === null ? ['ptr'] : MMAP_KINDS;
    if (kind === 'ioctl')
      kinds.push('request', ...[IOCTLS[args[1] as number]?.[1] ?? 'hex'].filter((k) => k !== ''));
    else if (kind === 'fcntl') kinds.push('fcntl', ...fcntlKind(args[1] as number));
    else if (kind === 'prctl') kinds.push('option', PRCTL[args[0] as number]?.[1] ?? 'hex');
    else if (kind === 'mode?') {
      if (((args[kinds.length - 1] as number) & O_CREAT) !== 0) kinds.push('mode');
    } else if (kind === 'dev?') {
      if (((args[kinds.length - 1] as number) & 0o20000) !== 0) kinds.push('hex');
    } else if (kind === 'remapto') {
      if (((args[3] as number) & MREMAP_FIXED) !== 0) kinds.push('ptr');
    } else if (kind.endsWith('?')) {
      const command = (args[1] as number) & 127;
      if (kind.startsWith('timespec') ? command === 0 || command === 9 : command > 2 && command !== 9)
        kinds.push(kind.slice(0, -1));
    } else if (kind === 'long64' || kind === 'offset64') kinds.push(kind, 'skip');
    else if (kind !== 'ptr' || number !== 172) kinds.push(kind);
  }
  return kinds;
}
const MMAP_KINDS = ['ptr', 'uint', 'prot', 'map', 'fd', 'hex'];

function cloneKinds(flags: number): string[] {
  const kinds = ['childstack', 'cloneflags'];
  if ((flags & 0x100000) !== 0) kinds.push('>parenttid');
  if ((flags & 0x80000) !== 0) kinds.push('>tls');
  if ((flags & 0x1200000) !== 0) kinds.push('>childtid');
  return kinds;
}

function fcntlKind(command: number): string[] {
  if (command === F_SETFD) return ['closeonexec'];
  if (command === F_SETFL) return ['open'];
  if (command === 1 || command === F_GETFL) return [];
  return command === 0 || command === 1030 ? ['int'] : ['ptr'];
}

function argumentOf(call: TracedCall, kind: string, index: number): string {
  const value = call.args[index] ?? 0;
  switch (kind) {
    case 'request':
      return IOCTLS[value]?.[0] ?? `0x${value.toString(16)}`;
    case 'option':
      return PRCTL[value]?.[0] ?? `0x${value.toString(16)}`;
    case 'closeonexec':
      return (value & 1) !== 0 ? 'FD_CLOEXEC' : '0';
    case 'childstack':
      return `child_stack=${pointer(value)}`;
    case 'cloneflags': {
      const signal = value & 0xff;
      const flags = (value & ~0xff) === 0 ? '' : flagText(FLAGS.clone, (value & ~0xff) >>> 0);
      const names = [flags, signal === 0 ? '' : signalName(signal)].filter((name) => name !== '');
      return `flags=${names.join('|') || '0'}`;
    }
    case 'parenttid':
      return `parent_tid=[${call.result ?? 0}]`;
    case 'tls':
      return `tls=${argumentText(call, 'userdesc', value, index)}`;
    case 'childtid':
      return `child_tidptr=${pointer(value)}`;
    case 'mask': {
      // The task has come back already.
      const blocked = call.guest.loadedTask?.blocked;
      return `{mask=${signalSet(blocked?.lo ?? 0, blocked?.hi ?? 0, 2)}}`;
    }
    case 'long64':
    case 'offset64':
      return String(longOf(call, kind, index));
    default:
      return argumentText(call, kind, value, index);
  }
}

/** A number of two arguments: the lower half first, but for _llseek. */
function longOf(call: TracedCall, kind: string, index: number): number {
  const [a = 0, b = 0] = [call.args[index], call.args[index + 1]];
  return kind === 'offset64' ? (a | 0) * 2 ** 32 + b : a + (b | 0) * 2 ** 32;
}

function resultText(call: TracedCall): string {
  const { result, number, args } = call;
  if (result === null) return '?';
  if (isError(result)) return errorText(-result);
  const kind = /=(\w)$/.exec(CALLS[number] ?? '')?.[1];
  if (kind === 'x') return pointer(result);
  if (kind === 'o') return `0${result.toString(8)}`;
  if (kind === 'h') return handlerText(result);
  if (kind === 'p') return `${result}${pollResult(call)}`;
  if (kind === 'e') {
    const entry = call.guest.user.words(args[0] as number, 1)?.[0];
    return `${result} (entry_number=${entry})`;
  }
  if (number === NUMBER.fcntl || number === NUMBER.fcntl64) {
    if (args[1] === F_GETFL) return `0x${result.toString(16)} (flags ${flagText(FLAGS.open, result)})`;
    if (args[1] === 1 && result === 1) return '0x1 (flags FD_CLOEXEC)';
  }
  return String(result);
}
