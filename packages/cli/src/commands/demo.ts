import { join, relative } from 'node:path';
import { Command } from 'commander';
import { printSortResult, sortIntroduction, sortMoreThanMemory } from '../demo/sort.ts';
import { addMachineOptions } from '../machine-options.ts';
import { print } from '../output/print.ts';
import { terminalWidth, wrap } from '../output/text.ts';
import { recordingsFolder } from '../recordings-folder.ts';
import { type ReplayCommandOptions, replayTrace } from './replay.ts';

const DEFAULT_RELEASE = '2.4.22';
/** The recording that is shown: several processes, files and a heap, in a second or two. */
const DEMO = 'pipeline.pwt';

/** `pagewalk demo`: what `npm start` runs. */
export function demoCommand(): Command {
  return addMachineOptions(new Command('demo'), '256M')
    .description(
      'a program that needs four times the memory, and a replay: the shortest way to see what this is',
    )
    .addHelpText('after', '\nExamples:\n  pagewalk demo\n  pagewalk demo --memory 64M --release 2.4.20')
    .action(async (options: ReplayCommandOptions) => {
      const path = relative(process.cwd(), join(recordingsFolder(), DEMO));
      const quiet = options.json === true;
      const release = options.release ?? DEFAULT_RELEASE;
      if (!quiet) {
        for (const line of wrap(sortIntroduction(release), terminalWidth())) print(line);
        print('');
      }
      const program = sortMoreThanMemory(release, quiet);
      if (!quiet) {
        printSortResult(program);
        print('');
        const intro =
          'Another way to run a program: one that really ran on Linux was recorded: every system call that concerns memory, every page that it touched. Now it runs again, on a simulated PC under a simulated kernel of 2003.';
        for (const line of wrap(intro, terminalWidth())) print(line);
        print('');
      }
      const report = await replayTrace(path, options, 'demo', { program });
      if (quiet) return;
      print('\nIn a browser, to stop, step back and ask why: npx --no-install pagewalk explore');
      print('\nTry next:');
      print('  npx --no-install pagewalk run --memory 8M --swap 32M forkstorm 8 1024');
      print(`  npx --no-install pagewalk explain ${path} --memory 8M --swap 64M`);
      // The busiest process, shortly before its end.
      const [busiest] = [...report.processes].sort((a, b) => b.references - a.references);
      const event = Math.floor((busiest?.lastEvent ?? 1000) * 0.99);
      print(`  npx --no-install pagewalk proc ${busiest?.pid}/maps --after ${path} --at ${event}`);
    });
}
