import { PAGE_SHIFT, type Pfn } from '../types.ts';
import { type BootLog, KERN } from './boot-log.ts';

/** Kinds of memory in the BIOS's map. */
export const E820_RAM = 1;
export const E820_RESERVED = 2;
export const E820_ACPI = 3;
export const E820_NVS = 4;
/** Entries that the kernel's map holds. @linux E820MAX */
export const E820_MAX = 32;

const LEGACY_HOLE = 0xa0000;
const HIGH_MEMORY = 0x100000;
const U64 = 2 ** 64;

/** A range of physical addresses of one kind: bytes, up to 2^53. */
export interface E820Entry {
  readonly addr: number;
  readonly size: number;
  /** 1 RAM, 2 reserved, 3 ACPI data, 4 ACPI NVS, others unknown. */
  readonly type: number;
}

/** A run of page frames, `start` .. `end` - 1. */
export interface PfnRun {
  readonly start: Pfn;
  readonly end: Pfn;
}

/**
 * The kernel's own map of physical memory.
 *
 * @linux 2.4.22 arch/i386/kernel/setup.c e820
 */
export class E820Map {
  entries: E820Entry[] = [];
  readonly #rangeText: (entry: E820Entry) => string;

  /** @param rangeText how {@link print} shows a range */
  constructor(rangeText: (entry: E820Entry) => string = startAndEnd) {
    this.#rangeText = rangeText;
  }

  /** Appends a range; the 33rd is dropped with a message. @linux add_memory_region() */
  add(addr: number, size: number, type: number, log: BootLog): void {
    if (this.entries.length === E820_MAX) {
      log.print('Ooops! Too many entries in the memory map!', KERN.ERR);
      return;
    }
    this.entries.push({ addr, size, type });
  }

  /**
   * Takes over the BIOS's ranges, minus RAM that it claims between 640 KiB and 1 MiB. False if the map is not
   * trustworthy: fewer than two ranges, or one that wraps. @linux copy_e820_map()
   */
  copyFrom(bios: readonly E820Entry[], log: BootLog): boolean {
    if (bios.length < 2) return false;
    for (const { addr, size, type } of bios) {
      const end = addr + size;
      if (end >= U64) return false;
      if (type !== E820_RAM || addr >= HIGH_MEMORY || end <= LEGACY_HOLE) {
        this.add(addr, size, type, log);
        continue;
      }
      if (addr < LEGACY_HOLE) this.add(addr, LEGACY_HOLE - addr, type, log);
      if (end > HIGH_MEMORY) this.add(HIGH_MEMORY, end - HIGH_MEMORY, type, log);
    }
    return true;
  }

  /**
   * Cuts the map at the first RAM range that reaches `size` bytes (`mem=`); nothing happens if none does. Where the
   * kernel's 64-bit size would underflow (a limit below that range's start) the range becomes empty.
   * @linux limit_regions()
   */
  limit(size: number): void {
    for (let i = 0; i < this.entries.length; i++) {
      const entry = this.entries[i] as E820Entry;
      const end = entry.addr + entry.size;
      if (entry.type === E820_RAM && end >= size) {
        this.entries[i] = { ...entry, size: Math.max(0, entry.size - (end - size)) };
        this.entries.length = i + 1;
        return;
      }
    }
  }

  /** Prints one line a range, e.g. ` BIOS-e820: 0000000000000000 - 000000000009fc00 (usable)`. */
  print(who: string, log: BootLog): void {
    for (const entry of this.entries) log.print(` ${who}: ${this.#rangeText(entry)} ${typeText(entry.type)}`);
  }

  /** The frames that lie wholly in a RAM range, as ascending runs that neither touch nor overlap. */
  ramRuns(): PfnRun[] {
    const runs: { start: number; end: number }[] = [];
    const ram = this.entries
      .filter((entry) => entry.type === E820_RAM)
      .map((entry) => ({ start: pfnUp(entry.addr), end: pfnDown(entry.addr + entry.size) }))
      .filter((run) => run.start < run.end)
      .sort((a, b) => a.start - b.start);
    for (const run of ram) {
      const last = runs.at(-1);
      if (last !== undefined && run.start <= last.end) last.end = Math.max(last.end, run.end);
      else runs.push(run);
    }
    return runs;
  }

