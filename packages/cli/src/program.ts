import { Command } from 'commander';
import { bootCommand } from './commands/boot.ts';
import { compareCommand } from './commands/compare.ts';
import { demoCommand } from './commands/demo.ts';
import { explainCommand } from './commands/explain.ts';
import { exploreCommand } from './commands/explore.ts';
import { kmemCommand } from './commands/kmem.ts';
import { kopsCommand } from './commands/kops.ts';
import { opsCommand } from './commands/ops.ts';
import { procCommand } from './commands/proc.ts';
import { recordCommand } from './commands/record.ts';
import { replayCommand } from './commands/replay.ts';
import { runCommand } from './commands/run-program.ts';
import { slabCommand } from './commands/slab.ts';
import { vtopCommand } from './commands/vtop.ts';
import { whereCommand } from './commands/where.ts';
import { workloadCommand } from './commands/workload.ts';
import { VERSION } from './version.ts';

/** The whole command line, ready to parse. Errors are thrown, not exited on. */
export function makeProgram(): Command {
  const program = new Command('pagewalk')
    .description('The Linux virtual memory manager: boot a machine, run a recorded program on it, look at it')
    .version(VERSION, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .helpCommand('help [command]', 'print the help of a command')
    .enablePositionalOptions()
    .addHelpText(
      'after',
      `
Examples:
  pagewalk boot --memory 64M --release 2.4.22
  pagewalk proc meminfo --memory 1G
  pagewalk run --memory 16M --swap 128M quicksort 64
  pagewalk replay packages/lab/recordings/sort.pwt --memory 64M
  pagewalk explore               the same in a web page
  pagewalk <command> --help      all options of a command, with examples`,
    );
  for (const make of [
    bootCommand,
    runCommand,
    procCommand,
    vtopCommand,
    opsCommand,
    kopsCommand,
    slabCommand,
    kmemCommand,
    recordCommand,
    replayCommand,
    workloadCommand,
    compareCommand,
    explainCommand,
    exploreCommand,
    demoCommand,
    whereCommand,
  ]) {
    program.addCommand(make());
  }
  for (const command of [program, ...program.commands]) {
    const path = command === program ? 'pagewalk' : `pagewalk ${command.name()}`;
    const hint =
      command === program
        ? `Allowed: ${program.commands.map((known) => known.name()).join(' ')}; "pagewalk --help" says more`
        : `Allowed: ${path} ${command.usage()}; "${path} --help" says more, with examples`;
    command.exitOverride().configureOutput({
      writeErr: (text) => process.stderr.write(text),
      outputError: (text, write) => {
        write(text.replace(/^error: /, 'pagewalk: '));
        if (!text.includes('Allowed')) write(`${hint}\n`);
      },
    });
    command.showSuggestionAfterError(true).allowExcessArguments(false);
  }
  return program;
}
