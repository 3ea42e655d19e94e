import { PIECE_BYTES, PIECE_WORDS, type Piece, PieceStore, ZERO } from './pieces.ts';

/**
 * States of a machine, kept to return to. A machine is a graph of objects, arrays, maps and typed arrays, and it is brought back *in
 * place*: what was in every object that belonged to it is written into the same object again. So nothing is copied that only has
 * an identity (functions, compiled code), and whoever refers to the machine still does.
 *
 * What lies in closures and generators cannot be seen: between two turns nothing that changes lies there, except in kernel threads
 * that are in the midst of their work (see {@link Snapshots.take}).
 */

/** A buffer's contents. */
interface BufferState {
  readonly buffer: ArrayBuffer;
  readonly byteLength: number;
  readonly pieces: Piece[];
  /** Bytes behind the last whole piece. */
  readonly rest: Uint8Array;
}

/** What an object held, so that it can be put back. */
type ObjectState = readonly [keys: readonly string[], values: unknown[]];

/** A machine's state at one time. */
export interface Snapshot {
  readonly objects: Map<object, ObjectState | unknown[]>;
  readonly buffers: Map<ArrayBufferLike, BufferState>;
  /** What weak maps say of the objects. */
  readonly weak: Map<WeakMap<object, unknown>, Map<object, unknown>>;
  /** Bytes that it takes besides the pieces, about. */
  bytes: number;
}

/**
 * RAM of which most may never have been touched since the first state was kept. It is neither read nor written: the host gives it memory
 * of its own only when that happens.
 */
export interface SparseRam {
  readonly buffer: ArrayBufferLike;
  /** 4 KiB pieces of the buffer before the first frame. */
  readonly offset: number;
  /** Frames from here on are zero until they are allocated. */
  readonly firstZero: number;
  /** By frame, 0: it was never allocated since boot. */
  readonly owner: Int32Array;
  /** By frame, 0: it is free. */
  readonly count: Int32Array;
}

/** What a state takes for each object, and for each thing that an object holds: as measured, bytes. */
const OBJECT_BYTES = 180;
const VALUE_BYTES = 8;

/** The states that are kept of one machine. */
export class Snapshots {
  private readonly root: object;
  private readonly ram: SparseRam | null;
  private readonly pieces = new PieceStore();
  private latest: Snapshot | null = null;
  private bytes = 0;
  // Names of the fields of objects of one class: mostly the same.
  private readonly shapes = new Map<unknown, readonly string[]>();

  /** @param root all that changes can be reached from it */
  constructor(root: object, ram: SparseRam | null = null) {
    this.root = root;
    this.ram = ram;
  }

  /** Bytes that all states take, about. */
  get size(): number {
    return this.pieces.bytes + this.bytes;
  }

  /** Keeps the state of now. All kernel threads must rest. */
  take(): Snapshot {
    const snapshot: Snapshot = { objects: new Map(), buffers: new Map(), weak: new Map(), bytes: 0 };
    const open: object[] = [this.root];
    const reach = (value: unknown): void => {
      if (typeof value === 'object' && value !== null && !snapshot.objects.has(value)) open.push(value);
    };
    do {
      for (let object = open.pop(); object !== undefined; object = open.pop()) {
        if (snapshot.objects.has(object)) continue;
        if (ArrayBuffer.isView(object)) this.takeBuffer(snapshot, object.buffer);
        else if (object instanceof ArrayBuffer) this.takeBuffer(snapshot, object);
        else if (object instanceof WeakMap) snapshot.weak.set(object, new Map());
        else if (!isOpaque(object)) this.takeObject(snapshot, object, reach);
      }
      takeWeak(snapshot, reach);
    } while (open.length > 0);
    snapshot.bytes += snapshot.objects.size * OBJECT_BYTES;
    this.bytes += snapshot.bytes;
    this.latest = snapshot;
    return snapshot;
  }

  /** Brings a state back. False: it cannot be, because a buffer is gone. */
  restore(snapshot: Snapshot): boolean {
    for (const { buffer, byteLength } of snapshot.buffers.values()) {
      if (buffer.byteLength !== byteLength) return false;
    }
    for (const [object, state] of snapshot.objects) putBack(object, state);
    // Which frames were touched since is told by an array that is put back itself.
    const ram = this.ram === null ? undefined : snapshot.buffers.get(this.ram.buffer);
    if (ram !== undefined) restoreBuffer(ram, this.ram);
    for (const state of snapshot.buffers.values()) if (state !== ram) restoreBuffer(state, null);
    for (const [map, entries] of snapshot.weak) {
      for (const object of snapshot.objects.keys()) {
        if (entries.has(object)) map.set(object, entries.get(object));
        else map.delete(object);
      }
    }
    this.latest = snapshot;
    return true;
  }

  /** Forgets a state. */
  drop(snapshot: Snapshot): void {
    for (const { pieces } of snapshot.buffers.values()) {
      for (const piece of pieces) this.pieces.leave(piece);
    }
    this.bytes -= snapshot.bytes;
    if (this.latest === snapshot) this.latest = null;
  }

