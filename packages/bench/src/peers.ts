/** The peers: C programs compiled on the spot. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const sources = join(dirname(fileURLToPath(import.meta.url)), '..', 'host');

export class Peers {
  readonly #folder = mkdtempSync(join(tmpdir(), 'pagewalk-bench-'));
  /** Why there is no peer to compare with; null when there is. */
  readonly missing: string | null;

  constructor() {
    this.missing = this.#compile();
  }

  #compile(): string | null {
    if (process.platform !== 'linux') return `the peer is Linux; this is ${process.platform}`;
    try {
      for (const program of ['host', 'buddy']) {
        const source = join(sources, `${program}.c`);
        execFileSync('gcc', ['-O2', source, '-o', join(this.#folder, program)], { stdio: 'pipe' });
      }
      return null;
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code;
      return code === 'ENOENT' ? 'gcc is not installed' : 'gcc cannot compile the peer programs';
    }
  }

  /** Nanoseconds per operation of one row. */
  run(program: string, row: string): number {
    return Number(execFileSync(join(this.#folder, program), [row], { stdio: ['ignore', 'pipe', 'ignore'] }));
  }

  close(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
