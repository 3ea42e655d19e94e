import type { CreateElfTables } from './exec-tables.ts';

/** How exec of a release loads an ELF program. */
export interface ExecRules {
  readonly createElfTables: CreateElfTables;
  /** Not 2.4.0: the bss of a segment that is not the last one is mapped and cleared. */
  readonly mapsEarlyBss: boolean;
  /**
   * 2.4.0: a program that may lie anywhere is moved by two thirds of user space, whatever address it was linked to; later its
   * first segment goes there.
   */
  readonly loadsAtFixedBias: boolean;
}
