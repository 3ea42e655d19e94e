import { useComputed } from '@preact/signals';
import { useMemo, useRef } from 'preact/hooks';
import './lists.css';
import { count, countOf, hexFrame, pagesAsBytes, percent, rate as rateText } from '../../app/format.ts';
import { machineChoice, status } from '../../app/machine-signals.ts';
import { Term } from '../../app/term.tsx';
import { useView } from '../../app/use-view.ts';
import { termOf } from '../../glossary/glossary.ts';
import type { FlowRow, ListsView as ListsData, MemoryView, PageListRow } from '../../protocol/views.ts';
import { useScrollWhen } from '../parts/scroll-into-body.ts';
import { SelectRow } from '../parts/select-row.tsx';
import { useSubject } from '../parts/use-subject.ts';
import { arrangeFlows, type FlowGroup, FlowRates, type ShownFlow } from './flow-groups.ts';
import { Strip } from './strip.tsx';

/** States of a kernel thread, in words. */
const STATE_WORDS: Readonly<Record<string, string>> = { R: 'runs', S: 'sleeps', D: 'waits' };

/** The lists that pages age on, from young to old, what moves pages between them, and the threads that do it. */
export function ListsView(_properties: { panelId: string }) {
  const data = useView({ view: 'lists' }).value;
  // The map changes with every picture; the strips need not.
  const memory = useView({ view: 'memory' }).peek();
  const rates = useMemo(() => new FlowRates(), []);
  // Of a machine that stands nothing moves.
  const runs = useComputed(() => status.value.phase === 'running');
  const choice = machineChoice.value;
  useMemo(() => rates.forget(), [choice]);
  useMemo(() => {
    if (data !== null) rates.add(status.peek().time, data.flows);
  }, [data]);
  if (data === null) return <div class="view-empty">The page lists appear when a machine runs.</div>;
  return <Lists data={data} memory={memory} rateOf={(flow) => (runs.value ? rates.rate(flow) : 0)} />;
}

interface ListsProperties {
  readonly data: ListsData;
  readonly memory: MemoryView | null;
  /** Pages a second of virtual time. */
  readonly rateOf: (flow: FlowRow) => number;
}

function Lists({ data, memory, rateOf }: ListsProperties) {
  const { subject } = useSubject();
  const picture = arrangeFlows(data.lists, data.flows);
  const pages = data.lists.reduce((sum, list) => sum + list.pages, 0);
  return (
    <div class="view">
      <div class="view-toolbar">
        <span class="soft">{countOf(pages, 'page')} on lists</span>
        <span class="grow" />
        <span class="legend">
          <span class="legend-item">
            <span class="lists-mark lists-dirty" /> dirty
          </span>
          <span class="legend-item">
            <span class="lists-mark lists-referenced" /> referenced
          </span>
        </span>
      </div>
      <div class="view-body padded lists-body">
        {picture.groups.map((group, i) => (
          <div key={group.rank}>
            <Group group={group} memory={memory} pages={pages} />
            <Between flows={picture.between[i] ?? []} rateOf={rateOf} />
          </div>
        ))}
        <h3 class="section-title">Kernel threads</h3>
        <table class="table">
          <tbody>
            {data.threads.map((thread) => (
              <SelectRow
                key={thread.comm}
                target={{ kind: 'task', pid: thread.pid }}
                related={thread.pid === subject.pid}
              >
                <td class="mono">
                  <Explained name={thread.comm} />
                </td>
                <td>
                  <span class="chip">{STATE_WORDS[thread.state] ?? thread.state}</span>
                </td>
                <td class="lists-why">{thread.why}</td>
              </SelectRow>
            ))}
          </tbody>
        </table>
      </div>
    </div>
  );
}

