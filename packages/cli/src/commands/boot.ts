import { Command } from 'commander';
import { addMachineOptions, type MachineOptions } from '../machine-options.ts';
import { print, printJson } from '../output/print.ts';
import { Session } from '../session.ts';
import { DEFAULTS } from '../workload.ts';

/** `pagewalk boot`: the kernel's own messages about memory, then the dump of SysRq-m. */
export function bootCommand(): Command {
  return addMachineOptions(new Command('boot'), '64M')
    .description('boot a machine and print what its kernel says about memory, then the SysRq-m dump')
    .option('--raw', 'print the log levels, too, as the kernel ring buffer has them: <6>Memory: …')
    .addHelpText(
      'after',
      `
Examples:
  pagewalk boot --memory 64M --release 2.4.22
  pagewalk boot --memory 2G --highmem off
  pagewalk boot --memory 16G --highmem 64g --machine ref-pae
  pagewalk boot --memory 256M --cmdline "mem=100M"
  dmesg | grep BIOS-e820 > map.txt; pagewalk boot --e820 map.txt`,
    )
    .action((options: MachineOptions & { readonly raw?: boolean }) => {
      const session = new Session(options, DEFAULTS.fresh);
      const { kernel } = session;
      const dump = kernel.showMem().replace(/\n$/, '');
      const hashes = session.hashes();
      session.finish();
      if (options.json) {
        printJson({
          command: 'boot',
          machine: session.machine,
          log: kernel.bootLog.map(({ level, text }) => ({ level, text })),
          showMem: dump.split('\n'),
          ...hashes,
        });
        return;
      }
      for (const { level, text } of kernel.bootLog) print(options.raw ? `<${level}>${text}` : text);
      for (const line of dump.split('\n')) print(options.raw ? `<4>${line}` : line);
    });
}
