import { describe, expect, it } from 'vitest';
import { pagewalk } from './run-cli.ts';

describe('pagewalk run', () => {
  it('passes output and exit code through, and options behind the program to it', () => {
    expect(pagewalk(['run', '--memory', '16M', 'hello', 'a', '--json', '--check'])).toEqual({
      status: 3,
      out: 'hello from ring 3: hello a --json --check\n',
      err: '',
    });
  });

  it('sorts more than the machine has memory for, to the last byte', () => {
    const { status, out } = pagewalk(['run', '--json', '--memory', '8M', '--swap', '64M', 'quicksort', '12']);
    expect(status).toBe(0);
    const result = JSON.parse(out) as Record<string, unknown>;
    expect(result).toMatchObject({
      exitCode: 0,
      stdout: 'sorted 3145728 words; out of order 0, none lost; median 7ff7657c\n',
    });
    expect(result['pagesSwappedOut']).toBeGreaterThan(3000);
    expect(result['pagesSwappedIn']).toBeGreaterThan(3000);
  });

  it('tells with --report what memory did, on standard error', () => {
    const { status, out, err } = pagewalk(['run', '--report', '--release', '2.4.0', 'matrix', '64']);
    expect(status).toBe(0);
    expect(out).toBe('checksum 82ae2e90\n');
    expect(err).toMatch(/^machine {7}Linux 2\.4\.0, 32 MiB of RAM, 0 MiB of swap$/m);
    expect(err).toMatch(/^page faults {3}\d+ minor, \d+ major/m);
  });

  it('ends with 128 and the signal when the machine kills the program for its memory', () => {
    const { status } = pagewalk(['run', '--memory', '8M', '--swap', '300K', '--release', '2.4.0', 'hog']);
    expect(status).toBe(128 + 15);
  });

  it.each([
    [['nope'], 'nope: no such file'],
    [[process.execPath], 'a 64-bit program'],
    [['package.json'], 'not an ELF program'],
    [['packages/guest/programs/build.sh'], 'a script'],
    [['--env', 'x', 'hello'], 'KEY=VALUE'],
    [['--memory', '4G', 'hello'], '4G'],
  ])('refuses %j', (args, message) => {
    const { status, out, err } = pagewalk(['run', ...args]);
    expect(status).toBe(2);
    expect(out).toBe('');
    expect(err).toContain(message);
    expect(err.trim().split('\n').length).toBeLessThanOrEqual(3);
  });
});
