import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { bootGuest, type Guest, type GuestTask, loadCpuModule, programsFolder } from '@pagewalk/guest';
import { print, say } from '../output/print.ts';
import { grouped, humanTime, terminalWidth } from '../output/text.ts';
import { figures } from '../run-program/report.ts';

const MIB = 2 ** 20;
const PAGE = 4096;
/** The program sorts four times what the machine has. */
const MEMORY = 8 * MIB;
const SWAP = 64 * MIB;
const DATA = 4 * MEMORY;
/** Virtual time between two lines of the picture, ns: shorter while the program fills its memory. */
const INTERVAL = 500e6;
const FIRST_INTERVAL = 100e6;
/** Bytes that a character of the picture stands for. */
const CELL = MIB;
/** The width of a line of the picture besides its bar. */
const LINE_REST = 33;
const SEED = 2463534242;

/** How the program ended, and whether it was right. */
export interface SortResult {
  readonly dataBytes: number;
  readonly memoryBytes: number;
  readonly swapBytes: number;
  readonly release: string;
  /** Bytes of its result that this computer found to be right; {@link dataBytes} if all are. */
  readonly bytesVerified: number;
  readonly stdout: string;
  readonly instructions: number;
  readonly minorFaults: number;
  readonly majorFaults: number;
  readonly pagesSwappedOut: number;
  readonly pagesSwappedIn: number;
  readonly virtualMs: number;
}

/**
 * Runs a real program that needs four times the memory that its machine has: quicksort. What it wrote is compared with what
 * this computer sorts.
 *
 * @param quiet no picture of it
 */
export function sortMoreThanMemory(release: string, quiet: boolean): SortResult {
  const expected = sortedWords(DATA / 4);
  let verified = 0;
  let stdout = '';
  const guest = bootGuest({
    cpu: loadCpuModule(),
    memory: MEMORY,
    release,
    swap: [{ size: SWAP }],
    console: {
      write: (fd, bytes) => {
        if (fd !== 2) stdout += Buffer.from(bytes).toString();
        else if (Buffer.from(bytes).equals(expected.subarray(verified, verified + bytes.length))) {
          verified += bytes.length;
        }
      },
    },
  });
  guest.console.hangUp();
  const program = readFileSync(join(programsFolder(), 'quicksort'));
  const task = guest.start(program, ['quicksort', String(DATA / MIB), '2']) as GuestTask;
  runWithPicture(guest, task, quiet);
  const { instructions, minorFaults, majorFaults, pagesSwappedOut, pagesSwappedIn, virtualMs } = figures(
    guest,
    task,
  );
  return {
    dataBytes: DATA,
    memoryBytes: MEMORY,
    swapBytes: SWAP,
    release,
    bytesVerified: verified,
    stdout,
    instructions,
    minorFaults,
    majorFaults,
    pagesSwappedOut,
    pagesSwappedIn,
    virtualMs,
  };
}

/** What the program's random numbers (xorshift) are in order, as bytes. */
function sortedWords(count: number): Buffer {
  const words = new Uint32Array(count);
  let word = SEED;
  for (let i = 0; i < count; i++) {
    word ^= word << 13;
    word ^= word >>> 17;
    word ^= word << 5;
    words[i] = word;
  }
  words.sort();
  return Buffer.from(words.buffer);
}

function runWithPicture(guest: Guest, task: GuestTask, quiet: boolean): void {
  const { swapCache } = guest.kernel.paging;
  if (!quiet) print(pictureHead());
  let next = 0;
  let out = 0;
  let into = 0;
  while (task.status === null) {
    next += next < INTERVAL ? FIRST_INTERVAL : INTERVAL;
    while (task.status === null && guest.kernel.clock.now < next) guest.step();
    if (quiet || task.status !== null) continue;
    const { pswpout, pswpin } = swapCache;
    print(pictureLine(guest, task, pswpout - out, pswpin - into));
    out = pswpout;
    into = pswpin;
  }
}

/** Characters of a bar for all of the data. */
function barWidth(): number {
  return Math.max(8, Math.min(DATA / CELL, terminalWidth() - LINE_REST));
}

function pictureHead(): string {
  const width = barWidth();
  return `    time  ${'its memory'.padEnd(width)}  pages out     in`;
}

function pictureLine(guest: Guest, task: GuestTask, out: number, into: number): string {
  const width = barWidth();
  const total = DATA / PAGE;
  const kB = (name: string) => Number(new RegExp(`${name}: +(\\d+)`).exec(guest.kernel.proc('meminfo'))?.[1]);
  const swapped = (kB('SwapTotal') - kB('SwapFree')) / 4;
  const resident = Math.min(total, Number(guest.kernel.proc(`${task.pid}/statm`).split(' ')[1]));
  const cells = Math.round((resident / total) * width);
  // A page in memory may have its place on swap still.
  const away = Math.round((Math.min(total - resident, swapped) / total) * width);
  const bar = `${'█'.repeat(cells)}${'▒'.repeat(away)}`.padEnd(width, '·');
  const time = humanTime(guest.kernel.clock.now).padStart(8);
  return `${time}  ${bar}  ${grouped(out).padStart(9)}  ${grouped(into).padStart(5)}`;
}

/** What it came to, in words. */
export function printSortResult(result: SortResult): void {
  const { bytesVerified, dataBytes } = result;
  const verdict =
    bytesVerified === dataBytes
      ? `All ${grouped(dataBytes)} bytes that it wrote are those that this computer gets when it sorts them itself.`
      : `WRONG: only ${grouped(bytesVerified)} of its ${grouped(dataBytes)} bytes are right.`;
  const told = `${grouped(result.instructions / 1e6)} million instructions, ${grouped(result.minorFaults)} minor and ${grouped(result.majorFaults)} major page faults; ${grouped(result.pagesSwappedOut)} pages went out to swap, ${grouped(result.pagesSwappedIn)} came back; ${(result.virtualMs / 1000).toFixed(1)} s of the machine's time.`;
  print(`\n${result.stdout.trimEnd()}`);
  for (const text of [verdict, told]) say(text);
}

/** What is about to be shown. */
export function sortIntroduction(release: string): string {
  return `A program that needs four times the memory: quicksort sorts ${DATA / MIB} MB of random words, as i386 machine code on a real CPU (v86), on a machine of ${MEMORY / MIB} MB under Linux ${release}'s memory manager. █ is in memory, ▒ is out on the swap disk, · was not touched yet.`;
}
