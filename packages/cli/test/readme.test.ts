import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { makeProgram } from '../src/program.ts';
import { root } from './run-cli.ts';

it('README.md shows what the commands print', () => {
  const { status, stderr } = spawnSync(process.execPath, [join(root, 'scripts/readme.mjs'), '--check'], {
    encoding: 'utf8',
  });
  expect(stderr).toBe('');
  expect(status).toBe(0);
});

it('README.md has every command', () => {
  const readme = readFileSync(join(root, 'README.md'), 'utf8');
  for (const command of makeProgram().commands)
    expect(readme).toMatch(new RegExp(`^\\| \`${command.name()}\\b`, 'm'));
});
