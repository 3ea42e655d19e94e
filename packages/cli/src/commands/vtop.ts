import type { KernelRegion, Vtop, VtopStep } from '@pagewalk/mm';
import { Command } from 'commander';
import { lookAtMachine, processOf } from '../look.ts';
import { addLookOptions, addMachineOptions, type LookOptions } from '../machine-options.ts';
import { print, printJson, say } from '../output/print.ts';
import { renderTable } from '../output/table.ts';
import { hex32 } from '../output/text.ts';
import { addressArgument } from '../parse/number.ts';

/** First address of the kernel: the same in every address space. */
const PAGE_OFFSET = 0xc0000000;

/** What the letters of an entry mean, for those who see them for the first time. */
const LEGEND: Readonly<Record<string, string>> = {
  P: 'present',
  RW: 'writable',
  US: 'user may use it',
  PWT: 'write-through',
  PCD: 'cache off',
  A: 'accessed',
  D: 'dirty',
  PSE: 'large page',
  PAT: 'PAT',
  G: 'global: stays in the TLB',
  PROTNONE: 'PROT_NONE page',
};

/** `pagewalk vtop`: the page-table walk for one address, entry by entry. */
export function vtopCommand(): Command {
  return addLookOptions(addMachineOptions(new Command('vtop'), '64M, with --after 256M'))
    .description('walk the page tables for a virtual address, entry by entry, with the bits of each')
    .argument('<address>', 'virtual address, hexadecimal', addressArgument)
    .addHelpText(
      'after',
      `
Examples:
  pagewalk vtop c0100000
  pagewalk vtop fe001000 --memory 1G
  pagewalk vtop 0xc0100000 --machine ref-pae --memory 8G
  pagewalk vtop 08048000 --after packages/lab/recordings/sort.pwt --at 20000`,
    )
    .action(async (address: number, options: LookOptions) => {
      const session = await lookAtMachine(options);
      const { kernel } = session;
      // The kernel's half needs no process; its own page directory is as good as any.
      const own = address >= PAGE_OFFSET && options.pid === undefined;
      const process = own ? null : processOf(session, options.pid);
      const pgd = process?.task.mm?.pgd ?? kernel.pageTables.swapperPgDir;
      const walk = kernel.vtop(address, pgd);
      const region = kernel.region(address);
      const hashes = session.hashes();
      session.finish();
      if (options.json) {
        printJson({
          command: 'vtop',
          machine: session.machine,
          after: options.after ?? null,
          event: kernel.trace.seq,
          pid: process?.pid ?? null,
          address,
          pgd,
          kind: walk.kind,
          physical: walk.physical,
          region: { kind: region.kind, start: region.start, end: region.end },
          slot: region.slot < 0 ? null : region.slot,
          users: region.users < 0 ? null : region.users,
          steps: walk.steps.map((step) => ({ ...step, bits: [...step.bits] })),
          ...hashes,
        });
        return;
      }
      const owner = process === null ? "the kernel's page tables" : `process ${process.pid}`;
      print(`virtual ${hex32(address)}, ${owner}, top level at physical ${hex32(pgd)}`);
      if (own) print(place(region));
      print('');
      print(renderTable(COLUMNS, walk.steps.map(row)));
      print('');
      for (const text of verdict(walk)) say(text);
    });
}

const COLUMNS = [
  { head: 'level' },
  { head: 'index', right: true },
  { head: 'entry at' },
  { head: 'value' },
  { head: 'frame' },
  { head: 'bits' },
] as const;

function row(step: VtopStep): string[] {
  const value = step.high === 0 ? hex32(step.low) : `${step.high.toString(16)}:${hex32(step.low)}`;
  const frame = step.frame === 0 && step.bits.length === 0 ? '-' : step.frame.toString(16);
  const bits = step.bits.length === 0 ? '-' : step.bits.join(' ');
  return [step.level, String(step.index), step.entryPhys.toString(16).padStart(8, '0'), value, frame, bits];
}

/** Where in the kernel's gigabyte an address lies. */
function place(region: KernelRegion): string {
  const range = `${hex32(region.start)}-${hex32(region.end - 1)}`;
  switch (region.kind) {
    case 'user':
      return `user space ${range}`;
    case 'direct':
      return `direct map ${range}: physical memory from 0 on`;
    case 'vmalloc':
      return `vmalloc area ${range}`;
    case 'ioremap':
      return `ioremap area ${range}`;
    case 'guard':
      return `guard page ${range} of the area before it`;
    case 'kmap':
      return `kmap window, slot ${region.slot}, users: ${region.users}${region.pfn < 0 ? '' : `, page ${region.pfn}`}`;
    case 'kmap_atomic':
      return `kmap_atomic slot ${region.slot}`;
    case 'fixmap':
      return `fixmap slot ${region.slot}`;
    case 'hole':
      return `hole ${range}: no area there`;
  }
}

/** What the walk comes to, then what its letters mean. */
function verdict(walk: Vtop): string[] {
  const letters = [...new Set(walk.steps.flatMap((step) => step.bits))];
  const legend = letters.map((letter) => `${letter} ${LEGEND[letter] ?? ''}`).join(', ');
  return [outcome(walk), ...(legend === '' ? [] : [`(${legend})`])];
}

function outcome(walk: Vtop): string {
  const physical = walk.physical?.toString(16).padStart(8, '0') ?? '';
  switch (walk.kind) {
    case 'page':
      return `physical ${physical}; ${rights(walk)}`;
    case 'large':
      return `physical ${physical}, by a large page: the walk ends early; ${rights(walk)}`;
    case 'protnone':
      return `a PROT_NONE page at physical ${physical}: any access gets SIGSEGV`;
    case 'swap':
      return `swapped out: area ${walk.swap?.type}, slot ${walk.swap?.offset}`;
    case 'none':
      return 'not mapped: an access would fault';
  }
}

/** Every level must grant a right. With PAE the top level has no such bits and grants all. */
function rights(walk: Vtop): string {
  const levels = walk.steps.length === 3 ? walk.steps.slice(1) : walk.steps;
  const writable = levels.every((step) => step.bits.includes('RW'));
  if (!levels.every((step) => step.bits.includes('US'))) return 'for the kernel alone';
  return writable ? 'the program may read and write it' : 'the program may read it, a write faults';
}
