/** Reading /proc/PID/maps as a script's dump shows it: the windows only, neighbours that continue each other merged. */
import { type Layout, WINDOW } from './layout.ts';

/** A mapping of a dump. */
export interface Region {
  /** First byte. */
  readonly start: number;
  /** First byte after it. */
  end: number;
  /** `rwxp` */
  readonly permissions: string;
  /** anon, f0..f3, zero, shm0..shm7 (`shm` alone: a segment that the script does not know), stack, special, file */
  readonly name: string;
  /** Bytes into the file; 0 for anon. */
  readonly offset: number;
  readonly inode: number;
}

const LINE = /^([0-9a-f]+)-([0-9a-f]+) (.{4}) ([0-9a-f]+) \S+ (\d+) *(.*)$/;

function nameOf(path: string, inode: number, segments: readonly number[]): string {
  const file = /mmopsf([0-9])/.exec(path);
  if (file !== null) return `f${file[1]}`;
  if (path.startsWith('/SYSV')) {
    const k = segments.lastIndexOf(inode);
    return k < 0 ? 'shm' : `shm${k}`;
  }
  if (path.includes('/dev/zero') || path.includes('[anon_shmem')) return 'zero';
  if (path.startsWith('[heap]')) return 'anon';
  if (path.startsWith('[stack]')) return 'stack';
  if (path.startsWith('[')) return 'special';
  return inode !== 0 ? 'file' : 'anon';
}

/** The window of a dump in which a mapping lies, [first byte, end), or null: it is not shown. */
function windowOf(
  layout: Layout,
  start: number,
  end: number,
  name: string,
): readonly [number, number] | null {
  const { heap, anchor } = layout;
  if (end > heap && start < heap + WINDOW.heapLength && start < WINDOW.arenaStart) {
    return [heap, heap + WINDOW.heapLength];
  }
  if (end > WINDOW.arenaStart && start < WINDOW.arenaEnd) return [WINDOW.arenaStart, WINDOW.arenaEnd];
  if (start < anchor && end > anchor - WINDOW.belowAnchor && start > WINDOW.arenaStart) return [0, anchor];
  const hidden = name === 'stack' || name === 'special' || name === 'file';
  if (start >= anchor && start - anchor < WINDOW.aboveAnchor && !hidden) return [anchor, 2 ** 32 - 1];
  return null;
}

/**
 * The regions that a dump lists.
 * @param text /proc/PID/maps
 * @param segments shared memory id by the script's number, -1 = none
 */
export function readRegions(text: string, layout: Layout, segments: readonly number[]): Region[] {
  const regions: Region[] = [];
  for (const line of text.split('\n')) {
    if (line === '') continue;
    const match = LINE.exec(line);
    if (match === null) throw new Error(`not a line of /proc/PID/maps: '${line}'`);
    const [, startText, endText, permissions, offsetText, inodeText, path] = match as unknown as string[];
    let start = Number.parseInt(startText as string, 16);
    let end = Number.parseInt(endText as string, 16);
    let inode = Number(inodeText);
    let offset = Number.parseInt(offsetText as string, 16);
    const name = nameOf(path as string, inode, segments);
    const window = windowOf(layout, start, end, name);
    if (window === null) continue;
    if (start < window[0]) {
      offset = (offset + window[0] - start) >>> 0;
      start = window[0];
    }
    end = Math.min(end, window[1]);
    if (start >= end) continue;
    const anonymous = name === 'anon';
    if (anonymous) {
      offset = 0;
      inode = 0;
    }
    const last = regions.at(-1);
    if (
      last !== undefined &&
      last.end === start &&
      last.permissions === permissions &&
      last.name === name &&
      last.inode === inode &&
      (anonymous || (last.offset + last.end - last.start) >>> 0 === offset)
    ) {
      last.end = end;
      continue;
    }
    regions.push({ start, end, permissions: permissions as string, name, offset, inode });
  }
  return regions;
}

/** First number of /proc/PID/statm: pages. */
export function statmPages(text: string): number {
  return Number.parseInt(text, 10);
}

/** VmLck of /proc/PID/status in pages; -1 when the line is missing. */
export function lockedPages(text: string): number {
  const match = /VmLck:\s*(\d+)/.exec(text);
  return match === null ? -1 : Math.trunc(Number(match[1]) / 4);
}
