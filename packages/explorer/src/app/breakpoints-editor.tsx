import { conditionNames, conditionProblem } from '@pagewalk/lab/browser';
import type { TracepointDefinition } from '@pagewalk/mm';
import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import type { Breakpoint } from '../protocol/messages.ts';
import { ask } from './ask.ts';
import { hasMachine, run, setBreakpoints } from './commands.ts';
import { Dialog } from './dialog.tsx';
import { Icon } from './icon.tsx';
import { breakpoints } from './machine-signals.ts';
import { breakpointDraft, breakpointsOpen } from './overlays.ts';

export function BreakpointsButton() {
  const many = breakpoints.value.filter(({ enabled }) => enabled).length;
  return (
    <button
      type="button"
      class="button"
      onClick={() => (breakpointsOpen.value = true)}
      title="Breakpoints (B)"
      data-test="breakpoints"
    >
      <Icon name="stop" />
      <span class="wide-only">Breakpoints</span>
      {many > 0 && <span class="badge">{many}</span>}
    </button>
  );
}

/** Where the machine stops. */
export function BreakpointsDialog() {
  return (
    <Dialog open={breakpointsOpen} title="Breakpoints" kind="breakpoints">
      <BreakpointsBody />
    </Dialog>
  );
}

function BreakpointsBody() {
  const known = useSignal<readonly TracepointDefinition[]>([]);
  useEffect(() => {
    if (!hasMachine()) return;
    void ask({ ask: 'tracepoints' }).then((answer) => {
      if (answer.ask === 'tracepoints') known.value = answer.list;
    });
  }, []);
  const list = breakpoints.value;
  const change = (at: number, part: Partial<Breakpoint>) =>
    setBreakpoints(list.map((b, i) => (i === at ? { ...b, ...part } : b)));
  return (
    <div class="dialog-scroll">
      <p class="soft">
        The machine stops when an event of that name happens and the condition over its fields is true. An
        empty condition: always.
      </p>
      <ul class="breakpoint-list">
        {list.map((breakpoint, at) => (
          <li key={`${breakpoint.event} ${breakpoint.condition}`}>
            <label>
              <input
                type="checkbox"
                checked={breakpoint.enabled}
                onChange={(e) => change(at, { enabled: e.currentTarget.checked })}
              />
              <code>{breakpoint.event}</code>
              {breakpoint.condition !== '' && <code class="soft">{breakpoint.condition}</code>}
              {known.value.length > 0 && (
                <span class="form-problem">{breakpointProblem(breakpoint, known.value)}</span>
              )}
            </label>
            <button
              type="button"
              class="button plain tool"
              aria-label={`Remove ${breakpoint.event}`}
              title="Remove"
              onClick={() => setBreakpoints(list.filter((_, i) => i !== at))}
            >
              <Icon name="close" />
            </button>
          </li>
        ))}
      </ul>
      <NewBreakpoint known={known.value} />
    </div>
  );
}

/** Why it can never stop the machine; empty: it can. Links may bring such ones. */
function breakpointProblem(
  { event, condition }: Pick<Breakpoint, 'event' | 'condition'>,
  known: readonly TracepointDefinition[],
): string {
  const tracepoint = known.find(({ name }) => name === event);
  return tracepoint ? conditionProblem(condition, tracepoint) : 'no such tracepoint';
}

function NewBreakpoint({ known }: { known: readonly TracepointDefinition[] }) {
  const event = useSignal(breakpointDraft.value);
  const condition = useSignal('');
  const first = useRef<HTMLInputElement>(null);
  useEffect(() => first.current?.focus(), []);
  const tracepoint = known.find(({ name }) => name === event.value);
  const problem =
    event.value === '' ? '' : breakpointProblem({ event: event.value, condition: condition.value }, known);
  const ready = tracepoint !== undefined && problem === '';
  const add = (submit: Event) => {
    submit.preventDefault();
    if (!ready) return;
    setBreakpoints([
      ...breakpoints.value.filter((b) => b.event !== event.value || b.condition !== condition.value),
      { event: event.value, condition: condition.value, enabled: true },
    ]);
    event.value = '';
    condition.value = '';
  };
  return (
    <form class="breakpoint-form" onSubmit={add}>
      <input
        ref={first}
        class="field mono"
        list="tracepoints"
        placeholder="tracepoint"
        aria-label="Tracepoint"
        value={event.value}
        aria-invalid={event.value !== '' && !tracepoint}
        onInput={(e) => (event.value = e.currentTarget.value.trim())}
        spellcheck={false}
        data-test="breakpoint-event"
      />
      <datalist id="tracepoints">
        {known.map(({ name }) => (
          <option value={name} key={name} />
        ))}
      </datalist>
      <input
        class="field mono"
        placeholder="condition, e.g. order > 0"
        aria-label="Condition"
        value={condition.value}
        aria-invalid={tracepoint !== undefined && problem !== ''}
        onInput={(e) => (condition.value = e.currentTarget.value)}
        spellcheck={false}
        data-test="breakpoint-condition"
      />
      <button type="submit" class="button" disabled={!ready} data-test="breakpoint-add">
        <Icon name="add" />
        Add
      </button>
      <output class={problem === '' ? 'faint' : 'form-problem'} data-test="breakpoint-problem">
        {problem !== ''
          ? problem
          : tracepoint
            ? `fields: ${conditionNames(tracepoint).join(', ')}`
            : `${known.length} tracepoints`}
        {tracepoint && problem === '' && <span> · {tracepoint.origin}</span>}
      </output>
      <div class="breakpoint-run">
        <button
          type="button"
          class="button primary"
          disabled={!hasMachine() || breakpoints.value.every(({ enabled }) => !enabled)}
          onClick={() => {
            breakpointsOpen.value = false;
            run();
          }}
          data-test="breakpoint-run"
        >
          <Icon name="play" />
          Run to the next
        </button>
      </div>
    </form>
  );
}
