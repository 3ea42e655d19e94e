import { AGED_UNMAP_NAMES, LAUNDER_NAMES, UNMAP_NAMES, VERDICT_NAMES } from '@pagewalk/mm';

/** A tracepoint whose operand `verdict` says what was decided about a page. */
export interface VerdictTable {
  /** Verdicts in words, by number. */
  readonly names: readonly string[];
  /** What is decided, as an expression over the operands: 1 for the verdicts that take the page away. */
  readonly comparison: string;
  /** Verdicts by which a mapping loses its page; empty where mappings are not looked at. */
  readonly unmapped: readonly number[];
  /** Verdicts that spare a mapping because its page is used. */
  readonly spared: readonly number[];
}

/** {@link VerdictTable} by tracepoint. */
export const VERDICTS: Readonly<Record<string, VerdictTable>> = {
  mm_vmscan_try_to_swap_out: {
    names: UNMAP_NAMES,
    comparison: 'verdict == 5 || verdict == 6 || verdict == 8',
    unmapped: [5, 6, 8],
    spared: [1, 2],
  },
  aged_try_to_swap_out: {
    names: AGED_UNMAP_NAMES,
    comparison: 'verdict >= 3 && verdict != 6',
    unmapped: [3, 4, 5, 7],
    spared: [0, 1],
  },
  mm_vmscan_page: {
    names: VERDICT_NAMES,
    comparison: 'verdict == 0 || verdict == 8',
    unmapped: [],
    spared: [],
  },
  aged_launder_page: { names: LAUNDER_NAMES, comparison: 'verdict == 7', unmapped: [], spared: [] },
  aged_reclaim_page: { names: LAUNDER_NAMES, comparison: 'verdict == 12', unmapped: [], spared: [] },
};
