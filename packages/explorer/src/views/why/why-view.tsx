import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { ask } from '../../app/ask.ts';
import { count, hexFrame, time } from '../../app/format.ts';
import { postCommand } from '../../app/machine.ts';
import { status } from '../../app/machine-signals.ts';
import { select, selection } from '../../app/selection.ts';
import type { Answer } from '../../protocol/questions.ts';
import type { EventRow, HistoryRow } from '../../protocol/views.ts';
import './why.css';

type Why = Extract<Answer, { ask: 'why' }>;

/** Why the selected event happened: the decision with its numbers, the way through the kernel, what came before and after. */
export function WhyView() {
  const shown = useSignal<Why | null>(null);
  const refused = useSignal('');
  const seq = selection.value.kind === 'event' ? selection.value.seq : 0;
  // A link may select an event that the machine is still on the way to.
  const happened = status.value.seq >= seq;
  useEffect(() => {
    if (seq === 0 || !happened) return;
    let wanted = true;
    ask({ ask: 'why', seq }).then((answer) => {
      if (!wanted) return;
      refused.value = answer.ask === 'refused' ? answer.message : '';
      shown.value = answer.ask === 'why' ? answer : null;
    });
    return () => {
      wanted = false;
    };
  }, [seq, happened, shown, refused]);

  if (refused.value !== '') return <div class="view-empty">{refused.value}</div>;
  const why = shown.value;
  if (why === null) {
    return (
      <div class="view-empty">
        Select an event, in the log or in a frame’s history: here stands why the kernel did it.
      </div>
    );
  }
  return (
    <div class="view why">
      <div class="view-body padded">
        <p class="why-event">
          <b class="mono">{why.event.name}</b>
          <span class="faint">
            event {count(why.event.seq)}, {time(why.event.time)}
            {why.event.pid === 0 ? '' : `, pid ${why.event.pid}`}
          </span>
          <button
            type="button"
            class="button small"
            onClick={() => postCommand({ type: 'seek-event', seq: why.event.seq })}
          >
            Go there
          </button>
        </p>
        <p class="why-sentence">{why.sentence}</p>
        {why.comparison !== '' && (
          <p class="why-comparison">
            <span class="hidden-text">The comparison: </span>
            <code>{why.comparison}</code>
          </p>
        )}
        <h3 class="section-title">Way through the kernel</h3>
        <ol class="why-path">
          {why.path.map((step) => (
            <li key={step}>
              <code>{step}</code>
            </li>
          ))}
        </ol>
        {why.chapter !== '' && <p class="soft why-chapter">Read more: {why.chapter}</p>}
        <About event={why.event} />
        <History rows={why.history} now={why.event.seq} />
      </div>
    </div>
  );
}

/** Ways to what the event is about. */
function About({ event }: { event: EventRow }) {
  return (
    <p class="why-about">
      {event.pfn >= 0 && (
        <button type="button" class="button small" onClick={() => select({ kind: 'frame', pfn: event.pfn })}>
          Frame {hexFrame(event.pfn)}
        </button>
      )}
      {event.address >= 0 && event.pid > 0 && (
        <button
          type="button"
          class="button small"
          onClick={() => select({ kind: 'address', pid: event.pid, address: event.address })}
        >
          Address {event.address.toString(16).padStart(8, '0')}
        </button>
      )}
    </p>
  );
}

function History({ rows, now }: { rows: readonly HistoryRow[]; now: number }) {
  if (rows.length === 0) return null;
  return (
    <>
      <h3 class="section-title">What else happened to it</h3>
      <ol class="why-history">
        {rows.map((row) => (
          <li key={row.seq} class={row.seq === now ? 'why-now' : ''}>
            <button type="button" class="link mono" onClick={() => select({ kind: 'event', seq: row.seq })}>
              {row.name}
            </button>{' '}
            <span class="faint">{time(row.time)}</span>{' '}
            <span class="soft why-text" title={row.text}>
              {row.sentence}
            </span>
          </li>
        ))}
      </ol>
    </>
  );
}
