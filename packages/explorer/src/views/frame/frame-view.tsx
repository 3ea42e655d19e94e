import { useSignal } from '@preact/signals';
import { useEffect, useMemo } from 'preact/hooks';
import './frame.css';
import { address, count, countOf, hexFrame, PAGE_BYTES } from '../../app/format.ts';
import { USE_COLOURS } from '../../app/palette-colours.ts';
import { selection } from '../../app/selection.ts';
import { Term } from '../../app/term.tsx';
import { useView } from '../../app/use-view.ts';
import { FRAME_USE, type FrameView as FrameData } from '../../protocol/views.ts';
import { SelectLink } from '../parts/select-link.tsx';
import { SelectRow } from '../parts/select-row.tsx';
import { useSubject } from '../parts/use-subject.ts';
import { hexLines } from './hex-lines.ts';
import { oneOfMany, type Shown, stepThrough } from './one-of-many.ts';

/** First of the kernel's addresses. */
const KERNEL = 0xc0000000;
/** Selections that may have no frame of their own: the frame before stays. */
const KEEPING: readonly string[] = ['event', 'task', 'area', 'file', 'slab'];

/** The selected frame, or one after another of what has many: what it is for, who has it, what happened to it, and its bytes. */
export function FrameView(_properties: { panelId: string }) {
  const { subject, known } = useSubject();
  const { kind } = selection.value;
  const shown = useSignal<Shown>({ place: 0, pfn: -1 });
  const { frames } = subject;
  const many = subject.pfn < 0 && frames.length > 0;
  // What has no frame of its own leaves the one before.
  const now = many
    ? oneOfMany(frames, shown.value)
    : subject.pfn >= 0 || (known && !KEEPING.includes(kind))
      ? { place: 0, pfn: subject.pfn }
      : shown.value;
  useEffect(() => {
    shown.value = now;
  }, [now.place, now.pfn]);
  const { pfn } = now;
  const data = useView(pfn < 0 ? null : { view: 'frame', pfn }).value;
  if (pfn < 0) {
    return (
      <div class="view-empty">
        {kind === 'none' || kind === 'event' || kind === 'task'
          ? 'Select a page frame: in the map of memory, in a list, or by an address.'
          : 'What is selected has no page frame now.'}
      </div>
    );
  }
  if (data !== null && data.zone === '')
    return <div class="view-empty">This machine has no frame {hexFrame(pfn)}.</div>;
  return (
    <div class="view">
      {many && (
        <Through
          name={subject.name}
          frames={frames}
          shown={now}
          onStep={(by) => (shown.value = stepThrough(frames, now, by))}
        />
      )}
      {data === null ? (
        <div class="view-empty">Frame {hexFrame(pfn)} …</div>
      ) : (
        <Frame data={data} kernelAddress={subject.pfn === pfn ? subject.address : -1} />
      )}
    </div>
  );
}

/** Which of the frames of a task, an area, a file or a cache is shown, and on to the next. */
function Through(properties: {
  name: string;
  frames: Int32Array;
  shown: Shown;
  onStep: (by: number) => void;
}) {
  const { name, frames, shown, onStep } = properties;
  const step = (label: string, sign: string, by: number, end: number) => (
    <button
      type="button"
      class="button plain small"
      aria-label={label}
      title={label}
      disabled={shown.place === end}
      onClick={() => onStep(by)}
    >
      {sign}
    </button>
  );
  return (
    <fieldset class="view-toolbar frame-through" aria-label={`Frames of ${name}`}>
      {step('Frame before', '‹', -1, 0)}
      <span class="frame-place">
        <b>{count(shown.place + 1)}</b> of {countOf(frames.length, 'frame')}
      </span>
      {step('Next frame', '›', 1, frames.length - 1)}
      <span class="soft frame-of" title={name}>
        of {name}
      </span>
      <SelectLink target={{ kind: 'frame', pfn: shown.pfn }}>select</SelectLink>
    </fieldset>
  );
}

