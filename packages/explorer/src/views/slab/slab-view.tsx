import { useSignal } from '@preact/signals';
import { bytes, count } from '../../app/format.ts';
import { Term } from '../../app/term.tsx';
import { useView } from '../../app/use-view.ts';
import type { SlabRow } from '../../protocol/views.ts';
import { SelectRow } from '../parts/select-row.tsx';
import { useStandingOrder } from '../parts/standing-order.ts';
import { useSubject } from '../parts/use-subject.ts';
import './slab.css';

const PAGE = 4096;

/** All slab caches, as /proc/slabinfo has them, by the memory that they hold. */
export function SlabView() {
  const data = useView({ view: 'slab' }).value;
  const { cache: chosen } = useSubject().subject;
  const byName = useSignal(false);
  const sorted = [...(data?.caches ?? [])].sort((a, b) =>
    byName.value ? a.name.localeCompare(b.name) : pagesOf(b) - pagesOf(a),
  );
  const rows = useStandingOrder(sorted, ({ name }) => name, String(byName.value));
  if (data === null) return <div class="view-empty">No machine yet.</div>;
  const most = Math.max(1, ...rows.map(pagesOf));
  const all = rows.reduce((sum, row) => sum + pagesOf(row), 0);
  return (
    <div class="view">
      <div class="view-toolbar">
        <span class="soft">
          {count(rows.length)} caches hold {bytes(all * PAGE)}
        </span>
        <span class="grow" />
        <button
          type="button"
          class="button small"
          aria-pressed={byName.value}
          onClick={() => (byName.value = !byName.value)}
        >
          By name
        </button>
      </div>
      <div class="view-body slab-body">
        <table class="table slab-table">
          <thead>
            <tr>
              <th>
                <Term id="slab-cache">cache</Term>
              </th>
              <th class="number">objects</th>
              <th class="number">size</th>
              <th class="number">
                <Term id="slab">slabs</Term>
              </th>
              <th>memory</th>
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <CacheRow key={row.name} row={row} most={most} chosen={row.name === chosen} />
            ))}
          </tbody>
        </table>
      </div>
    </div>
  );
}

function CacheRow({ row, most, chosen }: { row: SlabRow; most: number; chosen: boolean }) {
  const pages = pagesOf(row);
  const used = row.objects === 0 ? 0 : row.activeObjects / row.objects;
  return (
    <SelectRow target={{ kind: 'slab', cache: row.name }} related={chosen}>
      <td class="mono">{row.name}</td>
      <td class="number">
        {count(row.activeObjects)} <span class="faint">/ {count(row.objects)}</span>
      </td>
      <td class="number">{count(row.objectSize)}</td>
      <td class="number">
        {count(row.activeSlabs)} <span class="faint">/ {count(row.slabs)}</span>
      </td>
      <td class="slab-memory">
        <span class="slab-bar" style={{ width: `${(100 * pages) / most}%` }}>
          <span class="slab-bar-used" style={{ width: `${100 * used}%` }} />
        </span>
        <span class="faint">{pages === 0 ? '' : bytes(pages * PAGE)}</span>
      </td>
    </SelectRow>
  );
}

function pagesOf(row: SlabRow): number {
  return row.slabs * row.pagesPerSlab;
}