function Group({ group, memory, pages }: { group: FlowGroup; memory: MemoryView | null; pages: number }) {
  return (
    <>
      {group.lists.map((list) => (
        <List key={list.name} list={list} memory={memory} pages={pages} />
      ))}
      {group.places.length > 0 && (
        <div class="lists-places">
          {group.places.map((place) => (
            <span key={place} class="lists-place">
              {place}
            </span>
          ))}
        </div>
      )}
    </>
  );
}

function List({ list, memory, pages }: { list: PageListRow; memory: MemoryView | null; pages: number }) {
  const { subject } = useSubject();
  const own = subject.list === list.name;
  const card = useRef<HTMLElement | null>(null);
  useScrollWhen(own, card);
  return (
    <section class={`lists-list${own ? ' lists-own' : ''}`} aria-label={list.name} ref={card}>
      <header class="lists-head">
        <b class="mono">
          <Explained name={list.name} />
        </b>
        <span>
          {countOf(list.pages, 'page')} <span class="soft">{pagesAsBytes(list.pages)}</span>
        </span>
        <span
          class="lists-share"
          title={`${percent(pages === 0 ? 0 : list.pages / pages)} of the pages on lists`}
        >
          <span style={{ width: `${pages === 0 ? 0 : (list.pages / pages) * 100}%` }} />
        </span>
      </header>
      {list.pages === 0 ? (
        <p class="faint lists-none">empty</p>
      ) : (
        <>
          <Strip list={list} memory={memory} />
          <p class="lists-ends faint">
            <span>head, came last</span>
            {own && <span class="lists-has">{hexFrame(subject.pfn)} is on this list</span>}
            <span>tail, is looked at next</span>
          </p>
        </>
      )}
    </section>
  );
}

/** A name of the kernel's, with its explanation where the glossary has one: `inactive_clean_list(DMA)` has that of the list. */
function Explained({ name }: { name: string }) {
  const id = name.replace(/\(.*/, '');
  return termOf(id) === undefined ? name : <Term id={id}>{name}</Term>;
}

/** What moves pages between two groups. */
function Between({ flows, rateOf }: { flows: readonly ShownFlow[]; rateOf: ListsProperties['rateOf'] }) {
  if (flows.length === 0) return <div class="lists-gap" />;
  return (
    <ul class="lists-flows">
      {flows.map((shown) => (
        <Flow
          key={`${shown.flow.function} ${shown.flow.from} ${shown.flow.to}`}
          shown={shown}
          rate={rateOf(shown.flow)}
        />
      ))}
    </ul>
  );
}

function Flow({ shown, rate }: { shown: ShownFlow; rate: number }) {
  const { flow, direction, from, to } = shown;
  const down = direction === 'down';
  const thick = arrowWidth(rate);
  return (
    <li
      class={`lists-flow lists-${direction}${rate > 0 ? ' lists-moving' : ''}${flow.pages === 0 ? ' lists-idle' : ''}`}
      title={`${flow.function}: ${count(flow.pages)} pages from ${flow.from} to ${flow.to} since boot`}
    >
      <svg width="18" height="30" viewBox="0 0 18 30" aria-hidden="true">
        <g transform={down ? '' : 'rotate(180 9 15)'}>
          <line x1="9" y1="0" x2="9" y2="22" stroke-width={thick} />
          <path d="M9 30 L3 20 H15 Z" />
        </g>
      </svg>
      <span>
        <span class="lists-function">
          <Explained name={flow.function} />
        </span>
        {(from !== '' || to !== '') && (
          <span class="faint">
            {' '}
            {from} → {to === '' ? flow.to : to}
          </span>
        )}
        <br />
        <span class="lists-pages">{count(flow.pages)}</span>
        {rate > 0 && <span class="lists-rate"> {rateText(rate)}</span>}
      </span>
    </li>
  );
}

/** Thickness of an arrow by its rate, pixels: a tenth of a page a second is as thin as nothing, 100 000 as thick as it gets. */
export function arrowWidth(rate: number): number {
  return rate <= 0 ? 1.5 : Math.min(10, 1.5 + 1.7 * Math.max(0, Math.log10(rate)));
}