function Frame({ data, kernelAddress }: { data: FrameData; kernelAddress: number }) {
  const use = USE_COLOURS[FRAME_USE[data.use]];
  return (
    <div class="view-body padded frame-body">
      <header class="frame-head">
        <span class="frame-swatch" style={{ background: `var(--use-${data.use})` }} />
        <h2>
          Frame <span class="mono">{hexFrame(data.pfn)}</span>
        </h2>
        <span class="faint">pfn {data.pfn}</span>
        <span class="soft">
          {use === undefined ? data.use : <Term id={use.term}>{use.title}</Term>} in zone {data.zone}
        </span>
      </header>
      <dl class="pairs">
        <dt>addresses</dt>
        <dd class="mono">
          {address(data.pfn * PAGE_BYTES)} – {address(data.pfn * PAGE_BYTES + PAGE_BYTES - 1)}
        </dd>
        <dt>
          <Term id="page-flags">flags</Term>
        </dt>
        <dd class="frame-flags">
          {data.flags.length === 0 ? (
            <span class="faint">none</span>
          ) : (
            data.flags.map((flag) => <Flag key={flag} name={flag} />)
          )}
        </dd>
        <dt>
          <Term id="page-count">count</Term>
        </dt>
        <dd>{count(data.count)}</dd>
        {data.age > 0 && (
          <>
            <dt>
              <Term id="page-age">age</Term>
            </dt>
            <dd>{data.age}</dd>
          </>
        )}
        <dt>owner</dt>
        <dd>{data.owner === '' ? <span class="faint">none but who maps it</span> : data.owner}</dd>
        <dt>mapped by</dt>
        <dd class="frame-mappings">
          {data.mappings.length === 0 && <span class="faint">no program</span>}
          {data.mappings.map((mapping) => (
            <SelectLink
              key={`${mapping.pid} ${mapping.address}`}
              target={{ kind: 'address', pid: mapping.pid, address: mapping.address }}
            >
              {mapping.comm} ({mapping.pid}) {address(mapping.address)}
            </SelectLink>
          ))}
        </dd>
        {kernelAddress >= KERNEL && (
          <>
            <dt>kernel address</dt>
            <dd class="mono">{address(kernelAddress)}</dd>
          </>
        )}
        <dt>allocated by</dt>
        <dd>
          {data.allocatedBy === 0 ? (
            <span class="faint">before events were recorded</span>
          ) : (
            <SelectLink target={{ kind: 'event', seq: data.allocatedBy }}>
              event {count(data.allocatedBy)}
            </SelectLink>
          )}
        </dd>
      </dl>
      <History data={data} />
      <Bytes bytes={data.bytes} />
    </div>
  );
}

function Flag({ name }: { name: string }) {
  return <span class="chip mono">{name}</span>;
}

/** What happened to the frame, the latest first. */
function History({ data }: { data: FrameData }) {
  const rows = useMemo(() => [...data.history].reverse(), [data.history]);
  return (
    <section aria-label="History of the frame">
      <h3 class="section-title">What happened to it</h3>
      {rows.length === 0 ? (
        <p class="faint frame-none">No event about it is in the record.</p>
      ) : (
        <div class="frame-history" data-scrolls>
          <table class="table">
            <tbody>
              {rows.map((event) => (
                <SelectRow key={event.seq} target={{ kind: 'event', seq: event.seq }}>
                  <td class="number soft">{count(event.seq)}</td>
                  <td class="mono">{event.name}</td>
                  <td class="soft frame-event" title={event.text}>
                    {event.sentence}
                  </td>
                </SelectRow>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}

function Bytes({ bytes }: { bytes: Uint8Array }) {
  const lines = useMemo(() => hexLines(bytes), [bytes]);
  return (
    <section aria-label="Bytes of the frame">
      <h3 class="section-title">Bytes</h3>
      {lines.length === 0 ? (
        <p class="faint frame-none">This machine keeps no contents.</p>
      ) : (
        <pre class="frame-bytes">
          {lines.map((line) => (
            <div key={line.offset}>
              <span class="frame-offset">{line.offset.toString(16).padStart(3, '0')}</span>
              {line.hex} <span class="frame-text">{line.text}</span>
              {line.repeated > 0 && (
                <div class="frame-same">
                  {'  * '}
                  {line.repeated === 1
                    ? 'the same line again'
                    : `${count(line.repeated)} times the same line`}
                </div>
              )}
            </div>
          ))}
        </pre>
      )}
    </section>
  );
}
