import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Root of the repository. */
export const root = join(dirname(fileURLToPath(import.meta.url)), '../../..');

/** What a command printed and how it ended. */
export interface CliResult {
  readonly status: number | null;
  readonly out: string;
  readonly err: string;
}

/** Runs the built command as a user does, in the repository's root. */
export function pagewalk(
  args: readonly string[],
  input = '',
  env: Readonly<Record<string, string>> = {},
): CliResult {
  const result = spawnSync(process.execPath, [join(root, 'packages/cli/bin/pagewalk.mjs'), ...args], {
    cwd: root,
    input,
    encoding: 'utf8',
    env: { ...process.env, ...env },
    maxBuffer: 2 ** 28,
  });
  return { status: result.status, out: result.stdout, err: result.stderr };
}

/** The JSON that a command printed; the command must have ended with 0. */
export function pagewalkJson(args: readonly string[], input = ''): Record<string, unknown> {
  const result = pagewalk([...args, '--json'], input);
  if (result.status !== 0)
    throw new Error(`pagewalk ${args.join(' ')} ended with ${result.status}: ${result.err}`);
  return JSON.parse(result.out) as Record<string, unknown>;
}
