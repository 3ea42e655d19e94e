import { spawn } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { plotBars } from '../src/output/plot.ts';
import { pagewalk, pagewalkJson, root } from './run-cli.ts';

const PIPELINE = 'packages/lab/recordings/pipeline.pwt';

describe('pagewalk workload', () => {
  it('prints the counts and compares contents', () => {
    const { status, out, err } = pagewalk([
      'workload',
      'seq',
      '1',
      '3000',
      '2',
      '--memory',
      '8M',
      '--verify',
    ]);
    expect({ status, err }).toEqual({ status: 0, err: '' });
    expect(out).toMatch(/pages swapped out +[\d,]+/);
    expect(out).toContain('24,000 bytes compared with what was stored there: all equal.');
  });

  it('is the same for the same arguments', () => {
    const line = ['workload', 'unif', '7', '3000', '4000', '30', '--memory', '8M', '--release', '2.4.20'];
    expect(pagewalkJson(line)).toEqual(pagewalkJson(line));
  });

  it('prints ours beside what was recorded', () => {
    const { status, out } = pagewalk(['workload', '--recorded', 'seq-fit']);
    expect(status).toBe(0);
    expect(out).toMatch(/2\.4\.22 seq-fit \(wl seq 1 12000 5\)\n.*\n +minflt +12,000 +12,000 .* ok/);
    expect(out).toMatch(/\d+ of \d+ counts are ok/);
  });
});

describe('pagewalk compare', () => {
  it('shows two machines side by side', () => {
    const { status, out } = pagewalk(['compare', 'memory=8M', 'memory=16M', 'seq', '1', '3000', '2']);
    expect(status).toBe(0);
    expect(out).toMatch(/memory=8M +memory=16M +B to A/);
    expect(out).toMatch(/pages swapped out +[1-9][\d,]* +0 +-100\.0%/);
  });

  it('says which side ended early', () => {
    const args = ['compare', 'swap=1M', 'swap=64M', 'seq', '1', '3000', '2', '--memory', '8M'];
    const { status, out } = pagewalk(args);
    expect(status).toBe(0);
    expect(out).toMatch(/swap=1M ended early, at 0 %: the kernel refused mmap/);
  });
});

describe('pagewalk explain', () => {
  it('answers in sentences', () => {
    const { status, out } = pagewalk(['explain', 'seq', '1', '3000', '2', '--memory', '8M']);
    expect(status).toBe(0);
    expect(out).toContain('Why was this page swapped out?');
    expect(out).toContain('What kept kswapd busy?');
  });

  it('explains a recording', () => {
    const { status, out } = pagewalk(['explain', PIPELINE, '--memory', '8M', '--swap', '64M', '--pid', '9']);
    expect({ status, empty: out === '' }).toEqual({ status: 0, empty: false });
  });
});

describe('a squeeze', () => {
  it('is a table, a plot and the knee, and fits into a narrow terminal', { timeout: 300_000 }, () => {
    const columns = 44;
    const { status, out } = pagewalk(['replay', PIPELINE], '', { COLUMNS: String(columns) });
    expect(status).toBe(0);
    for (const text of ['Squeezed', '12 %', 'Virtual time', 'knee']) expect(out).toContain(text);
    expect(Math.max(...out.split('\n').map((line) => line.length))).toBeLessThanOrEqual(columns);
  });

  it('draws no bars where there is no room', () => {
    const bars = [
      { label: 'a', value: 1, text: '1 s' },
      { label: 'b', value: 100, text: '100 s' },
    ];
    expect(plotBars(bars, 12)).toBe('  a 1 s\n  b 100 s');
    const [a = '', b = ''] = plotBars(bars, 60).split('\n');
    expect(a.length).toBeLessThan(b.length);
    expect(b.length).toBeLessThanOrEqual(60);
    expect(plotBars([], 60)).toContain('nothing');
  });
});

describe('Ctrl-C', () => {
  it.each([
    [['workload', 'seq', '1', '30000', '100000'], 'pages swapped out'],
    [['workload', '--recorded'], 'interrupted'],
    [['compare', '2.4.20', '2.4.22', 'seq', '1', '30000', '100000'], 'B to A'],
    [['explain', 'seq', '1', '30000', '100000'], 'kswapd'],
  ] as const)('ends %j with 130 and what is known so far', async (args, text) => {
    const program = spawn(process.execPath, ['packages/cli/bin/pagewalk.mjs', ...args], { cwd: root });
    let out = '';
    let err = '';
    program.stdout.on('data', (part) => {
      out += part;
    });
    program.stderr.on('data', (part) => {
      err += part;
    });
    const ended = new Promise((resolve) => program.on('close', (code, signal) => resolve({ code, signal })));
    await new Promise((resolve) => setTimeout(resolve, 4000));
    program.kill('SIGINT');
    expect(await ended).toEqual({ code: 130, signal: null });
    expect(out).toContain(text);
    expect(err).toBe('pagewalk: interrupted\n');
  });
});
