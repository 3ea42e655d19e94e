import { batch, signal } from '@preact/signals';
import type { MachineChoice } from '../protocol/choice.ts';
import type { Status } from '../protocol/messages.ts';
import { SCENARIOS, scenarioOf } from '../scenarios/scenarios.ts';
import { ask } from './ask.ts';
import { showLayout } from './dock.tsx';
import { droppedFile } from './dropped-files.ts';
import { layoutText, parseLayout, upright } from './layout.ts';
import { postCommand } from './machine.ts';
import {
  breakpoints,
  inputLog,
  machineChoice,
  NO_MACHINE,
  outputArrived,
  refusal,
  refuse,
  status,
} from './machine-signals.ts';
import { forgetMarks } from './marks.ts';
import { forgetSelection, NOTHING, type Selection, select, selectionText } from './selection.ts';
import type { ExplorerState } from './url-state.ts';
import { forgetViews } from './use-view.ts';

/** What the page shows: where one chooses, a machine, or the question for a file that a link names. */
export type Page = 'start' | 'machine' | 'file';

export const page = signal<Page>('start');

/** State of a link that waits for its file. */
export const waitingForFile = signal<ExplorerState | null>(null);

/** Scenario that is being told and the stage that it is at; null: none. */
export const scenarioAt = signal<ExplorerState['scenario']>(null);

/** What a link wants and the machine is on its way to; null: nothing. */
let wanted: ExplorerState | null = null;

/** Panels of a machine that was not asked to show others. */
export const DEFAULT_LAYOUT =
  'row(column(memory:3,terminal.proc:2):5,column(zones.buddy.lists:1,space.walk.tasks:1):4,column(events.why:1,counters:1):4)';

/** A machine with its program from the beginning. */
export function stateOf(choice: MachineChoice, layout = DEFAULT_LAYOUT): ExplorerState {
  return { choice, at: 0, layout, selection: NOTHING, breakpoints: [], input: [], scenario: null };
}

/** Shows a state: boots its machine and brings it to its turn. `run`: it goes on from there. */
export function openState(state: ExplorerState, run = false): void {
  const { program } = state.choice;
  const hash = program.kind === 'elf' || program.kind === 'recording' ? program.sha256 : undefined;
  const file = hash === undefined ? undefined : droppedFile(hash);
  if (hash !== undefined && file === undefined) {
    batch(() => {
      waitingForFile.value = state;
      refusal.value = '';
      page.value = 'file';
    });
    return;
  }
  batch(() => {
    page.value = 'machine';
    waitingForFile.value = null;
    refusal.value = '';
    wanted = state;
    machineChoice.value = state.choice;
    breakpoints.value = state.breakpoints;
    inputLog.value = state.input;
    status.value = { ...NO_MACHINE, phase: 'booting', release: state.choice.release };
    scenarioAt.value = state.scenario && scenarioOf(state.scenario.id) ? state.scenario : null;
    forgetMarks();
    forgetViews();
    forgetSelection();
    select(state.selection);
    outputArrived(new Uint8Array(), true);
  });
  showLayoutOrDefault(state.layout);
  postCommand({ type: 'breakpoints', list: state.breakpoints });
  postCommand({
    type: 'start',
    choice: state.choice,
    ...(file === undefined ? {} : { file }),
    ...(state.at > 0 ? { until: state.at } : {}),
    ...(state.input.length > 0 ? { input: state.input } : {}),
  });
  if (run) postCommand({ type: 'run', speed: null });
}

function showLayoutOrDefault(text: string): void {
  const asked = text === '' ? DEFAULT_LAYOUT : text;
  // Who gives a layout gets it; ours suit the screen.
  const ours = asked === DEFAULT_LAYOUT || SCENARIOS.some(({ layout }) => layout === asked);
  const narrow = matchMedia('(max-width: 900px) and (orientation: portrait)').matches;
  try {
    showLayout(ours && narrow ? layoutText(upright(parseLayout(asked))) : asked);
  } catch (error) {
    showLayout(DEFAULT_LAYOUT);
    refusal.value = error instanceof Error ? error.message : String(error);
  }
}

/** Called with each status of the machine: there is none if it was refused, and a link may want more turns than there are. */
export function opened(next: Status): void {
  if (next.phase === 'empty') {
    machineChoice.value = null;
    page.value = 'start';
  }
  if (wanted === null || next.phase === 'booting' || next.phase === 'seeking') return;
  const { at, selection } = wanted;
  wanted = null;
  if (next.turn < at && next.reason !== '') {
    refuse(`link: at=${at} cannot be reached: the machine stands at turn ${next.turn} (${next.reason})`);
  }
  if (selection.kind !== 'none') void tellMissing(selection, next.turn);
}

/** Says so if the machine does not have what a link selects. */
async function tellMissing(selection: Selection, turn: number): Promise<void> {
  const answer = await ask({ ask: 'selection', selection });
  if (answer.ask !== 'selection' || answer.missing === '') return;
  refuse(`link: select=${selectionText(selection)}: ${answer.missing} (at turn ${turn})`);
}

/** Back to where one chooses. The machine stays where it is, so that one can return to it. */
export function showStart(): void {
  refusal.value = '';
  postCommand({ type: 'pause' });
  page.value = 'start';
}

/** All that a link would carry now; null: there is no machine. */
export function presentState(layout: string, selection: ExplorerState['selection']): ExplorerState | null {
  const choice = machineChoice.value;
  if (choice === null) return null;
  return {
    choice,
    at: status.value.turn,
    layout,
    selection,
    breakpoints: breakpoints.value,
    input: inputLog.value.filter(({ turn }) => turn <= status.value.turn),
    scenario: scenarioAt.value,
  };
}
