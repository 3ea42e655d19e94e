import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { UsageError } from '../errors.ts';

const BUILD = 'npm run build -w packages/explorer';

/** Folder of the explorer's package, seen from the built program (packages/cli/dist) or from the sources. */
function packageFolder(): string {
  const here = dirname(fileURLToPath(import.meta.url));
  const candidates = ['../../explorer', '../../../explorer'].map((up) => join(here, up));
  return candidates.find((folder) => existsSync(join(folder, 'vite.config.ts'))) ?? (candidates[0] as string);
}

/**
 * Folder of the built page. Builds it if it is not there.
 *
 * @param note hears that it is being built
 * @throws UsageError when it cannot be built: it says what to run
 */
export function builtExplorer(note: (line: string) => void): string {
  const folder = packageFolder();
  const dist = join(folder, 'dist');
  if (existsSync(join(dist, 'index.html'))) return dist;
  if (existsSync(join(folder, 'vite.config.ts'))) {
    note(`building the explorer (${BUILD})`);
    const options = { cwd: folder, stdio: 'pipe', shell: process.platform === 'win32' } as const;
    const { status } = spawnSync('npm', ['run', 'build'], options);
    if (status === 0 && existsSync(join(dist, 'index.html'))) return dist;
  }
  throw new UsageError(`explore: the explorer is not built\nRun: npm run setup && ${BUILD}`);
}
