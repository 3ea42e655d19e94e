/** Running a script: one result line per op, in the format of the recorded results. */
import type { Kernel } from '@pagewalk/mm';
import { Executor, ExecutorDied, type Progress } from './executor.ts';
import { formatAddressResult, formatResult } from './layout.ts';
import { forkCounts, type Op, type OpName, type OpsScript } from './script.ts';
import { buildWorld, RLIMIT_AS, RLIMIT_STACK, STACK_LIMIT, UNLIMITED } from './world.ts';

const PAGE = 4096;
/** Bytes of the executor's buffer for mincore, one a page. */
const VECTOR_SIZE = 65536;
const IPC_PRIVATE = 0;
const IPC_CREAT_0600 = 0o1600;
const IPC_RMID = 0;
const ENOSYS = 38;

/** Takes one result line, without line end. */
export type OnLine = (line: string) => void;

/** An op's effect: gets the evaluated operands, gives the text after the op's number. */
type Handler = (executor: Executor, operands: readonly number[], op: Op) => string;
type CallName = Exclude<OpName, 'fork' | 'forkp' | 'dump' | 'hash'>;

/** An address result, kept in the op's slot when it is no error. */
function stored(executor: Executor, op: Op, result: number): string {
  const text = formatAddressResult(executor.world.layout, result);
  if (op.slot >= 0 && !text.startsWith('-')) executor.slots[op.slot] = result >>> 0;
  return text;
}

function progressText(executor: Executor, progress: Progress, whole: string): string {
  return progress.signal === null ? whole : `${progress.done} ${executor.signalText(progress.signal)}`;
}

function mmap(executor: Executor, [addr, len, prot, flags, fd, offset]: readonly number[]): number {
  const bytes = offset ?? 0;
  const { process } = executor;
  return bytes % PAGE === 0
    ? process.mmap2(addr!, len!, prot!, flags!, fd!, bytes / PAGE)
    : process.oldMmap(addr!, len!, prot!, flags!, fd!, bytes);
}

/** mincore's answer and, when it is 0, the residency bits: a hex digit per four pages, lowest page in bit 0. */
function mincore(executor: Executor, address: number, length: number): string {
  const pages = Math.ceil(length / PAGE);
  const vector = new Uint8Array(Math.max(VECTOR_SIZE, pages));
  const result = executor.process.mincore(address, length, vector);
  if (result !== 0 || length === 0) return formatResult(result);
  const shown = Math.min(((length + PAGE - 1) >>> 0) >>> 12, VECTOR_SIZE);
  let digits = '';
  for (let i = 0; i < shown; i += 4) {
    let digit = 0;
    for (let j = 0; j < 4 && i + j < shown; j++) digit |= ((vector[i + j] as number) & 1) << j;
    digits += digit.toString(16);
  }
  return `0 ${digits}`;
}

function touch(executor: Executor, address: number, pages: number, write: boolean): string {
  const { done, signal, faults } = executor.touch(address, pages, write);
  return `${done} ${signal === null ? 'ok' : executor.signalText(signal)} flt=${faults}`;
}

function setLimit(executor: Executor, resource: number, bytes: number): string {
  return formatResult(executor.process.setrlimit(resource, bytes, UNLIMITED));
}

const HANDLERS: Readonly<Record<CallName, Handler>> = {
  mmap: (x, v, op) => stored(x, op, mmap(x, v)),
  mmapo: (x, v, op) => stored(x, op, mmap(x, v)),
  munmap: (x, [a, n]) => formatResult(x.process.munmap(a!, n!)),
  mprotect: (x, [a, n, prot]) => formatResult(x.process.mprotect(a!, n!, prot!)),
  mremap: (x, [a, old, size, flags, to], op) => stored(x, op, x.process.mremap(a!, old!, size!, flags!, to!)),
  brk: (x, [a]) => x.address(x.process.brk(a!)),
  madvise: (x, [a, n, advice]) => formatResult(x.process.madvise(a!, n!, advice!)),
  mlock: (x, [a, n]) => formatResult(x.process.mlock(a!, n!)),
  munlock: (x, [a, n]) => formatResult(x.process.munlock(a!, n!)),
  mlock2: () => formatResult(-ENOSYS),
  mlockall: (x, [flags]) => formatResult(x.process.mlockall(flags!)),
  munlockall: (x) => formatResult(x.process.munlockall()),
  msync: (x, [a, n, flags]) => formatResult(x.process.msync(a!, n!, flags!)),
  mincore: (x, [a, n]) => mincore(x, a!, n!),
  rfp: (x) => formatResult(x.process.remapFilePages()),
  w: (x, [a, n, seed]) => progressText(x, x.write(a!, n!, seed!), 'ok'),
  r: (x, [a, n]) => {
    const progress = x.read(a!, n!);
    return progressText(x, progress, `h=${x.sum.toString(16)}`);
  },
  tr: (x, [a, n]) => touch(x, a!, n!, false),
  tw: (x, [a, n]) => touch(x, a!, n!, true),
  x: (x, [a]) => x.call(a!),
  pread: (x, [fd, a, n, offset]) => formatResult(x.process.pread(fd!, a!, n!, offset!)),
  pwrite: (x, [fd, a, n, offset]) => formatResult(x.process.pwrite(fd!, a!, n!, offset!)),
  ftruncate: (x, [fd, size]) => formatResult(x.process.ftruncate(fd!, size!)),
  rlim_as: (x, [pages]) =>
    setLimit(
      x,
      RLIMIT_AS,
      pages === Number.POSITIVE_INFINITY ? UNLIMITED : ((x.pages() + pages!) * PAGE) >>> 0,
    ),
  rlim_stack: (x, [pages]) =>
    setLimit(x, RLIMIT_STACK, pages === Number.POSITIVE_INFINITY ? STACK_LIMIT : (pages! * PAGE) >>> 0),
  shmget: (x, [k, size]) => {
    if ((x.segments[k!] as number) >= 0) return 'busy';
    const id = x.process.shmget(IPC_PRIVATE, size!, IPC_CREAT_0600);
    if (id < 0) return formatResult(id);
    x.segments[k!] = id;
    return 'ok';
  },
  shmat: (x, [k, a, flags], op) => stored(x, op, x.process.shmat(x.segments[k!] as number, a!, flags!)),
  shmdt: (x, [a]) => formatResult(x.process.shmdt(a!)),
  shmrm: (x, [k]) => formatResult(x.process.shmctl(x.segments[k!] as number, IPC_RMID)),
};

