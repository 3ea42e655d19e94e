// All set-up a fresh clone needs: installs the locked dependencies when they are missing or out of date, then builds.
// Node only, so that it runs before anything is installed. It is silent when there is nothing to do.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const stamp = join(root, 'node_modules', '.pagewalk-setup');
const wanted = createHash('sha256')
  .update(readFileSync(join(root, 'package-lock.json')))
  .update(process.version)
  .digest('hex');

const [major] = process.versions.node.split('.').map(Number);
if (major < 20) {
  console.error(`pagewalk needs Node 20 or later; this is ${process.version}`);
  process.exit(2);
}

const have = existsSync(stamp) ? readFileSync(stamp, 'utf8') : '';
if (have !== wanted) {
  console.error('pagewalk: installing dependencies (npm ci) …');
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
  const result = spawnSync(npm, ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  if (result.status !== 0) process.exit(result.status ?? 1);
  writeFileSync(stamp, wanted);
}
const build = spawnSync(process.execPath, [join(root, 'scripts', 'build.mjs')], {
  cwd: root,
  stdio: 'inherit',
});
process.exit(build.status ?? 1);
