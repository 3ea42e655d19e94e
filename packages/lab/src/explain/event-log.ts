import { type Kernel, type Trace, type TraceEvent, tracepoints } from '@pagewalk/mm';
import type { EventHub } from '../events/event-hub.ts';

/** Cells of a record: see the trace's ring. */
const STRIDE = 12;
/** Records of pages that are kept: the latest. */
const CAPACITY = 1 << 18;
/** Records of machine-wide decisions that are kept. */
const GLOBAL_CAPACITY = 1 << 15;
/** Allocations that are remembered until a fault tells what for. */
const RECENT = 64;
/** What a CPU counts in the cell of the pid. */
const CPU_UNIT = 65536;

/** What is asked about; an empty object: everything. */
export interface Selection {
  /** Frame number. */
  readonly frame?: number;
  /** An address; all of its page count. */
  readonly address?: number;
  readonly pid?: number;
  /** Number of one event. */
  readonly event?: number;
}

/** Events that say something about the machine, not about one page. */
const GLOBAL: ReadonlySet<string> = new Set([
  'mm_vmscan_wakeup_kswapd',
  'mm_vmscan_begin',
  'mm_vmscan_end',
  'mm_vmscan_too_many_mapped',
  'mm_vmscan_shrink_cache',
  'mm_vmscan_refill_inactive',
  'mm_vmscan_swap_out',
  'mm_slab_reap',
  'aged_try_to_free_pages',
]);
/** Tests of a zone by the allocator, of each generation. */
const ZONE_TESTS: ReadonlySet<string> = new Set([
  'zone_watermark_ok',
  'zone_free_ok',
  'zone_limit_ok',
  'zone_last_pages',
]);
/** What says that kswapd is woken; 2.4.0 records also when it is not. */
const WAKES: ReadonlySet<string> = new Set(['mm_vmscan_wakeup_kswapd', 'alloc_wakes_kswapd']);
/** Events of which every one is kept. */
const RARE: ReadonlySet<string> = new Set(['oom_check', 'oom_badness', 'mark_victim', 'oom_fault_kill']);

/** How one tracepoint is treated. */
interface Kind {
  readonly name: string;
  /** Cell of the operand, counted from the record's begin; -1: it has none. */
  readonly pfn: number;
  readonly address: number;
  readonly outcome: number;
  readonly verdict: number;
  readonly mm: number;
}

/** Fixed room for the latest records. */
class Records {
  private readonly cells: Float64Array;
  private readonly capacity: number;
  private count = 0;

  constructor(capacity: number) {
    this.capacity = capacity;
    this.cells = new Float64Array(capacity * STRIDE);
  }

  add(ring: Float64Array, base: number): void {
    this.cells.set(ring.subarray(base, base + STRIDE), (this.count++ % this.capacity) * STRIDE);
  }

  /** Copies the latest record with `value` in cell `cell` to other records. */
  copyLast(cell: number, value: number, to: Records): void {
    for (let i = this.count - 1; i >= Math.max(0, this.count - this.capacity); i--) {
      const base = (i % this.capacity) * STRIDE;
      if (this.cells[base + cell] !== value) continue;
      to.add(this.cells, base);
      return;
    }
  }

  /** The records as events, oldest first. */
  read(): TraceEvent[] {
    const events: TraceEvent[] = [];
    for (let i = Math.max(0, this.count - this.capacity); i < this.count; i++) {
      events.push(decode(this.cells, (i % this.capacity) * STRIDE));
    }
    return events;
  }
}

/**
 * Listens to a machine and keeps what explanations need: of the many events about pages the latest, or those of the page that is
 * asked about; of decisions about the machine the latest; of failures and killings all. Beside them it counts.
 */
export class EventLog {
  /** How often each verdict was given, by tracepoint. */
  readonly verdicts = new Map<string, number[]>();
  /** Allocations that failed, and those whose zones were all under their marks, each with the tests that it failed. */
  readonly failed: { readonly event: TraceEvent; readonly tests: readonly TraceEvent[] }[] = [];
  /** Wake-ups of kswapd that found it asleep or not, each with the tests before; the first ones. */
  readonly wakes: { readonly event: TraceEvent; readonly tests: readonly TraceEvent[] }[] = [];
  /** How often kswapd was woken. */
  wakeups = 0;
  /** The event that was asked for by its number. */
  wanted: TraceEvent | null = null;
  private readonly selection: Selection;
  private readonly kernel: Kernel;
  private readonly kinds: readonly Kind[];
  private readonly pages: Records;
  private readonly machine = new Records(GLOBAL_CAPACITY);
  private readonly rare: TraceEvent[] = [];
  private readonly recent = new Records(RECENT);
  // Tests that an allocation under way has failed.
  private tests: TraceEvent[] = [];
  // Frames that hold the page of the address now, and owners of page directories.
  private readonly watched = new Set<number>();
  private readonly owners = new Map<number, number>();
  private readonly tally: Float64Array;
  // Cell of the frame in a record of an allocation.
  private readonly allocPfn: number;

  constructor(kernel: Kernel, hub: EventHub, selection: Selection = {}) {
    this.kernel = kernel;
    this.selection = selection;
    this.kinds = tracepoints().map(({ name, fields }) => ({
      name,
      pfn: cellOf(fields, 'pfn'),
      address: cellOf(fields, 'address'),
      outcome: cellOf(fields, 'outcome'),
      verdict: cellOf(fields, 'verdict'),
      mm: cellOf(fields, 'mm'),
    }));
    this.tally = new Float64Array(this.kinds.length);
    this.allocPfn = this.kinds.find(({ name }) => name === 'mm_page_alloc')?.pfn ?? -1;
    this.pages = new Records(CAPACITY);
    hub.add((trace, base) => this.listen(trace, base));
  }