  /** Whether a frame lies wholly in a RAM range. @linux page_is_ram() */
  isRam(pfn: Pfn): boolean {
    return this.entries.some(
      ({ addr, size, type }) => type === E820_RAM && pfn >= pfnUp(addr) && pfn < pfnDown(addr + size),
    );
  }

  /** One past the last frame of RAM. @linux find_max_pfn() */
  maxPfn(): Pfn {
    return this.ramRuns().at(-1)?.end ?? 0;
  }
}

/** The frame in which `address` lies, or the next one unless it begins there. @linux PFN_UP() */
export function pfnUp(address: number): Pfn {
  return Math.ceil(address / 2 ** PAGE_SHIFT);
}

/** The frame in which `address` lies. @linux PFN_DOWN() */
export function pfnDown(address: number): Pfn {
  return Math.floor(address / 2 ** PAGE_SHIFT);
}

/**
 * Makes the BIOS's ranges disjoint and ascending. Where some overlap the highest type wins; neighbours of equal type
 * become one. Null if there are fewer than two ranges or one wraps: then the map must not be used.
 *
 * ```
 *   in     11111111........      out    1111............
 *          ....22222222....             ....22222222....
 *          ..........1111..             ............11..
 * ```
 *
 * @param keepEmpty let ranges of size 0 take part in the sweep, as 2.4.20 does
 * @linux 2.4.22 arch/i386/kernel/setup.c sanitize_e820_map()
 */
export function sanitizeE820Map(bios: readonly E820Entry[], keepEmpty = false): E820Entry[] | null {
  if (bios.length < 2 || bios.some(({ addr, size }) => addr + size >= U64)) return null;
  const points = changePoints(bios, keepEmpty);
  const active: E820Entry[] = [];
  const result: E820Entry[] = [];
  // The output range that is open: its start and type, type 0 = none.
  let openAddr = 0;
  let openType = 0;
  for (const { addr, entry } of points) {
    // An empty range's end point looks like a start (same address): it stays active for ever, as in 2.4.20.
    if (addr === entry.addr) active.push(entry);
    else active.splice(active.indexOf(entry), 1);
    const type = active.reduce((highest, other) => Math.max(highest, other.type), 0);
    if (type === openType) continue;
    if (openType !== 0 && addr !== openAddr) {
      result.push({ addr: openAddr, size: addr - openAddr, type: openType });
      if (result.length === E820_MAX) return result;
    }
    openAddr = addr;
    openType = type;
  }
  return result;
}

interface ChangePoint {
  readonly addr: number;
  readonly entry: E820Entry;
}

/** Where ranges start and end, by address; at one address starts come before ends. */
function changePoints(bios: readonly E820Entry[], keepEmpty: boolean): ChangePoint[] {
  const points: ChangePoint[] = [];
  for (const entry of bios) {
    if (entry.size === 0 && !keepEmpty) continue;
    points.push({ addr: entry.addr, entry }, { addr: entry.addr + entry.size, entry });
  }
  const rank = (point: ChangePoint) => (point.addr === point.entry.addr ? 0 : 1);
  return points.sort((a, b) => a.addr - b.addr || rank(a) - rank(b));
}

/** `0000000000100000 - 0000000003fe0000`: the first byte, and the one behind the last. */
export function startAndEnd({ addr, size }: E820Entry): string {
  return `${hex16(addr)} - ${hex16(addr + size)}`;
}

/** `0000000003ee0000 @ 0000000000100000`: bytes, and where they begin. */
export function sizeAndStart({ addr, size }: E820Entry): string {
  return `${hex16(size)} @ ${hex16(addr)}`;
}

function hex16(value: number): string {
  return value.toString(16).padStart(16, '0');
}

function typeText(type: number): string {
  switch (type) {
    case E820_RAM:
      return '(usable)';
    case E820_RESERVED:
      return '(reserved)';
    case E820_ACPI:
      return '(ACPI data)';
    case E820_NVS:
      return '(ACPI NVS)';
    default:
      return `type ${type}`;
  }
}
