import { Command } from 'commander';
import { UsageError } from '../errors.ts';
import { lookAtMachine, processOf } from '../look.ts';
import { addLookOptions, addMachineOptions, type LookOptions } from '../machine-options.ts';
import { print, printJson } from '../output/print.ts';

/** Files of /proc that exist on the simulated machine; those of a process are `self/…` or `PID/…`. */
const MACHINE_FILES = ['meminfo', 'slabinfo', 'iomem', 'stat', 'swaps', 'sysvipc/shm'] as const;
const PROCESS_FILES = ['maps', 'statm', 'status'] as const;
const ALLOWED = [
  ...MACHINE_FILES,
  'sys/vm/bdflush …',
  ...PROCESS_FILES.map((file) => `self/${file}`),
  'PID/maps',
].join(' ');

/** `pagewalk proc`: a file of /proc, byte for byte. */
export function procCommand(): Command {
  return addLookOptions(addMachineOptions(new Command('proc'), '64M, with --after 256M'))
    .description('print a file of /proc of a freshly booted machine, or of one on which something ran')
    .argument(
      '<file>',
      `${MACHINE_FILES.join(', ')}, sys/vm/bdflush …, self/maps, self/statm, self/status, or PID/maps …`,
    )
    .addHelpText(
      'after',
      `
Examples:
  pagewalk proc meminfo --memory 1G
  pagewalk proc slabinfo --memory 32M
  pagewalk proc iomem --release 2.4.20
  pagewalk proc sys/vm/bdflush
  pagewalk proc self/maps --after packages/lab/recordings/sort.pwt --at 20000
  pagewalk proc self/status --after script.ops`,
    )
    .action(async (file: string, options: LookOptions) => {
      const wanted = parseFile(file);
      if (wanted.pid !== undefined && options.pid !== undefined && wanted.pid !== options.pid) {
        throw new UsageError(
          `--pid ${options.pid}: ${file} is of process ${wanted.pid}\nAllowed: one of the two`,
        );
      }
      const session = await lookAtMachine(options);
      const { kernel } = session;
      let pid: number | null = null;
      if (wanted.ofProcess) pid = processOf(session, wanted.pid ?? options.pid).pid;
      const text = pid === null ? kernel.proc(wanted.name) : kernel.proc(`self/${wanted.name}`, pid);
      const hashes = session.hashes();
      session.finish();
      if (options.json) {
        printJson({
          command: 'proc',
          machine: session.machine,
          after: options.after ?? null,
          event: kernel.trace.seq,
          file: wanted.name,
          pid,
          text,
          ...hashes,
        });
        return;
      }
      print(text.replace(/\n$/, ''));
    });
}

interface WantedFile {
  readonly name: string;
  readonly ofProcess: boolean;
  readonly pid: number | undefined;
}

function parseFile(file: string): WantedFile {
  const path = file.replace(/^\/proc\//, '');
  const slash = path.lastIndexOf('/');
  const owner = path.slice(0, Math.max(0, slash));
  const name = path.slice(slash + 1);
  const known: readonly string[] = MACHINE_FILES;
  // Which settings there are is for the machine's release to say.
  if (known.includes(path) || path.startsWith('sys/'))
    return { name: path, ofProcess: false, pid: undefined };
  const perProcess: readonly string[] = PROCESS_FILES;
  if (perProcess.includes(name)) {
    if (owner === '' || owner === 'self') return { name, ofProcess: true, pid: undefined };
    if (/^\d{1,5}$/.test(owner)) return { name, ofProcess: true, pid: Number(owner) };
  }
  throw new UsageError(`proc ${file}: this machine has no such file in /proc\nAllowed: ${ALLOWED}`);
}
