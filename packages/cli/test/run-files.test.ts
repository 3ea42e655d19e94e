import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pagewalk, root } from './run-cli.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'pagewalk-'));
  mkdirSync(join(folder, 'bin'));
  const own = join(root, 'packages/guest/programs');
  copyFileSync(join(own, 'hello'), join(folder, 'bin/prog'));
  copyFileSync(join(own, 'files'), join(folder, 'bin/files'));
  for (const name of ['prog', 'files']) chmodSync(join(folder, 'bin', name), 0o755);
  writeFileSync(join(folder, 'script'), '#!/bin/prog given\n', { mode: 0o755 });
  writeFileSync(join(folder, 'orphan'), '#!/bin/nothing\n', { mode: 0o755 });
  writeFileSync(join(folder, 'plain'), 'text of this computer\n', { mode: 0o640 });
  copyFileSync(join(own, 'hello'), join(folder, 'bin/unready'));
  chmodSync(join(folder, 'bin/unready'), 0o644);
  symlinkSync('../plain', join(folder, 'bin/link'));
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('pagewalk run --root', () => {
  it('makes a folder the root, where programs are found by name or path', () => {
    for (const name of ['prog', '/bin/prog', 'bin/prog', './bin/prog']) {
      const { status, out } = pagewalk(['run', '--root', folder, name, 'x']);
      expect(out).toBe(`hello from ring 3: ${name} x\n`);
      expect(status).toBe(1);
    }
    const script = pagewalk(['run', '--root', folder, '/script', 'x']);
    expect(script.out).toBe('hello from ring 3: /bin/prog given /script x\n');
  });

  it('copies it: files, modes and links are there, and stay as they are here', () => {
    const { out } = pagewalk(['run', '--root', folder, 'files', 'cat', '/bin/link']);
    expect(out).toBe('100640 22\ntext of this computer\n');
    const before = readdirSync(folder);
    expect(pagewalk(['run', '--root', folder, 'files']).out).toBe('all checks passed\n');
    expect(readdirSync(folder)).toEqual(before);
  });

  it('says why a program of the root cannot be run', () => {
    expect(pagewalk(['run', '--root', folder, '/orphan']).err).toContain(
      'a script of /bin/nothing, which the machine',
    );
    expect(pagewalk(['run', '--root', folder, 'unready']).err).toContain('not executable: chmod +x');
    expect(pagewalk(['run', '--root', folder, '/plain']).err).toContain('not an ELF program');
  });
});

describe('pagewalk run --mount', () => {
  it('shows a folder read-only, or a copy that can be changed', () => {
    const mounts = ['--mount', `${folder}:/here`, '--mount', `${folder}:/deep/copy:copy`];
    const cat = (path: string) => pagewalk(['run', ...mounts, 'files', 'cat', path]).out;
    expect(cat('/here/plain')).toBe('100640 22\ntext of this computer\n');
    expect(cat('/deep/copy/bin/link')).toBe('100640 22\ntext of this computer\n');
    const write = (path: string) => pagewalk(['run', ...mounts, 'files', 'write', path]);
    expect(write('/here/new')).toMatchObject({ status: 1, out: 'error 30\n' });
    expect(write('/deep/copy/new')).toMatchObject({ status: 0, out: '' });
    expect(pagewalk(['run', ...mounts, '/here/bin/prog']).out).toBe('hello from ring 3: /here/bin/prog\n');
  });
});
