import { readFileSync } from 'node:fs';

/** One line of /proc/PID/maps. Addresses in bytes. */
export interface MapsRegion {
  readonly start: number;
  readonly end: number;
  readonly writable: boolean;
  readonly offset: number;
  /** Empty for anonymous memory. */
  readonly path: string;
}

/** Parses the text of /proc/PID/maps. */
export function parseMaps(text: string): MapsRegion[] {
  const regions: MapsRegion[] = [];
  for (const line of text.split('\n')) {
    const match = /^([0-9a-f]+)-([0-9a-f]+) (\S+) ([0-9a-f]+) \S+ \d+\s*(.*)$/.exec(line);
    if (match === null) continue;
    regions.push({
      start: Number.parseInt(match[1]!, 16),
      end: Number.parseInt(match[2]!, 16),
      writable: match[3]![1] === 'w',
      offset: Number.parseInt(match[4]!, 16),
      path: match[5]!,
    });
  }
  return regions;
}

/**
 * The regions of a process under valgrind, once valgrind has loaded the program into it: null before, and when the
 * process is gone.
 */
export function readLoadedMaps(pid: number): MapsRegion[] | null {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/maps`, 'utf8');
  } catch {
    return null;
  }
  const regions = parseMaps(text);
  const tool = regions.some((region) => isTool(region.path));
  const loaded = regions.some((region) => region.path.startsWith('/') && !isTool(region.path));
  return tool && loaded ? regions : null;
}

/** Whether the process still runs; a zombie does not. */
export function isAlive(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return !/^[ZX]/.test(stat.slice(stat.lastIndexOf(')') + 2));
  } catch {
    return false;
  }
}

/** Whether a mapped file is a part of valgrind. */
export function isTool(path: string): boolean {
  return /\/valgrind\/|\/vgpreload_[^/]*$|\/valgrind(\.bin)?$/.test(path);
}
