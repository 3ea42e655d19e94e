import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { WhereIndex } from '../src/where/index-file.ts';

/** What a kernel source file declares. */
interface Declared {
  readonly functions: ReadonlySet<string>;
  readonly others: ReadonlySet<string>;
}

/** The list of a release, from the fixtures. */
function kernelNames(release: string): Map<string, Declared> {
  const url = new URL(`./fixtures/kernel-names/kernel-names-${release}.txt.gz`, import.meta.url);
  const lines = gunzipSync(readFileSync(url)).toString().split('\n');
  const files = new Map<string, Declared>();
  const set = (line: string | undefined): Set<string> => new Set((line ?? '').trim().split(' '));
  for (let i = 0; i + 2 < lines.length; i += 3) {
    files.set(lines[i] as string, { functions: set(lines[i + 1]), others: set(lines[i + 2]) });
  }
  return files;
}

const RELEASES = new Map(['2.4.22', '2.4.20', '2.4.0'].map((release) => [release, kernelNames(release)]));
/** Tracepoints bear the names of later kernels: 2.4 had none. */
const LATER = /^(?:[3-6]\.\d+|2\.6\.\d+)/;

const index = JSON.parse(readFileSync(new URL('../dist/where.json', import.meta.url), 'utf8')) as WhereIndex;

/** `name*` stands for all that begin so. */
function has(names: ReadonlySet<string>, name: string): boolean {
  if (!name.endsWith('*')) return names.has(name);
  return [...names].some((candidate) => candidate.startsWith(name.slice(0, -1)));
}

describe('the @linux tags of the sources', () => {
  const entries = index.entries.filter(({ release }) => !LATER.test(release));

  it('are many, and name releases whose names are known', () => {
    expect(entries.length).toBeGreaterThan(400);
    expect(
      [...new Set(entries.map(({ release }) => release))].filter((release) => !RELEASES.has(release)),
    ).toEqual([]);
  });

  it('name files of their release', () => {
    const wrong = entries.flatMap(({ release, mentions, file, line }) =>
      mentions
        .filter((path) => !RELEASES.get(release)?.has(path))
        .map((path) => `${file}:${line}: ${release} has no ${path}`),
    );
    expect(wrong).toEqual([]);
  });

  it('name functions, types and variables that exist in their release, in the file that they say', () => {
    const wrong: string[] = [];
    for (const { release, names, functions, kernelFiles, file, line } of entries) {
      const files = RELEASES.get(release);
      names.forEach((name, i) => {
        const path = kernelFiles[i] ?? null;
        const where =
          path === null
            ? [...(files?.values() ?? [])]
            : [files?.get(path)].filter((one) => one !== undefined);
        const parts = name.split(/\.|->/);
        const isFunction = functions.includes(name);
        const known = parts.every((part) =>
          where.some(
            (declared) => has(declared.functions, part) || (!isFunction && has(declared.others, part)),
          ),
        );
        if (!known)
          wrong.push(
            `${file}:${line}: ${release} ${path ?? ''} declares no ${name}${isFunction ? '()' : ''}`,
          );
      });
    }
    expect(wrong).toEqual([]);
  });
});
