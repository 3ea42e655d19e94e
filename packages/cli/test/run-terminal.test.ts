import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { pagewalk, root } from './run-cli.ts';

/** Runs a program that never ends; when it has written `sign`, a signal goes to the command. How it ended, and what it wrote. */
function interrupt(args: readonly string[], sign: string, signals: readonly NodeJS.Signals[]) {
  return new Promise<{ code: number | null; out: string }>((resolve) => {
    const child = spawn(process.execPath, [join(root, 'packages/cli/bin/pagewalk.mjs'), 'run', ...args]);
    let out = '';
    let told = false;
    const look = (bytes: Buffer) => {
      out += bytes.toString();
      if (told || !out.includes(sign)) return;
      told = true;
      for (const signal of signals) child.kill(signal);
    };
    child.stdout.on('data', look);
    child.stderr.on('data', look);
    child.on('close', (code) => resolve({ code, out }));
  });
}

describe('pagewalk run without a terminal', () => {
  it('gives a program its input as a stream, to the end', () => {
    const { status, out } = pagewalk(['run', 'terminal', 'lines'], 'one\ntwo\n');
    expect({ status, out }).toEqual({ status: 0, out: '8[one\ntwo\n]\nend\n' });
  });

  it('more input than a piece holds arrives whole', () => {
    const input = 'x'.repeat(200_000);
    const { out } = pagewalk(['run', 'terminal', 'lines'], input);
    const read = out.match(/x+/g)?.join('') ?? '';
    expect(read.length).toBe(input.length);
  });

  it('is no terminal to the program', () => {
    expect(pagewalk(['run', 'terminal', 'raw', '1', '0']).out).toContain('FAILED: TCGETS');
  });

  it('Ctrl-C goes to a program that loops: it may end as it likes', async () => {
    // Its handler ends it with 7.
    const { code } = await interrupt(['terminal', 'wait'], ' lines of ', ['SIGINT']);
    expect(code).toBe(7);
  });

  it('or by the signal, as a shell tells it', async () => {
    const { code } = await interrupt(['--strace', 'quicksort', '16'], 'mmap2', ['SIGINT']);
    expect(code).toBe(130);
  });
});

describe('pagewalk run --strace', () => {
  it('prints calls on standard error, and the program its output as ever', () => {
    const { status, out, err } = pagewalk(['run', '--strace', 'hello']);
    expect(status).toBe(0);
    expect(out).toBe('hello from ring 3: hello\n');
    expect(err).toContain('write(1, "hello from ring 3:", 18)      = 18\n');
    expect(err).toMatch(/exit\(\d\) += \?\n\+\+\+ exited with \d \+\+\+\n$/);
  });
});
