import type { ViewData, ViewRequest } from '../protocol/views.ts';
import { FilteredEvents } from './event-filter.ts';
import type { Machine } from './machine.ts';
import { countersView } from './views/counters-view.ts';
import { filesView } from './views/files-view.ts';
import { frameView } from './views/frame-view.ts';
import { ListsPicture } from './views/lists-view.ts';
import { MemoryPicture } from './views/memory-view.ts';
import { OomPicture } from './views/oom-view.ts';
import { procView } from './views/proc-view.ts';
import { slabCacheView, slabView } from './views/slab-views.ts';
import { spaceView } from './views/space-view.ts';
import { subjectView } from './views/subject-view.ts';
import { swapView } from './views/swap-view.ts';
import { tasksView } from './views/tasks-view.ts';
import { tlbView } from './views/tlb-view.ts';
import { vmallocView } from './views/vmalloc-view.ts';
import { walkView } from './views/walk-view.ts';
import { ZonesPicture } from './views/zones-view.ts';

/** Filters whose finds are remembered. */
const FILTERS_MAX = 8;

/** Makes the data of all views of one machine. */
export class Views {
  private readonly machine: Machine;
  private readonly filters = new Map<string, FilteredEvents>();
  private readonly memory: MemoryPicture;
  private readonly zones: ZonesPicture;
  private readonly lists: ListsPicture;
  private readonly oom: OomPicture;

  constructor(machine: Machine) {
    this.machine = machine;
    this.memory = new MemoryPicture(machine.kernel);
    this.zones = new ZonesPicture(machine.kernel);
    this.lists = new ListsPicture(machine.kernel);
    this.oom = new OomPicture(machine.kernel, machine.history.names);
  }

  /** @param whole all of it as it is now, however long that takes: the machine stands */
  view(request: ViewRequest, whole: boolean): ViewData {
    const { kernel, history } = this.machine;
    switch (request.view) {
      case 'memory':
        return this.memory.view(whole);
      case 'zones':
        return this.zones.view(history.events);
      case 'tasks':
        return tasksView(kernel);
      case 'space':
        return spaceView(kernel, request.pid);
      case 'walk':
        return walkView(kernel, request.pid, request.address);
      case 'tlb':
        return tlbView(kernel, whole);
      case 'counters':
        return countersView(history.samples, kernel);
      case 'events':
        return this.eventsOf(JSON.stringify(request.filter), request).view(
          request.from,
          request.count,
          whole,
          request.find,
          request.dropped,
        );
      case 'proc':
        return procView(kernel, request.path, request.pid);
      case 'lists':
        return this.lists.view(history.events);
      case 'slab':
        return slabView(kernel);
      case 'slab-cache':
        return slabCacheView(kernel, request.name);
      case 'vmalloc':
        return vmallocView(kernel);
      case 'swap':
        return swapView(kernel);
      case 'files':
        return filesView(kernel);
      case 'oom':
        return this.oom.view(history.events);
      case 'subject':
        return subjectView(this.machine, request.of);
      case 'frame':
        return frameView(this.machine, this.memory.classes, request.pfn);
    }
  }

  /** Whether a view is not all that there is yet: it has to be made again. */
  behind(request: ViewRequest): boolean {
    return request.view === 'events' && this.eventsOf(JSON.stringify(request.filter), request).behind;
  }

  private eventsOf(key: string, { filter }: Extract<ViewRequest, { view: 'events' }>): FilteredEvents {
    let filtered = this.filters.get(key);
    if (filtered === undefined) {
      if (this.filters.size === FILTERS_MAX) this.filters.delete([...this.filters.keys()][0] as string);
      filtered = new FilteredEvents(this.machine, filter);
    } else this.filters.delete(key);
    this.filters.set(key, filtered);
    return filtered;
  }
}
