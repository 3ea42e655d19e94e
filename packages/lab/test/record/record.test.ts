import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { record } from '../../src/record/record.ts';
import { RecordError } from '../../src/record/record-error.ts';
import { EventKind } from '../../src/trace/format.ts';
import { openTrace } from '../../src/trace/open.ts';

const directory = mkdtempSync(join(tmpdir(), 'pagewalk-test-'));
afterAll(() => rmSync(directory, { recursive: true }));
const output = join(directory, 'out.pwt');
const hasValgrind =
  process.platform === 'linux' &&
  spawnSync('valgrind', ['--version'], { encoding: 'utf8' }).stdout?.startsWith('valgrind-');

describe('a recording that cannot be made is one clear line, and no file', () => {
  it('without a command', async () => {
    await expect(record({ command: [], output })).rejects.toThrow(/^nothing to record: give a command$/);
  });

  it.skipIf(process.platform !== 'linux')('without valgrind', async () => {
    const path = process.env['PATH'];
    process.env['PATH'] = directory;
    try {
      await expect(record({ command: ['true'], output })).rejects.toThrow(
        /^recording needs valgrind: install it/,
      );
    } finally {
      process.env['PATH'] = path;
    }
  });

  it.skipIf(!hasValgrind)('of a program that does not exist', async () => {
    const command = [join(directory, 'no-such-program')];
    await expect(record({ command, output })).rejects.toThrow(RecordError);
    await expect(record({ command, output })).rejects.toThrow(/it is not a program that can be run/);
    expect(readdirSync(directory)).toEqual([]);
  });
});

it.skipIf(!hasValgrind)('records a shell with a child that runs another program', async () => {
  const command = ['sh', '-c', 'ls / > /dev/null; exit 5'];
  const { totals, real } = await record({ command, output, directory, note: 'a test' });
  expect(real.status).toBe(5);
  expect(real.minorFaults).toBeGreaterThan(50);
  expect(totals.processes).toBe(2);
  const trace = openTrace(output);
  expect(trace.header).toMatchObject({ command, note: 'a test' });
  const programs: string[] = [];
  const exits: string[] = [];
  while (trace.next()) {
    if (trace.kind === EventKind.Exec) programs.push(`${trace.process} ${trace.files[trace.file]?.name}`);
    if (trace.kind === EventKind.Exit) exits.push(`${trace.process} ${trace.status}`);
  }
  expect(programs).toHaveLength(2);
  expect(programs[1]).toMatch(/^1 .*\/(ls|coreutils|busybox)$/);
  expect(exits).toEqual(['1 0', '0 5']);
  expect(totals.references).toBeLessThan(totals.rawReferences / 10);
  expect(totals.distinctPages).toBeGreaterThan(100);
});
