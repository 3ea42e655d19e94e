import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { schemaOf, violations } from './json-schema.ts';
import { pagewalk, pagewalkJson, root } from './run-cli.ts';

const PIPELINE = 'packages/lab/recordings/pipeline.pwt';
const SCRIPT = '1 mmap 0 65536 3 34 - >v0\n2 w v0 16 7\n3 r v0 16\n4 dump\n';

/** Command lines whose JSON is held against the schema of the command. */
const CASES: readonly {
  readonly command: string;
  readonly args: readonly string[];
  readonly input?: string;
}[] = [
  { command: 'boot', args: [] },
  { command: 'boot', args: ['--memory', '1G', '--highmem', '4g', '--swap', '16M', '--seed', '7'] },
  { command: 'proc', args: ['meminfo'] },
  { command: 'proc', args: ['self/maps', '--after', PIPELINE, '--at', '5000'] },
  { command: 'vtop', args: ['c0100000'] },
  { command: 'vtop', args: ['c0100000', '--machine', 'ref-pae'] },
  { command: 'vtop', args: ['fe001000', '--memory', '1G', '--highmem', '4g'] },
  { command: 'vtop', args: ['08048000', '--after', PIPELINE, '--at', '5000'] },
  { command: 'ops', args: ['-'], input: SCRIPT },
  { command: 'replay', args: [PIPELINE, '--no-squeeze'] },
  { command: 'demo', args: [] },
  { command: 'workload', args: ['unif', '7', '3000', '4000', '30', '--memory', '8M'] },
  { command: 'workload', args: ['--recorded', 'seq-fit', '--release', '2.4.22'] },
  { command: 'compare', args: ['2.4.20', 'memory=8M,vm.page-cluster=0', 'seq', '1', '3000', '2'] },
  { command: 'compare', args: ['memory=16M', '2.4.20,swap=32M', PIPELINE] },
  { command: 'explain', args: ['seq', '1', '3000', '2', '--memory', '8M'] },
  { command: 'explain', args: [PIPELINE, '--memory', '8M', '--swap', '64M', '--event', '1000'] },
];

describe('--json', () => {
  it.each(CASES)('$command $args answers as packages/cli/schemas says', ({ command, args, input }) => {
    const value = pagewalkJson([command, ...args], input);
    expect(violations(schemaOf(command), value)).toEqual([]);
  });

  it('of run, too, where it stands before the program', () => {
    const { status, out } = pagewalk([
      'run',
      '--json',
      '--memory',
      '8M',
      '--swap',
      '32M',
      'touch',
      '12',
      'b',
    ]);
    expect(status).toBe(0);
    expect(violations(schemaOf('run'), JSON.parse(out))).toEqual([]);
  });

  it('is the same for the same input, hashes and all', () => {
    const [first, second] = [1, 2].map(() => pagewalkJson(['replay', PIPELINE, '--no-squeeze']));
    for (const result of [first, second]) {
      delete result?.['wallSeconds'];
      delete result?.['referencesPerSecond'];
    }
    expect(first).toEqual(second);
  });

  it('has other hashes for another machine', () => {
    const hashes = ['64M', '128M'].map((size) => pagewalkJson(['boot', '--memory', size])['stateHash']);
    expect(hashes[0]).not.toBe(hashes[1]);
  });

  it('docs/json.md names every key of every schema', () => {
    const text = readFileSync(join(root, 'docs/json.md'), 'utf8');
    const keys = (schema: object): string[] =>
      Object.entries(schema).flatMap(([name, value]) => {
        if (typeof value !== 'object' || value === null) return [];
        return name === 'properties' ? [...Object.keys(value), ...keys(value)] : keys(value);
      });
    const all = readdirSync(join(root, 'packages/cli/schemas')).flatMap((file) =>
      keys(schemaOf(file.replace(/\.json$/, ''))),
    );
    expect([...new Set(all)].filter((key) => !text.includes(`\`${key}\``))).toEqual([]);
  });
});

describe('the schema check', () => {
  it('finds what is wrong', () => {
    expect(violations(schemaOf('ops'), { command: 'ops', results: [1], extra: 0 })).toEqual([
      '$.machine: missing',
      '$.script: missing',
      '$.eventHash: missing',
      '$.stateHash: missing',
      '$.results[0]: number, not string',
      '$.extra: unknown',
    ]);
  });
});
