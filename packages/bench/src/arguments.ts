/** The command line of the bench. */
import { parseArgs } from 'node:util';

export const HELP = `Usage: npm run bench -- [--rounds N] [--json] [row ...]

Measures the simulated machine against the host's kernel, C and malloc: CPU time
per operation, the median of N rounds, each in turn with its peer. Without rows
it runs all of them, which takes some minutes.

  --rounds N   rounds of each row, 1 to 99 (default 5)
  --json       the same for programs; packages/bench/README.md has the schema
  --list       the rows' names and what they measure
  --help       this text

The exit status is 0 whether goals are met or missed, 1 if a row cannot be run,
2 for a mistake here.
PAGEWALK_MIMALLOC names the file of mimalloc if it is in none of the usual places,
PAGEWALK_CACHESIM the command cachesim of libCacheSim.`;

/** What the user wants run. */
export interface Arguments {
  readonly json: boolean;
  readonly rounds: number;
  /** Rows; none = all. */
  readonly names: readonly string[];
}

export type Parsed =
  | { readonly kind: 'mistake'; readonly message: string }
  | { readonly kind: 'help' | 'list' }
  /** One round of our side of a row, the bare figure on the output: what the bench calls itself with. */
  | { readonly kind: 'row'; readonly name: string }
  | ({ readonly kind: 'run' } & Arguments);

const options = {
  help: { type: 'boolean', short: 'h' },
  list: { type: 'boolean' },
  json: { type: 'boolean' },
  rounds: { type: 'string' },
  row: { type: 'string' },
} as const;

/** @param known names of all rows */
export function parseArguments(args: readonly string[], known: readonly string[]): Parsed {
  let parsed: ReturnType<typeof parse>;
  try {
    parsed = parse(args);
  } catch (error) {
    return { kind: 'mistake', message: (error as Error).message.split('. ')[0] as string };
  }
  const { values, positionals } = parsed;
  if (values.help === true) return { kind: 'help' };
  if (values.list === true) return { kind: 'list' };
  const names = values.row === undefined ? positionals : [values.row];
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined) {
    return { kind: 'mistake', message: `no row '${unknown}'; there are: ${known.join(' ')}` };
  }
  if (values.row !== undefined) return { kind: 'row', name: values.row };
  const text = values.rounds ?? '5';
  const rounds = /^\d+$/.test(text) ? Number(text) : 0;
  if (rounds < 1 || rounds > 99) {
    return { kind: 'mistake', message: `--rounds '${text}': allowed are 1 to 99` };
  }
  return { kind: 'run', json: values.json === true, rounds, names };
}

function parse(args: readonly string[]) {
  return parseArgs({ args: [...args], options, allowPositionals: true, strict: true });
}
