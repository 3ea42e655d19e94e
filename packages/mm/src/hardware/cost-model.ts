/**
 * What things cost: the one table by which virtual time passes.
 *
 * It stands for a Pentium III class machine at 1 GHz with PC133 memory, so one cycle is one nanosecond. The figures are
 * of the right order, not measurements of a particular board; no decision of the memory manager depends on them, only
 * the time stamps of events and what is derived from the clock (jiffies). A recorded trace's hash leaves time out.
 *
 * What is frequent is counted where it happens (one addition) and multiplied when the clock is read: TLB misses, system
 * calls, pages zeroed and copied. The rest advances the clock at once. Zeroing and copying take the same time on a
 * content-free machine, which does neither. Boot takes no time.
 */
export const CPU_MHZ = 1000;

/** Costs in CPU cycles. */
export const CYCLES = {
  /** A TLB miss: two (PAE: two, the top level is in registers) loads of table entries that mostly hit the L2 cache. */
  walk: 20,
  /** Entry into the page-fault handler and back: exception, saved registers, iret. */
  fault: 400,
  /** Filling a page with zeroes at about 1 GB/s. */
  zeroPage: 4096,
  /** Copying a page: every line is read and written. */
  copyPage: 8192,
  /** Reloading cr3, the refilling misses not included. */
  tlbFlush: 50,
  /** `invlpg`. */
  invlpg: 100,
  /** schedule() and switch_to(), without the cr3 reload. */
  contextSwitch: 1500,
  /** System call entry and exit (int 0x80). */
  systemCall: 300,
} as const;

/** Nanoseconds that `cycles` CPU cycles take. */
export function cyclesToNs(cycles: number): number {
  return (cycles * 1000) / CPU_MHZ;
}

/** The same costs in nanoseconds. */
export const COST_NS: Readonly<Record<keyof typeof CYCLES, number>> = {
  walk: cyclesToNs(CYCLES.walk),
  fault: cyclesToNs(CYCLES.fault),
  zeroPage: cyclesToNs(CYCLES.zeroPage),
  copyPage: cyclesToNs(CYCLES.copyPage),
  tlbFlush: cyclesToNs(CYCLES.tlbFlush),
  invlpg: cyclesToNs(CYCLES.invlpg),
  contextSwitch: cyclesToNs(CYCLES.contextSwitch),
  systemCall: cyclesToNs(CYCLES.systemCall),
};
