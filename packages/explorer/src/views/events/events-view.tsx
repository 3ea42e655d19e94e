import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { ask } from '../../app/ask.ts';
import { count, time } from '../../app/format.ts';
import { postCommand } from '../../app/machine.ts';
import { status } from '../../app/machine-signals.ts';
import { select, selection } from '../../app/selection.ts';
import { useView } from '../../app/use-view.ts';
import type { SubjectView } from '../../protocol/subject.ts';
import type { EventRow } from '../../protocol/views.ts';
import { useHeight } from '../drawing/use-height.ts';
import { useSubject } from '../parts/use-subject.ts';
import { ROW_PX, rowsAt, scrolledHeight, scrollTopOf } from './row-window.ts';
import './events.css';

/** Rows above one that was found. */
const ABOVE = 2;

/** The event log: a million rows, filtered by name, process and text. */
export function EventsView() {
  const name = useSignal('');
  const pid = useSignal('');
  const text = useSignal('');
  const follow = useSignal(true);
  const scroll = useSignal(0);
  const total = useSignal(0);
  // Rows that the scroll bar stands for. While it does not follow they stay as many, so that lines that come do not move those that
  // are read; at the end of them come all that there are by then.
  const span = useSignal(0);
  // Rows that were forgotten when those of the span were counted.
  const dropped = useRef(0);
  // Event that was selected elsewhere and is to be found; 0: none.
  const find = useSignal(0);
  const { subject } = useSubject();
  const body = useRef<HTMLDivElement | null>(null);
  const seen = useHeight(body);
  const filter = {
    names: name.value === '' ? [] : [name.value],
    pid: Number(pid.value) || 0,
    text: text.value,
  };
  // While it follows it stands at the end, wherever that is.
  const window = rowsAt(follow.value ? 0 : scroll.value, seen.value, span.value);
  const from = follow.value ? Math.max(0, total.value - window.count + 1) : window.first;
  const data = useView({
    view: 'events',
    // While it follows, the worker is asked for the end: more than there are.
    from: follow.value ? Number.MAX_SAFE_INTEGER : from,
    count: window.count,
    filter,
    ...(follow.value ? {} : { dropped: dropped.current }),
    ...(find.value > 0 ? { find: find.value } : {}),
  }).value;
  const renewed = useFiltered(JSON.stringify(filter), data !== null);
  if (data !== null && data.total !== total.value) total.value = data.total;
  if (follow.value || renewed || total.value < span.value) {
    span.value = total.value;
    if (data !== null) dropped.current = data.dropped;
  }
  // Until the rows of another place are there the last ones stay: nothing blinks.
  const last = useRef(data);
  if (data !== null) last.current = data;
  const rows = last.current?.rows ?? [];
  const shownFrom = last.current?.from ?? 0;

  useEffect(() => {
    if (follow.value && body.current !== null) body.current.scrollTop = scrolledHeight(total.value);
  }, [total.value, follow.value]);

  const onScroll = () => {
    const element = body.current;
    if (element === null) return;
    scroll.value = element.scrollTop;
    const atEnd = element.scrollTop + element.clientHeight >= scrolledHeight(span.value) - ROW_PX;
    if (atEnd) {
      span.value = total.value;
      dropped.current = last.current?.dropped ?? 0;
    } else follow.value = false;
  };
  const toRow = (row: number) => {
    follow.value = false;
    span.value = total.value;
    dropped.current = last.current?.dropped ?? 0;
    // When the scrolled is as high as that.
    requestAnimationFrame(() => {
      if (body.current !== null) body.current.scrollTop = scrollTopOf(row, seen.value, span.value);
    });
  };
  const chosen = selection.value.kind === 'event' ? selection.value.seq : 0;
  useEffect(() => {
    find.value = rows.some(({ seq }) => seq === chosen) ? 0 : chosen;
  }, [chosen]);
  useEffect(() => {
    if (find.value === 0 || data === null || status.peek().seq < find.value) return;
    if (!data.rows.some(({ seq }) => seq === find.value)) toRow(Math.max(0, data.found - ABOVE));
    find.value = 0;
  }, [data, find.value]);
  const top = follow.value ? Math.max(0, scrolledHeight(span.value) - rows.length * ROW_PX) : window.top;
  return (
    <div class="view events">
      <div class="view-toolbar">
        <NameField value={name.value} onChange={(value) => (name.value = value)} />
        <input
          class="field events-pid"
          placeholder="pid"
          aria-label="Only events of this process"
          inputMode="numeric"
          value={pid.value}
          onInput={(event) => (pid.value = event.currentTarget.value.replace(/\D/g, ''))}
        />
        <input
          class="field events-text"
          type="search"
          placeholder="contains …"
          aria-label="Only events whose line contains this"
          value={text.value}
          onInput={(event) => (text.value = event.currentTarget.value)}
        />
        <span class="grow" />
        <span class="faint">{count(total.value)} events</span>
        <button
          type="button"
          class="button small"
          aria-pressed={follow.value}
          onClick={() => (follow.value = !follow.value)}
        >
          Follow
        </button>
      </div>
      <div class="events-head" aria-hidden="true">
        <span>event</span>
        <span>time</span>
        <span>pid</span>
        <span>what</span>
      </div>
      <div class="view-body events-body" ref={body} onScroll={onScroll}>
        <div style={{ height: `${scrolledHeight(span.value)}px` }}>
          <div class="events-rows" role="listbox" aria-label="Events" style={{ top: `${top}px` }}>
            {rows.map((row, i) => (
              // Lines that run by are written anew where they stand; those that are scrolled are moved.
              <Row
                key={follow.value ? i : row.seq}
                row={row}
                related={isAbout(row, subject)}
                onStep={(by) => toRow(shownFrom + i + by)}
              />
            ))}
          </div>
        </div>
        {data !== null && total.value === 0 && (
          <div class="view-empty events-none">
            {status.value.seq === 0 ? 'Nothing has happened yet. Run the machine.' : 'No event matches.'}
          </div>
        )}
      </div>
    </div>
  );
}

