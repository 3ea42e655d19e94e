/**
 * libCacheSim, a simulator of cache replacement in C, as a peer: its command, on the same references. It is no package
 * anywhere; who has built it names its `cachesim` in PAGEWALK_CACHESIM.
 */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Measurement } from './row.ts';

/** What it simulates. */
export interface SimulatedPeer {
  /** The row whose peer this is. */
  readonly row: string;
  readonly policy: 'lru' | 'clock';
  /** Pages that fit. */
  readonly frames: number;
  /** Name of the sequence of references; rows with the same share one file. */
  readonly trace: string;
  /** Writes the sequence into a file; returns the references. */
  write(path: string): number;
}

/** Why its rows have no peer; null: it is there. */
export function missingLibCacheSim(): string | null {
  const path = process.env.PAGEWALK_CACHESIM;
  if (path === undefined || path === '')
    return "PAGEWALK_CACHESIM does not name libCacheSim's command cachesim";
  return existsSync(path) ? null : `PAGEWALK_CACHESIM: there is no ${path}`;
}

/** The simulator with the references that it has read already. */
export class LibCacheSim {
  readonly #folder: string;
  readonly #cpu: string;
  readonly #lengths = new Map<string, number>();

  /**
   * @param folder where the references are put: up to some 100 MB
   * @param cpu a program that runs another one and says what CPU time it took (host/replay.c)
   */
  constructor(folder: string, cpu: string) {
    this.#folder = folder;
    this.#cpu = cpu;
  }

  /** CPU time of one reference, from the start of the command to its end. */
  run({ policy, frames, trace, write }: SimulatedPeer): Measurement {
    const path = join(this.#folder, `${trace}.oracleGeneral.bin`);
    let length = this.#lengths.get(trace);
    if (length === undefined) {
      length = write(path);
      this.#lengths.set(trace, length);
    }
    const output = execFileSync(
      this.#cpu,
      [
        'cpu',
        process.env.PAGEWALK_CACHESIM as string,
        path,
        'oracleGeneral',
        policy,
        String(frames),
        '--ignore-obj-size',
        '1',
      ],
      // It leaves files where it runs.
      { stdio: ['ignore', 'pipe', 'ignore'], encoding: 'utf8', cwd: this.#folder },
    );
    const missRatio = /, +(\d+) req, miss ratio (\d\.\d+)/.exec(output);
    if (missRatio === null || Number(missRatio[1]) !== length) {
      throw new Error(`libCacheSim did not simulate ${length} references: ${output.trim()}`);
    }
    const spent = Number(output.trim().split('\n').at(-1));
    return { value: spent / length, missRatio: Number(missRatio[2]) };
  }
}
