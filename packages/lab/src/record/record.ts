import { spawn, spawnSync } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { DEFAULT_FILTER } from '../trace/filter.ts';
import type { Compression } from '../trace/format.ts';
import type { FilterSettings, RealRun, TraceTotals } from '../trace/header.ts';
import { createTrace, type TraceWriter } from '../trace/writer.ts';
import { FileTable } from './file-table.ts';
import { LackeyParser } from './lackey-parser.ts';
import { LogDirectory, type ProcessLog } from './log-directory.ts';
import { thisMachine } from './machine.ts';
import { runNatively } from './native-run.ts';
import { isAlive, type MapsRegion, readLoadedMaps } from './process-maps.ts';
import { RecordError } from './record-error.ts';
import { RecordedProcess, type RecordingContext } from './recorded-process.ts';

/** How to make a recording. */
export interface RecordOptions {
  /** The command and its arguments; found in PATH as a shell does. It is run twice: natively, then recorded. */
  readonly command: readonly string[];
  /** File that the recording is written to. */
  readonly output: string;
  /** One sentence on what the workload is, for the header. */
  readonly note?: string;
  /** Directory to run the command in; names of files below it are recorded relative to it. Default: the present one. */
  readonly directory?: string;
  readonly environment?: NodeJS.ProcessEnv;
  readonly filter?: FilterSettings;
  readonly compression?: Compression;
  /** Whether the recorded run's output is shown. Default: false. */
  readonly showOutput?: boolean;
  /** Called now and then with the raw references so far. */
  readonly onProgress?: (rawReferences: number) => void;
}

/** What a recording came to. */
export interface RecordResult {
  readonly totals: TraceTotals;
  readonly real: RealRun;
  /** References that belong to none of the program's mappings, and are not in the recording. */
  readonly outside: number;
}

/** Log bytes read from one process before it is the next one's turn; about 4500 references. */
const SLICE_BYTES = 1 << 16;

/**
 * Records what the command does to memory, with all processes that it makes, into a trace file. Linux only; needs
 * valgrind, under which the command is some hundred times slower.
 * @throws RecordError with one line on what is missing. No file is left behind then.
 */
export async function record(options: RecordOptions): Promise<RecordResult> {
  const valgrind = checkHost(options);
  const directory = options.directory ?? process.cwd();
  const environment = options.environment ?? process.env;
  const filter = options.filter ?? DEFAULT_FILTER;
  const real = await runNatively(options.command, { directory, environment });
  const writer = createTrace(
    options.output,
    {
      command: options.command,
      note: options.note ?? '',
      recorder: `pagewalk record with ${valgrind} lackey`,
      recordedAt: new Date().toISOString(),
      machine: thisMachine(),
      real,
      filter,
    },
    options.compression,
  );
  const logs = new LogDirectory();
  try {
    const session = new Session(writer, logs, directory, options, filter);
    await session.run(environment);
    return { totals: writer.close(), real, outside: session.outside };
  } catch (error) {
    writer.abort();
    throw error;
  } finally {
    logs.remove();
  }
}

/** The version of valgrind, or a RecordError. */
function checkHost(options: RecordOptions): string {
  if (options.command.length === 0) throw new RecordError('nothing to record: give a command');
  if (process.platform !== 'linux') {
    throw new RecordError(
      `recording needs Linux, this is ${process.platform}; the shipped recordings replay anywhere`,
    );
  }
  const { error, stdout } = spawnSync('valgrind', ['--version'], { encoding: 'utf8' });
  if (error !== undefined || !stdout.startsWith('valgrind-')) {
    throw new RecordError(
      'recording needs valgrind: install it (Debian, Ubuntu: apt install valgrind; Fedora: dnf install valgrind; Arch: pacman -S valgrind)',
    );
  }
  return stdout.trim();
}

/** A process with the logs of it that were seen, in order. */
interface Track {
  readonly process: RecordedProcess;
  readonly parser: LackeyParser;
  readonly buffer: Uint8Array;
  /** Bytes in the buffer that are not parsed yet. */
  held: number;
  current: ProcessLog | null;
}

/** The run of valgrind, and the merge of its logs into one sequence of events. */
class Session implements RecordingContext {
  readonly writer: TraceWriter;
  readonly files: FileTable;
  readonly filter: FilterSettings;
  outside = 0;
  readonly #logs: LogDirectory;
  readonly #directory: string;
  readonly #options: RecordOptions;
  readonly #tracks: Track[] = [];
  /** Logs that wait for their turn, and the memory maps of the processes when they began. */
  readonly #waiting = new Map<number, ProcessLog[]>();
  readonly #maps = new Map<ProcessLog, readonly MapsRegion[]>();
  /** The newest log of each process whose program valgrind has not loaded yet. */
  readonly #unmapped = new Map<number, ProcessLog>();

  constructor(
    writer: TraceWriter,
    logs: LogDirectory,
    directory: string,
    options: RecordOptions,
    filter: FilterSettings,
  ) {
    this.writer = writer;
    this.files = new FileTable(writer, directory);
    this.filter = filter;
    this.#logs = logs;
    this.#directory = directory;
    this.#options = options;
  }

