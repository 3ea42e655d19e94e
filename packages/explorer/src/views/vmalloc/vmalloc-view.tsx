import { address, bytes, count } from '../../app/format.ts';
import { select } from '../../app/selection.ts';
import { Term } from '../../app/term.tsx';
import { useView } from '../../app/use-view.ts';
import type { VmallocView as VmallocData } from '../../protocol/views.ts';
import { CellGrid } from '../drawing/cell-grid.tsx';
import { useColour } from '../drawing/use-colour.ts';
import { SelectRow } from '../parts/select-row.tsx';
import { useSubject } from '../parts/use-subject.ts';
import { useTask } from '../parts/use-task.ts';
import './vmalloc.css';

const PAGE = 4096;
/** Slots of kmap by their count: 0, 1, more. */
const SLOT_LOOKS = [
  { title: 'free', colour: '--use-free' },
  { title: 'used before, not flushed yet', colour: '--mark-inactive' },
  { title: 'mapped', colour: '--use-kernel' },
] as const;

/** What is mapped above the direct mapping: areas of vmalloc and ioremap to scale, and the slots of kmap. */
export function VmallocView() {
  const data = useView({ view: 'vmalloc' }).value;
  const colour = useColour();
  const { subject } = useSubject();
  // The kernel's addresses are the same in every address space; the walk is through that of the task that is shown.
  const { pid } = useTask();
  if (data === null) return <div class="view-empty">No machine yet.</div>;
  const span = data.end - data.start;
  const used = data.areas.reduce((sum, area) => sum + area.size, 0);
  return (
    <div class="view">
      <div class="view-body padded">
        <p class="soft vmalloc-intro">
          <Term id="vmalloc">vmalloc</Term> has {bytes(span)} of addresses, {address(data.start)} to{' '}
          {address(data.end)};{' '}
          {data.areas.length === 1 ? '1 area takes' : `${count(data.areas.length)} areas take`} {bytes(used)}.
        </p>
        <div class="vmalloc-bar" aria-hidden="true">
          {data.areas.map((area) => (
            <span
              key={area.address}
              class={`vmalloc-area${isIn(area, subject.address) ? ' selected' : ''}`}
              style={{
                left: `${(100 * (area.address - data.start)) / span}%`,
                width: `${(100 * area.size) / span}%`,
              }}
            />
          ))}
        </div>
        {data.areas.length > 0 && (
          <table class="table">
            <thead>
              <tr>
                <th>address</th>
                <th class="number">size</th>
                <th>kind</th>
              </tr>
            </thead>
            <tbody>
              {data.areas.map((area) => (
                <SelectRow
                  key={area.address}
                  target={{ kind: 'address', pid, address: area.address }}
                  related={isIn(area, subject.address)}
                >
                  <td class="mono">{address(area.address)}</td>
                  <td class="number">{bytes(area.size)}</td>
                  <td>{area.kind}</td>
                </SelectRow>
              ))}
            </tbody>
          </table>
        )}
        <h3 class="section-title">
          <Term id="pkmap">kmap slots</Term>
        </h3>
        {data.pkmap.length === 0 ? (
          <p class="faint vmalloc-intro">
            This machine has no high memory: kmap gives addresses of the direct mapping.
          </p>
        ) : (
          <>
            <p class="legend vmalloc-intro">
              {SLOT_LOOKS.map(({ title, colour: name }) => (
                <span key={title} class="legend-item">
                  <span class="swatch" style={{ background: `var(${name})` }} /> {title}
                </span>
              ))}
              {data.pkmap.every((users) => users === 0) && (
                <span>None was used since boot, or all were flushed.</span>
              )}
            </p>
            <CellGrid
              label="Slots of kmap"
              values={data.pkmap}
              colour={(value) => colour(SLOT_LOOKS[Math.min(2, value)]?.colour ?? '')}
              describe={(slot) => `slot ${slot}: ${slotText(data.pkmap[slot] as number)}`}
              height={160}
              selected={pkmapSlot(data, subject.address)}
              onSelect={(slot) => select({ kind: 'address', pid, address: data.pkmapStart + slot * PAGE })}
            />
          </>
        )}
      </div>
    </div>
  );
}

function isIn(area: { readonly address: number; readonly size: number }, at: number): boolean {
  return at >= area.address && at < area.address + area.size;
}

/** Slot of kmap that an address lies in; -1: it lies in none. */
function pkmapSlot({ pkmap, pkmapStart }: VmallocData, at: number): number {
  const slot = Math.floor((at - pkmapStart) / PAGE);
  return slot >= 0 && slot < pkmap.length ? slot : -1;
}

/** @param count pkmap_count of the slot */
function slotText(count: number): string {
  if (count === 0) return 'free';
  return count === 1 ? 'used before, its TLB entry is not flushed yet' : `mapped, ${count - 1} users`;
}
