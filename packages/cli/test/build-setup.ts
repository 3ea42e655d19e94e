import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '../../..');

/** Builds the programs once before any test, so that the tests of the command line run what the sources say. */
export default function setup(): void {
  const build = spawnSync(process.execPath, [join(root, 'scripts/build.mjs')], { encoding: 'utf8' });
  // The tests that need no program can run all the same; the others will fail and say why.
  if (build.status !== 0) console.error(`The programs do not build:\n${build.stderr.slice(0, 2000)}`);
}
