import { ConfigError } from '../kernel-bug.ts';
import { type BootLog, KERN } from '../physical/boot-log.ts';
import { parseEarlyOptions } from '../physical/command-line.ts';
import { E820_RAM, type E820Entry, E820Map, pfnDown, pfnUp, sanitizeE820Map } from '../physical/e820.ts';
import type { KernelImage, PhysicalRelease } from '../physical/machine.ts';
import { findMaxLowPfn, type HighmemConfig, megabytes } from '../physical/memory-limits.ts';
import type { Pfn } from '../types.ts';
import { BootMemory } from './bootmem.ts';

const HIGH_MEMORY = 0x100000;
const PAGE = 4096;

/** RAM as the old BIOS calls report it, for machines without a usable e820 map: KiB above 1 MiB. */
export interface LegacyBiosSizes {
  readonly e801KiB: number;
  readonly int88KiB: number;
}

/**
 * Learns from the BIOS where memory is.
 *
 * @linux 2.4.22 arch/i386/kernel/setup.c setup_memory_region()
 */
export function setupMemoryRegion(
  bios: readonly E820Entry[],
  legacy: LegacyBiosSizes,
  release: PhysicalRelease,
  log: BootLog,
): E820Map {
  const map = new E820Map();
  // A map that cannot be sanitised is copied as it is.
  const entries = sanitizeE820Map(bios, release.e820KeepsEmptyRanges) ?? bios;
  let who = 'BIOS-e820';
  if (!map.copyFrom(entries, log)) {
    const e801 = legacy.e801KiB >= legacy.int88KiB;
    who = e801 ? 'BIOS-e801' : 'BIOS-88';
    map.entries.length = 0;
    map.add(0, 0x9f000, E820_RAM, log);
    map.add(HIGH_MEMORY, (e801 ? legacy.e801KiB : legacy.int88KiB) * 1024, E820_RAM, log);
  }
  log.print('BIOS-provided physical RAM map:', KERN.INFO);
  map.print(who, log);
  return map;
}

/** What setup_memory() found out. All figures in page frames. */
export interface MemorySetup {
  readonly map: E820Map;
  readonly bootmem: BootMemory;
  readonly maxLowPfn: Pfn;
  /** First and one past the last frame of high memory; equal if there is none. */
  readonly highStartPfn: Pfn;
  readonly highEndPfn: Pfn;
  /** Whether the CPU's 4 MiB pages are used (`mem=nopentium` forbids it). */
  readonly pse: boolean;
}

export interface MemorySetupInput {
  readonly map: E820Map;
  readonly commandLine: string;
  readonly highmem: HighmemConfig;
  readonly image: KernelImage;
  readonly cacheLineBytes: number;
  readonly pse: boolean;
  readonly smp: boolean;
  readonly release: PhysicalRelease;
}

/**
 * Obeys the memory options of the command line, divides low from high memory and starts the boot memory allocator with the
 * kernel image, its own bitmap and page 0 taken.
 *
 * @linux 2.4.22 arch/i386/kernel/setup.c parse_cmdline_early(), setup_memory()
 */
export function setupMemory(input: MemorySetupInput, log: BootLog): MemorySetup {
  const { map, image, highmem } = input;
  const options = parseEarlyOptions(input.commandLine, map, input.release.memHashOptions, log);
  const startPfn = pfnUp(image.end);
  const { maxPfn, maxLowPfn } = findMaxLowPfn(map.maxPfn(), options.highmemPages, highmem, log);
  let highStartPfn = maxLowPfn;
  let highEndPfn = maxLowPfn;
  if (highmem !== 'off') {
    highEndPfn = maxPfn;
    highStartPfn = Math.min(maxPfn, maxLowPfn);
    log.print(`${megabytes(highEndPfn - highStartPfn)}MB HIGHMEM available.`, KERN.NOTICE);
  }
  log.print(`${megabytes(maxLowPfn)}MB LOWMEM available.`, KERN.NOTICE);
  const bootmem = new BootMemory(startPfn, maxLowPfn, input.cacheLineBytes, log);
  if (pfnUp(image.end + bootmem.mapBytes + PAGE) > maxLowPfn) {
    const asked = input.commandLine === '' ? '' : ` (kernel command line "${input.commandLine}")`;
    throw new ConfigError(
      `memory: ${maxLowPfn * 4} KiB of low memory${asked} cannot hold the kernel image, which ends at ${image.end >> 10} KiB`,
    );
  }
  registerLowPages(map, maxLowPfn, bootmem);
  // The bitmap's end is rounded up here and once more inside reserve(): the page behind it is lost for good.
  bootmem.reserve(HIGH_MEMORY, startPfn * PAGE + bootmem.mapBytes + PAGE - 1 - HIGH_MEMORY);
  bootmem.reserve(0, PAGE);
  if (input.smp) bootmem.reserve(PAGE, PAGE);
  return { map, bootmem, maxLowPfn, highStartPfn, highEndPfn, pse: input.pse && !options.noPse };
}

/** Frees the RAM below `maxLowPfn`. @linux register_bootmem_low_pages() */
function registerLowPages(map: E820Map, maxLowPfn: Pfn, bootmem: BootMemory): void {
  for (const { addr, size, type } of map.entries) {
    const start = pfnUp(addr);
    const end = Math.min(pfnDown(addr + size), maxLowPfn);
    if (type === E820_RAM && start < end) bootmem.free(start * PAGE, (end - start) * PAGE);
  }
}