  forked(child: RecordedProcess): void {
    this.#add(child);
  }

  finished(pid: number): boolean {
    const track = this.#tracks.find(({ process }) => process.pid === pid && !process.ended);
    return track === undefined || (!isAlive(pid) && this.#exhausted(track));
  }

  /** Runs the command under valgrind until it and all its processes are gone and their logs are read. */
  async run(environment: NodeJS.ProcessEnv): Promise<void> {
    const { command, showOutput } = this.#options;
    const child = spawn(
      'valgrind',
      [
        '--tool=lackey',
        '--trace-mem=yes',
        '--trace-syscalls=yes',
        '--trace-children=yes',
        '--basic-counts=no',
        '--vgdb=no',
        `--log-file=${this.#logs.pattern}`,
        ...command,
      ],
      {
        cwd: this.#directory,
        env: environment,
        stdio: [
          'ignore',
          showOutput === true ? 'inherit' : 'ignore',
          showOutput === true ? 'inherit' : 'ignore',
        ],
      },
    );
    let running = true;
    let failure: Error | null = null;
    child.on('error', (error) => {
      failure = error;
      running = false;
    });
    child.on('exit', () => {
      running = false;
    });
    const start = { program: command[0]!, directory: this.#directory };
    this.#add(new RecordedProcess(this, child.pid ?? 0, 0, start));
    let idle = 0;
    let progress = 0;
    while (idle < 5) {
      const busy = this.#round();
      idle = busy || running || this.#anyAlive() ? 0 : idle + 1;
      if (!busy) await sleep(1);
      else if (++progress % 64 === 0) {
        this.#options.onProgress?.(this.writer.totals.rawReferences);
        // Lets the exit event of the child in.
        await new Promise(setImmediate);
      }
    }
    if (failure !== null) throw new RecordError(`cannot run valgrind: ${(failure as Error).message}`);
    for (const track of this.#tracks) {
      track.process.flushWork();
      track.process.end();
      track.current?.close();
    }
    if (this.writer.totals.references === 0) {
      throw new RecordError(
        `valgrind recorded nothing of "${command[0]}": is it a program that valgrind can run?`,
      );
    }
  }

  #add(process: RecordedProcess): void {
    const parser = new LackeyParser(process);
    this.#tracks.push({ process, parser, buffer: new Uint8Array(SLICE_BYTES), held: 0, current: null });
  }

  /** A slice of each process's log; whether there was anything. */
  #round(): boolean {
    let busy = false;
    for (let i = 0; i < this.#tracks.length; i++) {
      this.#poll();
      const track = this.#tracks[i]!;
      if (!track.process.ended) busy = this.#slice(track) || busy;
    }
    return busy;
  }

  #slice(track: Track): boolean {
    if (track.current === null && !this.#nextLog(track)) return false;
    const log = track.current!;
    if (!log.ready(SLICE_BYTES)) return false;
    const buffer = track.buffer;
    const got = log.read(buffer, track.held);
    const end = track.held + got;
    const used = track.parser.parse(buffer, end);
    buffer.copyWithin(0, used, end);
    track.held = end - used;
    if (track.held === buffer.length && !buffer.includes(0x0a)) {
      throw new RecordError(`valgrind wrote a line of over ${SLICE_BYTES} bytes`);
    }
    if (used > 0) {
      track.process.endSlice(this.#tracks.every((other) => other === track || other.process.ended));
      return true;
    }
    // Nothing more in this log, and there is a next: the process did an exec, whose line has no end.
    if (got === 0 && this.#waiting.has(track.process.pid) && log.drained) {
      track.process.line(Buffer.from(buffer.subarray(0, track.held)).toString());
      track.held = 0;
      log.close();
      track.current = null;
      return true;
    }
    return false;
  }

  /** Starts the next log of a process; false when it has not appeared. */
  #nextLog(track: Track): boolean {
    const pid = track.process.pid;
    const queue = this.#waiting.get(pid);
    const log = queue?.[0];
    if (queue === undefined || log === undefined) return false;
    if (this.#unmapped.get(pid) === log && isAlive(pid)) return false;
    queue.shift();
    if (queue.length === 0) this.#waiting.delete(pid);
    track.current = log;
    track.process.beginLog(this.#maps.get(log) ?? null);
    this.#maps.delete(log);
    return true;
  }

  /** Takes in new logs, and the memory maps of processes whose programs have been loaded. */
  #poll(): void {
    for (const log of this.#logs.poll()) {
      const queue = this.#waiting.get(log.pid);
      if (queue === undefined) this.#waiting.set(log.pid, [log]);
      else queue.push(log);
      this.#unmapped.set(log.pid, log);
    }
    for (const [pid, log] of this.#unmapped) {
      const maps = readLoadedMaps(pid);
      if (maps !== null) this.#maps.set(log, maps);
      if (maps !== null || !isAlive(pid)) this.#unmapped.delete(pid);
    }
  }

  #exhausted(track: Track): boolean {
    return !this.#waiting.has(track.process.pid) && (track.current === null || track.current.drained);
  }

  #anyAlive(): boolean {
    return this.#tracks.some(({ process }) => !process.ended && isAlive(process.pid));
  }
}
