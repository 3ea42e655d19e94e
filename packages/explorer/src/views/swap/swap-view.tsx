import { bytes, count } from '../../app/format.ts';
import { select } from '../../app/selection.ts';
import { Term } from '../../app/term.tsx';
import { useView } from '../../app/use-view.ts';
import type { SwapView as SwapData } from '../../protocol/views.ts';
import { CellGrid } from '../drawing/cell-grid.tsx';
import { useColour } from '../drawing/use-colour.ts';
import { useSubject } from '../parts/use-subject.ts';
import './swap.css';

type Area = SwapData['areas'][number];

const PAGE = 4096;
/** Value of a slot that cannot be used: the header, or a bad page. */
const BAD = 255;

/** Each swap area slot by slot. */
export function SwapView() {
  const data = useView({ view: 'swap' }).value;
  if (data === null) return <div class="view-empty">No machine yet.</div>;
  if (data.areas.length === 0) {
    return <div class="view-empty">This machine does not swap: it has no swap area.</div>;
  }
  return (
    <div class="view">
      <div class="view-toolbar">
        <ul class="legend">
          <li class="legend-item">
            <span class="swatch" style={{ background: 'var(--use-free)' }} /> free
          </li>
          <li class="legend-item">
            <span class="swatch" style={{ background: 'var(--use-sharedMemory)' }} /> one user
          </li>
          <li class="legend-item">
            <span class="swatch" style={{ background: 'var(--series-4)' }} /> several
          </li>
          <li class="legend-item">
            <span class="swatch" style={{ background: 'var(--use-reserved)' }} /> header or bad
          </li>
        </ul>
        <span class="grow" />
        <span class="soft">
          <Term id="swap-cache">swap cache</Term> {count(data.swapCache)} pages
        </span>
      </div>
      <div class="view-body padded">
        {data.areas.map((area, i) => (
          <AreaMap key={area.path} area={area} index={i} />
        ))}
      </div>
    </div>
  );
}

function AreaMap({ area, index }: { area: Area; index: number }) {
  const colour = useColour();
  const { swapArea, slot } = useSubject().subject;
  return (
    <section class="swap-area">
      <h3 class="swap-title">
        <span class="mono">{area.path}</span>
        <span class="soft">
          priority {area.priority}, {count(area.used)} of {count(area.pages)} slots used (
          {bytes(area.used * PAGE)})
        </span>
      </h3>
      <div class="swap-fill" aria-hidden="true">
        <span style={{ width: `${area.pages === 0 ? 0 : (100 * area.used) / area.pages}%` }} />
      </div>
      <p class="faint swap-search">
        <Term id="swap-cluster">cluster</Term> goes on at {count(area.clusterNext)}, {count(area.clusterLeft)}{' '}
        left; search between {count(area.lowestBit)} and {count(area.highestBit)}
      </p>
      <CellGrid
        label={`Slots of ${area.path}`}
        values={area.map}
        colour={(users) => colour(colourOf(users))}
        describe={(slot) => `slot ${count(slot)}: ${slotText(area.map[slot] as number)}`}
        height={420}
        selected={swapArea === index ? slot : -1}
        onSelect={(next) => select({ kind: 'slot', area: index, slot: next })}
      />
    </section>
  );
}

function colourOf(users: number): string {
  if (users === 0) return '--use-free';
  if (users === BAD) return '--use-reserved';
  return users === 1 ? '--use-sharedMemory' : '--series-4';
}

function slotText(users: number): string {
  if (users === 0) return 'free';
  if (users === BAD) return 'header or bad page';
  return users === 1 ? 'one reference' : `${users} references`;
}
