/**
 * `npm run bench`: each row in a process of its own, in turn with its peer, so that one row's types do not disturb
 * another's and both meet the same machine.
 */
import { cpus, release } from 'node:os';
import { fileURLToPath } from 'node:url';
import { type Arguments, HELP, parseArguments } from './arguments.ts';
import { Peers, runRow } from './peers.ts';
import { printTable, type Result } from './report.ts';
import { type Measurement, printMeasurement, type Row, unitOf } from './row.ts';
import { rows, simulatedPeers } from './rows.ts';

/** What `--json` prints; a change of its meaning steps `schema`. */
const SCHEMA = 1;

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] as number;
}

/** The miss ratios of both sides differ by more than what the peer leaves off when it prints four digits. */
const MISS_RATIO_DIGITS = 0.000051;

/** @throws Error when two sides that should have done the same did not */
function compare(row: string, ours: Measurement, peer: Measurement): void {
  if (ours.missRatio === null || peer.missRatio === null) return;
  if (Math.abs(ours.missRatio - peer.missRatio) <= MISS_RATIO_DIGITS) return;
  throw new Error(`row ${row}: ${ours.missRatio} of the references miss, of the peer's ${peer.missRatio}`);
}

function measure(row: Row, peers: Peers, rounds: number): Result {
  const ours: number[] = [];
  const theirs: number[] = [];
  const missing = row.peer === null ? null : peers.missing(row.peer[0]);
  let missRatio: number | null = null;
  const self = fileURLToPath(import.meta.url);
  for (let round = 0; round < rounds; round++) {
    const one = runRow(self, row.name);
    ours.push(one.value);
    missRatio = one.missRatio;
    if (row.peer === null || missing !== null) continue;
    const other = peers.run(...row.peer);
    compare(row.name, one, other);
    theirs.push(other.value);
  }
  const our = median(ours);
  const peer = theirs.length > 0 ? median(theirs) : null;
  const { kind, bound } = row.goal;
  let ratio: number | null = null;
  if (peer !== null) ratio = kind === 'speed' ? peer / our : our / peer;
  let met: boolean | null = null;
  if (kind === 'speed') met = ratio === null ? null : ratio >= bound;
  else if (kind === 'time') met = ratio === null ? null : ratio <= bound;
  else if (kind !== 'none') met = our <= bound;
  return {
    row: row.name,
    what: row.what,
    unit: unitOf(row),
    ours: our,
    peer,
    peerProgram: row.peer === null ? null : row.peer[0],
    missingPeer: missing,
    ratio,
    missRatio,
    goal: row.goal.kind === 'none' ? null : row.goal,
    met,
    rounds: { ours, peer: theirs },
  };
}

function runAll({ json, rounds, names }: Arguments): void {
  const peers = new Peers(simulatedPeers);
  try {
    const chosen = rows.filter(({ name }) => names.length === 0 || names.includes(name));
    const results = chosen.map((row) => {
      if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${row.what}`);
      return measure(row, peers, rounds);
    });
    if (process.stderr.isTTY) process.stderr.write('\r\x1b[K');
    const machine = { cpu: cpus()[0]?.model ?? 'unknown', kernel: release(), node: process.version, rounds };
    if (json) console.log(JSON.stringify({ schema: SCHEMA, machine, results }, null, 2));
    else printTable(results);
  } finally {
    peers.close();
  }
}

async function main(): Promise<number> {
  const parsed = parseArguments(
    process.argv.slice(2),
    rows.map(({ name }) => name),
  );
  switch (parsed.kind) {
    case 'mistake':
      console.error(`bench: ${parsed.message}`);
      return 2;
    case 'help':
      console.log(HELP);
      return 0;
    case 'list':
      for (const { name, what } of rows) console.log(`${name.padEnd(20)}${what}`);
      return 0;
    case 'row':
      process.stdout.write(
        printMeasurement(await (rows.find(({ name }) => name === parsed.name) as Row).run()),
      );
      return 0;
    case 'run':
      try {
        runAll(parsed);
        return 0;
      } catch (error) {
        console.error(`bench: ${(error as Error).message}`);
        return 1;
      }
  }
}

process.exitCode = await main();
