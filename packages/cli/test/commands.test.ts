import { spawn, spawnSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { pagewalk, pagewalkJson, root } from './run-cli.ts';

const PIPELINE = 'packages/lab/recordings/pipeline.pwt';
const folder = mkdtempSync(join(tmpdir(), 'pagewalk-'));
afterAll(() => rmSync(folder, { recursive: true }));

const SCRIPT = '1 mmap 0 65536 3 34 - >v0\n2 w v0 16 7\n3 r v0 16\n4 tw v0 16\n5 munmap v0 65536\n';

describe('pagewalk boot', () => {
  it('prints what the recorded 2.4.22 with 64 MiB printed, then the dump', () => {
    const { status, out, err } = pagewalk(['boot', '--memory', '64M', '--release', '2.4.22']);
    expect(err).toBe('');
    expect(status).toBe(0);
    const lines = out.split('\n');
    for (const line of [
      ' BIOS-e820: 0000000000100000 - 0000000003fe0000 (usable)',
      '63MB LOWMEM available.',
      'On node 0 totalpages: 16352',
      'Memory: 63216k/65408k available (613k kernel code, 1804k reserved, 149k data, 68k init, 0k highmem)',
      'Page-cache hash table entries: 16384 (order: 4, 65536 bytes)',
      '531 reserved pages',
    ]) {
      expect(lines).toContain(line);
    }
    expect(out).toMatch(/^Zone:Normal freepages: \d+kB min: {3}380kB low: {3}760kB high: {2}1140kB$/m);
    expect(lines.indexOf('531 reserved pages')).toBeGreaterThan(lines.indexOf('On node 0 totalpages: 16352'));
  });

  it('prints what the recorded 2.4.0 with 64 MiB printed, then its dump', () => {
    const { status, out, err } = pagewalk(['boot', '--memory', '64M', '--release', '2.4.0']);
    expect([status, err]).toEqual([0, '']);
    const lines = out.split('\n');
    for (const line of [
      ' BIOS-e820: 0000000003ee0000 @ 0000000000100000 (usable)',
      'On node 0 totalpages: 16352',
      'Memory: 62948k/65408k available (535k kernel code, 2072k reserved, 189k data, 60k init, 0k highmem)',
      'Inode-cache hash table entries: 4096 (order: 3, 32768 bytes)',
      'Starting kswapd v1.8',
      'Freeing unused kernel memory: 60k freed',
      '4*4kB 3*8kB 4*16kB 4*32kB 2*64kB 1*128kB 1*256kB 0*512kB 0*1024kB 7*2048kB = 15080kB)',
      '600 reserved pages',
    ]) {
      expect(lines).toContain(line);
    }
    expect(out).toMatch(
      /^\( Active: 0, inactive_dirty: 0, inactive_clean: 0, free: \d+ \(223 446 669\) \)$/m,
    );
  });

  it('prints log levels with --raw', () => {
    expect(pagewalk(['boot', '--raw']).out).toContain('\n<6>Memory: 63216k/65408k available');
  });

  it.each([
    ['2.4.0', '16M'],
    ['2.4.0', '2G'],
    ['2.4.20', '16M'],
    ['2.4.22', '2G'],
  ])('boots %s with %s', (release, memory) => {
    expect(pagewalk(['boot', '--release', release, '--memory', memory, '--check']).status).toBe(0);
  });

  it('boots 64 GiB with PAE, and 8 MiB', () => {
    expect(pagewalk(['boot', '--machine', 'ref-pae', '--memory', '64G']).status).toBe(0);
    expect(pagewalk(['boot', '--memory', '8M', '--check']).status).toBe(0);
  });

  it('takes mem= on the kernel command line and a memory map from a file', () => {
    expect(pagewalk(['boot', '--memory', '128M', '--cmdline', 'mem=32M']).out).toContain('/32768k available');
    const map = join(folder, 'map.txt');
    writeFileSync(
      map,
      '# from a boot log\n<4> BIOS-e820: 0 - 9fc00 (usable)\n BIOS-e820: 100000 - 3000000 (usable)\n',
    );
    expect(pagewalk(['boot', '--e820', map]).out).toContain('On node 0 totalpages: 12288');
  });
});

describe('remarks, on standard error', () => {
  it.each([
    [1, /its first process cannot be made .*\n--fail-alloc 1: that allocation did fail/],
    [30, /--fail-alloc 30: that allocation did fail/],
    [999999, /--fail-alloc 999999: there were only \d+ allocations, and none failed/],
  ])('--fail-alloc %i', (n, text) => {
    expect(pagewalk(['replay', PIPELINE, '--fail-alloc', String(n)]).err).toMatch(text);
  });

  it('says when the kernel ignores a memory map', () => {
    const map = join(folder, 'one.map');
    writeFileSync(map, '0 - 4000000 (usable)\n');
    const { out, err, status } = pagewalk(['boot', '--e820', map]);
    expect(status).toBe(0);
    expect(out).toContain('BIOS-e801');
    expect(err).toBe(
      'pagewalk: --e820: the kernel takes no map of fewer than two ranges, and asked the BIOS for --memory instead\n',
    );
  });
});

describe('pagewalk proc', () => {
  it('prints meminfo of a fresh machine', () => {
    const { out, status } = pagewalk(['proc', '/proc/meminfo', '--memory', '64M']);
    expect(status).toBe(0);
    expect(out).toContain('MemTotal:        63284 kB\n');
  });

  it('prints slabinfo', () => {
    const { out, status } = pagewalk(['proc', 'slabinfo', '--memory', '32M']);
    expect(status).toBe(0);
    expect(out).toMatch(/^slabinfo - version: 1\.1\n(?:.*\n)*vm_area_struct +\d+/);
  });

  it('prints the maps of a process in the midst of a recording', () => {
    const { out, status } = pagewalk(['proc', 'self/maps', '--after', PIPELINE, '--at', '2000']);
    expect(status).toBe(0);
    expect(out).toMatch(
      /^08048000-[0-9a-f]{8} r--p 00000000 [0-9a-f]{2}:[0-9a-f]{2} \d+ +\/usr\/bin\/dash$/m,
    );
    expect(out).toMatch(/-c0000000 rwxp .*$/m);
  });

  it('prints the status of a process after a script', () => {
    const script = join(folder, 'status.ops');
    writeFileSync(script, SCRIPT);
    const { out, status } = pagewalk(['proc', 'self/status', '--after', script]);
    expect(status).toBe(0);
    expect(out).toMatch(/^Name:\t/);
  });

  it('says what to do when no process is left', () => {
    const { status, err } = pagewalk(['proc', 'self/maps', '--after', PIPELINE]);
    expect(status).toBe(2);
    const event = /--at (\d+)/.exec(err)?.[1] ?? '';
    expect(pagewalk(['proc', 'self/maps', '--after', PIPELINE, '--at', event]).status).toBe(0);
  });
});

describe('pagewalk vtop', () => {
  it('walks the kernel mapping: one large page', () => {
    const { out } = pagewalk(['vtop', 'c0100000']);
    expect(out).toContain('physical 00100000, by a large page');
    expect(out).not.toContain('pte');
  });

  it('walks three levels with PAE', () => {
    const json = pagewalkJson([
      'vtop',
      '08048000',
      '--machine',
      'ref-pae',
      '--after',
      PIPELINE,
      '--at',
      '2000',
    ]);
    expect((json['steps'] as { level: string }[]).map(({ level }) => level)).toEqual(['pgd', 'pmd', 'pte']);
  });

  it.each([
    [['c0100000', '--machine', 'ref-h4g'], 'direct map c0000000-c3ffffff'],
    [['c4800000', '--machine', 'ref-h4g'], 'hole c4000000-'],
    [['fe001000', '--memory', '1G', '--highmem', '4g'], 'kmap window, slot 1, users: 0'],
    [['fe001000', '--memory', '8G', '--machine', 'ref-pae'], 'kmap window, slot 1, users: 0'],
    [['ffffb000', '--machine', 'ref-h4g'], 'kmap_atomic slot 3'],
    [['fe001000', '--machine', 'ref-noh'], 'hole'],
    [['c0100000', '--after', PIPELINE, '--at', '2000'], "the kernel's page tables"],
  ])('a kernel address: %s', (args, text) => {
    expect(pagewalk(['vtop', ...args]).out).toContain(text);
  });

  it('tells where nothing is', () => {
    expect(pagewalk(['vtop', '0', '--after', PIPELINE, '--at', '2000']).out).toContain('not mapped');
  });
});

describe('pagewalk ops', () => {
  it('prints the result lines and nothing else', () => {
    const { status, out, err } = pagewalk(['ops', '-'], SCRIPT);
    expect({ status, err }).toEqual({ status: 0, err: '' });
    expect(out.split('\n')).toEqual([
      '# mmops-result v1 bits=32 release=2.4.22 machine=i686',
      '1 t+10000',
      '2 ok',
      expect.stringMatching(/^3 h=[0-9a-f]+$/),
      '4 16 ok flt=15',
      '5 0',
      '# end',
      '',
    ]);
  });

  it('tells when there is no memory even for its process', () => {
    const { status, err } = pagewalk(['ops', '-', '--fail-alloc', '3'], SCRIPT);
    expect(status).toBe(2);
    expect(err).toContain('--fail-alloc');
  });

  it('checks the machine after every op', () => {
    expect(pagewalk(['ops', '-', '--check=every'], SCRIPT).status).toBe(0);
  });
});

describe('pagewalk replay', () => {
  it('reports faults beside those of the real run', () => {
    const { status, out, err } = pagewalk(['replay', PIPELINE, '--check']);
    expect({ status, err }).toEqual({ status: 0, err: '' });
    for (const text of [
      'Faults',
      'demand-zero',
      'the real run',
      'COW copied',
      'Zones at the end',
      'Processes',
    ]) {
      expect(out).toContain(text);
    }
    expect(out).not.toContain('Not as in the recording');
  });

  it('compares every byte with --verify', () => {
    expect(pagewalk(['replay', PIPELINE, '--verify', '--check']).out).toMatch(
      /[\d,]+ bytes compared with the model: all equal/,
    );
  });

  it('fits into a terminal of any width', () => {
    for (const columns of [40, 120]) {
      // A script that pretends to be a terminal that wide; nothing but the width of standard output matters.
      const { out } = pagewalk(['replay', PIPELINE, '--no-squeeze'], '', { COLUMNS: String(columns) });
      expect(Math.max(...out.split('\n').map((line) => line.length))).toBeLessThanOrEqual(columns);
    }
  });

  it('replays without page contents, with equal figures', () => {
    const [full, bare] = [['--no-squeeze'], ['--content-free']].map((more) =>
      pagewalkJson(['replay', PIPELINE, ...more]),
    );
    for (const key of ['faults', 'peak', 'zones', 'processes', 'eventHash'])
      expect(bare?.[key]).toEqual(full?.[key]);
  });

  it('writes the event stream, from which every count can be made again', () => {
    const file = join(folder, 'events.txt');
    const json = pagewalkJson(['replay', PIPELINE, '--no-squeeze', '--events', file]);
    const lines = readFileSync(file, 'utf8')
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'));
    for (const line of lines) expect(line).toMatch(/^ *\S.*-\d+ \[\d{3}\] +\d+\.\d{6}: \w+: ?/);
    expect(lines.some((line) => /\bsort-\d+ \[/.test(line))).toBe(true);
    const count = (text: string): number => lines.filter((line) => line.includes(text)).length;
    const faults = json['faults'] as Record<string, number>;
    expect({
      demandZero: count(' class=demand_zero '),
      zeroPage: count(' class=zero_page '),
      fileRead: count(' class=file_read '),
      fileCow: count(' class=file_cow '),
      cowCopy: count(' class=cow_copy '),
      cowReuse: count(' class=cow_reuse '),
    }).toEqual({
      demandZero: faults['demandZero'],
      zeroPage: faults['zeroPage'],
      fileRead: faults['fileRead'],
      fileCow: faults['fileCow'],
      cowCopy: faults['cowCopy'],
      cowReuse: faults['cowReuse'],
    });
    const processes = json['processes'] as { minorFaults: number; majorFaults: number }[];
    const results = (result: number): number =>
      lines.filter((line) => line.includes(`mm_fault:`) && line.includes(` result=${result} `)).length;
    expect(results(1)).toBe(processes.reduce((sum, { minorFaults }) => sum + minorFaults, 0));
    expect(results(2)).toBe(processes.reduce((sum, { majorFaults }) => sum + majorFaults, 0));
    expect(lines[0]).toMatch(/^ +\S+-\d+ +\[000\] +\d+\.\d{6}: \w+: /);
  });

  it('says in one line when memory runs out', () => {
    const { status, out, err } = pagewalk([
      'replay',
      'packages/lab/recordings/sort.pwt',
      '--memory',
      '64M',
      '--sysctl',
      'vm.overcommit_memory=1',
    ]);
    expect({ status, out }).toEqual({ status: 2, out: '' });
    expect(err.trim().split('\n')).toHaveLength(1);
    expect(err).toContain('out of memory');
    expect(err).toContain('--memory');
  });
});

describe('Ctrl-C', () => {
  it('ends a replay with 130, the events so far written', async () => {
    const events = join(folder, 'interrupted.txt');
    const program = spawn(
      process.execPath,
      [
        'packages/cli/bin/pagewalk.mjs',
        'replay',
        'packages/lab/recordings/perl.pwt',
        '--verify',
        '--events',
        events,
      ],
      { cwd: root },
    );
    let err = '';
    program.stderr.on('data', (part) => {
      err += part;
    });
    const ended = new Promise((resolve) => program.on('close', (code, signal) => resolve({ code, signal })));
    // The file is there once the machine is about to boot, the handler soon after.
    while (!existsSync(events)) await new Promise((resolve) => setTimeout(resolve, 20));
    await new Promise((resolve) => setTimeout(resolve, 500));
    program.kill('SIGINT');
    expect(await ended).toEqual({ code: 130, signal: null });
    expect(err).toBe('pagewalk: interrupted\n');
    expect(readFileSync(events, 'utf8')).toMatch(/\n$/);
  });
});

describe('pagewalk demo', () => {
  it('works without a terminal and ends with three commands to try', () => {
    const { status, out, err } = pagewalk(['demo']);
    expect({ status, err }).toEqual({ status: 0, err: '' });
    expect(out).toContain('All 33,554,432 bytes that it wrote are those that');
    expect(out).toContain('npx --no-install pagewalk explore\n');
    const next = out.slice(out.indexOf('Try next:')).trim().split('\n').slice(1);
    expect(next).toHaveLength(3);
    for (const line of next) {
      const words = line.trim().split(/ +/);
      expect(words.slice(0, 3)).toEqual(['npx', '--no-install', 'pagewalk']);
      // What is suggested must work, or (memory too small) say in one line why not.
      const result = pagewalk(words.slice(3));
      expect([0, 2]).toContain(result.status);
      expect(result.err.trim().split('\n').length).toBeLessThanOrEqual(1);
    }
  });
});

describe('pagewalk record', () => {
  it('names what is missing', () => {
    const { status, err } = pagewalk([
      'record',
      '-o',
      join(folder, 'x.pwt'),
      '--',
      'no-such-program-anywhere',
    ]);
    expect(status).toBe(2);
    expect(err.trim().split('\n').length).toBeLessThanOrEqual(3);
  });
});

describe('pagewalk --help', () => {
  it.each([
    'boot',
    'run',
    'proc',
    'vtop',
    'ops',
    'record',
    'replay',
    'workload',
    'compare',
    'explain',
    'demo',
    'explore',
  ])('%s --help has examples', (command) => {
    const { status, out } = pagewalk([command, '--help']);
    expect(status).toBe(0);
    expect(out).toContain(`Examples:\n  pagewalk ${command}`);
  });

  it('lists the commands, and prints the version', () => {
    expect(pagewalk(['--help']).out).toContain('replay [options] <trace>');
    expect(pagewalk(['--version'])).toEqual({ status: 0, out: '0.1.0\n', err: '' });
  });
});

describe('a clone that is not set up', () => {
  it('is told in two lines', () => {
    const bare = join(folder, 'bare', 'bin');
    mkdirSync(bare, { recursive: true });
    copyFileSync(join(root, 'packages/cli/bin/pagewalk.mjs'), join(bare, 'pagewalk.mjs'));
    const { status, stderr } = spawnSync(process.execPath, [join(bare, 'pagewalk.mjs'), 'boot'], {
      encoding: 'utf8',
    });
    expect(status).toBe(2);
    expect(stderr).toMatch(/^pagewalk: not set up \(.*main\.js is missing\)\nRun "npm run setup" .*\n$/);
  });
});