  private takeObject(snapshot: Snapshot, object: object, reach: (value: unknown) => void): void {
    const { objects } = snapshot;
    if (Array.isArray(object)) {
      objects.set(object, object.slice());
      for (const value of object) reach(value);
      snapshot.bytes += object.length * VALUE_BYTES;
    } else if (object instanceof Map) {
      const entries: unknown[] = [];
      for (const [key, value] of object) {
        entries.push(key, value);
        reach(key);
        reach(value);
      }
      objects.set(object, entries);
      snapshot.bytes += entries.length * VALUE_BYTES;
    } else if (object instanceof Set) {
      objects.set(object, [...object]);
      for (const value of object) reach(value);
      snapshot.bytes += object.size * VALUE_BYTES;
    } else if (object instanceof WebAssembly.Table) {
      const entries: unknown[] = [];
      for (let i = 0; i < object.length; i++) entries.push(object.get(i));
      objects.set(object, entries);
    } else {
      const keys = this.keysOf(object);
      const values: unknown[] = [];
      for (const key of keys) {
        const value = (object as Record<string, unknown>)[key];
        values.push(value);
        reach(value);
      }
      objects.set(object, [keys, values]);
      snapshot.bytes += keys.length * VALUE_BYTES;
    }
  }

  /** The object's fields; the same array for many objects. */
  private keysOf(object: object): readonly string[] {
    const kind = Object.getPrototypeOf(object);
    const known = this.shapes.get(kind);
    if (known !== undefined) {
      let i = 0;
      for (const key in object) if (known[i++] !== key) i = known.length + 1;
      if (i === known.length) return known;
    }
    const keys = Object.keys(object);
    this.shapes.set(kind, keys);
    return keys;
  }

  private takeBuffer(snapshot: Snapshot, buffer: ArrayBufferLike): void {
    if (snapshot.buffers.has(buffer) || !(buffer instanceof ArrayBuffer)) return;
    const before = this.latest?.buffers.get(buffer)?.pieces;
    const count = Math.floor(buffer.byteLength / PIECE_BYTES);
    const words = new BigInt64Array(buffer, 0, count * PIECE_WORDS);
    const pieces: Piece[] = new Array(count).fill(ZERO);
    const ram = buffer === this.ram?.buffer ? this.ram : null;
    for (let i = 0; i < count; i++) {
      const old = before?.[i];
      if (ram === null || !isUntouched(ram, i)) pieces[i] = this.pieces.keep(words, i, old ?? ZERO);
      else if (old !== undefined) pieces[i] = this.pieces.share(old);
      else if (i - ram.offset < ram.firstZero) pieces[i] = this.pieces.keep(words, i, ZERO);
    }
    snapshot.bytes += count * VALUE_BYTES;
    const rest = new Uint8Array(buffer.slice(count * PIECE_BYTES));
    snapshot.buffers.set(buffer, { buffer, byteLength: buffer.byteLength, pieces, rest });
  }
}

/** Notes what weak maps say of the objects that were reached; what they say is reached by it. */
function takeWeak({ weak, objects }: Snapshot, reach: (value: unknown) => void): void {
  for (const [map, entries] of weak) {
    for (const object of objects.keys()) {
      if (entries.has(object) || !map.has(object)) continue;
      entries.set(object, map.get(object));
      reach(map.get(object));
    }
  }
}

/** Things without fields of their own, or that are the same for ever. */
function isOpaque(object: object): boolean {
  return (
    object instanceof WebAssembly.Module ||
    object instanceof WebAssembly.Instance ||
    object instanceof WebAssembly.Memory ||
    object instanceof WebAssembly.Global
  );
}

function putBack(object: object, state: ObjectState | unknown[]): void {
  if (Array.isArray(object)) {
    object.length = state.length;
    for (let i = 0; i < state.length; i++) if (object[i] !== state[i]) object[i] = state[i];
  } else if (object instanceof Map) {
    object.clear();
    for (let i = 0; i < state.length; i += 2) object.set(state[i], state[i + 1]);
  } else if (object instanceof Set) {
    object.clear();
    for (const value of state) object.add(value);
  } else if (object instanceof WebAssembly.Table) {
    state.forEach((value, i) => {
      if (object.get(i) !== value) object.set(i, value);
    });
  } else {
    putFieldsBack(object as Record<string, unknown>, state as ObjectState);
  }
}

function putFieldsBack(object: Record<string, unknown>, [keys, values]: ObjectState): void {
  let i = 0;
  for (; i < keys.length; i++) {
    const key = keys[i] as string;
    if (!Object.is(object[key], values[i])) object[key] = values[i];
  }
  let present = 0;
  for (const _ in object) present++;
  if (present === keys.length) return;
  const known = new Set(keys);
  for (const key of Object.keys(object)) if (!known.has(key)) delete object[key];
}

/** Whether nothing was written to a piece since the first state: what boot has allocated has no owner, but a count. */
function isUntouched({ offset, firstZero, owner, count }: SparseRam, piece: number): boolean {
  const pfn = piece - offset;
  return owner[pfn] === 0 && (pfn >= firstZero || count[pfn] === 0);
}

function restoreBuffer({ buffer, pieces, rest }: BufferState, ram: SparseRam | null): void {
  const words = new BigInt64Array(buffer, 0, pieces.length * PIECE_WORDS);
  for (let i = 0; i < pieces.length; i++) {
    const piece = pieces[i] as Piece;
    // Memory that is still untouched was so before, too.
    if (piece === ZERO && ram !== null && isUntouched(ram, i)) continue;
    words.set(piece.words, i * PIECE_WORDS);
  }
  new Uint8Array(buffer, pieces.length * PIECE_BYTES).set(rest);
}
