/** Replaying a recorded stream of buddy events on a page allocator of its own, with the zones of the recorded machine. */
import {
  ClassZoneAllocator,
  ConfigError,
  checkPageAllocator,
  freeBlocks,
  KernelBug,
  MemMap,
  type PageAllocator,
  PhysicalNode,
  Trace,
  type Zone,
} from '@pagewalk/mm';
import { type AllocationEvent, type AllocationStream, parseAllocationEvents } from './allocation-events.ts';
import { KopsError } from './kops-error.ts';

/** Releases whose __alloc_pages() is this one; of others only the free lists are compared. */
const SAME_POLICY: ReadonlySet<string> = new Set(['2.4.20', '2.4.22']);
const ORDERS = 10;

/** Where the recording and the replay part. */
export interface AllocationDifference {
  /** Line of the stream. */
  readonly line: number;
  /** What the real kernel did, and what the replay does instead. */
  readonly recorded: string;
  readonly replayed: string;
}

/** What a replay found. */
export interface AllocationReplay {
  readonly release: string;
  readonly zones: readonly { readonly name: string; readonly pages: number; readonly freePages: number }[];
  readonly events: number;
  /** Blocks that reached the free lists: while booting, and later. */
  readonly bootFrees: number;
  readonly frees: number;
  /** Calls of __alloc_pages(). */
  readonly requests: number;
  /** Blocks taken, all orders. */
  readonly allocations: number;
  /** Those that were compared through the choice of zones, not only through the free lists. */
  readonly throughZones: number;
  /** Free lists at the end that were compared. */
  readonly lists: number;
  /** The first difference; null: there is none. */
  readonly difference: AllocationDifference | null;
}

/**
 * Replays a stream up to its first difference.
 *
 * @param text the stream
 * @param name of the file, for messages
 * @throws KopsError when the stream cannot be read
 */
export function replayAllocations(text: string, name: string): AllocationReplay {
  const stream = parseAllocationEvents(text, name);
  return new Replayer(stream, name).run();
}

class Replayer {
  readonly #stream: AllocationStream;
  readonly #allocator: PageAllocator;
  readonly #zones: readonly Zone[];
  readonly #policy: boolean;
  #bootFrees = 0;
  #frees = 0;
  #requests = 0;
  #allocations = 0;
  #throughZones = 0;
  #lists = 0;

  constructor(stream: AllocationStream, name: string) {
    this.#stream = stream;
    this.#policy = SAME_POLICY.has(stream.release);
    let next = 0;
    for (const zone of stream.zones) {
      if (zone.size > 0 && zone.startPfn !== next) {
        throw new KopsError(name, 0, `zone ${zone.name} begins at page ${zone.startPfn}; expected ${next}`);
      }
      next += zone.size;
    }
    const memMap = new MemMap(next);
    const node = new PhysicalNode(
      memMap,
      stream.zones.map(({ size }) => size),
    );
    this.#allocator = new ClassZoneAllocator(node, new Trace(() => 0, 64));
    this.#zones = node.zones;
    stream.zones.forEach(({ min, low, high }, i) => {
      const zone = this.#zones[i] as Zone;
      zone.pagesMin = min;
      zone.pagesLow = low;
      zone.pagesHigh = high;
    });
  }

  run(): AllocationReplay {
    let difference: AllocationDifference | null = null;
    let done = 0;
    const { events } = this.#stream;
    for (let at = 0; at < events.length && difference === null; ) {
      const used = this.#events(at);
      if (typeof used === 'number') at += used;
      else difference = used;
      done = at;
    }
    difference ??= this.#compareLists();
    return {
      release: this.#stream.release,
      zones: this.#zones
        .filter(({ size }) => size > 0)
        .map(({ name, size, freePages }) => ({ name, pages: size, freePages })),
      events: done,
      bootFrees: this.#bootFrees,
      frees: this.#frees,
      requests: this.#requests,
      allocations: this.#allocations,
      throughZones: this.#throughZones,
      lists: this.#lists,
      difference,
    };
  }

