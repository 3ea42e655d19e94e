import { PHYSICAL_SCENARIOS } from './physical.ts';
import type { Scenario } from './scenario.ts';

/** All scenarios, in the order of the book. */
export const SCENARIOS: readonly Scenario[] = [...PHYSICAL_SCENARIOS].sort((a, b) => a.chapter - b.chapter);

export function scenarioOf(id: string): Scenario | undefined {
  return SCENARIOS.find((scenario) => scenario.id === id);
}
