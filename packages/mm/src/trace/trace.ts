/**
 * Tracepoints: fixed-size numeric records in a ring. Off, a tracepoint costs one branch (`if (trace.on) …`); on, it
 * costs one record. Text is made only when somebody reads.
 */
import { ConfigError } from '../kernel-bug.ts';

/** What a tracepoint carries. */
export interface TracepointDefinition {
  /** Kernel name of the event, e.g. `mm_page_alloc`. */
  readonly name: string;
  /** Names of up to eight numeric operands, in the order in which they are emitted. */
  readonly fields: readonly string[];
  /** The kernel function in which it stands, e.g. `mm/page_alloc.c __alloc_pages()`. */
  readonly origin: string;
  /** Fields printed in hexadecimal. */
  readonly hex?: readonly string[];
  /** Fields whose number is an interned string ({@link Trace.intern}). */
  readonly text?: readonly string[];
  /** All texts that such a field can have, where they are known beforehand. */
  readonly values?: Readonly<Record<string, readonly string[]>>;
  /**
   * For a decision: an expression over the fields (`+ - * / % >> << & | ( ) < <= > >= == != && ||`) whose truth is the
   * field `outcome`.
   */
  readonly decision?: string;
}

const MAX_FIELDS = 8;
/** Cells of a record: sequence number, time, tracepoint id, pid + 65536 * cpu, eight operands. */
const STRIDE = 4 + MAX_FIELDS;
/** What a CPU counts in the cell of the pid: pids stay below 32768. */
const CPU_UNIT = 65536;

/** Of the hash over events (FNV-1a, by words). */
const PRIME = 0x01000193;

const registry: TracepointDefinition[] = [];
/** Fields of each tracepoint, by id. */
const fieldCounts = new Uint8Array(256);

/** Declares a tracepoint; returns the id that {@link Trace.emit} takes. Call it at module level only. */
export function defineTracepoint(definition: TracepointDefinition): number {
  if (definition.fields.length > MAX_FIELDS) {
    throw new ConfigError(
      `tracepoint ${definition.name}: ${definition.fields.length} fields; at most ${MAX_FIELDS}`,
    );
  }
  if (registry.some((other) => other.name === definition.name)) {
    throw new ConfigError(`tracepoint ${definition.name} is declared twice`);
  }
  fieldCounts[registry.length] = definition.fields.length;
  registry.push(definition);
  return registry.length - 1;
}

/** All declared tracepoints, indexed by id. */
export function tracepoints(): readonly TracepointDefinition[] {
  return registry;
}

/** A record as an object, made when read. */
export interface TraceEvent {
  /** Event number, from 1. */
  readonly seq: number;
  /** Virtual time in ns. */
  readonly time: number;
  readonly name: string;
  readonly pid: number;
  /** CPU on which it happened. */
  readonly cpu: number;
  readonly values: Readonly<Record<string, number>>;
  readonly definition: TracepointDefinition;
}

/** Called for every record while tracing is on; the record's cells lie in `ring` from `base`. */
export type TraceListener = (trace: Trace, base: number) => void;

export class Trace {
  /** Whether events are recorded. Test this field before calling {@link emit}. */
  on = false;
  /** Pid of the running task; the scheduler sets it. */
  pid = 0;
  /** The running CPU; the scheduler sets it. */
  cpu = 0;
  /** Number of the last event (0: none yet). */
  seq = 0;
  readonly ring: Float64Array;
  /** Events of each tracepoint since tracing was switched on. */
  readonly counts = new Float64Array(256);
  private readonly capacity: number;
  private readonly now: () => number;
  private readonly strings: string[] = [''];
  private readonly stringIds = new Map<string, number>([['', 0]]);
  private readonly shown = new Map<string, (value: number) => number>();
  private listener: TraceListener | null = null;
  private sum = 0x811c9dc5 | 0;

  /**
   * @param now reads the virtual clock (ns)
   * @param capacity records that the ring keeps, a power of two
   */
  constructor(now: () => number, capacity = 65536) {
    this.now = now;
    this.capacity = capacity;
    this.ring = new Float64Array(capacity * STRIDE);
  }

  /** Gives every new record to `listener` (null: nobody). It must not change the machine. */
  listen(listener: TraceListener | null): void {
    this.listener = listener;
  }

  /** How {@link format} shows the fields of a name: the number that the release has for it. Records keep ours. */
  show(field: string, number: (value: number) => number): void {
    this.shown.set(field, number);
  }

