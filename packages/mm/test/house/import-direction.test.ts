import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const packages = join(dirname(fileURLToPath(import.meta.url)), '../../..');
const source = join(packages, 'mm/src');

/** The rooms in the order of the house: each imports only rooms before it. */
const ROOMS = [
  'hardware',
  'arch',
  'trace',
  'physical',
  'boot-memory',
  'page-allocator',
  'page-tables',
  'slab',
  'vmalloc',
  'highmem',
  'block',
  'page-cache',
  'swap',
  'address-space',
  'shmem',
  'reclaim',
  'oom',
  'proc',
  'release',
];
/** Files of no room, that all may import. */
const COMMON = new Set(['types.ts', 'errno.ts', 'kernel-bug.ts']);
/** What puts a machine together: files beside the rooms. They may import any room, no room imports them. */
const RELEASE_IMPORTERS = new Set(['kernel.ts']);

/** Packages that a package may import, besides itself. */
const PACKAGES: Readonly<Record<string, readonly string[]>> = {
  mm: [],
  lab: ['mm'],
  guest: ['mm'],
  cli: ['mm', 'lab', 'guest'],
  bench: ['mm', 'lab', 'guest'],
  explorer: ['mm', 'lab', 'guest'],
};

function filesOf(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && /\.(tsx?|mts|mjs|js)$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name));
}

/** The modules that a file imports or exports from; types, too. */
function importsOf(file: string): string[] {
  const text = readFileSync(file, 'utf8').replace(/\/\*[\s\S]*?\*\//g, '');
  return [
    ...text.matchAll(/(?:^|[;\s])(?:import|export)\b[^'";]*?from\s*'([^']+)'|import\s*\(?\s*'([^']+)'/g),
  ].map((match) => (match[1] ?? match[2]) as string);
}

/** The room of a file of packages/mm/src; the file's name when it stands beside the rooms. */
function roomOf(file: string): string {
  return relative(source, file).split('/')[0] as string;
}

describe('import direction', () => {
  const edges = filesOf(source).flatMap((file) =>
    importsOf(file).map((target) => ({
      file: relative(source, file),
      target,
      from: roomOf(file),
      to: target.startsWith('.') ? roomOf(join(dirname(file), target)) : target,
    })),
  );

  it('finds the imports', () => {
    expect(edges.length).toBeGreaterThan(50);
  });

  it('every folder of packages/mm/src is a room of the house', () => {
    const folders = readdirSync(source, { withFileTypes: true }).filter((entry) => entry.isDirectory());
    expect(folders.map((folder) => folder.name).filter((name) => !ROOMS.includes(name))).toEqual([]);
  });

  it('packages/mm imports nothing but itself', () => {
    expect(edges.filter(({ target }) => !target.startsWith('.'))).toEqual([]);
  });

  it('a room imports only rooms above it, and the common ground', () => {
    const wrong = edges.filter(({ from, to }) => {
      if (!ROOMS.includes(from) || COMMON.has(to)) return false;
      return !ROOMS.includes(to) || ROOMS.indexOf(to) > ROOMS.indexOf(from);
    });
    expect(wrong.map(({ file, target }) => `${file} imports ${target}`)).toEqual([]);
  });

  it('the common ground imports only itself', () => {
    const wrong = edges.filter(({ from, to }) => COMMON.has(from) && !COMMON.has(to));
    expect(wrong.map(({ file, target }) => `${file} imports ${target}`)).toEqual([]);
  });

  it('only kernel.ts hands in what a release says', () => {
    const wrong = edges.filter(
      ({ from, to }) => to === 'release' && from !== 'release' && !RELEASE_IMPORTERS.has(from),
    );
    expect(wrong.map(({ file, target }) => `${file} imports ${target}`)).toEqual([]);
  });

  it('packages import only packages below them', () => {
    const wrong = Object.entries(PACKAGES).flatMap(([name, allowed]) =>
      filesOf(join(packages, name, 'src')).flatMap((file) =>
        importsOf(file)
          .filter((target) => {
            if (target.startsWith('.')) return !join(dirname(file), target).startsWith(join(packages, name));
            const own =
              /^@pagewalk\/(\w+)(?:\/browser)?$/.exec(target)?.[1] ?? (target === 'pagewalk' ? 'cli' : null);
            // A deep path into another package would go round its public face; `browser` is one of its faces.
            if (own === null) return target.startsWith('@pagewalk/');
            return !allowed.includes(own);
          })
          .map((target) => `${relative(packages, file)} imports ${target}`),
      ),
    );
    expect(wrong).toEqual([]);
  });

  it('the page takes of lab and guest only what needs nothing of Node', () => {
    const wrong = filesOf(join(packages, 'explorer', 'src')).flatMap((file) =>
      importsOf(file)
        .filter((target) => /^(node:|@pagewalk\/(lab|guest)$)/.test(target))
        .map((target) => `${relative(packages, file)} imports ${target}`),
    );
    expect(wrong).toEqual([]);
  });
});
