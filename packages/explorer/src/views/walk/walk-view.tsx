import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import './walk.css';
import { count, address as hex, hexFrame, PAGE_BYTES } from '../../app/format.ts';
import { select } from '../../app/selection.ts';
import { Term } from '../../app/term.tsx';
import { useView } from '../../app/use-view.ts';
import type { SubjectView } from '../../protocol/subject.ts';
import type { WalkView as WalkData, WalkStep } from '../../protocol/views.ts';
import { FrameLink, SelectLink } from '../parts/select-link.tsx';
import { TaskChoice } from '../parts/task-choice.tsx';
import { useSubject } from '../parts/use-subject.ts';
import { useTask } from '../parts/use-task.ts';
import { BitRow } from './bit-row.tsx';
import {
  type AddressField,
  addressFields,
  entryFields,
  fieldValue,
  parseAddress,
  swapPlace,
  threeLevels,
} from './entry-bits.ts';

/** How the CPU finds the page of an address: level by level through the page tables, with the bits of every entry. */
export function WalkView(_properties: { panelId: string }) {
  const { pid, tasks } = useTask();
  const at = useWalkedAddress(pid);
  const data = useView(pid === 0 || at === null ? null : { view: 'walk', pid, address: at }).value;
  if (pid === 0) return <div class="view-empty">No program has an address space now.</div>;
  return (
    <div class="view">
      <form class="view-toolbar" onSubmit={(event) => event.preventDefault()}>
        <TaskChoice pid={pid} tasks={tasks} />
        <AddressInput pid={pid} at={at ?? 0} />
      </form>
      <div class="view-body padded walk-body">
        {data !== null && data.pid === pid && <Walk data={data} />}
      </div>
    </div>
  );
}

/** The selected address, or an area's first; until one is selected, the first of the task's areas. */
function useWalkedAddress(pid: number): number | null {
  const last = useSignal<{ pid: number; at: number } | null>(null);
  const { subject } = useSubject();
  const named = walkedAddress(subject);
  const space = useView(
    named === null && last.value?.pid !== pid && pid !== 0 ? { view: 'space', pid } : null,
  ).value;
  const first = space?.areas[0]?.start;
  useEffect(() => {
    if (named !== null) last.value = { pid, at: named };
    else if (last.peek()?.pid !== pid && first !== undefined) last.value = { pid, at: first };
  }, [named, pid, first]);
  return named ?? (last.value?.pid === pid ? last.value.at : null);
}

/** The address that a selection is about, or the first of its area; null: it has none. */
function walkedAddress({ address, area }: SubjectView): number | null {
  if (address >= 0) return address;
  return area >= 0 ? area : null;
}

function AddressInput({ pid, at }: { pid: number; at: number }) {
  const text = useSignal(hex(at));
  useEffect(() => {
    text.value = hex(at);
  }, [at]);
  const typed = parseAddress(text.value);
  const go = (to: number): void => select({ kind: 'address', pid, address: to >>> 0 });
  return (
    <>
      <label class="walk-address">
        <span class="soft">address</span>
        <input
          class="field mono"
          spellcheck={false}
          size={10}
          value={text.value}
          aria-invalid={typed === null}
          onInput={(event) => {
            text.value = event.currentTarget.value;
          }}
          onChange={() => typed !== null && go(typed)}
        />
      </label>
      <button
        type="button"
        class="button plain small"
        title="The page before"
        onClick={() => go(at - PAGE_BYTES)}
      >
        − page
      </button>
      <button
        type="button"
        class="button plain small"
        title="The page behind"
        onClick={() => go(at + PAGE_BYTES)}
      >
        + page
      </button>
    </>
  );
}

function Walk({ data }: { data: WalkData }) {
  const fields = addressFields(data.steps, data.address);
  const wide = threeLevels(data.steps, data.address);
  return (
    <div class="walk">
      <section aria-label="The address">
        <h3 class="walk-title">
          Address <span class="mono">{hex(data.address)}</span>
        </h3>
        <BitRow
          value={data.address}
          fields={fields}
          numbers
          classOf={(field) => `walk-${field.name}`}
          label={fields.map((f) => `${f.name} ${fieldValue(data.address, f.high, f.low)}`).join(', ')}
        />
      </section>
      {data.steps.map((step) => (
        <Level
          key={step.level}
          step={step}
          wide={wide}
          field={fields.find((field) => field.name === step.level)}
        />
      ))}
      <Outcome data={data} />
    </div>
  );
}

/** One level: which entry of the table, where it lies, what it says. */
function Level({ step, wide, field }: { step: WalkStep; wide: boolean; field: AddressField | undefined }) {
  const size = wide ? 8 : 4;
  const table = step.entryAddress - step.index * size;
  const entries = field?.entries ?? 1024;
  const digits = wide ? 9 : 8;
  return (
    <section class={`walk-level walk-${step.level}`} aria-label={`Level ${step.level}`}>
      <header class="walk-head">
        <b>
          <Term id={step.level}>{step.level}</Term>
        </b>
        <span class="soft">
          table in frame <FrameLink pfn={Math.floor(table / PAGE_BYTES)} />
        </span>
        <span class="mono soft">
          {hex(table)} + {step.index} × {size} = <span class="walk-strong">{hex(step.entryAddress)}</span>
        </span>
      </header>
      <div class="walk-table" aria-hidden="true">
        <span class="walk-mark" style={{ left: `${((step.index + 0.5) / entries) * 100}%` }} />
        <span class="walk-index" style={place(step.index / entries)}>
          [{step.index}] of {count(entries)}
        </span>
      </div>
      <BitRow
        value={step.entry}
        fields={entryFields(step, wide)}
        label={`entry ${step.entry.toString(16)}: ${step.bits.join(' ')}`}
      />
      <p class="walk-meaning">
        <code>{step.entry.toString(16).padStart(digits, '0')}</code> {step.meaning}
      </p>
    </section>
  );
}

/** Right of the mark in the table's left half, left of it in the right one. */
function place(share: number): Record<string, string> {
  if (share < 0.5) return { left: `calc(${share * 100}% + 10px)` };
  return { right: `calc(${(1 - share) * 100}% + 10px)` };
}

function Outcome({ data }: { data: WalkData }) {
  const mapped = data.pfn >= 0;
  const last = data.steps.at(-1);
  const swapped = last === undefined ? null : swapPlace(last);
  return (
    <section class={`walk-outcome${mapped ? ' walk-mapped' : ''}`} aria-label="Outcome">
      <p>
        <b>{data.outcome}</b>
      </p>
      {mapped && (
        <p>
          frame <FrameLink pfn={data.pfn} /> · physical address{' '}
          <span class="mono">{hex(data.pfn * PAGE_BYTES + (data.address % PAGE_BYTES))}</span>{' '}
          <span class="faint">
            = {hexFrame(data.pfn)} × 4096 + {data.address % PAGE_BYTES}
          </span>
        </p>
      )}
      {swapped !== null && (
        <p>
          <SelectLink target={{ kind: 'slot', ...swapped }}>
            slot {count(swapped.slot)} of swap area {swapped.area}
          </SelectLink>
        </p>
      )}
      <p class="soft">
        <InTlb known={data.inTlb} />
      </p>
    </section>
  );
}

function InTlb({ known }: { known: boolean }) {
  return (
    <>
      <span class={`walk-tlb${known ? ' walk-hit' : ''}`}>
        {known ? 'in the ' : 'not in the '}
        <Term id="tlb">TLB</Term>
      </span>{' '}
      {known ? 'The CPU knows it: no walk for the next access.' : 'The next access walks the tables.'}
    </>
  );
}
