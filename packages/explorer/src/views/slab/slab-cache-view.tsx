import { useRef } from 'preact/hooks';
import { count, countOf } from '../../app/format.ts';
import { select } from '../../app/selection.ts';
import { Term } from '../../app/term.tsx';
import { useView } from '../../app/use-view.ts';
import type { SlabCacheView as SlabCacheData } from '../../protocol/views.ts';
import { useScrollWhen } from '../parts/scroll-into-body.ts';
import { useSubject } from '../parts/use-subject.ts';
import './slab.css';

type OneSlab = SlabCacheData['slabs'][number];

const LISTS = { full: 'slabs_full', partial: 'slabs_partial', free: 'slabs_free' } as const;
/** Slabs that are drawn of each list: a cache may have thousands. */
const MOST = 200;
/** Pixels that a colour moves the first object by, and at most. */
const SHIFT = 5;
const MOST_SHIFT = 80;

/** One slab cache, slab by slab: which list it is on, its colour, its objects and the chain of the free ones. */
export function SlabCacheView() {
  const { cache, slab: chosen } = useSubject().subject;
  // What has no cache leaves the one before.
  const last = useRef('');
  if (cache !== '') last.current = cache;
  const name = last.current;
  const data = useView(name === '' ? null : { view: 'slab-cache', name }).value;
  if (name === '') return <div class="view-empty">Select a slab cache, or a frame that belongs to one.</div>;
  if (data === null) return <div class="view-empty">No cache of the name {name}.</div>;
  return (
    <div class="view">
      <div class="view-toolbar">
        <b class="mono">{data.name}</b>
        <span class="soft">
          {countOf(data.slabs.length, 'slab')}; <Term id="slab-colour">colours</Term> are {data.colourOffset}{' '}
          bytes apart
        </span>
        <span class="grow" />
        <span class="legend">
          <span class="legend-item">
            <span class="slab-object used" /> in use
          </span>
          <span class="legend-item">
            <span class="slab-object" /> free
          </span>
          <span class="legend-item">
            <span class="slab-object">▸</span> next to be given out
          </span>
        </span>
      </div>
      <div class="view-body padded">
        {(['full', 'partial', 'free'] as const).map((list) => (
          <SlabList
            key={list}
            list={list}
            slabs={data.slabs.filter((slab) => slab.list === list)}
            cache={name}
            chosen={chosen}
            apart={data.colourOffset}
          />
        ))}
      </div>
    </div>
  );
}

function SlabList({
  list,
  slabs,
  cache,
  chosen,
  apart,
}: {
  list: OneSlab['list'];
  slabs: readonly OneSlab[];
  cache: string;
  /** First frame of the selected slab; -1: none. */
  chosen: number;
  /** Bytes between two colours. */
  apart: number;
}) {
  const at = slabs.findIndex(({ pfn }) => pfn === chosen);
  const from = at < MOST ? 0 : at - (at % MOST);
  return (
    <section aria-label={LISTS[list]}>
      <h3 class="section-title">
        <code>{LISTS[list]}</code> <span class="faint">{count(slabs.length)}</span>
      </h3>
      {slabs.length === 0 && <p class="faint slab-none">empty</p>}
      <div class="slab-strips">
        {slabs.slice(from, from + MOST).map((slab) => (
          <SlabStrip key={slab.pfn} slab={slab} cache={cache} chosen={slab.pfn === chosen} apart={apart} />
        ))}
      </div>
      {slabs.length > MOST && (
        <p class="faint slab-none">
          {count(from + 1)} to {count(Math.min(slabs.length, from + MOST))} of {count(slabs.length)}
        </p>
      )}
    </section>
  );
}

function SlabStrip(properties: {
  readonly slab: OneSlab;
  readonly cache: string;
  readonly chosen: boolean;
  readonly apart: number;
}) {
  const { slab, cache, chosen, apart } = properties;
  const strip = useRef<HTMLButtonElement | null>(null);
  useScrollWhen(chosen, strip);
  const place = new Map(slab.chain.map((object, i) => [object, i]));
  return (
    <button
      type="button"
      ref={strip}
      class={`slab-strip${chosen ? ' selected' : ''}`}
      onClick={() => select({ kind: 'slab', cache, pfn: slab.pfn })}
      onDblClick={() => select({ kind: 'frame', pfn: slab.pfn })}
      title="Double click: its first frame"
    >
      <span class="slab-strip-name">
        <span class="mono">{slab.pfn.toString(16)}</span>{' '}
        <span class="faint">
          colour {slab.colour}, {slab.inUse} of {slab.objects.length}
        </span>
      </span>
      <span class="slab-objects">
        {slab.colour > 0 && (
          <span
            class="slab-shift"
            style={{ width: `${Math.min(MOST_SHIFT, slab.colour * SHIFT)}px` }}
            title={`colour ${slab.colour}: the first object begins ${slab.colour * apart} bytes later`}
          />
        )}
        {Array.from(slab.objects, (used, i) => (
          <span
            key={i}
            class={used === 1 ? 'slab-object used' : 'slab-object'}
            title={objectText(i, used, place.get(i))}
          >
            {place.get(i) === 0 ? '▸' : ''}
          </span>
        ))}
      </span>
      {slab.chain.length > 0 && (
        <span class="slab-chain mono faint">
          next free: {slab.chain.slice(0, 12).join(' → ')}
          {slab.chain.length > 12 ? ' → …' : ''}
        </span>
      )}
    </button>
  );
}

function objectText(index: number, used: number, inChain: number | undefined): string {
  if (used === 1) return `object ${index}: in use`;
  return inChain === 0 ? `object ${index}: free, the next to be given out` : `object ${index}: free`;
}
