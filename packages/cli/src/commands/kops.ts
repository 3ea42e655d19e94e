import { KopsRun, parseKops, replayAllocations } from '@pagewalk/lab';
import { Command } from 'commander';
import { UsageError } from '../errors.ts';
import { addMachineOptions, type MachineOptions } from '../machine-options.ts';
import { printAllocationReplay } from '../output/allocation-replay.ts';
import { print, printJson } from '../output/print.ts';
import { readInput } from '../parse/input-file.ts';
import { unpack } from '../parse/unpack.ts';
import { Session } from '../session.ts';
import { DEFAULTS } from '../workload.ts';

type KopsOptions = Omit<MachineOptions, 'events'> & {
  /** The recorded stream to replay. */
  readonly events?: string;
  readonly writeEvents?: string;
};

/** `pagewalk kops`: scripts of the kernel's own memory interfaces, or replay of recorded allocations. */
export function kopsCommand(): Command {
  return addMachineOptions(new Command('kops'), '64M', '--write-events')
    .description(
      "run a script of the kernel's own memory interfaces, or replay a recorded stream of allocations",
    )
    .argument('[script]', 'script (.kops or .kops.gz), or - for standard input')
    .option(
      '--events <file>',
      'instead of a script: replay the buddy events of a real kernel (text, .gz or .xz)',
    )
    .addHelpText(
      'after',
      `
A script has one operation a line, "[$name =] operation operands"; docs/kops.md lists them all. Each gives one
result line. A BUG() or an oops is a result like any other.

Examples:
  pagewalk kops script.kops --memory 128M
  printf '$a = kmalloc 100 GFP_KERNEL\\nkfree $a\\nkfree $a\\n' | pagewalk kops -
  printf '$b = alloc_bootmem 1000\\n$p = alloc_pages GFP_KERNEL 2\\ndump free\\n' | pagewalk kops -
  pagewalk kops --events events.txt.xz`,
    )
    .action(async (script: string | undefined, options: KopsOptions) => {
      if (options.events !== undefined) {
        if (script !== undefined) {
          throw new UsageError(
            `kops ${script} --events ${options.events}: a script and a recorded stream\nAllowed: one of them`,
          );
        }
        await replay(options.events, options.json === true);
        return;
      }
      if (script === undefined) {
        throw new UsageError(
          'kops: nothing to run\nAllowed: a script, - for standard input, or --events FILE',
        );
      }
      runScript(script, options);
    });
}

function runScript(path: string, options: KopsOptions): void {
  const parsed = parseKops(
    readInput(path === '-' ? 'standard input' : 'script', path),
    path === '-' ? '<stdin>' : path,
  );
  const results: string[] = [];
  const run = new KopsRun(parsed, options.json === true ? (line) => results.push(line) : print);
  const { events: _, writeEvents, ...rest } = options;
  const machine: MachineOptions = writeEvents === undefined ? rest : { ...rest, events: writeEvents };
  const session = new Session(machine, { ...DEFAULTS.fresh, bootDriver: run.bootDriver });
  const ended = run.run(session.kernel, session.afterOperation);
  // After a BUG() in the midst of an operation nothing adds up any more.
  const hashes = session.hashes();
  session.finish(ended);
  if (options.json === true) {
    printJson({
      command: 'kops',
      machine: session.machine,
      script: path,
      results,
      completed: ended,
      ...hashes,
    });
  }
}

async function replay(path: string, json: boolean): Promise<void> {
  const text = await unpack('--events', path, readInput('--events', path));
  const result = replayAllocations(text, path);
  if (json) printJson({ command: 'kops', stream: path, ...result });
  else printAllocationReplay(path, result);
}
