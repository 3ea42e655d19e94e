import { useSignal } from '@preact/signals';
import { useEffect, useMemo, useRef } from 'preact/hooks';
import './zones.css';
import { count, hexFrame, pagesAsBytes, percent } from '../../app/format.ts';
import { select } from '../../app/selection.ts';
import { Term } from '../../app/term.tsx';
import { reducedMotion } from '../../app/theme.ts';
import { useView } from '../../app/use-view.ts';
import type { ZonesView, ZoneView } from '../../protocol/views.ts';
import { useScrollWhen } from '../parts/scroll-into-body.ts';
import { useSubject } from '../parts/use-subject.ts';
import { type BlockChange, CHANGE_MS, changesOf, recentChanges } from './recent-changes.ts';

/** Free blocks shown of each list, from its head. */
const HEADS = 24;

/** The buddy allocator: free lists per zone and order, what splits and merges, and how fragmented memory is. */
export function BuddyView(_properties: { panelId: string }) {
  const data = useView({ view: 'zones' }).value;
  const changes = useRecentChanges(data);
  if (data === null) return <div class="view-empty">The buddy's free lists appear when a machine runs.</div>;
  return (
    <div class="view">
      <div class="view-body padded buddy-body">
        {data.zones.map((zone) => (
          <Zone key={zone.name} zone={zone} changes={changes} />
        ))}
      </div>
    </div>
  );
}

/** Changes that are to be seen now. They go away by themselves; with reduced motion they stay until the next data. */
function useRecentChanges(data: ZonesView | null): readonly BlockChange[] {
  const changes = useRef<readonly BlockChange[]>([]);
  const was = useRef<readonly ZoneView[]>([]);
  const tick = useSignal(0);
  useMemo(() => {
    if (data !== null)
      changes.current = recentChanges(changes.current, was.current, data.zones, performance.now());
    was.current = data?.zones ?? [];
  }, [data]);
  useEffect(() => {
    if (changes.current.length === 0 || reducedMotion.value) return;
    const timer = setTimeout(() => {
      changes.current = [];
      tick.value++;
    }, CHANGE_MS);
    return () => clearTimeout(timer);
  }, [data]);
  void tick.value;
  return changes.current;
}

function Zone({ zone, changes }: { zone: ZoneView; changes: readonly BlockChange[] }) {
  const { pfn, order, zone: name } = useSubject().subject;
  const free = name === zone.name && order >= 0 ? order : -1;
  const largest = Math.max(1, ...zone.blocks.map((blocks, order) => blocks * 2 ** order));
  return (
    <section class="zone" aria-label={`Free lists of zone ${zone.name}`}>
      <header class="zone-head">
        <h3>{zone.name}</h3>
        <span class="soft">
          {count(zone.free)} pages free, {pagesAsBytes(zone.free)}
        </span>
      </header>
      <table class="table buddy-table">
        <thead>
          <tr>
            <th>
              <Term id="order">order</Term>
            </th>
            <th class="number">blocks</th>
            <th>pages</th>
            <th>
              <Term id="fragmentation">unusable</Term>
            </th>
            <th class="number buddy-changes-column">
              <Term id="split">split</Term> / <Term id="merge">merged</Term>
            </th>
            <th class="buddy-heads-column">first blocks</th>
          </tr>
        </thead>
        <tbody>
          {zone.blocks.map((blocks, order) => (
            <Order
              key={order}
              zone={zone}
              order={order}
              blocks={blocks}
              largest={largest}
              changes={changes}
              selected={order === free ? pfn : -1}
            />
          ))}
        </tbody>
      </table>
    </section>
  );
}

function Order(properties: {
  readonly zone: ZoneView;
  readonly order: number;
  readonly blocks: number;
  /** Most pages in one list. */
  readonly largest: number;
  readonly changes: readonly BlockChange[];
  /** Selected frame, if it lies in a block of this list; -1: it does not. */
  readonly selected: number;
}) {
  const { zone, order, blocks, largest, changes, selected } = properties;
  const pages = blocks * 2 ** order;
  const heads = zone.heads[order] ?? [];
  const unusable = zone.unusable[order] ?? 0;
  const { splits, merges } = changesOf(changes, zone.name, order);
  const lit = splits > 0 ? 'buddy-split' : merges > 0 ? 'buddy-merge' : '';
  const row = useRef<HTMLTableRowElement | null>(null);
  useScrollWhen(selected >= 0, row);
  return (
    <tr ref={row} class={`${lit}${selected >= 0 ? ' selected' : ''}`}>
      <td>
        <b>{order}</b> <span class="faint">{pagesAsBytes(2 ** order)}</span>
      </td>
      <td class={`number${blocks === 0 ? ' faint' : ''}`}>{count(blocks)}</td>
      <td title={`${count(pages)} pages`}>
        <span class="buddy-bar">
          <span class="buddy-fill" style={{ width: `${(pages / largest) * 100}%` }} />
        </span>
      </td>
      <td title={`${percent(unusable)} of free memory is in blocks too small for order ${order}`}>
        <span class="buddy-bar">
          <span class="buddy-fill buddy-unusable" style={{ width: `${unusable * 100}%` }} />
          <span class="buddy-percent">{percent(unusable)}</span>
        </span>
      </td>
      <td
        class="number"
        title={`Since it was looked at first: ${count(zone.splits[order] ?? 0)} blocks of order ${order} split in two, ${count(zone.merges[order] ?? 0)} made of two of order ${order - 1}`}
      >
        <span class={splits > 0 ? 'buddy-splits' : 'faint'}>{count(zone.splits[order] ?? 0)}</span>
        <span class="faint"> / </span>
        <span class={merges > 0 ? 'buddy-merges' : 'faint'}>{count(zone.merges[order] ?? 0)}</span>
      </td>
      <td>
        <span class="buddy-heads">
          {heads.slice(0, HEADS).map((pfn) => (
            <Head key={pfn} pfn={pfn} order={order} selected={selected} />
          ))}
        </span>
      </td>
    </tr>
  );
}

/** A free block; selected when the selected frame lies in it. */
function Head({ pfn, order, selected }: { pfn: number; order: number; selected: number }) {
  const own = selected >= pfn && selected < pfn + 2 ** order;
  return (
    <button
      type="button"
      class={`buddy-head${own ? ' selected' : ''}`}
      title={`Frames ${hexFrame(pfn)} to ${hexFrame(pfn + 2 ** order - 1)}`}
      onClick={() => select({ kind: 'frame', pfn })}
    >
      {pfn.toString(16)}
    </button>
  );
}
