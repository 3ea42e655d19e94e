import { Command } from 'commander';
import { addMachineOptions, type MachineOptions } from '../machine-options.ts';
import { print, printJson } from '../output/print.ts';
import { Session } from '../session.ts';
import { DEFAULTS, runScript } from '../workload.ts';

/** `pagewalk ops`: runs a script of memory system calls. */
export function opsCommand(): Command {
  return addMachineOptions(new Command('ops'), '256M, and 256M of swap')
    .description('run a script of memory system calls and print the result lines only')
    .argument('<script>', 'script (.ops or .ops.gz), or - for standard input')
    .addHelpText(
      'after',
      `
A script has one call a line, "<number> <op> <fields>"; packages/lab/src/ops/README.md lists them all.

Examples:
  pagewalk ops script.ops
  pagewalk ops script.ops.gz --release 2.4.20 > results.txt
  printf '1 mmap 0 65536 3 34 - >v0\\n2 w v0 16 7\\n3 r v0 16\\n4 dump\\n' | pagewalk ops -`,
    )
    .action((script: string, options: MachineOptions) => {
      const session = new Session(options, DEFAULTS.ops);
      const results: string[] = [];
      runScript(session, script, options.json ? (line) => results.push(line) : print);
      const hashes = session.hashes();
      session.finish();
      if (options.json) {
        printJson({ command: 'ops', machine: session.machine, script, results, ...hashes });
      }
    });
}