  /** Replays the event at `at` and those that belong to it; returns how many, or the difference. */
  #events(at: number): number | AllocationDifference {
    const event = this.#stream.events[at] as AllocationEvent;
    try {
      switch (event.kind) {
        case 'free':
          return this.#free(event);
        case 'take':
          return this.#take(event) ?? 1;
        case 'request':
          return this.#request(event, at);
      }
    } catch (error) {
      if (!(error instanceof KernelBug || error instanceof ConfigError)) throw error;
      return { line: event.line, recorded: describe(event), replayed: `BUG: ${error.message}` };
    }
  }

  #free(event: AllocationEvent & { kind: 'free' }): number {
    const { memMap } = this.#allocator;
    memMap.count[event.pfn] = 0;
    memMap.flags[event.pfn] = 0;
    this.#allocator.freePagesOk(event.pfn, event.order);
    if (this.#requests === 0) this.#bootFrees++;
    else this.#frees++;
    return 1;
  }

  #take(event: AllocationEvent & { kind: 'take' }): AllocationDifference | null {
    const pfn = this.#allocator.rmqueue(this.#zones[event.zone] as Zone, event.order);
    return this.#taken(event, pfn);
  }

  #taken(event: AllocationEvent & { kind: 'take' }, pfn: number): AllocationDifference | null {
    if (event.pfn !== 0) this.#allocations++;
    return pfn === event.pfn ? null : { line: event.line, recorded: page(event.pfn), replayed: page(pfn) };
  }

  /**
   * A request, with the attempts that follow it at once: if one of them took a block, the choice of the zone is compared,
   * too. What reclaim or an interrupt does in between comes back as single events.
   */
  #request(event: AllocationEvent & { kind: 'request' }, at: number): number | AllocationDifference {
    this.#requests++;
    if (!this.#policy) return 1;
    const { events } = this.#stream;
    let used = 1;
    for (
      let next = events[at + used];
      next?.kind === 'take' && next.order === event.order;
      next = events[at + used]
    ) {
      used++;
      if (next.pfn === 0) continue;
      // Below every minimum only a task in reclaim is served: it takes what there is.
      const reclaiming = this.#zones.every((zone) => zone.freePages <= zone.pagesMin);
      if (reclaiming) return this.#take(next) ?? used;
      this.#throughZones++;
      return this.#taken(next, this.#allocator.allocPages(event.gfp, event.order)) ?? used;
    }
    return 1;
  }

  #compareLists(): AllocationDifference | null {
    const { memMap } = this.#allocator;
    const faults = checkPageAllocator(this.#allocator);
    if (faults[0] !== undefined) return { line: 0, recorded: 'sound free lists', replayed: faults[0] };
    for (const [key, { line, pfns }] of this.#stream.lists) {
      const [zone, order] = key.split(' ').map(Number) as [number, number];
      if (order >= ORDERS) continue;
      this.#lists++;
      const ours = [...freeBlocks(memMap, this.#zones[zone] as Zone, order)];
      const first = pfns.findIndex((pfn, i) => ours[i] !== pfn);
      if (first < 0 && ours.length === pfns.length) continue;
      const where = first < 0 ? pfns.length : first;
      const place = `zone ${zone}, order ${order}, place ${where + 1}`;
      return { line, recorded: `${place}: ${page(pfns[where] ?? 0)}`, replayed: page(ours[where] ?? 0) };
    }
    return null;
  }
}

function page(pfn: number): string {
  return pfn === 0 ? 'none' : `page ${pfn}`;
}

function describe(event: AllocationEvent): string {
  switch (event.kind) {
    case 'free':
      return `block ${event.pfn} of order ${event.order} freed`;
    case 'take':
      return page(event.pfn);
    case 'request':
      return `a request of order ${event.order}`;
  }
}
