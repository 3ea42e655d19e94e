import { type Trace, type TraceEvent, type TracepointDefinition, tracepoints } from '@pagewalk/mm';

/** Events of a chunk. */
const CHUNK = 1 << 16;
/** Chunks that are kept: two million events. */
const CHUNKS_MAX = 32;
/** Cells of the trace's ring: number, time, tracepoint, pid + 65536 * cpu, operands. */
const CELL = { time: 1, kind: 2, pid: 3, operands: 4 } as const;

/** How kind, pid and turn share a number: bits of the kind, and of kind and pid. */
const PID_UNIT = 2 ** 8;
const TURN_UNIT = 2 ** 24;
const PID_MASK = 0xffff;

/** A run of events: for each its time, then kind, pid and turn in one number, then its operands. */
class Chunk {
  cells = new Float64Array(CHUNK * 6);
  used = 0;
  /** Where each event begins. */
  readonly at = new Uint32Array(CHUNK);
  /** Turns are counted from that of the first event. */
  firstTurn = 0;

  makeRoom(count: number): void {
    if (this.used + count <= this.cells.length) return;
    const grown = new Float64Array(this.cells.length * 2);
    grown.set(this.cells);
    this.cells = grown;
  }

  /** What kind, pid and turn are packed into. */
  tag(i: number): number {
    return this.cells[(this.at[i] as number) + 1] as number;
  }
}

/**
 * The latest events of a machine, and the turn in which each happened. Numbers begin with 1 and have no gaps; the oldest are
 * forgotten when there are more than two million.
 */
export class EventStore {
  /** Number of the last event; 0: none. */
  last = 0;
  private chunks: Chunk[] = [];
  // Number of the chunk that comes first.
  private firstChunk = 0;
  // Number of the first event of it that is there.
  private firstThere = 1;
  private readonly definitions: readonly TracepointDefinition[] = tracepoints();
  // How many operands each tracepoint has; the last chunk.
  private readonly fields = Uint8Array.from(this.definitions, ({ fields }) => fields.length);
  private chunk: Chunk | undefined;

  /** Number of the oldest event that is kept. */
  get first(): number {
    return Math.max(this.firstThere, this.firstChunk * CHUNK + 1);
  }

  /** Adds the record that lies at `base` in the ring; it must be number `last + 1`. @param turn see {@link turnOf} */
  append(trace: Trace, base: number, turn: number): void {
    const { ring } = trace;
    const i = this.last & (CHUNK - 1);
    const chunk = i === 0 || this.chunk === undefined ? this.begin(turn) : this.chunk;
    const kind = ring[base + CELL.kind] as number;
    const fields = this.fields[kind] as number;
    chunk.makeRoom(fields + 2);
    const { cells, used } = chunk;
    chunk.at[i] = used;
    const pid = (ring[base + CELL.pid] as number) & PID_MASK;
    cells[used] = ring[base + CELL.time] as number;
    cells[used + 1] = kind + pid * PID_UNIT + (turn - chunk.firstTurn) * TURN_UNIT;
    const from = base + CELL.operands;
    for (let field = 0; field < fields; field++) cells[used + 2 + field] = ring[from + field] as number;
    chunk.used = used + fields + 2;
    this.last++;
  }

  /** Forgets what came after event `seq`. */
  truncate(seq: number): void {
    if (seq >= this.last) return;
    const chunks = Math.ceil(seq / CHUNK) - this.firstChunk;
    this.chunks.length = Math.max(0, chunks);
    const chunk = this.chunks.at(-1);
    const i = seq % CHUNK;
    if (chunk !== undefined && i !== 0) chunk.used = chunk.at[i] as number;
    if (chunk === undefined) {
      this.firstChunk = Math.floor(seq / CHUNK);
      this.firstThere = seq + 1;
    }
    this.chunk = chunk;
    this.last = seq;
  }

  /** Whether event `seq` is kept. */
  has(seq: number): boolean {
    return seq >= this.first && seq <= this.last;
  }

  /** Id of the event's tracepoint. */
  kindOf(seq: number): number {
    return this.chunkOf(seq).tag((seq - 1) % CHUNK) & (PID_UNIT - 1);
  }

  nameOf(seq: number): string {
    return (this.definitions[this.kindOf(seq)] as TracepointDefinition).name;
  }

  /** Turns that the machine had made when the turn in which it happened was over; 0: before the first. */
  turnOf(seq: number): number {
    const chunk = this.chunkOf(seq);
    return chunk.firstTurn + Math.floor(chunk.tag((seq - 1) % CHUNK) / TURN_UNIT);
  }

  timeOf(seq: number): number {
    const chunk = this.chunkOf(seq);
    return chunk.cells[chunk.at[(seq - 1) % CHUNK] as number] as number;
  }

  pidOf(seq: number): number {
    return (this.chunkOf(seq).tag((seq - 1) % CHUNK) >>> 8) & PID_MASK;
  }

  /** An operand by its place among the tracepoint's fields. */
  operand(seq: number, field: number): number {
    const chunk = this.chunkOf(seq);
    return chunk.cells[(chunk.at[(seq - 1) % CHUNK] as number) + 2 + field] as number;
  }

  /** The event as an object. */
  event(seq: number): TraceEvent {
    const definition = this.definitions[this.kindOf(seq)] as TracepointDefinition;
    const values: Record<string, number> = {};
    definition.fields.forEach((field, i) => {
      values[field] = this.operand(seq, i);
    });
    return {
      seq,
      time: this.timeOf(seq),
      name: definition.name,
      pid: this.pidOf(seq),
      cpu: 0,
      values,
      definition,
    };
  }

  /** Number of the last kept event that happened in turn `turn` or before; `first - 1` if there is none. */
  lastUntil(turn: number): number {
    let low = this.first - 1;
    let high = this.last;
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if (this.turnOf(middle) <= turn) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  private chunkOf(seq: number): Chunk {
    const chunk = this.chunks[Math.floor((seq - 1) / CHUNK) - this.firstChunk];
    if (chunk === undefined) throw new RangeError(`event ${seq}: kept are ${this.first} to ${this.last}`);
    return chunk;
  }

  private begin(turn: number): Chunk {
    let chunk: Chunk | undefined;
    if (this.chunks.length === CHUNKS_MAX) {
      // What is forgotten makes room: new arrays would have to be cleared, and cleared away.
      chunk = this.chunks.shift();
      this.firstChunk++;
    }
    chunk ??= new Chunk();
    chunk.firstTurn = turn;
    chunk.used = 0;
    this.chunks.push(chunk);
    this.chunk = chunk;
    return chunk;
  }
}
