/** The files that a machine gets from this computer: --root and --mount, and the program among them. */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import {
  findInTrees,
  type PlacedTree,
  programNames,
  programsFolder,
  readHostFolder,
  type TreeMount,
  whyNotRunnable,
} from '@pagewalk/guest';
import type { TreeDirectory } from '@pagewalk/mm';
import { InvalidArgumentError } from 'commander';
import { UsageError } from '../errors.ts';

/** Where a program without a slash in its name is looked for. */
const PATH = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'] as const;

/** What --mount says. */
export interface MountOption {
  readonly folder: string;
  readonly path: string;
  readonly readonly: boolean;
}

/** Parser of `--mount FOLDER:/PATH[:ro|:copy]`. */
export function mountOption(text: string, previous: readonly MountOption[]): MountOption[] {
  const match = /^(.+?):(\/[^:]*)(?::(ro|copy))?$/.exec(text);
  const [, folder, path, mode] = match ?? [];
  const names = (path ?? '').split('/').filter((name) => name !== '');
  if (folder === undefined || names.length === 0 || names.includes('..') || names.includes('.')) {
    throw new InvalidArgumentError('Allowed: FOLDER:/PATH, and :ro or :copy behind it.');
  }
  return [...previous, { folder, path: `/${names.join('/')}`, readonly: mode !== 'copy' }];
}

/** A machine's files. */
export interface MachineFiles {
  readonly root?: TreeDirectory;
  readonly mounts: readonly TreeMount[];
}

/** Reads the folders. @throws UsageError that says which cannot be */
export function readMachineFiles(root: string | undefined, mounts: readonly MountOption[]): MachineFiles {
  return {
    ...(root === undefined ? {} : { root: readFolder('--root', root) }),
    mounts: mounts.map(({ folder, path, readonly }) => ({
      path,
      readonly,
      tree: readFolder('--mount', folder),
    })),
  };
}

function readFolder(option: string, folder: string): TreeDirectory {
  try {
    return readHostFolder(folder);
  } catch (error) {
    const { name, message } = error as Error;
    if (name !== 'ConfigError') throw error;
    throw new UsageError(`${option} ${folder === '' ? "''" : ''}${message}`);
  }
}

/** What is to be started: a path in the machine, or the bytes of a file of this computer. */
export interface StartedProgram {
  readonly program: string | Uint8Array;
  readonly argv0: string;
}

/**
 * Finds a program: with a root in the machine, else on this computer; then among ours.
 * @throws UsageError that says why it cannot be run
 */
export function findProgram(name: string, { root, mounts }: MachineFiles): StartedProgram {
  const trees: PlacedTree[] = [...(root === undefined ? [] : [{ path: '/', tree: root }]), ...mounts];
  const has = trees.length === 0 ? null : (path: string) => findInTrees(trees, path) !== null;
  if (name === '') throw new UsageError(`'' is no program\n${allowed()}`);
  const inMachine = root !== undefined || (!existsSync(name) && has?.(name) === true);
  const path = inMachine ? pathIn(trees, name) : null;
  if (path !== null) {
    const node = findInTrees(trees, path);
    if (node?.kind === 'directory') throw new UsageError(`${path}: a folder of the machine, no program`);
    if (node?.kind === 'file') check(name, node.bytes(), has);
    if (node?.kind === 'file' && (node.mode & 0o111) === 0) {
      throw new UsageError(`${path}: not executable: chmod +x in the folder that becomes the root`);
    }
    return { program: path, argv0: name };
  }
  const own = programNames().includes(name);
  if (root !== undefined && !own) {
    const where = name.includes('/') ? 'in the root' : `in the root's ${PATH.join(', ')}`;
    throw new UsageError(
      `${name}: no such program ${where}\nAllowed: a program there, or one of ours: ${ours()}`,
    );
  }
  const file = own && (root !== undefined || !existsSync(name)) ? join(programsFolder(), name) : name;
  const bytes = readFile(name, file);
  check(name, bytes, has);
  return { program: bytes, argv0: basename(name) };
}

/** The path of a program in the machine; null: it is not there. */
function pathIn(trees: readonly PlacedTree[], name: string): string | null {
  const candidates = name.includes('/')
    ? [name.startsWith('/') ? name : `/${name}`]
    : PATH.map((folder) => `${folder}/${name}`);
  return candidates.find((path) => findInTrees(trees, path) !== null) ?? null;
}

function check(name: string, bytes: Uint8Array, has: ((path: string) => boolean) | null): void {
  const reason = whyNotRunnable(bytes, has);
  if (reason !== null) throw new UsageError(`${name}: ${reason}`);
}

function ours(): string {
  return programNames().join(' ');
}

function readFile(name: string, path: string): Uint8Array {
  let reason = 'a folder, no program';
  try {
    const about = statSync(path);
    if (about.isFile() || about.isFIFO()) return readFileSync(path);
    if (!about.isDirectory()) reason = 'a device, no program';
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    reason = code === 'ENOENT' ? 'no such file' : `cannot be read (${code})`;
  }
  throw new UsageError(`${name}: ${reason}\n${allowed()}`);
}

function allowed(): string {
  return `Allowed: an i386 program, or one of ours: ${programNames().join(' ')}`;
}