/** Names that can be chosen: those of all tracepoints. */
function NameField({ value, onChange }: { value: string; onChange: (value: string) => void }) {
  const names = useSignal<readonly string[]>([]);
  useEffect(() => {
    ask({ ask: 'tracepoints' }).then((answer) => {
      if (answer.ask === 'tracepoints') names.value = answer.list.map((point) => point.name).sort();
    });
  }, [names]);
  return (
    <select
      class="field events-name"
      aria-label="Only events of this name"
      value={value}
      onChange={(event) => onChange(event.currentTarget.value)}
    >
      <option value="">all events</option>
      {names.value.map((name) => (
        <option key={name} value={name}>
          {name}
        </option>
      ))}
    </select>
  );
}

/** Whether these are the first rows that pass a filter that was changed. */
function useFiltered(filter: string, arrived: boolean): boolean {
  const before = useRef(filter);
  const awaited = useRef(false);
  if (before.current !== filter) awaited.current = true;
  before.current = filter;
  if (!awaited.current || !arrived) return false;
  awaited.current = false;
  return true;
}

/** Whether a line is about the selected frame or page. */
function isAbout(row: EventRow, { pfn, address, pid }: SubjectView): boolean {
  if (pfn >= 0 && row.pfn === pfn) return true;
  return address >= 0 && row.pid === pid && row.address >= 0 && row.address >>> 12 === address >>> 12;
}

function Row(properties: {
  readonly row: EventRow;
  readonly related: boolean;
  readonly onStep: (by: number) => void;
}) {
  const { row, related, onStep } = properties;
  const chosen = selection.value.kind === 'event' && selection.value.seq === row.seq;
  const onKeyDown = (event: KeyboardEvent) => {
    const element = event.currentTarget as HTMLElement;
    const next = event.key === 'ArrowDown' ? element.nextElementSibling : element.previousElementSibling;
    if (event.key === 'Enter') select({ kind: 'event', seq: row.seq });
    else if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      if (next instanceof HTMLElement) next.focus();
      else onStep(event.key === 'ArrowDown' ? 1 : -1);
    } else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <div
      class={`events-row${chosen ? ' selected' : related ? ' related' : ''}`}
      role="option"
      aria-selected={chosen}
      tabIndex={0}
      onClick={() => select({ kind: 'event', seq: row.seq })}
      onDblClick={() => postCommand({ type: 'seek-event', seq: row.seq })}
      onKeyDown={onKeyDown}
      title="Click: why. Double click: the machine as it was then."
    >
      <span class="number faint">{count(row.seq)}</span>
      <span class="number faint">{time(row.time)}</span>
      <span class="number soft">{row.pid === 0 ? '' : row.pid}</span>
      <span class="events-what">
        <b>{row.name}</b>
        {row.decision && <span class="chip events-decision">decision</span>}{' '}
        <span class="soft">{row.text}</span>
      </span>
    </div>
  );
}
