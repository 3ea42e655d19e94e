import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Folder of the shipped recordings, seen from the built program (packages/cli/dist). */
export function recordingsFolder(): string {
  const here = dirname(fileURLToPath(import.meta.url));
  for (const up of ['../../lab/recordings', '../../../lab/recordings']) {
    if (existsSync(join(here, up, 'README.md'))) return join(here, up);
  }
  return join(here, '../../lab/recordings');
}
