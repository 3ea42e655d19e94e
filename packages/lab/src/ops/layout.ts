/**
 * Where things lie in the process that runs a script, and how results write addresses: relative to the arena (`a`), the
 * heap (`b`) or the anchor mapping (`t`), so that results of machines with different layouts can be compared.
 */
import { errnoName, isErrno } from '@pagewalk/mm';

const PAGE = 4096;
/** First byte of the arena, in which scripts work. */
export const ARENA = 0x20000000;
/** Size of the arena in pages. */
export const ARENA_PAGES = 2048;
/** The arena's window in a dump is this much wider on both sides (bytes). */
const MARGIN = 256 * PAGE;
/** Length of the heap's window (bytes). */
const HEAP_WINDOW = 0x10000000;
const BELOW_ANCHOR = 0x40000000;
const ABOVE_ANCHOR = 0x20000000;

export const WINDOW = {
  arenaStart: ARENA - MARGIN,
  arenaEnd: ARENA + ARENA_PAGES * PAGE + MARGIN,
  heapLength: HEAP_WINDOW,
  belowAnchor: BELOW_ANCHOR,
  aboveAnchor: ABOVE_ANCHOR,
} as const;

/** The two places that the machine decides. */
export interface Layout {
  /** First page of the heap. */
  readonly heap: number;
  /** The anchor mapping of 16 pages. */
  readonly anchor: number;
}

const hex = (value: number): string => value.toString(16);

/** An address as results write it: `a+HEX`, `b-HEX`, `t+HEX` …, `=HEX` outside of all windows, `0` for 0. */
export function formatAddress(layout: Layout, address: number): string {
  const { heap, anchor } = layout;
  if (address === 0) return '0';
  if (address >= WINDOW.arenaStart && address < ARENA) return `a-${hex(ARENA - address)}`;
  if (address >= ARENA && address < WINDOW.arenaEnd) return `a+${hex(address - ARENA)}`;
  if (address >= heap && address < heap + HEAP_WINDOW) return `b+${hex(address - heap)}`;
  if (address < heap && heap - address < 0x100000) return `b-${hex(heap - address)}`;
  if (address <= anchor && anchor - address < BELOW_ANCHOR) return `t-${hex(anchor - address)}`;
  if (address > anchor && address - anchor < ABOVE_ANCHOR) return `t+${hex(address - anchor)}`;
  return `=${hex(address)}`;
}

/** A result that is a number: decimal, or `-ENAME`. */
export function formatResult(result: number): string {
  return isErrno(result) ? `-${errnoName(-result)}` : String(result);
}

/** A result that is an address, or `-ENAME`. */
export function formatAddressResult(layout: Layout, result: number): string {
  return isErrno(result) ? `-${errnoName(-result)}` : formatAddress(layout, result >>> 0);
}
