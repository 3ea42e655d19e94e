import { useRef } from 'preact/hooks';
import { bytes, count, countOf } from '../../app/format.ts';
import { select } from '../../app/selection.ts';
import { Term } from '../../app/term.tsx';
import { useView } from '../../app/use-view.ts';
import type { FilesView as FilesData } from '../../protocol/views.ts';
import { CellGrid } from '../drawing/cell-grid.tsx';
import { useColour } from '../drawing/use-colour.ts';
import { useScrollWhen } from '../parts/scroll-into-body.ts';
import { useStandingOrder } from '../parts/standing-order.ts';
import { useSubject } from '../parts/use-subject.ts';
import './files.css';

type OneFile = FilesData['files'][number];

const PAGE = 4096;
const PAGE_COLOURS = ['--use-free', '--use-pageCache', '--mark-dirty', '--mark-locked'] as const;
const PAGE_TEXTS = ['not cached', 'cached', 'dirty', 'locked: read or written now'] as const;

/** The page cache, file by file. */
export function FilesView() {
  const data = useView({ view: 'files' }).value;
  const sorted = [...(data?.files ?? [])].sort((a, b) => b.cached - a.cached);
  const files = useStandingOrder(sorted, ({ path }) => path, 'cached');
  if (data === null) return <div class="view-empty">No machine yet.</div>;
  if (files.length === 0) return <div class="view-empty">No file has pages in the page cache.</div>;
  const cached = files.reduce((sum, file) => sum + file.cached, 0);
  const dirty = files.reduce((sum, file) => sum + file.dirty, 0);
  return (
    <div class="view">
      <div class="view-toolbar">
        <span class="soft">
          <Term id="page-cache">page cache</Term>: {bytes(cached * PAGE)} of {countOf(files.length, 'file')},{' '}
          {bytes(dirty * PAGE)} <Term id="dirty">dirty</Term>
        </span>
        <span class="grow" />
        <ul class="legend">
          {PAGE_TEXTS.map((text, i) => (
            <li key={text} class="legend-item">
              <span class="swatch" style={{ background: `var(${PAGE_COLOURS[i]})` }} /> {text.split(':')[0]}
            </li>
          ))}
        </ul>
      </div>
      <div class="view-body">
        {files.map((file) => (
          <FilePages key={file.path} file={file} />
        ))}
      </div>
    </div>
  );
}

function FilePages({ file }: { file: OneFile }) {
  const colour = useColour();
  const { subject } = useSubject();
  const chosen = subject.file === file.path;
  const section = useRef<HTMLElement | null>(null);
  useScrollWhen(chosen && subject.page < 0, section);
  return (
    <section ref={section} class={`files-file${chosen ? ' selected' : ''}`}>
      <button type="button" class="files-name" onClick={() => select({ kind: 'file', path: file.path })}>
        <span class="mono">{file.path}</span>
        {file.mapped && <span class="chip">mapped</span>}
        <span class="grow" />
        <span class="soft number">
          {count(file.cached)} of {countOf(Math.ceil(file.size / PAGE), 'page')}
          {file.dirty > 0 ? `, ${count(file.dirty)} dirty` : ''}
        </span>
      </button>
      <CellGrid
        label={`Pages of ${file.path}`}
        values={file.pages}
        colour={(page) => colour(PAGE_COLOURS[page] ?? PAGE_COLOURS[0])}
        describe={(page) => `page ${count(page)}: ${PAGE_TEXTS[file.pages[page] as number]}`}
        height={90}
        selected={chosen ? subject.page : -1}
        onSelect={(page) => select({ kind: 'file', path: file.path, page })}
      />
    </section>
  );
}
