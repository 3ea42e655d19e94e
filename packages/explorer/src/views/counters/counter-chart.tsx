import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import { count } from '../../app/format.ts';
import { postCommand } from '../../app/machine.ts';
import { Term } from '../../app/term.tsx';
import { theme } from '../../app/theme.ts';
import { useColour } from '../drawing/use-colour.ts';
import { useInSight } from '../drawing/use-in-sight.ts';
import { useWidth } from '../drawing/use-width.ts';
import { type CounterSeries, sampleAt } from './counter-series.ts';
import 'uplot/dist/uPlot.min.css';

const HEIGHT = 84;
/** All charts show the same moment under the pointer. */
const cursor = uPlot.sync('counters');

interface CounterChartProps {
  readonly series: CounterSeries;
  /** Virtual seconds of the samples. */
  readonly time: Float64Array;
  /** Turns of the samples. */
  readonly turn: Float64Array;
  /** Virtual time of the selected event, ns; -1: none. */
  readonly event: number;
}

/** One counter over virtual time. */
export function CounterChart({ series, time, turn, event }: CounterChartProps) {
  const { ref: box, width } = useWidth();
  const seen = useInSight(box).value;
  const plot = useRef<uPlot | null>(null);
  const turns = useRef(turn);
  turns.current = turn;
  const marked = useRef(event);
  marked.current = event;
  const colour = useColour();
  const shownTheme = theme.value;
  useEffect(() => {
    const host = box.current;
    if (host === null || !seen) return;
    plot.current = new uPlot(options(width, colour, turns, marked), [time, series.values], host);
    return () => {
      plot.current?.destroy();
      plot.current = null;
    };
  }, [shownTheme, seen]);
  useEffect(() => plot.current?.setSize({ width, height: HEIGHT }), [width]);
  useEffect(() => plot.current?.setData([time, series.values]), [time, series.values]);
  useEffect(() => plot.current?.redraw(false), [event]);
  return (
    <figure class="counter" data-counter={series.name}>
      <figcaption>
        <Term id={`counter:${series.name}`}>{series.name}</Term>
        <output class="number">{count(series.now)}</output>
      </figcaption>
      <div ref={box} class="counter-plot" />
    </figure>
  );
}

function options(
  width: number,
  colour: (property: string) => string,
  turns: { readonly current: Float64Array },
  marked: { readonly current: number },
): uPlot.Options {
  const axis = {
    stroke: colour('--text-faint'),
    grid: { stroke: colour('--line'), width: 1 },
    ticks: { show: false },
    font: `10px ${colour('--sans')}`,
  };
  return {
    width,
    height: HEIGHT,
    padding: [6, 6, 0, 0],
    legend: { show: false },
    scales: { x: { time: false } },
    cursor: { sync: { key: cursor.key }, points: { size: 5 }, drag: { x: false, y: false } },
    axes: [
      { ...axis, size: 18, gap: 2, space: 72, values: (_plot, values) => times(values) },
      { ...axis, size: 46, gap: 4, values: (_plot, values) => values.map(short) },
    ],
    series: [
      {},
      {
        stroke: colour('--series-0'),
        fill: `color-mix(in srgb, ${colour('--series-0')} 14%, transparent)`,
        width: 1.5,
        ...stepped,
        points: { show: false },
      },
    ],
    hooks: {
      draw: [(plot) => drawEvent(plot, marked.current / 1e9, colour('--mark-selected'))],
      ready: [
        (plot) =>
          plot.over.addEventListener('click', () => {
            const at = sampleAt(plot.data[0] as Float64Array, plot.posToVal(plot.cursor.left ?? 0, 'x'));
            const turn = turns.current[at];
            if (turn !== undefined) postCommand({ type: 'seek', turn });
          }),
      ],
    },
  };
}

/** The moment of the selected event. @param seconds virtual time; below 0: none is selected */
function drawEvent(plot: uPlot, seconds: number, colour: string): void {
  const { min = 0, max = 0 } = plot.scales['x'] ?? {};
  if (seconds < 0 || seconds < (min ?? 0) || seconds > (max ?? 0)) return;
  const { top, height } = plot.bbox;
  plot.ctx.fillStyle = colour;
  plot.ctx.fillRect(Math.round(plot.valToPos(seconds, 'x', true)) - 1, top, 2 * devicePixelRatio, height);
}

/** A number holds until it is seen to be another: much time may pass in one turn. */
const stepped = uPlot.paths.stepped ? { paths: uPlot.paths.stepped({ align: 1 }) } : {};

/** Seconds in one unit that suits them all: `148.2 µs`. */
function times(seconds: readonly number[]): string[] {
  const most = Math.max(...seconds);
  const [scale, unit] = most < 1e-3 ? [1e6, 'µs'] : most < 1 ? [1e3, 'ms'] : [1, 's'];
  return seconds.map((value) => `${Number((value * scale).toPrecision(7))} ${unit}`);
}

/** `12k`, `1.5M`: for an axis. */
function short(value: number): string {
  if (Math.abs(value) >= 1e6) return `${value / 1e6}M`;
  return Math.abs(value) >= 1e4 ? `${value / 1e3}k` : `${value}`;
}
