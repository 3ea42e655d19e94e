import { useSignal } from '@preact/signals';
import { useMemo, useRef } from 'preact/hooks';
import './memory.css';
import { count } from '../../app/format.ts';
import { status } from '../../app/machine-signals.ts';
import { USE_COLOURS } from '../../app/palette-colours.ts';
import { NOTHING, select } from '../../app/selection.ts';
import { useView } from '../../app/use-view.ts';
import type { SubjectView } from '../../protocol/subject.ts';
import type { MemoryView as MemoryData } from '../../protocol/views.ts';
import type { PointerPlace } from '../drawing/gestures.ts';
import { useCalm } from '../drawing/use-calm.ts';
import { useNoShrink } from '../drawing/use-no-shrink.ts';
import { useSubject } from '../parts/use-subject.ts';
import { type Emphasis, marksOf, NO_EMPHASIS } from './cell-colours.ts';
import { countStates, describeFrame, framesWith, STATES } from './describe-frame.ts';
import { FrameCanvas, type MapControls } from './frame-canvas.tsx';
import type { FrameOrder } from './layout.ts';
import { MemoryLegend } from './legend.tsx';
import { saveMemoryPicture } from './save-picture.ts';

/** Every frame of the machine as a cell, coloured by its use: from the whole machine to a frame's bytes. */
export function MemoryView(_properties: { panelId: string }) {
  const data = useView({ view: 'memory' }).value;
  if (data === null)
    return <div class="view-empty">The map of physical memory appears when a machine runs.</div>;
  return <Memory data={data} />;
}

interface Pointed {
  readonly pfn: number;
  readonly place: PointerPlace | null;
  readonly byte: number;
}

function Memory({ data }: { data: MemoryData }) {
  const order = useSignal<FrameOrder>('row');
  const emphasis = useSignal<Emphasis>(NO_EMPHASIS);
  const { subject } = useSubject();
  const frames = data.use.length;
  const counted = useCalm(data);
  const only = useMemo(() => marksOf(subject.frames, frames), [subject.frames, frames]);
  const shown = useMemo(() => ({ ...emphasis.value, only }), [emphasis.value, only]);
  const pointed = useSignal<Pointed>({ pfn: -1, place: null, byte: -1 });
  const close = useSignal(-1);
  const contents = useView(close.value < 0 ? null : { view: 'frame', pfn: close.value });
  const controls = useRef<MapControls | null>(null);
  const foot = useNoShrink<HTMLElement>(status.value.phase === 'running');
  const { pfn, place, byte } = pointed.value;
  const bytes = contents.value?.pfn === pfn ? contents.value.bytes : null;
  const known = pfn >= 0 && pfn < data.use.length;
  return (
    <div class="view memory-view">
      <div class="view-toolbar">
        <OrderChoice order={order.value} onOrder={(next) => (order.value = next)} />
        <span class="grow" />
        <button
          type="button"
          class="button plain small"
          title="Smaller (S)"
          onClick={() => controls.current?.zoom(1 / 1.5)}
        >
          −
        </button>
        <button
          type="button"
          class="button plain small"
          title="Whole machine (0)"
          onClick={() => controls.current?.fit()}
        >
          fit
        </button>
        <button
          type="button"
          class="button plain small"
          title="Larger (W)"
          onClick={() => controls.current?.zoom(1.5)}
        >
          +
        </button>
        <button
          type="button"
          class="button plain small"
          title="Save the map as a picture"
          onClick={() => saveMemoryPicture(data, order.value, status.value)}
        >
          PNG
        </button>
      </div>
      <div class="memory-map">
        <FrameCanvas
          view={data}
          order={order.value}
          emphasis={shown}
          contents={contents}
          onPoint={(next, at, byte) => {
            pointed.value = { pfn: next, place: at, byte };
          }}
          onClose={(next) => (close.value = next)}
          controls={controls}
          spoken={known && place === null ? frameText(data, pfn) : ''}
        />
        {known && place !== null && (
          <Tooltip data={data} pfn={pfn} place={place} byte={byte} value={bytes?.[byte] ?? -1} />
        )}
      </div>
      <footer class="memory-foot" ref={foot}>
        {only !== null && <Only subject={subject} />}
        <MemoryLegend
          totals={counted.totals}
          shown={emphasis.value.uses}
          onShow={(uses) => (emphasis.value = { ...emphasis.value, uses })}
        />
        <StateToggles
          data={counted}
          emphasis={emphasis.value}
          onEmphasis={(next) => (emphasis.value = next)}
        />
      </footer>
    </div>
  );
}

