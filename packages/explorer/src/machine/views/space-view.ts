import { type Kernel, VM, type Vma } from '@pagewalk/mm';
import type { AreaRow, SpaceView } from '../../protocol/views.ts';

const PAGE = 4096;
const TASK_SIZE = 0xc0000000;
const PTE = { present: 1, dirty: 0x40, presentOrProtnone: 0x81 } as const;
/** Values of {@link AreaRow.pages}. */
const STATE = { untouched: 0, present: 1, dirty: 2, swap: 3, zero: 4, cached: 5 } as const;
/** Flags by name, in the order of their bits. */
const FLAG_NAMES: readonly (readonly [keyof typeof VM, string])[] = [
  ['read', 'VM_READ'],
  ['write', 'VM_WRITE'],
  ['exec', 'VM_EXEC'],
  ['shared', 'VM_SHARED'],
  ['mayRead', 'VM_MAYREAD'],
  ['mayWrite', 'VM_MAYWRITE'],
  ['mayExec', 'VM_MAYEXEC'],
  ['mayShare', 'VM_MAYSHARE'],
  ['growsDown', 'VM_GROWSDOWN'],
  ['growsUp', 'VM_GROWSUP'],
  ['shm', 'VM_SHM'],
  ['denyWrite', 'VM_DENYWRITE'],
  ['executable', 'VM_EXECUTABLE'],
  ['locked', 'VM_LOCKED'],
  ['io', 'VM_IO'],
  ['seqRead', 'VM_SEQ_READ'],
  ['randRead', 'VM_RAND_READ'],
  ['dontCopy', 'VM_DONTCOPY'],
  ['dontExpand', 'VM_DONTEXPAND'],
  ['reserved', 'VM_RESERVED'],
];

/** The address space of a process, or of the one that ran last if there is none of this pid. */
export function spaceView(kernel: Kernel, pid: number): SpaceView {
  const task = kernel.processes.get(pid)?.task ?? kernel.lifecycle.lastRun()?.task;
  const mm = task?.mm ?? null;
  const areas: AreaRow[] = [];
  for (let vma = mm?.mmap ?? null; vma !== null; vma = vma.vmNext) areas.push(areaRow(kernel, vma));
  return {
    view: 'space',
    pid: task?.pid ?? 0,
    comm: task?.comm ?? '',
    areas,
    brk: mm?.brk ?? 0,
    stack: mm?.startStack ?? 0,
    totalVm: mm?.totalVm ?? 0,
    rss: mm?.rss ?? 0,
    taskSize: TASK_SIZE,
  };
}

function areaRow(kernel: Kernel, vma: Vma): AreaRow {
  const pages = pagesOf(kernel, vma);
  let resident = 0;
  let swapped = 0;
  for (const page of pages) {
    if (page === STATE.present || page === STATE.dirty) resident++;
    else if (page === STATE.swap) swapped++;
  }
  const { vmFlags: flags, vmFile: file } = vma;
  const bit = (mask: number, letter: string) => ((flags & mask) === 0 ? '-' : letter);
  const shared = (flags & VM.mayShare) === 0 ? 'p' : 's';
  return {
    start: vma.vmStart,
    end: vma.vmEnd,
    permissions: bit(VM.read, 'r') + bit(VM.write, 'w') + bit(VM.exec, 'x') + shared,
    flags: FLAG_NAMES.filter(([name]) => (flags & VM[name]) !== 0).map(([, shown]) => shown),
    path: file === null ? '' : `${file.path}${file.inode.nlink === 0 ? ' (deleted)' : ''}`,
    offset: vma.vmPgoff * PAGE,
    pages,
    resident,
    swapped,
  };
}

function pagesOf(kernel: Kernel, vma: Vma): Uint8Array {
  const { pageTables, memory, pageCache } = kernel;
  const count = (vma.vmEnd - vma.vmStart) / PAGE;
  const pages = new Uint8Array(count);
  const mapping = vma.vmFile?.inode.mapping ?? null;
  const { words } = memory;
  let entry = 0;
  for (let i = 0; i < count; i++) {
    const address = vma.vmStart + i * PAGE;
    // One page table after the other.
    if (i === 0 || address % pageTables.pmdSize === 0) entry = pageTables.pteOffset(vma.vmMm.pgd, address);
    else if (entry !== 0) entry += pageTables.entryWords;
    const value = entry === 0 ? 0 : (words[entry] as number);
    if (value !== 0) pages[i] = stateOf(kernel, value, entry);
    else if (
      mapping !== null &&
      mapping.nrpages > 0 &&
      pageCache.peekPage(mapping, (vma.vmPgoff + i) >>> 0) !== 0
    ) {
      pages[i] = STATE.cached;
    }
  }
  return pages;
}

function stateOf(kernel: Kernel, value: number, entry: number): number {
  if ((value & PTE.presentOrProtnone) === 0) return STATE.swap;
  if (kernel.pageTables.ptePfn(entry) === kernel.physical.pageTables.emptyZeroPage) return STATE.zero;
  return (value & PTE.dirty) === 0 ? STATE.present : STATE.dirty;
}
