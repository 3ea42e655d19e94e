import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const packages = join(dirname(fileURLToPath(import.meta.url)), '../../..');
const explorer = join(packages, 'explorer');
const dist = join(explorer, 'dist');
/** What the page is made of. */
const SOURCES = [
  'explorer/src',
  'explorer/index.html',
  'explorer/vite.config.ts',
  'mm/src',
  'lab/src',
  'guest/src',
];
const LOCK_MS = 100;
/** A lock that is older was left behind. */
const LOCK_OLD_MS = 120_000;

/** Folder of the built page, built anew when a source is younger. Files of tests that run at the same time wait for each other. */
export async function builtPage(): Promise<string> {
  const lock = join(
    tmpdir(),
    `pagewalk-explorer-${createHash('sha256').update(explorer).digest('hex').slice(0, 12)}`,
  );
  for (;;) {
    try {
      mkdirSync(lock);
      break;
    } catch {
      const since = statSync(lock, { throwIfNoEntry: false })?.mtimeMs ?? Date.now();
      if (Date.now() - since > LOCK_OLD_MS) rmSync(lock, { recursive: true, force: true });
      await wait(LOCK_MS);
    }
  }
  try {
    if (isOld()) build();
  } finally {
    rmSync(lock, { recursive: true, force: true });
  }
  return dist;
}

function build(): void {
  const vite = join(packages, '../node_modules/vite/bin/vite.js');
  const { status, stderr } = spawnSync(process.execPath, [vite, 'build'], {
    cwd: explorer,
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`the explorer does not build: ${stderr}`);
}

function isOld(): boolean {
  const page = join(dist, 'index.html');
  if (!existsSync(page)) return true;
  const built = statSync(page).mtimeMs;
  return SOURCES.some((source) => youngest(join(packages, source)) > built);
}

/** When the youngest file of a folder was changed, ms. */
function youngest(path: string): number {
  const found = statSync(path);
  if (!found.isDirectory()) return found.mtimeMs;
  return Math.max(0, ...readdirSync(path).map((name) => youngest(join(path, name))));
}
