import './space.css';
import { count, countOf, address as hex, pagesAsBytes } from '../../app/format.ts';
import { useView } from '../../app/use-view.ts';
import type { SubjectView } from '../../protocol/subject.ts';
import type { AreaRow, SpaceView as SpaceData } from '../../protocol/views.ts';
import { SelectRow } from '../parts/select-row.tsx';
import { TaskChoice } from '../parts/task-choice.tsx';
import { useSubject } from '../parts/use-subject.ts';
import { useTask } from '../parts/use-task.ts';
import { countPages, PAGE_STATES } from './address-scale.ts';
import { AREA_KINDS, areaKind } from './area-kind.ts';
import { PAGE_LOOKS } from './draw-space.ts';
import { SpaceCanvas } from './space-canvas.tsx';

/** The address space of a task: its areas to scale, which of their pages there are, and the same as a table. */
export function SpaceView(_properties: { panelId: string }) {
  const { pid, tasks } = useTask();
  const data = useView(pid === 0 ? null : { view: 'space', pid }).value;
  if (pid === 0) return <div class="view-empty">No program has an address space now.</div>;
  return (
    <div class="view">
      <div class="view-toolbar">
        <TaskChoice pid={pid} tasks={tasks} />
        {data !== null && (
          <span class="soft">
            {countOf(data.areas.length, 'area')}, {pagesAsBytes(data.totalVm)}, resident{' '}
            {pagesAsBytes(data.rss)}
          </span>
        )}
      </div>
      {data !== null && data.pid === pid && <Space data={data} />}
    </div>
  );
}

function Space({ data }: { data: SpaceData }) {
  const { subject } = useSubject();
  return (
    <>
      <SpaceCanvas view={data} subject={subject} />
      <PageLegend areas={data.areas} />
      <div class="view-body space-body">
        <table class="table space-table">
          <thead>
            <tr>
              <th>addresses</th>
              <th>access</th>
              <th class="number">size</th>
              <th class="number">resident</th>
              <th class="number">in swap</th>
              <th>what</th>
              <th class="number">offset</th>
            </tr>
          </thead>
          <tbody>
            {data.areas.map((area) => (
              <Area key={area.start} area={area} view={data} related={isAbout(area, data, subject)} />
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}

/** Whether what is selected lies in an area, or is the file that it maps. */
function isAbout(area: AreaRow, view: SpaceData, subject: SubjectView): boolean {
  if (subject.of.kind === 'file' && subject.address < 0)
    return area.path !== '' && area.path === subject.file;
  return subject.pid === view.pid && subject.area === area.start;
}

function Area({ area, view, related }: { area: AreaRow; view: SpaceData; related: boolean }) {
  const kind = AREA_KINDS[areaKind(area, view.brk)];
  return (
    <SelectRow target={{ kind: 'area', pid: view.pid, start: area.start }} related={related}>
      <td class="mono">
        {hex(area.start)}–{hex(area.end)}
      </td>
      <td class="mono" title={area.flags.join(' ')}>
        {area.permissions}
      </td>
      <td class="number">{pagesAsBytes((area.end - area.start) / 4096)}</td>
      <td class="number">{area.resident === 0 ? '–' : pagesAsBytes(area.resident)}</td>
      <td class="number">{area.swapped === 0 ? '–' : pagesAsBytes(area.swapped)}</td>
      <td>
        <span class="swatch space-swatch" style={{ background: `var(${kind.colour})` }} />
        {area.path === '' ? kind.title : <span class="mono">{area.path}</span>}
      </td>
      <td class="number mono faint">{area.path === '' ? '' : hex(area.offset)}</td>
    </SelectRow>
  );
}

/** What the strip's lower row says, with numbers of pages. */
function PageLegend({ areas }: { areas: readonly AreaRow[] }) {
  const sums = new Float64Array(PAGE_STATES);
  const counts = new Uint32Array(PAGE_STATES);
  for (const area of areas) {
    countPages(area.pages, 0, area.pages.length, counts);
    for (const [state, pages] of counts.entries()) sums[state] = (sums[state] as number) + pages;
  }
  return (
    <div class="legend space-legend">
      {PAGE_LOOKS.map((look, state) => {
        const pages = sums[state] as number;
        if (pages === 0) return null;
        return (
          <span key={look.title} class="legend-item">
            <span
              class={`swatch${look.hatched === true ? ' hatched' : ''}`}
              style={{ backgroundColor: `var(${look.colour})` }}
            />
            {look.title} <span class="space-count">{count(pages)}</span>
          </span>
        );
      })}
    </div>
  );
}
