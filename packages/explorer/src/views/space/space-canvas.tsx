import { useSignal } from '@preact/signals';
import { useEffect, useMemo, useRef } from 'preact/hooks';
import { address as hex } from '../../app/format.ts';
import { usePanelKeys } from '../../app/panel-keys.ts';
import { select } from '../../app/selection.ts';
import type { SubjectView } from '../../protocol/subject.ts';
import type { SpaceView } from '../../protocol/views.ts';
import { type GestureActions, zoomGestures } from '../drawing/gestures.ts';
import { tokens } from '../drawing/tokens.ts';
import { useCanvas } from '../drawing/use-canvas.ts';
import { useColour } from '../drawing/use-colour.ts';
import { useWidth } from '../drawing/use-width.ts';
import {
  addressAtX,
  addressToX,
  holdWindow,
  layOutSpace,
  revealAddress,
  type Window,
  zoomWindow,
} from './address-scale.ts';
import { AREA_KINDS, areaKind } from './area-kind.ts';
import { drawSpace, PAGE_LOOKS, ROWS, SPACE_HEIGHT } from './draw-space.ts';

const PAGE = 4096;
/** Largest zoom: single pages of a large space are seen. */
const MOST = 4000;
const WHOLE: Window = { offset: 0, zoom: 1 };

/** The address space as a strip: wheel, two fingers and W S zoom, dragging and A D move, a press selects the address. */
export function SpaceCanvas({ view, subject }: { view: SpaceView; subject: SubjectView }) {
  const { ref: box, width } = useWidth();
  const window = useSignal<Window>(WHOLE);
  const pointed = useSignal(-1);
  const stretches = useMemo(() => layOutSpace(view.areas, view.taskSize, width), [view, width]);
  const colour = useColour();
  const own = subject.pid === view.pid;
  const address = own && subject.address < view.taskSize ? subject.address : -1;
  const area = own ? areaOf(view, subject.area >= 0 ? subject.area : address) : -1;
  const { ref, redraw } = useCanvas((context, wide, _height, ratio) =>
    drawSpace(context, {
      view,
      stretches,
      window: window.peek(),
      address,
      area,
      pointed: pointed.peek(),
      colour: (name) => colour(name),
      tokens: tokens(),
      ratio,
      width: wide,
    }),
  );
  useEffect(redraw, [view, stretches, window.value, pointed.value, address, area]);
  useEffect(() => {
    window.value = WHOLE;
  }, [view.pid]);

  useEffect(() => {
    if (address >= 0) window.value = revealAddress(stretches, window.peek(), address, width);
  }, [address]);

  const show = (next: Window): void => {
    window.value = holdWindow(next, width);
  };
  const zoom = (at: number, factor: number): void => show(zoomWindow(window.value, at, factor, width, MOST));
  usePanelKeys({
    zoom: (direction) => {
      const at = address >= 0 ? addressToX(stretches, window.value, address) : width / 2;
      zoom(at >= 0 && at <= width ? at : width / 2, direction > 0 ? 1.5 : 1 / 1.5);
    },
    pan: (dx) =>
      show({ ...window.value, offset: window.value.offset + (dx * width) / 8 / window.value.zoom }),
    showSelection: () => {
      const stretch = stretches.find((s) => s.start === area && s.kind === 'area');
      if (stretch === undefined) show(WHOLE);
      else
        show({
          offset: stretch.x - stretch.width * 0.1,
          zoom: Math.min(MOST, width / (stretch.width * 1.2)),
        });
    },
  });
  const press = (found: number, y: number): void => {
    const area = areaOf(view, found);
    if (area < 0) return;
    if (y < ROWS.pages.top) select({ kind: 'area', pid: view.pid, start: area });
    else select({ kind: 'address', pid: view.pid, address: found - (found % PAGE) });
  };
  const pan = (dx: number): void =>
    show({ ...window.value, offset: window.value.offset - dx / window.value.zoom });
  // The handlers stay the same while fingers are down; what they do is that of the last picture.
  const latest = useRef<GestureActions | null>(null);
  latest.current = {
    pan,
    zoom: (x, _y, factor) => zoom(x, factor),
    atPlace: (x) => addressAtX(stretches, window.value, x)?.address ?? -1,
    point: (found) => (pointed.value = found),
    press: (found, place) => press(found, place.y),
    show: () => (window.value = WHOLE),
  };
  const gestures = useRef<ReturnType<typeof zoomGestures> | null>(null);
  gestures.current ??= zoomGestures({
    pan: (dx, dy) => latest.current?.pan(dx, dy),
    zoom: (x, y, factor) => latest.current?.zoom(x, y, factor),
    atPlace: (x, y) => latest.current?.atPlace(x, y) ?? -1,
    point: (found, place) => latest.current?.point(found, place),
    press: (found, place) => latest.current?.press(found, place),
    show: (found) => latest.current?.show(found),
  });

  return (
    <div class="space-strip" ref={box}>
      <canvas
        ref={ref}
        style={{ height: `${SPACE_HEIGHT}px` }}
        tabIndex={0}
        role="img"
        aria-label={`Address space of ${view.comm}: ${view.areas.length} areas. Arrow keys go from page to page, Shift with them from area to area`}
        onKeyDown={(event) => {
          const next = steppedAddress(view, address, event.key, event.shiftKey);
          if (next < 0) return;
          select({ kind: 'address', pid: view.pid, address: next });
          event.preventDefault();
        }}
        {...gestures.current}
      />
      <p class="space-pointed">
        <PageText view={view} address={pointed.value >= 0 ? pointed.value : address} />
      </p>
    </div>
  );
}

/** Area that holds an address; -1: none. */
function areaOf(view: SpaceView, address: number): number {
  return view.areas.find((area) => address >= area.start && address < area.end)?.start ?? -1;
}

/** Where an arrow key leads from an address: the next page, or with Shift the next area; -1: the key leads nowhere. */
export function steppedAddress(view: SpaceView, address: number, key: string, far: boolean): number {
  const step = key === 'ArrowRight' ? 1 : key === 'ArrowLeft' ? -1 : 0;
  const first = view.areas[0];
  if (step === 0 || first === undefined) return -1;
  const index = view.areas.findIndex((area) => address >= area.start && address < area.end);
  if (index < 0) return first.start;
  const area = view.areas[index] as (typeof view.areas)[number];
  const next = view.areas[index + step];
  const page = address - (address % PAGE) + step * PAGE;
  if (!far && page >= area.start && page < area.end) return page;
  if (next === undefined) return -1;
  return step > 0 || far ? next.start : next.end - PAGE;
}

function PageText({ view, address }: { view: SpaceView; address: number }) {
  if (address < 0) return <span class="faint">Point at the strip, or press on it, to see a page.</span>;
  const area = view.areas.find((row) => address >= row.start && address < row.end);
  if (area === undefined)
    return (
      <>
        <code>{hex(address)}</code>{' '}
        <span class="soft">in no area: an access is a fault that ends in SIGSEGV</span>
      </>
    );
  const state = area.pages[Math.floor((address - area.start) / PAGE)] ?? 0;
  return (
    <>
      <code>{hex(address)}</code>{' '}
      <span class="soft">
        {AREA_KINDS[areaKind(area, view.brk)].title} {area.path} <code>{area.permissions}</code>, page{' '}
        {PAGE_LOOKS[state]?.title}
      </span>
    </>
  );
}
