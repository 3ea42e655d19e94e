import { readFileSync } from 'node:fs';
import { bootPhysical, type PhysicalBoot } from '../../src/page-allocator/boot.ts';
import { ClassZoneAllocator } from '../../src/page-allocator/class-zone-allocator.ts';
import { freeBlockCounts, freeBlocks } from '../../src/page-allocator/free-lists.ts';
import { freeAscending } from '../../src/page-allocator/mem-init.ts';
import type { PageAllocator } from '../../src/page-allocator/page-allocator.ts';
import type { PageAllocatorPorts } from '../../src/page-allocator/ports.ts';
import { MemMap } from '../../src/physical/mem-map.ts';
import { PhysicalNode } from '../../src/physical/node.ts';
import { MAX_ORDER, type Zone } from '../../src/physical/zone.ts';
import { type MachineOptions, physicalBootConfig } from '../../src/release/machine-config.ts';
import { Trace } from '../../src/trace/trace.ts';

export const MIB = 2 ** 20;

/** An allocator over zones of the given sizes, without watermarks, nothing free yet. */
export function bareAllocator(
  sizes: readonly number[],
  ports?: PageAllocatorPorts,
  trace?: Trace,
): PageAllocator {
  const memMap = new MemMap(sizes.reduce((sum, size) => sum + size, 0));
  return new ClassZoneAllocator(new PhysicalNode(memMap, sizes), trace ?? new Trace(() => 0, 1024), ports);
}

/** The same with every page free, except page 0. */
export function freshAllocator(
  sizes: readonly number[],
  ports?: PageAllocatorPorts,
  trace?: Trace,
): PageAllocator {
  const allocator = bareAllocator(sizes, ports, trace);
  freeAscending(allocator, 1, allocator.memMap.frames);
  return allocator;
}

/** The free lists of a zone, order 0 first, each in list order. */
export function freeLists(allocator: PageAllocator, zone: Zone): number[][] {
  return Array.from({ length: MAX_ORDER }, (_, order) => [...freeBlocks(allocator.memMap, zone, order)]);
}

export function boot(options: MachineOptions): PhysicalBoot {
  return bootPhysical(physicalBootConfig(options));
}

export function counts(machine: PhysicalBoot, zone: number): number[] {
  return freeBlockCounts(machine.memMap, machine.allocator.zones[zone] as Zone);
}

/** First frames of the free lists in hexadecimal, `-` for an empty list. */
export function heads(machine: PhysicalBoot, zone: number): string {
  const lists = freeLists(machine.allocator, machine.allocator.zones[zone] as Zone);
  return lists.map((list) => list[0]?.toString(16) ?? '-').join(',');
}

export function fixture(path: string): string {
  return readFileSync(new URL(`../fixtures/${path}`, import.meta.url), 'utf8');
}
