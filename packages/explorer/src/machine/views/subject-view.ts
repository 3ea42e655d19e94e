import { slabViews } from '@pagewalk/lab/browser';
import { type Kernel, PG, type Vma } from '@pagewalk/mm';
import { type Subject, type SubjectView, subjectOf } from '../../protocol/subject.ts';
import { eventRow } from '../event-row.ts';
import type { Machine } from '../machine.ts';
import { fileNames, nameOf } from './file-names.ts';
import { framesOfArea, framesOfCache, framesOfFile, framesOfTask } from './subject-frames.ts';
import { kernelAddress, mappedAt, swappedAt } from './subject-places.ts';

const PAGE = 4096;
const PAGE_OFFSET = 0xc0000000;
/** Largest order of a free block. */
const MAX_ORDER = 9;

type Found = { -readonly [key in keyof SubjectView]: SubjectView[key] };

/** All that belongs to what is selected: its frame, who maps it, its file, its slot, its slab. */
export function subjectView(machine: Machine, of: Subject): SubjectView {
  const found: Found = { ...subjectOf(of) };
  begin(machine, of, found);
  const { kernel } = machine;
  if (found.address >= 0 && found.pfn < 0) followAddress(kernel, found);
  if (found.slot >= 0 && found.pfn < 0) followSlot(kernel, found);
  if (found.pfn >= 0 && found.pfn < kernel.memMap.frames) followFrame(kernel, found);
  if (found.address >= 0 && found.area < 0) noteArea(kernel, found);
  return found;
}

/** What the machine knows of the selection itself. */
function begin(machine: Machine, of: Subject, found: Found): void {
  const { kernel } = machine;
  switch (of.kind) {
    case 'area':
      beginArea(kernel, of, found);
      return;
    case 'slab':
      // Where the frame is a slab is told by the frame.
      found.slab = -1;
      if (of.pfn !== undefined) return;
      found.frames = framesOfCache(kernel, of.cache);
      found.name = of.cache;
      return;
    case 'event':
      beginEvent(machine, of.seq, found);
      return;
    case 'task': {
      const task = kernel.processes.get(of.pid)?.task;
      found.frames = framesOfTask(kernel, of.pid);
      found.name = task === undefined ? `pid ${of.pid}` : `${task.comm} (${of.pid})`;
      return;
    }
    case 'file':
      beginFile(kernel, of, found);
  }
}

function beginArea(kernel: Kernel, of: Extract<Subject, { kind: 'area' }>, found: Found): void {
  const vma = areaAt(kernel, of.pid, of.start);
  if (vma === undefined) return;
  found.file = fileOf(kernel, vma);
  found.frames = framesOfArea(kernel, vma);
  found.name = `${of.start.toString(16).padStart(8, '0')}–${vma.vmEnd.toString(16).padStart(8, '0')}`;
}

function beginEvent(machine: Machine, seq: number, found: Found): void {
  const { events } = machine.history;
  if (!events.has(seq) || seq > machine.kernel.trace.seq) return;
  const row = eventRow(machine, seq);
  found.pfn = row.pfn;
  found.pid = row.pid;
  found.address = row.address;
  found.time = row.time;
  const { ptr, entry, zone } = events.event(seq).values;
  // An object of a slab.
  if (row.pfn < 0 && row.address < 0 && ptr !== undefined && ptr >>> 0 >= PAGE_OFFSET)
    found.address = ptr >>> 0;
  // Other events call entries of page tables so.
  if (entry !== undefined && entry !== 0 && /swap|shmem/.test(row.name)) {
    found.swapArea = (entry >>> 1) & 63;
    found.slot = entry >>> 8;
  }
  if (zone !== undefined) found.zone = machine.kernel.allocator.zones[zone]?.name ?? '';
}

function beginFile(kernel: Kernel, of: Extract<Subject, { kind: 'file' }>, found: Found): void {
  const { pageCache } = kernel;
  const names = fileNames(kernel);
  found.file = of.path;
  found.page = of.page ?? -1;
  pageCache.forEachMapping((mapping) => {
    if (mapping.host === null || nameOf(kernel, mapping, names) !== of.path) return;
    if (of.page === undefined) {
      found.frames = framesOfFile(kernel, mapping);
      found.name = of.path;
    } else found.pfn = pageCache.peekPage(mapping, of.page) || -1;
  });
}

/** From an address to its frame, or to the slot that its page lies in. */
function followAddress(kernel: Kernel, found: Found): void {
  const pgd = found.address >= PAGE_OFFSET ? undefined : kernel.processes.get(found.pid)?.task.mm?.pgd;
  if (pgd === undefined && found.address < PAGE_OFFSET) return;
  const walk = kernel.vtop(found.address, pgd);
  if (walk.physical !== null) found.pfn = Math.floor(walk.physical / PAGE);
  else if (walk.swap !== null) {
    found.swapArea = walk.swap.type;
    found.slot = walk.swap.offset;
  }
}

