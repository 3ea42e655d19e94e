import { ADDRESS_SPACE_SCENARIOS } from './address-space.ts';
import { KERNEL_SCENARIOS } from './kernel-memory.ts';
import { PHYSICAL_SCENARIOS } from './physical-memory.ts';
import { RECLAIM_SCENARIOS } from './reclaim.ts';
import type { Scenario } from './scenario.ts';

/** All scenarios, in the order of the book. */
export const SCENARIOS: readonly Scenario[] = [
  ...PHYSICAL_SCENARIOS,
  ...ADDRESS_SPACE_SCENARIOS,
  ...KERNEL_SCENARIOS,
  ...RECLAIM_SCENARIOS,
].sort((a, b) => a.chapter - b.chapter);

export function scenarioOf(id: string): Scenario | undefined {
  return SCENARIOS.find((scenario) => scenario.id === id);
}
