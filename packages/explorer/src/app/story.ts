import { batch } from '@preact/signals';
import type { Go, Scenario, Stage } from '../scenarios/scenario.ts';
import { SCENARIOS, scenarioOf } from '../scenarios/scenarios.ts';
import { run, seek, setBreakpoints, setSpeed } from './commands.ts';
import { openPanel } from './dock.tsx';
import { status } from './machine-signals.ts';
import { NOTHING, select } from './selection.ts';
import { openState, scenarioAt } from './session.ts';

/** Tells scenarios: moves between stages, lets the machine go on. */

/** From its beginning. */
export function startScenario(scenario: Scenario): void {
  openState({
    choice: scenario.choice,
    at: 0,
    layout: scenario.layout,
    selection: NOTHING,
    breakpoints: [],
    input: [],
    scenario: { id: scenario.id, stage: 0, shown: false },
  });
}

/** The scenario that is told and its stage; null: none. */
export function presentStage(): { scenario: Scenario; stage: Stage; index: number; shown: boolean } | null {
  const at = scenarioAt.value;
  const scenario = at && scenarioOf(at.id);
  const stage = scenario?.stages[at?.stage ?? 0];
  return at && scenario && stage ? { scenario, stage, index: at.stage, shown: at.shown } : null;
}

/** Lets the machine go on to where the answer can be seen, and shows it. */
export function showAnswer(): void {
  const now = presentStage();
  if (!now) return;
  batch(() => {
    scenarioAt.value = { id: now.scenario.id, stage: now.index, shown: true };
    go(now.stage.go);
    if (now.stage.select) select(now.stage.select);
  });
}

/** To another stage of the same scenario. */
export function toStage(index: number): void {
  const now = presentStage();
  const stage = now?.scenario.stages[index];
  if (!now || !stage) return;
  scenarioAt.value = { id: now.scenario.id, stage: index, shown: false };
  for (const panel of stage.panels ?? []) openPanel(panel, false);
}

/** Where the machine has to be gone to, now. */
function go(to: Go): void {
  switch (to.to) {
    case 'event':
      setBreakpoints([{ event: to.event, condition: to.condition, enabled: true }]);
      setSpeed(null);
      run();
      return;
    case 'end':
      setBreakpoints([]);
      setSpeed(null);
      if (status.value.phase !== 'ended') run();
      return;
    case 'turn':
      setBreakpoints([]);
      seek(to.turn);
      return;
    case 'stay':
      return;
  }
}

/** Scenarios by chapter, in order. */
export function chapters(): { chapter: number; scenarios: Scenario[] }[] {
  const numbers = [...new Set(SCENARIOS.map(({ chapter }) => chapter))];
  return numbers.map((chapter) => ({ chapter, scenarios: SCENARIOS.filter((s) => s.chapter === chapter) }));
}
