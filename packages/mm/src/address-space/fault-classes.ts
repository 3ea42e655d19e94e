import type { TraceEvent } from '../trace/trace.ts';
import { FAULT_CLASS_NAMES } from './fault-tracepoints.ts';

/** Faults of each class; `stack_growth` counts the faults that grew a stack first (they are counted in their class too). */
export type FaultClassCounts = Record<(typeof FAULT_CLASS_NAMES)[number] | 'stack_growth', number>;

/**
 * The machine's table of faults by class, from events alone: nothing else counts them, so whoever keeps the events has it
 * for any stretch of time, task or area.
 *
 * @param events `mm_fault` and `expand_stack` are looked at
 * @param text gives interned strings back ({@link Trace.text})
 */
export function countFaultClasses(
  events: Iterable<TraceEvent>,
  text: (id: number) => string,
): FaultClassCounts {
  const counts = Object.fromEntries([...FAULT_CLASS_NAMES, 'stack_growth'].map((name) => [name, 0]));
  const add = (name: string) => {
    counts[name] = (counts[name] ?? 0) + 1;
  };
  for (const { name, values } of events) {
    if (name === 'mm_fault') add(text(values['class'] as number));
    else if (name === 'expand_stack' && values['outcome'] === 1) add('stack_growth');
  }
  return counts as FaultClassCounts;
}
