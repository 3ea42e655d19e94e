import { useSignal } from '@preact/signals';
import { useEffect, useMemo } from 'preact/hooks';
import './tlb.css';
import { count, address as hex, PAGE_BYTES } from '../../app/format.ts';
import { Term } from '../../app/term.tsx';
import { useView } from '../../app/use-view.ts';
import type { TlbView as TlbData, TlbRow } from '../../protocol/views.ts';
import { FrameLink } from '../parts/select-link.tsx';
import { SelectRow } from '../parts/select-row.tsx';
import { useRowWindow } from '../parts/use-row-window.ts';
import { useSubject } from '../parts/use-subject.ts';

/** Height of a row in tlb.css, pixels. */
const ROW_PX = 24;

/** Whose translations are shown. */
type Shown = 'all' | 'user' | 'kernel';

/** What the TLB holds: translations that need no walk of the page tables. */
export function TlbView(_properties: { panelId: string }) {
  const data = useView({ view: 'tlb' }).value;
  const shown = useSignal<Shown>('all');
  const rows =
    data?.rows.filter((row) => shown.value === 'all' || row.user === (shown.value === 'user')) ?? [];
  const table = useRowWindow(rows.length, ROW_PX);
  const { subject } = useSubject();
  const frames = useMemo(() => new Set(subject.frames), [subject.frames]);
  const { address, pfn } = subject;
  // What is selected comes into sight once, not again while the rows change.
  useEffect(() => {
    const row = rows.findIndex((one) => translates(one, address) || leadsTo(one, pfn));
    const { current } = table.ref;
    if (row < 0 || current === null) return;
    const at = row * ROW_PX;
    const { scrollTop, clientHeight } = current;
    if (at < scrollTop || at > scrollTop + clientHeight - 2 * ROW_PX)
      current.scrollTop = at - clientHeight / 3;
  }, [address, pfn, data === null]);
  const told = data?.rows.reduce((sum, row) => sum + row.pages, 0) ?? 0;
  if (data === null) return <div class="view-empty">The TLB appears when a machine runs.</div>;
  return (
    <div class="view">
      <div class="view-toolbar">
        <span>
          {count(data.used)} of {count(data.slots)} entries of the <Term id="tlb">TLB</Term>
        </span>
        <span class="grow" />
        {(['all', 'user', 'kernel'] as const).map((which) => (
          <button
            key={which}
            type="button"
            class="button plain small"
            aria-pressed={shown.value === which}
            onClick={() => {
              shown.value = which;
            }}
          >
            {which}
          </button>
        ))}
      </div>
      {data.ofKernel >= 0 && (
        <p class="tlb-note">
          The TLB of the x86 CPU that the program runs on. The kernel's own accesses go through another one
          beside it ({count(data.ofKernel)} entries now), which is flushed with it.
        </p>
      )}
      <div class="view-body" ref={table.ref} onScroll={table.onScroll}>
        <table class="table tlb-table">
          <thead>
            <tr>
              <th>addresses</th>
              <th class="number">pages</th>
              <th>frames from</th>
              <th>serves</th>
              <th>whose</th>
              <th>lasts</th>
            </tr>
          </thead>
          <tbody>
            <Space pixels={table.before} />
            {rows.slice(table.first, table.end).map((row) => (
              <Entry
                key={row.address}
                row={row}
                data={data}
                related={translates(row, address) || leadsTo(row, pfn) || leadsToAny(row, frames)}
              />
            ))}
            <Space pixels={table.after} />
          </tbody>
        </table>
        {told < data.used && <p class="tlb-note">All are listed when the machine stands.</p>}
        {rows.length === 0 && <p class="tlb-note">No entry translates now: the last flush dropped them.</p>}
      </div>
      <p class="tlb-foot">
        Flushes since boot: <b>{count(data.flushes.page)}</b> of a page, <b>{count(data.flushes.mm)}</b> of an
        address space, <b>{count(data.flushes.all)}</b> of everything
      </p>
    </div>
  );
}

/** What rows take that are not made. */
function Space({ pixels }: { pixels: number }) {
  return pixels === 0 ? null : <tr class="tlb-space" style={{ height: `${pixels}px` }} />;
}

function translates({ address, pages }: TlbRow, looked: number): boolean {
  return looked >= address && looked < address + pages * PAGE_BYTES;
}

function leadsTo({ pfn, pages }: TlbRow, looked: number): boolean {
  return pfn >= 0 && looked >= pfn && looked < pfn + pages;
}

function leadsToAny({ pfn, pages }: TlbRow, frames: ReadonlySet<number>): boolean {
  if (frames.size === 0 || pfn < 0) return false;
  for (let frame = pfn; frame < pfn + pages; frame++) if (frames.has(frame)) return true;
  return false;
}

function Entry({ row, data, related }: { row: TlbRow; data: TlbData; related: boolean }) {
  const end = row.address + row.pages * PAGE_BYTES;
  return (
    <SelectRow target={{ kind: 'address', pid: data.pid, address: row.address }} related={related}>
      <td class="mono">
        {hex(row.address)}–{hex(end)}
      </td>
      <td class="number">{count(row.pages)}</td>
      <td>{row.pfn < 0 ? <span class="faint">not mapped any more</span> : <FrameLink pfn={row.pfn} />}</td>
      <td>{row.stores ? 'loads and stores' : 'loads'}</td>
      <td>{row.user ? 'user' : 'kernel'}</td>
      <td class="soft">{row.global ? 'global' : 'until the next switch'}</td>
    </SelectRow>
  );
}
