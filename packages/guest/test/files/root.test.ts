import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TreeDirectory, TreeNode } from '@pagewalk/mm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bootGuest, findInTrees, loadCpuModule, readHostFolder, whyNotRunnable } from '../../src/index.ts';
import { elfOf, programBytes } from '../run-guest.ts';

function directory(entries: Readonly<Record<string, TreeNode>>): TreeDirectory {
  return { kind: 'directory', mode: 0o755, entries: new Map(Object.entries(entries)) };
}
function file(bytes: Uint8Array, mode = 0o755): TreeNode {
  return { kind: 'file', mode, size: bytes.length, bytes: () => bytes };
}

/** Ends with 42. */
const ENDS = [0xb8, 1, 0, 0, 0, 0xbb, 42, 0, 0, 0, 0xcd, 0x80];
/** Looks for AT_ENTRY behind arguments and environment, and goes there. */
const TO_ENTRY = [
  ...[0x89, 0xe6, 0xad, 0x8d, 0x74, 0x86, 4], // mov esi, esp; lodsd; lea esi, [esi + eax * 4 + 4]
  ...[0xad, 0x85, 0xc0, 0x75, 0xfb], // lodsd; test eax, eax; jnz
  ...[0xad, 0x83, 0xf8, 9, 0xad, 0x75, 0xf9, 0xff, 0xe0], // lodsd; cmp eax, 9; lodsd; jnz; jmp eax
];

/** A program that needs an interpreter; its segment holds the interpreter's name, too. */
function dynamicElf(interpreter: string): Uint8Array {
  const name = new TextEncoder().encode(`${interpreter}\0`);
  const code = 52 + 64;
  const bytes = new Uint8Array(code + ENDS.length + name.length);
  bytes.set(elfOf([]).subarray(0, 52));
  const view = new DataView(bytes.buffer);
  view.setUint16(44, 2, true);
  view.setUint32(24, 0x08048000 + code, true);
  const interp = [3, code + ENDS.length, 0, 0, name.length, name.length, 4, 1];
  const load = [1, 0, 0x08048000, 0x08048000, bytes.length, bytes.length, 5, 4096];
  [...interp, ...load].forEach((word, i) => {
    view.setUint32(52 + 4 * i, word, true);
  });
  bytes.set(ENDS, code);
  bytes.set(name, code + ENDS.length);
  return bytes;
}

/** An interpreter, which lies where there is room: ET_DYN, linked at 0. */
function interpreterElf(): Uint8Array {
  const bytes = elfOf(TO_ENTRY);
  const view = new DataView(bytes.buffer);
  view.setUint16(16, 3, true);
  view.setUint32(24, 84, true);
  view.setUint32(60, 0, true);
  return bytes;
}

function run(root: TreeDirectory, path: string, release = '2.4.22') {
  const guest = bootGuest({ cpu: loadCpuModule(), memory: 16 << 20, release, root });
  const task = guest.start(path, [path]);
  if (typeof task === 'number') return task;
  const ending = guest.runUntilEnd(task);
  guest.kernel.checkInvariants();
  return ending;
}

describe.each(['2.4.22', '2.4.20', '2.4.0'])('a root of files on %s', (release) => {
  it('runs a program with its interpreter, and says that one is missing', () => {
    const root = directory({
      ld: file(interpreterElf()),
      prog: file(dynamicElf('/ld')),
      lost: file(dynamicElf('/none')),
    });
    expect(run(root, '/prog', release)).toEqual({ code: 42, signal: 0 });
    expect(run(root, '/lost', release)).toBe(-2);
  });

  it('runs a position-independent program without one', () => {
    const bytes = elfOf(ENDS);
    const view = new DataView(bytes.buffer);
    view.setUint16(16, 3, true);
    view.setUint32(24, 84, true);
    view.setUint32(60, 0, true);
    expect(run(directory({ pie: file(bytes) }), '/pie', release)).toEqual({ code: 42, signal: 0 });
  });

  it('a script of a script, a 64-bit file, a file that may not be executed', () => {
    const script = new TextEncoder().encode('#!/inner\n');
    const wide = elfOf(ENDS);
    wide[4] = 2;
    wide[18] = 62;
    const root = directory({
      outer: file(script),
      inner: file(script),
      wide: file(wide),
      plain: file(elfOf(ENDS), 0o644),
    });
    expect(run(root, '/outer', release)).toBe(-8);
    expect(run(root, '/wide', release)).toBe(-8);
    expect(run(root, '/plain', release)).toBe(-13);
  });
});

