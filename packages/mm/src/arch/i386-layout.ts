/** The kmap window. @linux PKMAP_BASE */
export const PKMAP_BASE = 0xfe000000;
/** Fixmap slots lie downwards from here. @linux FIXADDR_TOP */
export const FIXADDR_TOP = 0xffffe000;
/** Temporary slots of early boot, below the permanent ones. @linux NR_FIX_BTMAPS */
const NR_FIX_BTMAPS = 16;
const VMALLOC_OFFSET = 8 * 2 ** 20;

/** What decides which fixmap slots a kernel image has. */
export interface FixmapConfig {
  /** CONFIG_HIGHMEM: kmap_atomic slots. */
  readonly highmem: boolean;
  /** 1, or 32 on an SMP kernel. @linux NR_CPUS */
  readonly nrCpus: number;
  /** Kinds of atomic kmap: 8, in 2.4.20 6. @linux KM_TYPE_NR */
  readonly kmTypeNr: number;
  /** CONFIG_X86_LOCAL_APIC: 1 slot. */
  readonly localApic?: boolean;
  /** CONFIG_X86_IO_APIC: 8 slots. */
  readonly ioApic?: boolean;
  /** Kernels for a Pentium with the F00F bug: 1 slot. */
  readonly f00fSlot?: boolean;
  /** CONFIG_X86_SUMMIT: 1 slot. */
  readonly cyclone?: boolean;
  /** CONFIG_ACPI_BOOT: 4 slots. */
  readonly acpi?: boolean;
}

/** Slots and addresses of the fixmap. */
export interface FixmapLayout {
  /** First slot of kmap_atomic; -1 without high memory. @linux FIX_KMAP_BEGIN */
  readonly kmapBegin: number;
  /** Number of permanent slots. @linux __end_of_permanent_fixed_addresses */
  readonly permanentSlots: number;
  /** Number of all slots. @linux __end_of_fixed_addresses */
  readonly slots: number;
  /** @linux FIXADDR_START: one page below the lowest permanent slot */
  readonly fixaddrStart: number;
}

/** Address of a fixmap slot. @linux __fix_to_virt() */
export function fixToVirt(slot: number): number {
  return FIXADDR_TOP - slot * 4096;
}

/** The fixmap of a kernel image. @linux include/asm-i386/fixmap.h enum fixed_addresses */
export function fixmapLayout(config: FixmapConfig): FixmapLayout {
  let slots = 0;
  if (config.localApic === true) slots += 1;
  if (config.ioApic === true) slots += 8;
  if (config.f00fSlot === true) slots += 1;
  if (config.cyclone === true) slots += 1;
  const kmapBegin = config.highmem ? slots : -1;
  if (config.highmem) slots += config.kmTypeNr * config.nrCpus;
  if (config.acpi === true) slots += 4;
  return {
    kmapBegin,
    permanentSlots: slots,
    slots: slots + NR_FIX_BTMAPS,
    fixaddrStart: FIXADDR_TOP - slots * 4096,
  };
}

/**
 * Where vmalloc's addresses begin: 8 to 16 MiB above the end of directly mapped memory, so that a stray access hits a hole.
 *
 * @param highMemory address after the last directly mapped byte, 0xC0000000 .. 0xF8000000
 * @linux VMALLOC_START
 */
export function vmallocStart(highMemory: number): number {
  return ((highMemory + 2 * VMALLOC_OFFSET - 1) & ~(VMALLOC_OFFSET - 1)) >>> 0;
}

/** Where they end: two pages below the kmap window, or below the fixmap without high memory. @linux VMALLOC_END */
export function vmallocEnd(highmem: boolean, fixmap: FixmapLayout): number {
  return (highmem ? PKMAP_BASE : fixmap.fixaddrStart) - 2 * 4096;
}
