/**
 * `npm run bench [-- --json] [--rounds N] [row …]`: each row in a process of its own, in turn with its peer, so that one
 * row's types do not disturb another's and both meet the same machine.
 */
import { execFileSync } from 'node:child_process';
import { cpus, release } from 'node:os';
import { fileURLToPath } from 'node:url';
import { Peers } from './peers.ts';
import { type Row, rows } from './rows.ts';

interface Result {
  readonly row: string;
  readonly what: string;
  /** Median of ours and of the peer, ns of CPU time per operation (ms in rows whose goal is in ms). */
  readonly ours: number;
  readonly peer: number | null;
  /** speed: peer / ours; time: ours / peer; null without a peer. */
  readonly ratio: number | null;
  readonly goal: string;
  readonly met: boolean | null;
}

function median(values: number[]): number {
  return values.sort((a, b) => a - b)[values.length >> 1] as number;
}

function goalText({ goal }: Row): string {
  if (goal.kind === 'speed') return `>= ${goal.bound}x`;
  return goal.kind === 'time' ? `<= ${goal.bound}x` : `<= ${goal.bound} ${goal.kind}`;
}

function measure(row: Row, peers: Peers, rounds: number): Result {
  const ours: number[] = [];
  const theirs: number[] = [];
  const self = fileURLToPath(import.meta.url);
  for (let round = 0; round < rounds; round++) {
    ours.push(Number(execFileSync(process.execPath, [self, '--row', row.name], { encoding: 'utf8' })));
    if (row.peer !== null && peers.missing === null) theirs.push(peers.run(...row.peer));
  }
  const our = median(ours);
  const peer = theirs.length > 0 ? median(theirs) : null;
  const { kind, bound } = row.goal;
  if (kind === 'ns' || kind === 'ms') {
    return {
      row: row.name,
      what: row.what,
      ours: our,
      peer: null,
      ratio: null,
      goal: goalText(row),
      met: our <= bound,
    };
  }
  const ratio = peer === null ? null : kind === 'speed' ? peer / our : our / peer;
  const met = ratio === null ? null : kind === 'speed' ? ratio >= bound : ratio <= bound;
  return { row: row.name, what: row.what, ours: our, peer, ratio, goal: goalText(row), met };
}

function print(results: Result[], peers: Peers): void {
  const line = (...cells: string[]) =>
    `${(cells[0] as string).padEnd(48)}${cells
      .slice(1)
      .map((cell) => cell.padStart(12))
      .join('')}`;
  console.log(line('CPU time per operation', 'pagewalk', 'peer', 'ratio', 'goal', ''));
  for (const result of results) {
    const unit = result.goal.endsWith('ms') ? 'ms' : 'ns';
    const peer =
      result.peer === null ? (peers.missing === null ? '-' : 'no peer') : `${result.peer.toFixed(1)} ns`;
    const ratio = result.ratio === null ? '-' : `${result.ratio.toFixed(2)}x`;
    const met = result.met === null ? '' : result.met ? 'met' : 'missed';
    console.log(line(result.what, `${result.ours.toFixed(1)} ${unit}`, peer, ratio, result.goal, met));
  }
  if (peers.missing !== null) console.log(`no peer: ${peers.missing}`);
}

function main(): number {
  const args = process.argv.slice(2);
  if (args[0] === '--row') {
    const row = rows.find(({ name }) => name === args[1]);
    if (!row) return 2;
    process.stdout.write(String(row.run()));
    return 0;
  }
  const json = args.includes('--json');
  const at = args.indexOf('--rounds');
  const rounds = at < 0 ? 5 : Number(args[at + 1]);
  const names = args.filter((arg, i) => !arg.startsWith('--') && (at < 0 || i !== at + 1));
  const unknown = names.find((name) => !rows.some((row) => row.name === name));
  if (unknown !== undefined) {
    console.error(`bench: no row '${unknown}'; there are: ${rows.map(({ name }) => name).join(' ')}`);
    return 2;
  }
  if (!Number.isInteger(rounds) || rounds < 1 || rounds > 99) {
    console.error(`bench: --rounds ${args[at + 1] ?? ''}: allowed are 1 to 99`);
    return 2;
  }
  const peers = new Peers();
  try {
    const chosen = rows.filter(({ name }) => names.length === 0 || names.includes(name));
    const results = chosen.map((row) => {
      if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${row.what}`);
      return measure(row, peers, rounds);
    });
    if (process.stderr.isTTY) process.stderr.write('\r\x1b[K');
    const machine = { cpu: cpus()[0]?.model ?? 'unknown', kernel: release(), node: process.version, rounds };
    if (json) console.log(JSON.stringify({ machine, missingPeer: peers.missing, results }, null, 2));
    else print(results, peers);
  } finally {
    peers.close();
  }
  return 0;
}

process.exitCode = main();