class Run {
  readonly #script: OpsScript;
  readonly #onLine: OnLine;

  constructor(script: OpsScript, onLine: OnLine) {
    this.#script = script;
    this.#onLine = onLine;
  }

  #line(executor: Executor, text: string): void {
    this.#onLine('c'.repeat(executor.depth) + text);
  }

  /** Runs the ops from `first` up to `end` (not included). False: a fork failed, and the rest is not run. */
  ops(executor: Executor, first: number, end: number): boolean {
    let next = first;
    while (next < end) {
      const op = this.#script.ops[next] as Op;
      next++;
      executor.mustLive();
      if (op.name !== 'fork' && op.name !== 'forkp') {
        this.#op(executor, op);
        continue;
      }
      const { parent, child } = forkCounts(op);
      if (!this.#fork(executor, op, next, parent, child)) return false;
      next += parent + child;
    }
    return true;
  }

  #op(executor: Executor, op: Op): void {
    if (op.name === 'dump' || op.name === 'hash') {
      this.#line(executor, `${op.number} ${op.name}`);
      for (const line of executor.dump(op.name === 'hash')) this.#line(executor, line);
      return;
    }
    const operands = op.operands.map((operand) => executor.evaluate(operand));
    const text = HANDLERS[op.name as CallName](executor, operands, op);
    const stray = executor.straySignal();
    this.#line(executor, `${op.number} ${text}${stray === null ? '' : ` +${executor.signalText(stray)}`}`);
  }

  /** The child's ops follow those that the parent runs while the child sleeps. */
  #fork(executor: Executor, op: Op, first: number, parentOps: number, childOps: number): boolean {
    this.#line(executor, `${op.number} fork`);
    const process = executor.process.fork();
    if (typeof process === 'number') {
      this.#line(executor, formatResult(process));
      return false;
    }
    const child = new Executor(executor.world, process, executor);
    this.ops(executor, first, first + parentOps);
    const status = this.#child(child, first + parentOps, first + parentOps + childOps);
    if (status !== 0) this.#line(executor, `childstatus ${status.toString(16)}`);
    return true;
  }

  #child(child: Executor, first: number, end: number): number {
    try {
      this.ops(child, first, end);
    } catch (error) {
      if (!(error instanceof ExecutorDied)) throw error;
      if (error.lastWords !== '') this.#line(child, error.lastWords);
      child.process.exit(error.status);
      return error.status;
    }
    this.#line(child, 'exit');
    child.process.exit(0);
    return 0;
  }
}

/**
 * Runs a script on a machine and gives each result line to `onLine`, from `# mmops-result …` to `# end`. The process ends
 * with the script; its files stay.
 * @param machine a fresh machine of {@link WORLD_MEMORY} bytes, or what makes one
 */
export function runOps(machine: Kernel | (() => Kernel), script: OpsScript, onLine: OnLine): void {
  const kernel = typeof machine === 'function' ? machine() : machine;
  const world = buildWorld(kernel, script.bytes);
  const executor = new Executor(world, world.process, null);
  const run = new Run(script, onLine);
  onLine(`# mmops-result v1 bits=32 release=${kernel.release} machine=i686`);
  try {
    run.ops(executor, 0, script.ops.length);
    executor.segments.forEach((id) => {
      if (id >= 0) world.process.shmctl(id, IPC_RMID);
    });
    onLine('# end');
    world.process.exit(0);
  } catch (error) {
    if (!(error instanceof ExecutorDied)) throw error;
    if (error.lastWords !== '') onLine(error.lastWords);
    world.process.exit(error.status);
  }
}