  /**
   * Records one event. Call only when {@link on}, with as many operands as the tracepoint has fields: cells beyond
   * them keep what an older record left there.
   */
  emit(id: number, a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0): void {
    const seq = ++this.seq;
    const base = (seq & (this.capacity - 1)) * STRIDE;
    const ring = this.ring;
    const fields = fieldCounts[id] as number;
    const place = this.pid + this.cpu * CPU_UNIT;
    ring[base] = seq;
    ring[base + 1] = this.now();
    ring[base + 2] = id;
    ring[base + 3] = place;
    this.counts[id] = (this.counts[id] as number) + 1;
    // The hash leaves time out: it must not change when a cost is re-measured.
    let hash = Math.imul(Math.imul(this.sum ^ id, PRIME) ^ place, PRIME);
    if (fields > 0) {
      ring[base + 4] = a;
      hash = Math.imul(hash ^ a, PRIME);
    }
    if (fields > 1) {
      ring[base + 5] = b;
      hash = Math.imul(hash ^ b, PRIME);
    }
    if (fields > 2) {
      ring[base + 6] = c;
      hash = Math.imul(hash ^ c, PRIME);
    }
    if (fields > 3) {
      ring[base + 7] = d;
      hash = Math.imul(hash ^ d, PRIME);
    }
    if (fields > 4) {
      ring[base + 8] = e;
      ring[base + 9] = f;
      ring[base + 10] = g;
      ring[base + 11] = h;
      for (let i = base + 8; i < base + 4 + fields; i++) hash = Math.imul(hash ^ (ring[i] as number), PRIME);
    }
    this.sum = hash;
    if (this.listener !== null) this.listener(this, base);
  }

  /** Hash over all events so far, 8 hex digits: equal inputs give equal hashes. */
  get hash(): string {
    return (this.sum >>> 0).toString(16).padStart(8, '0');
  }

  /** A number for a string, for use as an operand. */
  intern(text: string): number {
    let id = this.stringIds.get(text);
    if (id === undefined) {
      id = this.strings.length;
      this.strings.push(text);
      this.stringIds.set(text, id);
    }
    return id;
  }

  /** The number that {@link intern} gave to a string; -1: it has none. */
  idOf(text: string): number {
    return this.stringIds.get(text) ?? -1;
  }

  /** The string that {@link intern} numbered. */
  text(id: number): string {
    return this.strings[id] ?? `?${id}`;
  }

  /** Events by tracepoint name since tracing was switched on. */
  count(name: string): number {
    const id = registry.findIndex((definition) => definition.name === name);
    return id < 0 ? 0 : (this.counts[id] as number);
  }

  /** The record at cell `base` of the ring as an object. */
  decode(base: number): TraceEvent {
    const ring = this.ring;
    const definition = registry[ring[base + 2] as number] as TracepointDefinition;
    const values: Record<string, number> = {};
    definition.fields.forEach((field, i) => {
      values[field] = ring[base + 4 + i] as number;
    });
    return {
      seq: ring[base] as number,
      time: ring[base + 1] as number,
      name: definition.name,
      pid: (ring[base + 3] as number) % CPU_UNIT,
      cpu: Math.floor((ring[base + 3] as number) / CPU_UNIT),
      values,
      definition,
    };
  }

  /** The records still in the ring, oldest first. */
  *events(): Generator<TraceEvent> {
    const first = Math.max(1, this.seq - this.capacity + 1);
    for (let seq = first; seq <= this.seq; seq++) yield this.decode((seq & (this.capacity - 1)) * STRIDE);
  }

  /**
   * One record as a line of ftrace text: `comm-pid [cpu] seconds: name: field=value …`.
   *
   * @param comm name of the task; a record holds its pid only
   */
  format(event: TraceEvent, comm = event.pid === 0 ? '<idle>' : 'task'): string {
    const fields = event.definition.fields.map((field) => {
      const value = event.values[field] as number;
      if (event.definition.text?.includes(field)) return `${field}=${this.text(value)}`;
      const shown = this.shown.get(field)?.(value) ?? value;
      return `${field}=${event.definition.hex?.includes(field) ? (shown >>> 0).toString(16) : shown}`;
    });
    const seconds = (event.time / 1e9).toFixed(6);
    return `${`${comm}-${event.pid}`.padStart(16)} [${String(event.cpu).padStart(3, '0')}] ${seconds.padStart(12)}: ${event.name}: ${fields.join(' ')}`;
  }
}
