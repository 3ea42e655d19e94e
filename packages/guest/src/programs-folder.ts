import { existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Folder of the programs that come with the guest, seen from its sources or from a built program beside the package. */
export function programsFolder(): string {
  const here = dirname(fileURLToPath(import.meta.url));
  const candidates = ['../programs', '../../guest/programs'].map((up) => join(here, up));
  return candidates.find((folder) => existsSync(join(folder, 'start.h'))) ?? (candidates[0] as string);
}

/** Names of those programs. */
export function programNames(): string[] {
  return readdirSync(programsFolder())
    .filter((name) => /^\w+$/.test(name))
    .sort();
}
