import type { ReplayReport } from '@pagewalk/lab';
import type { HashJson, MachineJson } from '../session.ts';
import { print, say } from './print.ts';
import { renderTable } from './table.ts';
import { grouped, humanBytes, humanTime, terminalWidth } from './text.ts';

const PAGE = 4096;

/** Rows of the table of faults: key of the report, and what it means. */
const CLASSES = [
  ['demandZero', 'demand-zero', 'first write to anonymous memory: a new page of zeroes'],
  ['zeroPage', 'zero page', 'first read of it: the one page of zeroes that all share'],
  ['fileRead', 'file', 'page of a file, mapped as it is in the page cache'],
  ['fileCow', 'file, copied', 'first write to a private file page'],
  ['shared', 'shared memory', 'page of shared memory'],
  ['cowCopy', 'COW copied', 'write to a page that others use, too'],
  ['cowReuse', 'COW reused', 'write to a page that nobody else uses any more'],
  ['swap', 'swap', 'page came back from swap'],
  ['other', 'nothing to do', 'the entry was in order by then'],
  ['refused', 'refused', 'a signal instead of a page'],
] as const;

/** Classes that are shown even when there were none. */
const ALWAYS: ReadonlySet<string> = new Set(['demandZero', 'zeroPage', 'fileRead', 'cowCopy', 'cowReuse']);

/** The report as text for the terminal. */
export function printReplay(report: ReplayReport, machine: MachineJson, seconds: number): void {
  const { header, totals } = report;
  say(`${header.command.join(' ')}`);
  if (header.note !== '') say(header.note);
  say(
    `recorded on ${header.machine.system} ${header.machine.architecture}: ${grouped(totals.rawReferences)} references to ${grouped(totals.distinctPages)} pages`,
  );
  say(
    `replayed on Linux ${machine.release} i386, machine ${machine.machine}, ${humanBytes(machine.memoryBytes)}: ${grouped(report.references)} references, ${grouped(report.references / seconds)} a second; virtual time ${humanTime(report.virtualTimeNs)}`,
  );
  printFaults(report);
  printPeak(report);
  printZones(report);
  printProcesses(report);
  if (report.bytesVerified > 0)
    say(`\n${grouped(report.bytesVerified)} bytes compared with the model: all equal.`);
  if (report.firstRefusal !== null) {
    say(
      `\nNot as in the recording: ${report.refusedReferences} references and ${report.refusedCalls} system calls were refused (first: ${report.firstRefusal}).`,
    );
  }
}

function printFaults(report: ReplayReport): void {
  const { faults, real } = report;
  const width = terminalWidth();
  print('\nFaults');
  const rows = CLASSES.filter(([key]) => faults[key] > 0 || ALWAYS.has(key)).map(([key, name, meaning]) => [
    name,
    grouped(faults[key]),
    meaning,
  ]);
  rows.push(['stack growth', grouped(faults.stackGrowth), 'of these: the stack grew first']);
  print(renderTable([{ head: 'class' }, { head: 'faults', right: true }, { head: '' }], rows, width));
  print('');
  const realCell = (count: number | undefined): string => (count === undefined ? '-' : grouped(count));
  print(
    renderTable(
      [{ head: 'accounted as' }, { head: 'here', right: true }, { head: 'the real run', right: true }],
      [
        ['minor', grouped(report.minorFaults), realCell(real?.minorFaults)],
        ['major', grouped(report.majorFaults), realCell(real?.majorFaults)],
        [
          'both',
          grouped(report.minorFaults + report.majorFaults),
          realCell(real === null ? undefined : real.minorFaults + real.majorFaults),
        ],
      ],
      width,
    ),
  );
  say(
    'Linux 2.4 calls the first touch of any file page major, and maps one page a fault; newer kernels do neither.',
  );
}

function printPeak({ peak }: ReplayReport): void {
  print('\nPeak');
  print(
    renderTable(
      [
        { head: 'areas (VMAs)', right: true },
        { head: 'page tables', right: true },
        { head: 'resident', right: true },
      ],
      [
        [
          grouped(peak.vmas),
          grouped(peak.pageTables),
          `${grouped(peak.residentPages)} pages (${humanBytes(peak.residentPages * PAGE)})`,
        ],
      ],
      terminalWidth(),
    ),
  );
}

function printZones(report: ReplayReport): void {
  print('');
  say('Zones at the end (pages; free blocks of 1, 2, 4 … 512 pages)');
  print(
    renderTable(
      [
        { head: 'zone' },
        { head: 'size', right: true },
        { head: 'free', right: true },
        { head: 'min/low/high' },
        { head: 'free lists' },
      ],
      report.zones.map((zone) => [
        zone.name,
        grouped(zone.size),
        grouped(zone.free),
        `${zone.min}/${zone.low}/${zone.high}`,
        zone.freeBlocks.join(' '),
      ]),
      terminalWidth(),
    ),
  );
}

function printProcesses(report: ReplayReport): void {
  print('\nProcesses');
  print(
    renderTable(
      [
        { head: 'pid', right: true },
        { head: 'program' },
        { head: 'references', right: true },
        { head: 'minor', right: true },
        { head: 'major', right: true },
        { head: 'VMAs', right: true },
        { head: 'peak resident', right: true },
      ],
      report.processes.map((process) => [
        String(process.pid),
        process.program.slice(process.program.lastIndexOf('/') + 1),
        grouped(process.references),
        grouped(process.minorFaults),
        grouped(process.majorFaults),
        grouped(process.peakVmas),
        humanBytes(process.peakResidentPages * PAGE),
      ]),
      terminalWidth(),
    ),
  );
}

/** The report as JSON; docs/json.md describes the keys, which are stable. */
export function replayJson(
  command: 'replay' | 'demo',
  trace: string,
  machine: MachineJson,
  report: ReplayReport,
  seconds: number,
  hashes: HashJson,
  squeeze: object | null,
): Record<string, unknown> {
  const { header, totals, real, stopped, ...rest } = report;
  return {
    command,
    machine,
    trace: { path: trace, ...header, real: undefined, totals },
    stopped,
    ...rest,
    real,
    squeeze,
    wallSeconds: seconds,
    referencesPerSecond: Math.round(report.references / seconds),
    ...hashes,
  };
}