/** From a slot to the frame that the swap cache has of it, and to the address whose page lies there. */
function followSlot(kernel: Kernel, found: Found): void {
  const entry = ((found.swapArea << 1) | (found.slot << 8)) >>> 0;
  found.pfn = kernel.pageCache.peekPage(kernel.paging.swapCache.mapping, entry) || -1;
  if (found.address >= 0) return;
  const place = swappedAt(kernel, entry);
  if (place !== null) Object.assign(found, place);
}

/** From a frame to all that it belongs to. */
function followFrame(kernel: Kernel, found: Found): void {
  const { memMap, pageCache, slab, allocator } = kernel;
  const { pfn } = found;
  const bits = memMap.flags[pfn] as number;
  found.zone = allocator.zones.find(({ startPfn, endPfn }) => pfn >= startPfn && pfn < endPfn)?.name ?? '';
  found.order = orderOf(kernel, pfn);
  if (found.order >= 0) return;
  found.list = listOf(kernel, bits, found.zone);
  if ((bits & PG.slab) !== 0) {
    const cache = slab.cachesById[slab.cacheOfFrame[pfn] as number];
    if (cache) {
      found.cache = cache.name;
      found.slab = slabOf(kernel, cache.name, pfn);
    }
  }
  const mapping = pageCache.mappingOf(pfn);
  const index = (memMap.index[pfn] as number) >>> 0;
  if (mapping !== null && mapping === kernel.paging.swapCache.mapping) {
    found.swapArea = (index >>> 1) & 63;
    found.slot = index >>> 8;
  } else if (mapping !== null) {
    found.file = nameOf(kernel, mapping, fileNames(kernel));
    found.page = index;
  }
  if (found.address < 0) notePlace(kernel, found, index);
}

/** Where the frame is mapped: by a program, by its swap entry, or by the kernel. */
function notePlace(kernel: Kernel, found: Found, index: number): void {
  const { pfn } = found;
  const place =
    mappedAt(kernel, pfn) ??
    (found.slot >= 0 ? swappedAt(kernel, index) : null) ??
    kernelAddress(kernel, pfn);
  if (place === null) return;
  found.address = place.address;
  if (place.pid !== 0) found.pid = place.pid;
}

function noteArea(kernel: Kernel, found: Found): void {
  const vma = areaAt(kernel, found.pid, found.address);
  if (vma === undefined) return;
  found.area = vma.vmStart;
  if (found.file !== '' || vma.vmFile === null) return;
  found.file = fileOf(kernel, vma);
  // A page of its own, once written to, is no page of the file any more.
  if (found.pfn < 0 && found.slot < 0) found.page = (found.address - vma.vmStart) / PAGE + vma.vmPgoff;
  else found.file = '';
}

function areaAt(kernel: Kernel, pid: number, address: number): Vma | undefined {
  const mm = kernel.processes.get(pid)?.task.mm;
  return mm?.index.find((vma) => address >= vma.vmStart && address < vma.vmEnd);
}

function fileOf(kernel: Kernel, vma: Vma): string {
  return vma.vmFile === null ? '' : nameOf(kernel, vma.vmFile.inode.mapping, fileNames(kernel));
}

/** The list that a page is on, as the view of page lists names it; empty: none. */
function listOf(kernel: Kernel, bits: number, zone: string): string {
  if ((bits & PG.active) !== 0) return 'active_list';
  if ((bits & PG.inactiveDirty) !== 0) return 'inactive_dirty_list';
  if ((bits & PG.inactiveClean) !== 0) return `inactive_clean_list(${zone})`;
  return !('aging' in kernel.pageCache) && (bits & PG.lru) !== 0 ? 'inactive_list' : '';
}

/** Order of the free block that a frame is in; -1: it is in use. */
function orderOf({ memMap, allocator }: Kernel, pfn: number): number {
  for (let order = 0; order <= MAX_ORDER; order++) {
    if (memMap.freeOrder[pfn - (pfn % 2 ** order)] === order + 1) return order;
  }
  for (const { frontier, frontierEnd, laterRanges } of allocator.zones) {
    if (pfn >= frontier && pfn < frontierEnd) return MAX_ORDER;
    for (let i = 0; i < laterRanges.length; i += 2) {
      if (pfn >= (laterRanges[i] as number) && pfn < (laterRanges[i + 1] as number)) return MAX_ORDER;
    }
  }
  return -1;
}

/** First frame of the slab that a frame is part of; -1: it is none. */
function slabOf(kernel: Kernel, name: string, pfn: number): number {
  const cache = kernel.slab.find(name);
  if (cache === null) return -1;
  const frames = 2 ** cache.gfporder;
  return slabViews(kernel.slab, cache).find((one) => pfn >= one.pfn && pfn < one.pfn + frames)?.pfn ?? -1;
}