  /** Events about pages, oldest first. */
  pageEvents(): TraceEvent[] {
    return this.pages.read();
  }

  /** Decisions about the machine, oldest first. */
  machineEvents(): TraceEvent[] {
    return this.machine.read();
  }

  /** Killings and what led to them, oldest first. */
  killings(): readonly TraceEvent[] {
    return this.rare;
  }

  /** The process that a page directory belonged to when it last faulted; 0: unknown. */
  ownerOf(pgd: number): number {
    return this.owners.get(pgd) ?? 0;
  }

  /** How often a tracepoint fired. */
  count(name: string): number {
    const id = this.kinds.findIndex((kind) => kind.name === name);
    return id < 0 ? 0 : (this.tally[id] as number);
  }

  private listen(trace: Trace, base: number): void {
    const { ring } = trace;
    const id = ring[base + 2] as number;
    const kind = this.kinds[id] as Kind;
    this.tally[id] = (this.tally[id] as number) + 1;
    if (ring[base] === this.selection.event) this.wanted = trace.decode(base);
    if (kind.verdict >= 0) this.countVerdict(kind, ring[base + kind.verdict] as number);
    if (kind.name === 'mm_fault') this.owners.set(this.kernel.mmu.cr3, (ring[base + 3] as number) % CPU_UNIT);
    if (RARE.has(kind.name)) this.rare.push(trace.decode(base));
    else if (GLOBAL.has(kind.name)) this.machine.add(ring, base);
    this.follow(trace, base, kind);
    if (this.about(ring, base, kind)) this.pages.add(ring, base);
  }

  private countVerdict(kind: Kind, verdict: number): void {
    let list = this.verdicts.get(kind.name);
    if (list === undefined) {
      list = [];
      this.verdicts.set(kind.name, list);
    }
    list[verdict] = (list[verdict] ?? 0) + 1;
  }

  /** Notes which tests an allocation fails, until it ends. */
  private follow(trace: Trace, base: number, kind: Kind): void {
    if (ZONE_TESTS.has(kind.name)) {
      if (trace.ring[base + kind.outcome] === 0) this.tests.push(trace.decode(base));
    } else if (WAKES.has(kind.name)) {
      if (kind.outcome >= 0 && trace.ring[base + kind.outcome] === 0) return;
      this.wakeups++;
      if (this.wakes.length < GLOBAL_CAPACITY) {
        this.wakes.push({ event: trace.decode(base), tests: [...this.tests] });
      }
    } else if (kind.name === 'mm_page_alloc') {
      if (trace.ring[base + kind.pfn] === 0) {
        this.failed.push({ event: trace.decode(base), tests: this.tests });
        this.tests = [];
        return;
      }
      if (this.tests.length > 0) this.tests = [];
      if (this.selection.address !== undefined) this.recent.add(trace.ring, base);
    }
  }

  /** Whether a record is about the page that is asked about. */
  private about(ring: Float64Array, base: number, kind: Kind): boolean {
    const { frame, address, pid } = this.selection;
    const pfn = kind.pfn < 0 ? 0 : (ring[base + kind.pfn] as number);
    if (address !== undefined) {
      const page = address - (address % 4096);
      const at = kind.address < 0 ? -1 : (ring[base + kind.address] as number) >>> 0;
      const here = at >= page && at < page + 4096 && this.ofProcess(ring, base, kind, pid);
      if (here && pfn !== 0 && !this.watched.has(pfn)) {
        this.watched.add(pfn);
        // Its frame was handed out before anybody knew what for.
        this.recent.copyLast(this.allocPfn, pfn, this.pages);
      }
      const known = here || (pfn !== 0 && this.watched.has(pfn));
      if (known && kind.name === 'mm_page_free') this.watched.delete(pfn);
      return known;
    }
    if (pfn === 0) return false;
    if (frame !== undefined) return pfn === frame;
    if (pid !== undefined) return this.ofProcess(ring, base, kind, pid) || this.watchOf(pfn, kind);
    return true;
  }

  private ofProcess(ring: Float64Array, base: number, kind: Kind, pid: number | undefined): boolean {
    if (pid === undefined) return true;
    const owner =
      kind.mm < 0 ? (ring[base + 3] as number) % CPU_UNIT : this.ownerOf(ring[base + kind.mm] as number);
    if (owner !== pid) return false;
    if (kind.pfn >= 0 && this.selection.address === undefined)
      this.watched.add(ring[base + kind.pfn] as number);
    return true;
  }

  /** Frames that a process had are followed until they are free. */
  private watchOf(pfn: number, kind: Kind): boolean {
    if (!this.watched.has(pfn)) return false;
    if (kind.name === 'mm_page_free') this.watched.delete(pfn);
    return true;
  }
}

function cellOf(fields: readonly string[], name: string): number {
  const at = fields.indexOf(name);
  return at < 0 ? -1 : 4 + at;
}

function decode(cells: Float64Array, base: number): TraceEvent {
  const definition = tracepoints()[cells[base + 2] as number] as TraceEvent['definition'];
  const values: Record<string, number> = {};
  for (const [i, field] of definition.fields.entries()) values[field] = cells[base + 4 + i] as number;
  return {
    seq: cells[base] as number,
    time: cells[base + 1] as number,
    name: definition.name,
    pid: (cells[base + 3] as number) % CPU_UNIT,
    cpu: Math.floor((cells[base + 3] as number) / CPU_UNIT),
    values,
    definition,
  };
}
