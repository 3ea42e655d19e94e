/** One running copy of the executor: the memory that a fork copies, the guarded accesses and the signals. */
import type { PendingSignal, Process } from '@pagewalk/mm';
import { ARENA, formatAddress, WINDOW } from './layout.ts';
import { lockedPages, type Region, readRegions, statmPages } from './maps.ts';
import type { Operand } from './operand.ts';
import { FNV_START, fnv, fnvWord, patternByte } from './pattern.ts';
import { SIGNAL_STACK, STATUS_BUFFER, type World } from './world.ts';

const PAGE = 4096;
const SIGILL = 4;
const SIGTRAP = 5;
const SIGBUS = 7;
const SIGSEGV = 11;
/** Signals that the executor catches; any other ends the process. */
const CAUGHT: ReadonlySet<number> = new Set([SIGILL, SIGTRAP, SIGBUS, SIGSEGV]);
/** More signals outside of guarded accesses than this end the process. */
const MOST_STRAY_SIGNALS = 4000;

/** The process was ended before the end of its script. */
export class ExecutorDied extends Error {
  override readonly name = 'ExecutorDied';
  /** Status as waitpid reports it: the signal's number, or the exit code times 256. */
  readonly status: number;
  /** Last words of the executor; empty when a signal ended it. */
  readonly lastWords: string;

  constructor(status: number, lastWords = '') {
    super(`the executor ended with status ${status}`);
    this.status = status;
    this.lastWords = lastWords;
  }
}

/** Outcome of an access over a range: units done, and the signal that stopped it. */
export interface Progress {
  readonly done: number;
  readonly signal: PendingSignal | null;
}

/** Outcome of touching pages: `faults` of them were minor faults. */
export interface TouchProgress extends Progress {
  readonly faults: number;
}

function signalName(signal: PendingSignal): string {
  if (signal.signo === SIGSEGV) return 'SIGSEGV';
  if (signal.signo === SIGBUS) return 'SIGBUS';
  return signal.signo === SIGILL ? 'SIGILL' : `SIG${signal.signo}`;
}

/** Only mappings that lie wholly in the arena's window are summed. */
function isInArena(region: Region): boolean {
  return region.start >= WINDOW.arenaStart && region.end <= WINDOW.arenaEnd;
}

export class Executor {
  readonly world: World;
  readonly process: Process;
  /** Forks between this copy and the first one: so many `c` begin its lines. */
  readonly depth: number;
  /** v0..v15. */
  readonly slots: Float64Array;
  /** Shared memory ids, -1 = none. */
  readonly segments: number[];
  /** FNV-1a sum of the last {@link read}. */
  sum = FNV_START;
  #straySignals = 0;

  constructor(world: World, process: Process, parent: Executor | null) {
    this.world = world;
    this.process = process;
    this.depth = parent === null ? 0 : parent.depth + 1;
    this.slots = parent === null ? new Float64Array(16) : parent.slots.slice();
    this.segments = parent === null ? new Array<number>(8).fill(-1) : [...parent.segments];
  }

  /** What an operand means now. */
  evaluate(operand: Operand): number {
    switch (operand.base) {
      case 'none':
        return operand.offset;
      case 'file':
        return this.world.files[operand.index] as number;
      case 'zero':
        return this.world.zero;
      case 'slot':
        return ((this.slots[operand.index] as number) + operand.offset) >>> 0;
      case 'arena':
        return (ARENA + operand.offset) >>> 0;
      case 'heap':
        return (this.world.layout.heap + operand.offset) >>> 0;
      case 'anchor':
        return (this.world.layout.anchor + operand.offset) >>> 0;
    }
  }

  address(address: number): string {
    return formatAddress(this.world.layout, address);
  }

  /** A signal as results write it. */
  signalText(signal: PendingSignal): string {
    return `${signalName(signal)}/${signal.code}@${this.address(signal.addr)}`;
  }

  /** First field of statm. */
  pages(): number {
    return statmPages(this.world.kernel.proc('statm', this.process.pid));
  }

  /** @throws ExecutorDied when the kernel killed the process while another one ran */
  mustLive(): void {
    const { ended } = this.process;
    if (ended !== null) throw new ExecutorDied(ended.signal);
  }

