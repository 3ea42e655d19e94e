import { type Kernel, PG } from '@pagewalk/mm';
import { FRAME_USE, type FrameUseName, type FrameView } from '../../protocol/views.ts';
import { historyOf } from '../event-row.ts';
import type { Machine } from '../machine.ts';
import { fileNames, nameOf } from './file-names.ts';
import type { FrameClasses } from './frame-classes.ts';

const HISTORY_MAX = 64;
const USES = Object.keys(FRAME_USE) as FrameUseName[];
const FLAGS: readonly (keyof typeof PG)[] = [
  'locked',
  'error',
  'referenced',
  'uptodate',
  'dirty',
  'lru',
  'active',
  'slab',
  'highmem',
  'reserved',
  'launder',
  'inactiveDirty',
  'inactiveClean',
];

/** One frame: who has it, how it came about, what it holds. */
export function frameView(machine: Machine, classes: FrameClasses, pfn: number): FrameView {
  const { kernel } = machine;
  const { memMap, memory, allocator } = kernel;
  if (!Number.isInteger(pfn) || pfn < 0 || pfn >= memMap.frames) return nothing(pfn);
  classes.look(pfn);
  const use = USES[classes.use[pfn] as number] as FrameUseName;
  const bits = memMap.flags[pfn] as number;
  const hasBytes = memory.hasBytes(pfn) && !(memory.contentFree && isUsers(use));
  const base = memory.base(pfn) * 4;
  return {
    view: 'frame',
    pfn,
    use,
    zone: allocator.zones.find(({ startPfn, endPfn }) => pfn >= startPfn && pfn < endPfn)?.name ?? '',
    flags: FLAGS.filter((name) => (bits & PG[name]) !== 0).map((name) => `PG_${snake(name)}`),
    count: memMap.count[pfn] as number,
    age: memMap.age[pfn] as number,
    mappings: mappingsOf(kernel, pfn),
    owner: ownerOf(kernel, pfn, use, classes.detail[pfn] as number),
    allocatedBy: use === 'free' ? 0 : (memMap.owner[pfn] as number),
    history: historyOf(machine, { pfn }, HISTORY_MAX),
    bytes: hasBytes ? memory.bytes.slice(base, base + 4096) : new Uint8Array(0),
  };
}

function nothing(pfn: number): FrameView {
  return {
    view: 'frame',
    pfn,
    use: 'reserved',
    zone: '',
    flags: [],
    count: 0,
    age: 0,
    mappings: [],
    owner: 'there is no such frame',
    allocatedBy: 0,
    history: [],
    bytes: new Uint8Array(0),
  };
}

/** Whose contents a machine without contents does not have. */
function isUsers(use: FrameUseName): boolean {
  return !['pageTable', 'slab', 'kernel', 'reserved'].includes(use);
}

function snake(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

function mappingsOf(kernel: Kernel, pfn: number): FrameView['mappings'] {
  const { pageTables, memory } = kernel;
  const found: FrameView['mappings'][number][] = [];
  for (const { task } of kernel.processes.values()) {
    for (let vma = task.mm?.mmap ?? null; vma !== null; vma = vma.vmNext) {
      let entry = 0;
      for (let at = vma.vmStart; at < vma.vmEnd; at += 4096) {
        if (at === vma.vmStart || at % pageTables.pmdSize === 0)
          entry = pageTables.pteOffset(vma.vmMm.pgd, at);
        else if (entry !== 0) entry += pageTables.entryWords;
        if (entry === 0 || ((memory.words[entry] as number) & 0x81) === 0) continue;
        if (pageTables.ptePfn(entry) === pfn) found.push({ pid: task.pid, comm: task.comm, address: at });
      }
    }
  }
  return found;
}

/** File and offset, swap slot, slab cache or table: in words. */
function ownerOf(kernel: Kernel, pfn: number, use: FrameUseName, detail: number): string {
  const { memMap, pageCache, slab } = kernel;
  const mapping = pageCache.mappingOf(pfn);
  const index = (memMap.index[pfn] as number) >>> 0;
  if (use === 'free') return `in a free block of order ${detail}`;
  if (use === 'slab')
    return `slab of ${slab.cachesById[slab.cacheOfFrame[pfn] as number]?.name ?? 'a cache'}`;
  if (use === 'pageTable') return tableOf(kernel, pfn);
  if (mapping === kernel.paging.swapCache.mapping)
    return `swap area ${(index >>> 1) & 63}, slot ${index >>> 8}`;
  if (mapping !== null) return `${nameOf(kernel, mapping, fileNames(kernel))}, page ${index}`;
  return '';
}

function tableOf(kernel: Kernel, pfn: number): string {
  const { pageTables } = kernel;
  for (const { task } of kernel.processes.values()) {
    const pgd = task.mm?.pgd;
    if (pgd === undefined) continue;
    let level = '';
    pageTables.forEachDirectoryFrame(pgd, (frame) => {
      if (frame === pfn) level = 'page directory';
    });
    pageTables.forEachUserTable(pgd, (frame) => {
      if (frame === pfn) level = 'page table';
    });
    if (level !== '') return `${level} of ${task.comm} (${task.pid})`;
  }
  return 'page table kept for later';
}
