import type { TraceEvent } from '@pagewalk/mm';
import { evaluate } from './expression.ts';
import { VERDICTS } from './verdicts.ts';

/** What a finding answers. */
export type Question = 'swapped-out' | 'allocation-failed' | 'killed' | 'kswapd' | 'event';

/** A sentence, with the decision that it is about. */
export interface Finding {
  readonly question: Question;
  readonly sentence: string;
  /** Number, virtual time (ns) and name of the event. */
  readonly event: number;
  readonly timeNs: number;
  readonly name: string;
  /** The kernel function that decided: `mm/vmscan.c try_to_swap_out()`. */
  readonly function: string;
  readonly operands: Readonly<Record<string, number>>;
  /** What was compared, as an expression over the operands; null: the event is no decision. */
  readonly comparison: string | null;
  /** Whether it was true: 1 or 0; null without comparison. */
  readonly outcome: number | null;
}

/** A finding about an event; `more`: operands that other events gave, and what is compared with them. */
export function findingOf(
  question: Question,
  sentence: string,
  event: TraceEvent,
  more?: {
    readonly operands: Readonly<Record<string, number>>;
    readonly comparison: string;
    readonly outcome: number;
  },
): Finding {
  const { decision, origin } = event.definition;
  const table = VERDICTS[event.name];
  const { outcome: recorded, ...fields } = event.values;
  const operands = more === undefined ? fields : { ...fields, ...more.operands };
  const comparison = more?.comparison ?? decision ?? table?.comparison ?? null;
  let outcome: number | null = more?.outcome ?? recorded ?? null;
  if (outcome === null && comparison !== null) outcome = evaluate(comparison, operands);
  return {
    question,
    sentence,
    event: event.seq,
    timeNs: event.time,
    name: event.name,
    function: origin,
    operands,
    comparison,
    outcome: comparison === null ? null : outcome,
  };
}
