/**
 * Reading recorded streams of buddy events: everything that a real kernel's page allocator did from mem_init() on.
 *
 * ```
 *   # linux 2.4.22 mem=16M …                              release
 *   # zone 0 DMA start_pfn=0 size=4064 pages_min/low/high=31/62/93
 *   F 52 0                  a block (first frame, order) reached the free lists
 *   G 1f0 0 3               __alloc_pages(): gfp (hexadecimal), order, pid
 *   R 0 0 4063              rmqueue() took a block: zone, order, first frame; - for none
 *   L 0 9 2048 512          a free list at the end: zone, order, first frames from its head on
 * ```
 */
import { KopsError } from './kops-error.ts';

const ORDERS = 10;
const ZONES = 3;
/** Frames of the largest machine: 64 GiB. */
const FRAMES_MAX = 2 ** 24;

/** A zone of the recorded machine, in pages. */
export interface RecordedZone {
  readonly name: string;
  readonly startPfn: number;
  readonly size: number;
  readonly min: number;
  readonly low: number;
  readonly high: number;
}

export type AllocationEvent =
  | { readonly kind: 'free'; readonly line: number; readonly pfn: number; readonly order: number }
  | { readonly kind: 'request'; readonly line: number; readonly gfp: number; readonly order: number }
  | {
      readonly kind: 'take';
      readonly line: number;
      readonly zone: number;
      readonly order: number;
      readonly pfn: number;
    };

/** A recorded stream. */
export interface AllocationStream {
  readonly release: string;
  /** DMA, Normal, HighMem. */
  readonly zones: readonly RecordedZone[];
  readonly events: readonly AllocationEvent[];
  /** Free lists at the end: `${zone} ${order}` to first frames; empty when the stream has none. */
  readonly lists: ReadonlyMap<string, { readonly line: number; readonly pfns: readonly number[] }>;
}

/** Reads a stream. @throws KopsError that names the line and what was expected */
export function parseAllocationEvents(text: string, name: string): AllocationStream {
  const zones: RecordedZone[] = [];
  const events: AllocationEvent[] = [];
  const lists = new Map<string, { line: number; pfns: number[] }>();
  let release: string | null = null;
  let frames = 0;
  let line = 0;
  const fail = (message: string): never => {
    throw new KopsError(name, line, message);
  };
  const whole = (word: string | undefined, what: string, limit: number): number => {
    const value = /^\d{1,9}$/.test(word ?? '') ? Number(word) : Number.NaN;
    if (!(value < limit)) fail(`'${(word ?? '').slice(0, 20)}' is no ${what}; expected 0 to ${limit - 1}`);
    return value;
  };
  for (const row of text.split('\n')) {
    line++;
    if (row === '' || row === '\r') continue;
    if (row.startsWith('#')) {
      release ??= /^# linux (\S+)/.exec(row)?.[1] ?? null;
      const zone = zoneOf(row);
      if (zone === null) continue;
      if (zone.startPfn + zone.size > FRAMES_MAX || zone.size > FRAMES_MAX) fail('a zone beyond 64 GiB');
      zones.push(zone);
      frames = Math.max(frames, zone.startPfn + zone.size);
      continue;
    }
    if (zones.length !== ZONES)
      fail(`${zones.length} zones so far; expected a "# zone" line for DMA, Normal and HighMem first`);
    const words = row.trim().split(/ +/);
    switch (words[0]) {
      case 'F':
        events.push({
          kind: 'free',
          line,
          pfn: whole(words[1], 'page of the zones', frames),
          order: whole(words[2], 'order', ORDERS),
        });
        break;
      case 'G': {
        if (!/^[0-9a-f]{1,8}$/i.test(words[1] ?? ''))
          fail(`'${words[1]}' is no gfp mask; expected hexadecimal digits`);
        const gfp = Number.parseInt(words[1] as string, 16);
        events.push({ kind: 'request', line, gfp, order: whole(words[2], 'order', 32) });
        break;
      }
      case 'R':
        events.push({
          kind: 'take',
          line,
          zone: whole(words[1], 'zone', ZONES),
          order: whole(words[2], 'order', ORDERS),
          pfn: words[3] === '-' ? 0 : whole(words[3], 'page of the zones', frames),
        });
        break;
      case 'L': {
        const zone = whole(words[1], 'zone', ZONES);
        const order = whole(words[2], 'order', ORDERS);
        const pfns = words.slice(3).map((word) => whole(word, 'page of the zones', frames));
        lists.set(`${zone} ${order}`, { line, pfns });
        break;
      }
      default:
        fail(
          `unknown event '${(words[0] ?? '').slice(0, 20)}'; allowed: F G R L, and lines that start with #`,
        );
    }
  }
  if (release === null) fail('no line "# linux RELEASE …" that tells the kernel');
  if (events.length === 0) fail('no event in it');
  return { release: release as unknown as string, zones, events, lists };
}

function zoneOf(row: string): RecordedZone | null {
  const head = /^# zone (\d) (\w+) start_pfn=(\d{1,9}) size=(\d{1,9}) (.*)$/.exec(row.trimEnd());
  if (head === null) return null;
  const marks =
    /pages_min\/low\/high=(\d{1,9})\/(\d{1,9})\/(\d{1,9})/.exec(head[5] as string) ??
    /min=(\d{1,9}) low=(\d{1,9}) high=(\d{1,9})/.exec(head[5] as string);
  if (marks === null) return null;
  const [min, low, high] = marks.slice(1).map(Number) as [number, number, number];
  return { name: head[2] as string, startPfn: Number(head[3]), size: Number(head[4]), min, low, high };
}
