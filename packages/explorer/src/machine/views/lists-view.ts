import { AgingPageAllocator, type Kernel } from '@pagewalk/mm';
import type { FlowRow, ListsView, PageListRow } from '../../protocol/views.ts';
import type { EventStore } from '../event-store.ts';
import { fieldIndex, Tally } from './tally.ts';

/** Pages that are named of each end of a list. */
const ENDS = 256;
/** Lists as 2.4.0's events number them. */
const AGED_LISTS = ['', 'active_list', 'inactive_dirty_list', 'inactive_clean_list'] as const;
/** Lists of 2.4.10 and later, in the same order. */
const TWO_LISTS = ['', 'active_list', 'inactive_list'] as const;
/** Numbers of lists. */
const LIST = { none: 0, active: 1, inactive: 2 } as const;
/** Which function moves pages from one of 2.4.0's lists to another; otherwise the one that puts them on the list. */
const MOVERS: Readonly<Record<string, string>> = {
  '0>1': 'lru_cache_add',
  '0>2': 'add_page_to_inactive_dirty_list',
  '0>3': 'add_page_to_inactive_clean_list',
  '1>0': 'lru_cache_del',
  '1>2': 'deactivate_page',
  '2>0': 'lru_cache_del',
  '2>1': 'activate_page',
  '2>3': 'page_launder',
  '3>0': 'reclaim_page',
  '3>1': 'activate_page',
  '3>2': 'reclaim_page',
};

/** The lists of pages that reclaim works with, and what flows between them. */
export class ListsPicture {
  private readonly kernel: Kernel;
  private readonly aged: boolean;
  private readonly flows: Map<string, { row: FlowRow; pages: number }> = new Map();
  private readonly listOf: Uint8Array;
  private readonly tally: Tally;
  /** Page of 2.4.0 that left its list and may yet come to another; -1: none. */
  private leaving = -1;

  constructor(kernel: Kernel) {
    this.kernel = kernel;
    this.aged = kernel.allocator instanceof AgingPageAllocator;
    this.listOf = new Uint8Array(kernel.memMap.frames);
    this.tally = this.aged ? this.agedTally() : this.twoListTally();
  }

  view(events: EventStore): ListsView {
    this.tally.update(events, this.kernel.trace.seq);
    this.settle();
    return {
      view: 'lists',
      lists: this.lists(),
      flows: [...this.flows.values()].map(({ row, pages }) => ({ ...row, pages })),
      threads: this.kernel.paging.daemons.list.map((daemon) => ({
        pid: daemon.task.pid,
        comm: daemon.task.comm,
        state: daemon.running ? 'R' : daemon.awake ? 'R' : daemon.deaf ? 'D' : 'S',
        why: why(daemon, this.kernel.clock.now),
      })),
    };
  }

  private lists(): PageListRow[] {
    const { kernel } = this;
    const { pageCache, allocator } = kernel;
    if (!('aging' in pageCache)) {
      return [
        this.row('active_list', pageCache.activeList, pageCache.nrActivePages),
        this.row('inactive_list', pageCache.inactiveList, pageCache.nrInactivePages),
      ];
    }
    const lists = pageCache.aging as AgedLists;
    return [
      this.row('active_list', lists.activeList, lists.nrActivePages),
      this.row('inactive_dirty_list', lists.inactiveDirtyList, lists.nrInactiveDirtyPages),
      ...allocator.zones
        .filter(({ size }) => size > 0)
        .map((zone) =>
          this.row(
            `inactive_clean_list(${zone.name})`,
            lists.inactiveCleanList(zone),
            zone.inactiveCleanPages,
          ),
        ),
    ];
  }

  private row(name: string, list: number, pages: number): PageListRow {
    const { lruNext, lruPrev } = this.kernel.memMap;
    return { name, pages, head: walk(lruNext, list), tail: walk(lruPrev, list) };
  }

  private move(name: string, from: string, to: string): void {
    const key = `${name} ${from} ${to}`;
    const flow = this.flows.get(key);
    if (flow !== undefined) flow.pages++;
    else this.flows.set(key, { row: { function: name, from, to, pages: 0 }, pages: 1 });
  }

  private twoListTally(): Tally {
    const deactivated = fieldIndex('mm_vmscan_deactivate', 'outcome');
    const verdict = fieldIndex('mm_vmscan_page', 'verdict');
    const to = (list: number, mover: string) => (events: EventStore, seq: number) =>
      this.moveTo(events.operand(seq, 0), list, mover);
    return new Tally(
      {
        mm_lru_insertion: to(LIST.inactive, 'lru_cache_add'),
        mm_lru_activate: to(LIST.active, 'activate_page'),
        mm_vmscan_deactivate: (events, seq) => {
          if (events.operand(seq, deactivated) === 1)
            this.moveTo(events.operand(seq, 0), LIST.inactive, 'refill_inactive');
        },
        mm_vmscan_page: (events, seq) => {
          const what = events.operand(seq, verdict);
          if (what === 0 || what === 8) this.moveTo(events.operand(seq, 0), LIST.none, 'shrink_cache');
        },
        mm_page_free: to(LIST.none, 'lru_cache_del'),
      },
      () => this.forget(),
    );
  }

  private agedTally(): Tally {
    const listField = fieldIndex('mm_page_list', 'list');
    return new Tally(
      {
        mm_page_list: (events, seq) => {
          const pfn = events.operand(seq, 0);
          const to = events.operand(seq, listField);
          const again = this.leaving === pfn;
          if (!again) this.settle();
          this.leaving = -1;
          if (to === LIST.none) this.leaving = pfn;
          else this.moveTo(pfn, to, MOVERS[`${this.listOf[pfn]}>${to}`] ?? 'lru_cache_add');
        },
      },
      () => this.forget(),
    );
  }

  /** The page that left its list last did not come back to one, as page_launder makes them: it is gone. */
  private settle(): void {
    const pfn = this.leaving;
    if (pfn >= 0) this.moveTo(pfn, LIST.none, MOVERS[`${this.listOf[pfn]}>0`] ?? 'lru_cache_del');
    this.leaving = -1;
  }

  private moveTo(pfn: number, to: number, mover: string): void {
    const from = this.listOf[pfn] as number;
    if (from === to) return;
    this.listOf[pfn] = to;
    const names = this.aged ? AGED_LISTS : TWO_LISTS;
    this.move(mover, names[from] || 'new', names[to] || 'free');
  }

  private forget(): void {
    this.flows.clear();
    this.listOf.fill(LIST.none);
    this.leaving = -1;
  }
}

interface AgedLists {
  readonly activeList: number;
  readonly inactiveDirtyList: number;
  readonly nrActivePages: number;
  readonly nrInactiveDirtyPages: number;
  inactiveCleanList(zone: Kernel['allocator']['zones'][number]): number;
}

function walk(links: Int32Array, head: number): Int32Array {
  const pages: number[] = [];
  for (let pfn = links[head] as number; pfn !== head && pages.length < ENDS; pfn = links[pfn] as number) {
    pages.push(pfn);
  }
  return Int32Array.from(pages);
}

function why(daemon: Kernel['paging']['daemons']['list'][number], now: number): string {
  if (daemon.running) return 'runs';
  if (daemon.awake) return 'was woken';
  if (daemon.timer !== null)
    return `${daemon.deaf ? 'waits' : 'sleeps'} for ${((daemon.timer.at - now) / 1e9).toFixed(2)} s more`;
  return daemon.deaf ? 'waits for I/O' : 'sleeps until it is woken';
}
