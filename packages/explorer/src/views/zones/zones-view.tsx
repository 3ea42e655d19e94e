import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import './zones.css';
import { count, pagesAsBytes } from '../../app/format.ts';
import { status } from '../../app/machine-signals.ts';
import { Term } from '../../app/term.tsx';
import { useView } from '../../app/use-view.ts';
import type { ZoneView } from '../../protocol/views.ts';
import { tokens } from '../drawing/tokens.ts';
import { useCanvas } from '../drawing/use-canvas.ts';
import { useColour } from '../drawing/use-colour.ts';
import { useScrollWhen } from '../parts/scroll-into-body.ts';
import { useSubject } from '../parts/use-subject.ts';
import { drawWatermarks, WATERMARKS } from './draw-watermarks.ts';
import { type ZoneSamples, zoneSamples } from './zone-history.ts';

/** Free pages of every zone over time, against the marks at which kswapd wakes and sleeps. */
export function ZonesView(_properties: { panelId: string }) {
  const data = useView({ view: 'zones' }).value;
  const counters = useView({ view: 'counters' }).value;
  const near = useSignal(false);
  if (data === null) return <div class="view-empty">Zones appear when a machine runs.</div>;
  return (
    <div class="view">
      <div class="view-toolbar">
        <span class="soft">
          <Term id="watermarks">Free pages and watermarks</Term>
        </span>
        <span class="grow" />
        <button
          type="button"
          class="button plain small"
          aria-pressed={near.value}
          onClick={() => {
            near.value = !near.value;
          }}
        >
          near the marks
        </button>
      </div>
      <div class="view-body padded zones-body">
        {data.zones.map((zone) => (
          <Zone
            key={zone.name}
            zone={zone}
            samples={zoneSamples(counters, zone.name, status.value.time, zone.free)}
            near={near.value}
          />
        ))}
      </div>
    </div>
  );
}

function Zone({ zone, samples, near }: { zone: ZoneView; samples: ZoneSamples; near: boolean }) {
  const pressure = pressureOf(zone);
  const { subject } = useSubject();
  const own = subject.zone === zone.name;
  const section = useRef<HTMLElement | null>(null);
  useScrollWhen(own, section);
  return (
    <section class={`zone${own ? ' zone-own' : ''}`} aria-label={`Zone ${zone.name}`} ref={section}>
      <header class="zone-head">
        <h3>{zone.name}</h3>
        <span class={`chip zone-${pressure.level}`}>{pressure.text}</span>
        <span class="soft">
          {count(zone.free)} of {count(zone.size)} pages free, {pagesAsBytes(zone.free)}
        </span>
      </header>
      <Chart zone={zone} samples={samples} near={near} event={subject.time} />
    </section>
  );
}

/** Where a zone stands against its marks, in words. */
export function pressureOf(zone: Pick<ZoneView, 'free' | 'min' | 'low' | 'high'>): {
  readonly level: 'fine' | 'low' | 'min';
  readonly text: string;
} {
  if (zone.free < zone.min) return { level: 'min', text: 'below min' };
  if (zone.free < zone.low) return { level: 'low', text: 'between min and low' };
  if (zone.free < zone.high) return { level: 'low', text: 'between low and high' };
  return { level: 'fine', text: 'above high' };
}

function Chart(properties: {
  readonly zone: ZoneView;
  readonly samples: ZoneSamples;
  readonly near: boolean;
  /** Time of the selected event, ns; -1: none. */
  readonly event: number;
}) {
  const { zone, samples, near, event: marked } = properties;
  const pointed = useSignal(-1);
  const colour = useColour();
  const { ref, redraw } = useCanvas((context, width, height, ratio) =>
    drawWatermarks(context, {
      zone,
      samples,
      near,
      pointed: pointed.peek(),
      event: marked,
      colour,
      tokens: tokens(),
      ratio,
      width,
      height,
    }),
  );
  useEffect(redraw, [zone, samples, near, pointed.value, marked]);
  const marks = WATERMARKS.map((mark) => `${mark} ${zone[mark]}`).join(', ');
  return (
    <canvas
      ref={ref}
      class="zone-chart"
      role="img"
      aria-label={`Free pages over time: now ${zone.free}; ${marks}`}
      onPointerMove={(event) => {
        pointed.value = event.clientX - event.currentTarget.getBoundingClientRect().left;
      }}
      onPointerLeave={() => {
        pointed.value = -1;
      }}
    />
  );
}