/** What the map shows while something is selected that has many frames. */
function Only({ subject }: { subject: SubjectView }) {
  return (
    <p class="memory-only">
      <span>
        Frames of <b>{subject.name}</b>: <span class="memory-count">{count(subject.frames.length)}</span>
      </span>
      <button type="button" class="button plain small" onClick={() => select(NOTHING)}>
        Show all
      </button>
    </p>
  );
}

function OrderChoice({ order, onOrder }: { order: FrameOrder; onOrder: (order: FrameOrder) => void }) {
  return (
    <label class="memory-order">
      <span class="soft">order</span>
      <select
        class="field small"
        value={order}
        onChange={(event) => onOrder(event.currentTarget.value as FrameOrder)}
      >
        <option value="row">rows</option>
        <option value="hilbert">Hilbert curve</option>
      </select>
    </label>
  );
}

function StateToggles(properties: {
  readonly data: MemoryData;
  readonly emphasis: Emphasis;
  readonly onEmphasis: (emphasis: Emphasis) => void;
}) {
  const { data, emphasis, onEmphasis } = properties;
  const counts = useMemo(() => countStates(data.state), [data]);
  const aged = useMemo(() => hasAges(data), [data]);
  return (
    <fieldset class="memory-states" aria-label="Show only frames that are">
      <span class="faint">only</span>
      {STATES.map(({ bit, name }) => {
        const frames = framesWith(counts, bit);
        const pressed = (emphasis.states & bit) !== 0;
        if (frames === 0 && !pressed) return null;
        return (
          <button
            key={name}
            type="button"
            class="button plain small"
            aria-pressed={pressed}
            title={`Show only frames that are ${name}`}
            onClick={() => onEmphasis({ ...emphasis, states: emphasis.states ^ bit })}
          >
            {name} <span class="memory-count">{count(frames)}</span>
          </button>
        );
      })}
      {(aged || emphasis.byAge) && (
        <button
          type="button"
          class="button plain small"
          aria-pressed={emphasis.byAge}
          title="Shade pages by their age: the paler, the nearer to being given up"
          onClick={() => onEmphasis({ ...emphasis, byAge: !emphasis.byAge })}
        >
          age
        </button>
      )}
    </fieldset>
  );
}

/** Whether pages have ages: in releases before 2.4.10. */
function hasAges({ use, detail }: MemoryData): boolean {
  for (let frame = 0; frame < use.length; frame++) if (use[frame] !== 0 && detail[frame] !== 0) return true;
  return false;
}

function Tooltip(properties: {
  readonly data: MemoryData;
  readonly pfn: number;
  readonly place: PointerPlace;
  /** Byte that is pointed at, and its value; -1: none is seen, or known. */
  readonly byte: number;
  readonly value: number;
}) {
  const { data, pfn, place, byte, value } = properties;
  const frame = describeFrame(data, pfn);
  const use = USE_COLOURS[frame.use];
  const left = place.x > place.width - 250;
  const above = place.y > place.height - 120;
  return (
    <div
      class={`memory-tip${left ? ' left' : ''}${above ? ' above' : ''}`}
      style={{ left: `${place.x}px`, top: `${place.y}px` }}
      aria-hidden="true"
    >
      <div class="memory-tip-title">
        <span class="swatch" style={{ background: `var(--use-${use?.name ?? 'free'})` }} />
        <b>{use?.title}</b>
        <code>{frame.frame}</code>
      </div>
      <div>
        <code>{frame.address}</code> {frame.zone}
      </div>
      {frame.detail !== '' && <div>{frame.detail}</div>}
      {frame.state.length > 0 && <div>{frame.state.join(', ')}</div>}
      {value >= 0 && (
        <div>
          byte <code>{byte.toString(16).padStart(3, '0')}</code> ={' '}
          <code>{value.toString(16).padStart(2, '0')}</code>{' '}
          {value >= 32 && value < 127 && <code>'{String.fromCharCode(value)}'</code>}
        </div>
      )}
    </div>
  );
}

function frameText(data: MemoryData, pfn: number): string {
  const frame = describeFrame(data, pfn);
  const parts = [
    `frame ${frame.frame}`,
    USE_COLOURS[frame.use]?.title ?? '',
    frame.zone,
    frame.detail,
    ...frame.state,
  ];
  return parts.filter((part) => part !== '').join(', ');
}
