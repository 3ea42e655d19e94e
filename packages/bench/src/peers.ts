/**
 * The peers: programs of ours in C, compiled on the spot, and our own bundle without its tracepoints.
 *
 * | program | what runs |
 * |---|---|
 * | `host`, `buddy`, `replay` | `host/<program>.c` |
 * | `glibc`, `mimalloc` | `host/malloc.c` with the C library's malloc, or with mimalloc preloaded |
 * | `libCacheSim` | the command of that project, if it is there (see lib-cache-sim.ts) |
 * | `native`, `qemu` | the guest's own program `speed`, on this computer and in qemu-i386 |
 * | `untraced` | this program, every test whether tracing is on replaced by `false` |
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { programsFolder } from '@pagewalk/guest';
import { LibCacheSim, missingLibCacheSim, type SimulatedPeer } from './lib-cache-sim.ts';
import { type Measurement, parseMeasurement } from './row.ts';

const bundle = fileURLToPath(import.meta.url);
const sources = join(dirname(bundle), '..', 'host');
/** C programs and how they are compiled: malloc and free must not be optimized away in pairs. */
const PROGRAMS: Readonly<Record<string, readonly string[]>> = {
  host: [],
  buddy: [],
  malloc: ['-fno-builtin'],
  replay: [],
};
/** Where distributions put mimalloc; the environment variable PAGEWALK_MIMALLOC names another place. */
const MIMALLOC = [
  '/usr/lib/x86_64-linux-gnu',
  '/usr/lib/aarch64-linux-gnu',
  '/usr/lib64',
  '/usr/lib',
  '/usr/local/lib',
].flatMap((folder) => [`${folder}/libmimalloc.so.2`, `${folder}/libmimalloc.so`]);

export class Peers {
  readonly #folder = mkdtempSync(join(tmpdir(), 'pagewalk-bench-'));
  readonly #mimalloc = [process.env.PAGEWALK_MIMALLOC ?? '', ...MIMALLOC].find((path) => existsSync(path));
  readonly #noC: string | null;
  readonly #simulated: readonly SimulatedPeer[];
  readonly #libCacheSim = new LibCacheSim(this.#folder, join(this.#folder, 'replay'));
  #untraced: string | null = null;

  /** @param simulated what libCacheSim does for the rows that it is a peer of */
  constructor(simulated: readonly SimulatedPeer[]) {
    this.#simulated = simulated;
    this.#noC = this.#compile();
  }

  /** Why there is no such peer to compare with; null when there is. */
  missing(program: string): string | null {
    if (program === 'untraced') return null;
    if (program === 'native' || program === 'qemu') return missingSpeed(program);
    if (this.#noC !== null) return this.#noC;
    if (program === 'libCacheSim') return missingLibCacheSim();
    if (program !== 'mimalloc' || this.#mimalloc !== undefined) return null;
    return 'mimalloc is not installed (Debian: libmimalloc2.0), nor does PAGEWALK_MIMALLOC name it';
  }

  /** Nanoseconds per operation of one row. */
  run(program: string, row: string): Measurement {
    if (program === 'untraced') return runRow(this.#withoutTracepoints(), row);
    if (program === 'libCacheSim') {
      return this.#libCacheSim.run(this.#simulated.find((each) => each.row === row) as SimulatedPeer);
    }
    if (program === 'native' || program === 'qemu') return runSpeed(program, row);
    const file = program === 'glibc' || program === 'mimalloc' ? 'malloc' : program;
    const env = program === 'mimalloc' ? { ...process.env, LD_PRELOAD: this.#mimalloc } : process.env;
    return parseMeasurement(
      execFileSync(join(this.#folder, file), [row], {
        stdio: ['ignore', 'pipe', 'ignore'],
        env,
        encoding: 'utf8',
      }),
    );
  }

  close(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #compile(): string | null {
    if (process.platform !== 'linux') return `the peer is Linux; this is ${process.platform}`;
    try {
      for (const [program, flags] of Object.entries(PROGRAMS)) {
        const source = join(sources, `${program}.c`);
        execFileSync('gcc', ['-O2', ...flags, source, '-o', join(this.#folder, program)], { stdio: 'pipe' });
      }
      return null;
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code;
      return code === 'ENOENT' ? 'gcc is not installed' : 'gcc cannot compile the peer programs';
    }
  }

  /** A second bundle in which no code asks whether tracing is on. */
  #withoutTracepoints(): string {
    if (this.#untraced === null) {
      this.#untraced = join(this.#folder, 'untraced.mjs');
      const text = readFileSync(bundle, 'utf8').replace(
        /(?<![\w$.])(?:[\w$]+\.)*trace\.on\b(?! *=[^=])/g,
        'false',
      );
      writeFileSync(this.#untraced, text);
    }
    return this.#untraced;
  }
}

/** Why the guest's program does not run here; null: it does. */
function missingSpeed(how: 'native' | 'qemu'): string | null {
  try {
    runSpeed(how, 'nothing');
    return null;
  } catch {
    return how === 'qemu' ? 'qemu-i386 is not installed' : 'this computer does not run 32-bit Linux programs';
  }
}

/** Runs the guest's program `speed`: it measures itself. `nothing` does nothing. */
function runSpeed(how: 'native' | 'qemu', what: string): Measurement {
  const program = join(programsFolder(), 'speed');
  const [file, args] = how === 'qemu' ? ['qemu-i386', [program, what]] : [program, [what]];
  const text = execFileSync(file, args, { stdio: ['ignore', 'pipe', 'ignore'], encoding: 'utf8' });
  return what === 'nothing' ? { value: 0, missRatio: null } : parseMeasurement(text);
}

/** Runs our side of a row in a process of its own. @throws Error saying which row failed; its own words are on stderr */
export function runRow(program: string, row: string): Measurement {
  try {
    return parseMeasurement(
      execFileSync(process.execPath, [program, '--row', row], {
        stdio: ['ignore', 'pipe', 'inherit'],
        encoding: 'utf8',
      }),
    );
  } catch {
    throw new Error(`row ${row} failed`);
  }
}
