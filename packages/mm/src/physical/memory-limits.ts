import type { Pfn } from '../types.ts';
import { type BootLog, KERN } from './boot-log.ts';

/** High-memory support that the kernel is built with: none, up to 4 GiB, up to 64 GiB (PAE). */
export type HighmemConfig = 'off' | '4g' | '64g';

/** Frames that the kernel can map permanently: 1 GiB less 128 MiB for vmalloc. @linux MAXMEM_PFN */
export const MAXMEM_PFN = 0x38000;
/** Frames that page table entries without PAE can name. @linux MAX_NONPAE_PFN */
const MAX_NONPAE_PFN = 1 << 20;
/** Low memory that `highmem=` must leave. */
const MIN_LOW_PAGES = 16384;
const MAXMEM_MB = 896;

export interface MemoryLimits {
  /** One past the last frame that the kernel uses. */
  readonly maxPfn: Pfn;
  /** One past the last frame that it maps permanently. */
  readonly maxLowPfn: Pfn;
  /** Frames of high memory as the kernel reckons with them. */
  readonly highmemPages: number;
}

/**
 * Divides the frames into low and high memory.
 *
 * @param maxPfn one past the last frame of RAM
 * @param highmemPages `highmem=` in pages, -1 = automatic
 * @linux 2.4.22 arch/i386/kernel/setup.c find_max_low_pfn()
 */
export function findMaxLowPfn(
  maxPfn: Pfn,
  highmemPages: number,
  config: HighmemConfig,
  log: BootLog,
): MemoryLimits {
  return maxPfn > MAXMEM_PFN
    ? limitsOfLargeMachine(maxPfn, highmemPages, config, log)
    : limitsOfSmallMachine(maxPfn, highmemPages, config, log);
}

/** More RAM than the kernel can map: the rest is high memory, or lost. */
function limitsOfLargeMachine(
  maxPfn: Pfn,
  highmemPages: number,
  config: HighmemConfig,
  log: BootLog,
): MemoryLimits {
  const available = maxPfn - MAXMEM_PFN;
  if (highmemPages === -1) highmemPages = available;
  if (highmemPages < available) maxPfn = MAXMEM_PFN + highmemPages;
  if (highmemPages > available) {
    log.print(
      `only ${megabytes(available)}MB highmem pages available, ignoring highmem size of ${megabytes(highmemPages)}MB.`,
    );
    // Only the figure is dropped: all high memory stays in use.
    highmemPages = 0;
  }
  if (config === 'off') {
    log.print(`Warning only ${MAXMEM_MB}MB will be used.`, KERN.WARNING);
    log.print(`Use a ${maxPfn > MAX_NONPAE_PFN ? 'PAE' : 'HIGHMEM'} enabled kernel.`, KERN.WARNING);
  } else if (config === '4g' && maxPfn > MAX_NONPAE_PFN) {
    maxPfn = MAX_NONPAE_PFN;
    log.print('Warning only 4GB will be used.', KERN.WARNING);
    log.print('Use a PAE enabled kernel.', KERN.WARNING);
  }
  return { maxPfn, maxLowPfn: MAXMEM_PFN, highmemPages };
}

/** All RAM fits into the kernel's map: high memory only where `highmem=` asks for it. */
function limitsOfSmallMachine(
  maxPfn: Pfn,
  highmemPages: number,
  config: HighmemConfig,
  log: BootLog,
): MemoryLimits {
  if (highmemPages === -1) highmemPages = 0;
  if (config === 'off') {
    if (highmemPages !== 0) log.print('ignoring highmem size on non-highmem kernel!', KERN.ERR);
    return { maxPfn, maxLowPfn: maxPfn, highmemPages };
  }
  if (highmemPages >= maxPfn) {
    log.print(
      `highmem size specified (${megabytes(highmemPages)}MB) is bigger than pages available (${megabytes(maxPfn)}MB)!.`,
      KERN.ERR,
    );
    highmemPages = 0;
  }
  if (highmemPages !== 0 && maxPfn - highmemPages < MIN_LOW_PAGES) {
    log.print(
      `highmem size ${megabytes(highmemPages)}MB results in smaller than 64MB lowmem, ignoring it.`,
      KERN.ERR,
    );
    highmemPages = 0;
  }
  return { maxPfn, maxLowPfn: maxPfn - highmemPages, highmemPages };
}

/** @linux pages_to_mb() */
export function megabytes(pages: number): number {
  return Math.floor(pages / 256);
}
