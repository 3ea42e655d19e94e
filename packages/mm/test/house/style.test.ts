import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const packages = join(dirname(fileURLToPath(import.meta.url)), '../../..');
const LINES_MAX = 800;

/** All source and test files of all packages, with their texts. */
const files = readdirSync(packages, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .flatMap(({ name }) => ['src', 'test', 'types', 'host'].map((part) => join(packages, name, part)))
  .filter(existsSync)
  .flatMap((folder) => readdirSync(folder, { withFileTypes: true, recursive: true }))
  .filter((entry) => entry.isFile() && /\.(ts|mjs|c|h)$/.test(entry.name))
  .filter((entry) => !entry.parentPath.includes('/fixtures'))
  .map((entry) => join(entry.parentPath, entry.name))
  .map((path) => ({ path: relative(packages, path), text: readFileSync(path, 'utf8') }));

describe('house style', () => {
  it('every folder of packages/mm/src explains itself in a README of about one screen', () => {
    const source = join(packages, 'mm/src');
    const folders = readdirSync(source, { withFileTypes: true }).filter((entry) => entry.isDirectory());
    expect(
      folders.filter(({ name }) => !existsSync(join(source, name, 'README.md'))).map(({ name }) => name),
    ).toEqual([]);
  });

  it('every package has a README', () => {
    const all = readdirSync(packages, { withFileTypes: true }).filter((entry) => entry.isDirectory());
    expect(
      all.filter(({ name }) => !existsSync(join(packages, name, 'README.md'))).map(({ name }) => name),
    ).toEqual([]);
  });

  it(`no file has more than ${LINES_MAX} lines`, () => {
    const long = files.filter(({ text }) => text.split('\n').length > LINES_MAX);
    expect(long.map(({ path }) => path)).toEqual([]);
  });

  it('nothing is left for later', () => {
    // Put together here, so that this file does not find itself.
    const words = new RegExp(
      `\\b(${['TO', 'FIX', 'X'].map((start, i) => start + ['DO', 'ME', 'XX'][i]).join('|')})\\b`,
    );
    expect(files.filter(({ text }) => words.test(text)).map(({ path }) => path)).toEqual([]);
  });

  it('no file is called utils or helpers', () => {
    const names = files.filter(({ path }) => /(^|\/)(utils?|helpers?|misc|common)\.\w+$/.test(path));
    expect(names.map(({ path }) => path)).toEqual([]);
  });

  it('no program text depends on the host: no clock and no randomness in packages/mm', () => {
    const forbidden = /\b(Math\.random|Date\.now|performance\.now|new Date)\b/;
    const source = files.filter(({ path }) => path.startsWith('mm/src/'));
    expect(source.filter(({ text }) => forbidden.test(text)).map(({ path }) => path)).toEqual([]);
  });
});
