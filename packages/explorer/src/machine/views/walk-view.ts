import type { Kernel, Vtop, VtopStep } from '@pagewalk/mm';
import type { WalkView } from '../../protocol/views.ts';

const PAGE_OFFSET = 0xc0000000;

/** The page-table walk of an address in the tables of a process. */
export function walkView(kernel: Kernel, pid: number, address: number): WalkView {
  const process = kernel.processes.get(pid) ?? kernel.lastRun();
  const pgd = address >= PAGE_OFFSET ? undefined : process?.task.mm?.pgd;
  const walk = kernel.vtop(address, pgd);
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
    outcome: outcome(walk),
    inTlb: inTlb(kernel, address, pgd),
  };
}

function meaning({ kind, swap }: Vtop, step: VtopStep, last: boolean): string {
  if (!last) return `${step.level === 'pgd' ? 'the table' : 'the next table'} is in frame ${step.frame}`;
  switch (kind) {
    case 'none':
      return step.level === 'pte' ? 'empty: no page' : 'empty: no table';
    case 'large':
      return `a large page from frame ${step.frame} on`;
    case 'swap':
      return `in swap area ${swap?.type}, slot ${swap?.offset}`;
    case 'protnone':
      return `frame ${step.frame}, but no access is allowed`;
    default:
      return `the page is in frame ${step.frame}`;
  }
}

function outcome({ kind, physical, swap }: Vtop): string {
  const at = physical === null ? '' : `physical address 0x${physical.toString(16)}`;
  switch (kind) {
    case 'none':
      return 'not mapped';
    case 'swap':
      return `swapped out: area ${swap?.type}, slot ${swap?.offset}`;
    case 'protnone':
      return `${at}, no access allowed`;
    case 'large':
      return `${at}, in a large page`;
    default:
      return at;
  }
}

/** Whether the model's TLB translates the address now. The guest's CPU has another one beside it. */
function inTlb(kernel: Kernel, address: number, pgd: number | undefined): boolean {
  const { tlb, cr3 } = kernel.mmu;
  if (pgd !== undefined && pgd !== cr3) return false;
  const index = (address >>> 12) & (tlb.bases.length - 1);
  const tag = tlb.tags[index] as number;
  return ((tag ^ address) & -4096) === 0 && (tag & 0xfff) !== 0 && tlb.serves(tag, 0);
}