describe('mounts', () => {
  const cpu = loadCpuModule();
  const tree = directory({
    bin: directory({ files: file(programBytes('files')) }),
    f: file(new Uint8Array(3), 0o600),
  });
  function printed(root: TreeDirectory | null, path: string, ...args: readonly string[]) {
    const pieces: Uint8Array[] = [];
    const guest = bootGuest({
      cpu,
      memory: 16 << 20,
      ...(root === null ? {} : { root }),
      mounts: [
        { path: '/ro', tree, readonly: true },
        { path: '/a/b', tree, readonly: false },
      ],
      console: { write: (_fd, bytes) => pieces.push(bytes.slice()) },
    });
    const task = guest.start(path, [path, ...args]);
    if (typeof task === 'number') throw new Error(`${path}: ${task}`);
    guest.runUntilEnd(task);
    guest.kernel.checkInvariants();
    return Buffer.concat(pieces).toString();
  }

  it.each([null, tree])('stand in the tree with root %j', (root) => {
    expect(printed(root, '/ro/bin/files', 'cat', '/a/b/f')).toBe('100600 3\n\0\0\0');
    expect(printed(root, '/ro/bin/files', 'write', '/ro/new')).toBe('error 30\n');
    expect(printed(root, '/a/b/bin/files', 'write', '/a/b/new')).toBe('');
    expect(printed(root, '/a/b/bin/files', 'cat', '/proc/mounts')).toContain('/ro ext2 ro 0 0\n');
  });

  it('refuses a place that cannot be made', () => {
    const boot = (path: string) =>
      bootGuest({ cpu, memory: 16 << 20, mounts: [{ path, tree, readonly: true }] });
    expect(() => boot('/proc/x')).toThrow('mount /proc/x: nothing can be mounted there (ENOENT)');
    expect(() => boot('/dev/null')).toThrow('mount /dev/null: nothing can be mounted there (ENOTDIR)');
  });
});

describe('trees that are not mounted yet', () => {
  const tree = directory({
    bin: directory({ prog: file(Uint8Array.of(1)), up: { kind: 'symlink', target: '../bin/prog' } }),
    sh: { kind: 'symlink', target: '/bin/up' },
    loop: { kind: 'symlink', target: 'loop' },
  });
  const trees = [
    { path: '/', tree },
    { path: '/mnt/x', tree: directory({ y: { kind: 'symlink', target: '/sh' } }) },
  ];
  it.each([
    ['/bin/prog', 'file'],
    ['bin/../sh', 'file'],
    ['/mnt/x/y', 'file'],
    ['/mnt', 'directory'],
    ['/', 'directory'],
    ['/loop', undefined],
    ['/mnt/y', undefined],
    ['/bin/prog/x', undefined],
  ])('%s is %s', (path, kind) => {
    expect(findInTrees(trees, path)?.kind).toBe(kind);
  });
});

/** A program with one number of its headers changed. */
function brokenElf(at: number, value: number, of = elfOf(ENDS)): Uint8Array {
  const bytes = of.slice();
  new DataView(bytes.buffer).setUint32(at, value, true);
  return bytes;
}

describe('why a program of the machine cannot be run', () => {
  const has = (path: string) => path === '/ld';
  it.each([
    [dynamicElf('/ld'), null],
    [dynamicElf('/lib/ld.so'), 'it needs /lib/ld.so; the machine does not have it'],
    [new TextEncoder().encode('#! /ld -x\n'), null],
    [new TextEncoder().encode('#!/bin/perl\n'), 'a script of /bin/perl, which the machine does not have'],
    [elfOf(ENDS), null],
    [brokenElf(68, 97), 'broken: it ends at byte 96, its segments at byte 97: was it cut short?'],
    [brokenElf(24, 0xdeadbeef), 'broken: it starts at deadbeef, where no segment is'],
    [brokenElf(60, 0xc0100000), 'broken: it starts at 08048054, where no segment is'],
    [brokenElf(52, 2), 'where no segment is'],
    [brokenElf(42, 56), 'broken: program headers of 56 bytes, not 32'],
    [brokenElf(44, 200), 'broken: its program headers lie behind its end'],
    [brokenElf(56, 1e9, dynamicElf('/ld')), 'broken: the name of its interpreter is empty'],
  ])('%#', (bytes, why) => {
    const said = whyNotRunnable(bytes, has);
    if (why === null) expect(said).toBe(null);
    else expect(said).toContain(why);
  });
});

describe('a folder of this computer', () => {
  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'pagewalk-'));
    mkdirSync(join(folder, 'b/c'), { recursive: true });
    writeFileSync(join(folder, 'b/a'), 'text', { mode: 0o640 });
    symlinkSync('../nowhere', join(folder, 'b/l'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it('is read with modes and links, by name', () => {
    const { entries } = readHostFolder(folder).entries.get('b') as TreeDirectory;
    expect([...entries.keys()]).toEqual(['a', 'c', 'l']);
    expect(entries.get('l')).toMatchObject({ kind: 'symlink', target: '../nowhere' });
    const a = entries.get('a');
    expect(a).toMatchObject({ kind: 'file', mode: 0o640, size: 4 });
    expect(a?.kind === 'file' && new TextDecoder().decode(a.bytes())).toBe('text');
  });

  it('a change after it was read does not make its size wrong', () => {
    const { entries } = readHostFolder(folder).entries.get('b') as TreeDirectory;
    writeFileSync(join(folder, 'b/a'), 'x');
    const a = entries.get('a');
    expect(a?.kind === 'file' && [...a.bytes()]).toEqual([0x78, 0, 0, 0]);
  });

  it.runIf(process.platform === 'linux')('says which name it cannot read', () => {
    const inner = Buffer.concat([Buffer.from(`${join(folder, 'b/c')}/`), Buffer.of(0x62, 0xff)]);
    writeFileSync(inner, '');
    try {
      expect(() => readHostFolder(folder)).toThrow('b/c/b\ufffd: a name that is not UTF-8');
    } finally {
      rmSync(inner);
    }
  });

  it('says what it is not', () => {
    expect(() => readHostFolder(join(folder, 'no'))).toThrow('no: no such folder');
    expect(() => readHostFolder(join(folder, 'b/a'))).toThrow('no folder, but a file');
  });
});