  /** The signal that an access has just sent. @throws ExecutorDied when nobody catches it */
  #caught(): PendingSignal {
    const signal = this.process.takeSignal();
    if (signal === null) throw new Error('an access failed without a signal');
    if (!CAUGHT.has(signal.signo)) throw new ExecutorDied(signal.signo);
    return signal;
  }

  /**
   * The signal that the handler saw last during a system call, null for none. A signal that is already pending is not
   * sent again, and the handler of the highest number runs last.
   */
  straySignal(): PendingSignal | null {
    let last: PendingSignal | null = null;
    const seen = new Set<number>();
    for (let signal = this.process.takeSignal(); signal !== null; signal = this.process.takeSignal()) {
      if (!CAUGHT.has(signal.signo)) throw new ExecutorDied(signal.signo);
      if (seen.has(signal.signo)) continue;
      seen.add(signal.signo);
      if (++this.#straySignals > MOST_STRAY_SIGNALS) throw new ExecutorDied(3 << 8, '!fatal unguarded fault');
      if (last === null || signal.signo > last.signo) last = signal;
    }
    return last;
  }

  /** Stores the pattern `seed`, byte by byte. */
  write(address: number, length: number, seed: number): Progress {
    const { process } = this;
    for (let i = 0; i < length; i++) {
      if (!process.store8((address + i) >>> 0, patternByte(seed, i)))
        return { done: i, signal: this.#caught() };
    }
    return { done: length, signal: null };
  }

  /** Loads byte by byte; {@link sum} is the sum of the bytes. */
  read(address: number, length: number): Progress {
    const { process } = this;
    let sum = FNV_START;
    for (let i = 0; i < length; i++) {
      const byte = process.load8((address + i) >>> 0);
      if (byte < 0) return { done: i, signal: this.#caught() };
      sum = fnv(sum, byte);
    }
    this.sum = sum;
    return { done: length, signal: null };
  }

  /**
   * Touches byte 0 of each page: a load, or a store of the page's number from 1. The signal stack is written before the
   * faults are counted: after a fork its pages would fault during the op.
   */
  touch(address: number, pages: number, write: boolean): TouchProgress {
    const { process } = this;
    for (let page = SIGNAL_STACK.start; page < SIGNAL_STACK.end; page += PAGE) process.touch(page, true);
    const before = process.minFlt;
    for (let i = 0; i < pages; i++) {
      const at = (address + i * PAGE) >>> 0;
      const ok = write ? process.store8(at, (i + 1) & 255) : process.load8(at) >= 0;
      if (!ok) return { done: i, signal: this.#caught(), faults: process.minFlt - before };
    }
    return { done: pages, signal: null, faults: process.minFlt - before };
  }

  /**
   * Calls the byte at `address` when it is a return instruction: `ok` or `noret`, or the signal. i386 has no execute
   * protection, so the fetch needs no more than the load before it.
   */
  call(address: number): string {
    const byte = this.process.load8(address);
    if (byte < 0) return this.signalText(this.#caught());
    return byte === 0xc3 ? 'ok' : 'noret';
  }

  /** The lines of a dump or hash without its first, without prefix. */
  *dump(withSums: boolean): Generator<string> {
    const { kernel, layout, startPages } = this.world;
    const { pid } = this.process;
    for (const region of readRegions(kernel.proc('maps', pid), layout, this.segments)) {
      const offset = region.name === 'anon' ? '-' : region.offset.toString(16);
      const pages = (region.end - region.start) / PAGE;
      const sums = withSums ? this.#regionSums(region) : '';
      yield `m ${this.address(region.start)} ${pages} ${region.permissions} ${region.name} ${offset}${sums}`;
    }
    const resident = this.pages() - startPages;
    // Reading status comes after reading statm: its buffer is counted from the second dump on.
    this.process.touch(STATUS_BUFFER, true);
    yield `k vm=${resident} lck=${lockedPages(kernel.proc('status', pid))}`;
  }

  #regionSums(region: Region): string {
    if (!region.permissions.startsWith('r') || !isInArena(region)) return '';
    let sum = FNV_START;
    let bad = 0;
    for (let page = region.start; page < region.end; page += PAGE) {
      const { signal } = this.read(page, PAGE);
      if (signal === null) {
        sum = fnvWord(sum, this.sum);
      } else {
        sum = fnv(fnv(sum, 0xee), signal.signo);
        bad++;
      }
    }
    return ` h=${sum.toString(16)}${bad > 0 ? ` bad=${bad}` : ''}`;
  }
}
