import { useSignal } from '@preact/signals';
import { Term } from '../../app/term.tsx';
import { useView } from '../../app/use-view.ts';
import { useSubject } from '../parts/use-subject.ts';
import { CounterChart } from './counter-chart.tsx';
import { chosenSeries } from './counter-series.ts';
import './counters.css';

/** A chart for each counter of the machine, over virtual time. */
export function CountersView() {
  const data = useView({ view: 'counters' }).value;
  const { time: event } = useSubject().subject;
  const text = useSignal('');
  const still = useSignal(false);
  if (data === null) return <div class="view-empty">No machine yet.</div>;
  const chosen = chosenSeries(data, { text: text.value, still: still.value });
  return (
    <div class="view">
      <div class="view-toolbar">
        <input
          class="field counters-search"
          type="search"
          placeholder="counters …"
          aria-label="Only counters whose name contains this"
          value={text.value}
          onInput={(event) => (text.value = event.currentTarget.value)}
        />
        <label class="legend-item">
          <input
            type="checkbox"
            checked={still.value}
            onChange={(event) => (still.value = event.currentTarget.checked)}
          />{' '}
          also those that stood still
        </label>
        <span class="grow" />
        <span class="faint">
          over <Term id="virtual-time">virtual time</Term>; click: the machine as it was then
        </span>
      </div>
      <div class="view-body counters-grid">
        {chosen.map((series) => (
          <CounterChart key={series.name} series={series} time={data.time} turn={data.turn} event={event} />
        ))}
        {chosen.length === 0 && <div class="view-empty">No counter has changed yet.</div>}
      </div>
    </div>
  );
}
