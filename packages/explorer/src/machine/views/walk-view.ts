import { type Kernel, VM, type Vma, type Vtop, type VtopStep } from '@pagewalk/mm';
import type { WalkView } from '../../protocol/views.ts';

const PAGE_OFFSET = 0xc0000000;

/** The page-table walk of an address in the tables of a process. */
export function walkView(kernel: Kernel, pid: number, address: number): WalkView {
  const process = kernel.processes.get(pid) ?? kernel.lifecycle.lastRun();
  const pgd = address >= PAGE_OFFSET ? undefined : process?.task.mm?.pgd;
  const walk = kernel.vtop(address, pgd);
  const area = process?.task.mm?.index.find((vma) => address >= vma.vmStart && address < vma.vmEnd);
  return {
    view: 'walk',
    pid: process?.pid ?? 0,
    address,
    steps: walk.steps.map((step, i) => ({
      level: step.level,
      index: step.index,
      entryAddress: step.entryPhys,
      entry: step.high * 2 ** 32 + step.low,
      bits: step.bits,
      meaning: meaning(walk, step, i === walk.steps.length - 1),
    })),
    pfn: walk.physical === null ? -1 : Math.floor(walk.physical / 4096),
    outcome: address >= PAGE_OFFSET ? kernelOutcome(kernel, walk, address) : outcome(walk, area),
    inTlb: inTlb(kernel, address, pgd),
  };
}

function meaning({ kind, swap }: Vtop, step: VtopStep, last: boolean): string {
  if (!last)
    return `${step.level === 'pgd' ? 'the table' : 'the next table'} is in frame 0x${step.frame.toString(16)}`;
  switch (kind) {
    case 'none':
      return step.level === 'pte' ? 'empty: no page' : 'empty: no table';
    case 'large':
      return `a large page from frame 0x${step.frame.toString(16)} on`;
    case 'swap':
      return `in swap area ${swap?.type}, slot ${swap?.offset}`;
    case 'protnone':
      return `frame 0x${step.frame.toString(16)}, but no access is allowed`;
    default:
      return `the page is in frame 0x${step.frame.toString(16)}`;
  }
}

/** What an access of the program comes to. */
function outcome(walk: Vtop, area: Vma | undefined): string {
  if (area === undefined) return 'In no area: an access faults, and the program gets SIGSEGV.';
  const flags = area.vmFlags;
  switch (walk.kind) {
    case 'page':
    case 'large':
      if (walk.steps.at(-1)?.bits.includes('RW'))
        return 'Mapped: loads and stores go to the frame without a fault.';
      if ((flags & VM.write) === 0) return 'Mapped read-only: a store faults, and the program gets SIGSEGV.';
      return (flags & VM.shared) !== 0
        ? 'Mapped read-only: the next store faults, and the page becomes writable.'
        : 'Mapped read-only: the next store faults, and copies the page or takes it over (copy on write).';
    case 'protnone':
      return 'There is a page, but nobody may touch it (PROT_NONE): an access faults.';
    case 'swap':
      return 'Swapped out: an access faults and reads the page in, unless the swap cache still has it.';
    case 'none':
      return area.vmOps?.nopage === undefined
        ? 'Nothing there yet: a load maps the zero page, a store a new page of zeroes.'
        : `Nothing there yet: an access faults and maps the page of ${area.vmFile?.path ?? 'its mapping'}.`;
  }
}

function kernelOutcome(kernel: Kernel, walk: Vtop, address: number): string {
  const { kind } = kernel.region(address);
  const mapped = walk.physical === null ? 'not mapped' : 'mapped';
  return `The kernel's (${kind}), ${mapped}: a program that touches it gets SIGSEGV.`;
}

/** Whether the TLB of the CPU that the program runs on translates the address now. */
function inTlb(kernel: Kernel, address: number, pgd: number | undefined): boolean {
  const { tlb, cr3, attached } = kernel.mmu;
  if (pgd !== undefined && pgd !== cr3) return false;
  return (attached === null ? tlb.entryOf(address) : attached.translationOf(address)) !== null;
}
