import { Errno } from '../errno.ts';
import { cacheUsage } from '../slab/check.ts';
import { cpuArrayLimit } from '../slab/cpu-arrays.ts';
import type { KmemCache } from '../slab/kmem-cache.ts';
import type { SlabAllocator } from '../slab/slab-allocator.ts';

/**
 * The text of /proc/slabinfo, version 1.1: for each cache, in the order of the chain, its name, objects in use, objects,
 * bytes of an object, slabs in use, slabs, and pages of a slab.
 *
 * A debug kernel adds `high mark, allocations, grown, reaped, errors`; an SMP kernel adds `limit, batchcount` of the per-CPU
 * arrays; a kernel that is both adds their hits and misses.
 *
 * @linux 2.4.22 mm/slab.c s_show()
 */
export function formatSlabinfo(slab: SlabAllocator): string {
  const { smp, debug } = slab.build;
  const title = `slabinfo - version: 1.1${debug ? ' (statistics)' : ''}${smp ? ' (SMP)' : ''}\n`;
  let text = title;
  for (const cache of slab.chain) text += `${cacheLine(slab, cache)}\n`;
  return text;
}

function cacheLine(slab: SlabAllocator, cache: KmemCache): string {
  const { smp, debug } = slab.build;
  const { activeObjects, objects, activeSlabs, slabs } = cacheUsage(slab, cache);
  const { stats } = cache;
  const pages = 1 << cache.gfporder;
  let line =
    `${cache.name.padEnd(17)} ${columns([activeObjects, objects, cache.objsize], [6, 6, 6])} ` +
    columns([activeSlabs, slabs, pages], [4, 4, 4]);
  if (debug) {
    const counts = [stats.highMark, stats.numAllocations, stats.grown, stats.reaped, stats.errors];
    line += ` : ${columns(counts, [6, 7, 5, 4, 4])}`;
  }
  if (smp) line += ` : ${columns([cpuArrayLimit(slab, cache), cache.batchcount], [4, 4])}`;
  if (debug && smp) {
    const hits = [stats.allocHit, stats.allocMiss, stats.freeHit, stats.freeMiss];
    line += ` : ${columns(hits, [6, 6, 6, 6])}`;
  }
  return line;
}

/** Numbers right-aligned in their widths, one space between them. */
function columns(values: readonly number[], widths: readonly number[]): string {
  return values.map((value, i) => String(value).padStart(widths[i] as number)).join(' ');
}

/** Longest text that /proc/slabinfo takes. @linux 2.4.22 mm/slab.c MAX_SLABINFO_WRITE */
const WRITE_MAX = 128;

/**
 * A write to /proc/slabinfo: `name limit batchcount` tunes a cache's per-CPU arrays.
 *
 * @returns characters written, or -EINVAL (always on a uniprocessor kernel), -ENOMEM
 * @linux 2.4.22 mm/slab.c slabinfo_write()
 */
export function writeSlabinfo(slab: SlabAllocator, text: string): number {
  const match = /^([^ ]*) (-?\d*) *(-?\d*)/.exec(text);
  if (!slab.build.smp || text.length > WRITE_MAX || match === null) return -Errno.EINVAL;
  const cache = slab.find(match[1] as string);
  if (cache === null) return -Errno.EINVAL;
  const result = slab.kmemTuneCpucache(cache, Number(match[2]), Number(match[3]));
  return result < 0 ? result : text.length;
}
