import { type Addr, PAGE_SIZE } from '../types.ts';
import type { VmallocArea } from './vmalloc.ts';

/**
 * Reads kernel memory above the direct map, as /dev/kmem does: areas give their bytes, gaps before an area zeroes. Behind
 * the last area it ends.
 *
 * @returns bytes of `into` that were filled
 * @linux 2.4.22 mm/vmalloc.c vread()
 */
export function vread(vmalloc: VmallocArea, addr: Addr, into: Uint8Array): number {
  return walk(vmalloc, addr, into.length, {
    gap: (from, count) => into.fill(0, from, from + count),
    area: (at, from, count) => vmalloc.parts.loadBytes(at, into.subarray(from, from + count)),
  });
}

/**
 * Writes kernel memory in the same way; what falls into a gap is skipped.
 *
 * @returns bytes of `bytes` that were written or skipped
 * @linux 2.4.22 mm/vmalloc.c vwrite()
 */
export function vwrite(vmalloc: VmallocArea, addr: Addr, bytes: Uint8Array): number {
  return walk(vmalloc, addr, bytes.length, {
    gap: () => {},
    area: (at, from, count) => vmalloc.parts.storeBytes(at, bytes.subarray(from, from + count)),
  });
}

interface Visitor {
  gap(from: number, count: number): void;
  /** Returns how many bytes went well. */
  area(at: Addr, from: number, count: number): number;
}

function walk(vmalloc: VmallocArea, addr: Addr, length: number, visitor: Visitor): number {
  // The range may not pass the end of addresses.
  const count = Math.min(length, 2 ** 32 - addr);
  let done = 0;
  for (const area of vmalloc.vmlist()) {
    const end = area.addr + area.size - PAGE_SIZE;
    let at = addr + done;
    if (at >= end) continue;
    if (at < area.addr) {
      const gap = Math.min(area.addr - at, count - done);
      visitor.gap(done, gap);
      done += gap;
      at += gap;
    }
    const part = Math.min(end - at, count - done);
    if (part > 0) {
      const moved = visitor.area(at, done, part);
      done += moved;
      if (moved < part) return done;
    }
    if (done === count) return done;
  }
  return done;
}
