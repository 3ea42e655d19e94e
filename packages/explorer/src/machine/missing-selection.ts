import type { Subject } from '../protocol/subject.ts';
import type { Machine } from './machine.ts';
import { filesView } from './views/files-view.ts';

const PAGE_OFFSET = 0xc0000000;
/** At most so many names are listed. */
const NAMED_MAX = 12;

/** What of a selection the machine does not have where it is, and what it has; empty: it has it. */
export function missingSelection(machine: Machine, selection: Subject): string {
  const { kernel } = machine;
  switch (selection.kind) {
    case 'none':
      return '';
    case 'frame':
      return missingFrame(machine, selection.pfn);
    case 'task': {
      const pids = kernel.tasks.map(({ pid }) => pid).filter((pid) => pid !== 0);
      return pids.includes(selection.pid)
        ? ''
        : `there is no task ${selection.pid}; there are ${named(pids)}`;
    }
    case 'address':
      // The kernel's are in every address space.
      return selection.address >= PAGE_OFFSET ? '' : missingProcess(machine, selection.pid);
    case 'area':
      return missingProcess(machine, selection.pid);
    case 'slab': {
      if (selection.pfn !== undefined && missingFrame(machine, selection.pfn) !== '') {
        return missingFrame(machine, selection.pfn);
      }
      return kernel.slab.find(selection.cache) === null
        ? `there is no slab cache ${selection.cache}; the panel Slab caches has them all`
        : '';
    }
    case 'event': {
      const { events } = machine.history;
      const last = Math.min(events.last, kernel.trace.seq);
      return selection.seq >= events.first && selection.seq <= last
        ? ''
        : `event ${selection.seq} is not known; known are ${events.first} to ${last}`;
    }
    case 'file': {
      const paths = filesView(kernel).files.map(({ path }) => path);
      return paths.includes(selection.path)
        ? ''
        : `nothing of ${selection.path} is in the page cache; files there: ${named(paths)}`;
    }
    case 'slot':
      return missingSlot(machine, selection.area, selection.slot);
  }
}

function missingFrame({ kernel }: Machine, pfn: number): string {
  const { frames } = kernel.memMap;
  if (pfn < frames) return '';
  return `there is no frame 0x${pfn.toString(16)}; frames are 0 to 0x${(frames - 1).toString(16)}`;
}

function missingProcess({ kernel }: Machine, pid: number): string {
  const pids = [...kernel.processes.values()]
    .filter(({ task }) => task.mm !== null)
    .map(({ task }) => task.pid);
  return pids.includes(pid)
    ? ''
    : `task ${pid} has no address space; ${pids.length === 0 ? 'no task has one' : `those that have one: ${named(pids)}`}`;
}

function missingSlot({ kernel }: Machine, area: number, slot: number): string {
  const areas = kernel.paging.swapAreas.areas.filter(({ backing }) => backing !== null);
  const pages = areas[area]?.pages;
  if (pages === undefined) {
    return `there is no swap area ${area}; ${areas.length === 0 ? 'the machine has none' : `there are 0 to ${areas.length - 1}`}`;
  }
  return slot < pages ? '' : `swap area ${area} has no slot ${slot}; it has 0 to ${pages - 1}`;
}

function named(all: readonly (number | string)[]): string {
  if (all.length === 0) return 'none';
  return `${all.slice(0, NAMED_MAX).join(', ')}${all.length > NAMED_MAX ? ' …' : ''}`;
}
