import { block, type Sentence } from './sentence.ts';

/** Marks of a zone by {@link zone_limit_ok}'s `limit`. */
const MARKS = ['pages_min', 'pages_low', 'pages_high'] as const;

/** The page allocator, of both generations. */
export const ALLOCATOR_SENTENCES: Readonly<Record<string, Sentence>> = {
  mm_page_alloc: (o) =>
    o.n('pfn') === 0
      ? `the allocator found no ${o.n('order') === 0 ? 'page' : `block of ${2 ** o.n('order')} pages`} in any zone that gfp ${o.hex('gfp')} allows`
      : `zone ${o.zone('zone')} gave ${block(o.n('order'))} from frame ${o.n('pfn')} on, for gfp ${o.hex('gfp')}`,
  mm_page_free: (o) => `${block(o.n('order'))} from frame ${o.n('pfn')} on went back to its zone`,
  zone_watermark_ok: (o) =>
    o.yes('outcome')
      ? `zone ${o.zone('zone')} may give ${block(o.n('order'))}: its ${o.n('free')} free pages are above the mark ${o.n('mark')}`
      : `zone ${o.zone('zone')} was passed over: its ${o.n('free')} free pages are not above the mark ${o.n('mark')} of pass ${o.n('pass')}`,
  mm_vmscan_wakeup_kswapd: (o) =>
    `kswapd was woken, because no zone had enough free pages for order ${o.n('order')} (gfp ${o.hex('gfp')}); the last one looked at was ${o.zone('zone')}`,
  alloc_wakes_kswapd: (o) =>
    o.yes('outcome')
      ? `kswapd was woken: ${o.n('inactive_shortage')} inactive pages are missing, more than half the target of ${o.n('inactive_target')}, and ${o.n('free_shortage')} free ones`
      : `kswapd was left asleep: ${o.n('inactive_shortage')} inactive pages are missing of a target of ${o.n('inactive_target')}, and ${o.n('free_shortage')} free ones`,
  alloc_wakes_bdflush: (o) =>
    o.yes('outcome')
      ? `bdflush was woken: ${o.n('free_shortage')} free pages are missing, and cleaning some of the ${o.n('inactive_dirty')} inactive dirty pages will give them`
      : `bdflush was left asleep: ${o.n('free_shortage')} free pages are missing, ${o.n('inactive_dirty')} pages are inactive and dirty, and it takes more of them than both that and ${o.n('high')}`,
  zone_free_ok: (o) =>
    o.yes('outcome')
      ? `zone ${o.zone('zone')} gives ${block(o.n('order'))} at once: ${o.n('free')} free pages are at least pages_low ${o.n('low')}`
      : `zone ${o.zone('zone')} does not give at once: ${o.n('free')} free pages are below pages_low ${o.n('low')}${o.n('free') < o.n('min') ? `, even below pages_min ${o.n('min')}: kreclaimd is woken` : ''}`,
  zone_limit_ok: (o) =>
    `zone ${o.zone('zone')} ${o.yes('outcome') ? 'may give' : 'was passed over for'} ${block(o.n('order'))}: ${o.n('free')} free and ${o.n('inactive_clean')} inactive clean pages are ${o.yes('outcome') ? '' : 'not '}above ${MARKS[o.n('limit')] ?? 'the mark'} ${o.n('mark')}`,
  direct_reclaim: (o) =>
    o.yes('outcome')
      ? `zone ${o.zone('zone')} gives a page of its inactive clean list: only ${o.n('free')} pages are free, less than pages_min ${o.n('min')} and eight, and those are kept for who cannot reclaim`
      : `zone ${o.zone('zone')} gives a free page: ${o.yes('direct') ? `${o.n('free')} are free, at least pages_min ${o.n('min')} and eight` : 'who asks may not take an inactive clean one'}`,
  zone_last_pages: (o) =>
    o.yes('outcome')
      ? `zone ${o.zone('zone')} gives one of its last ${o.n('free')} free pages${o.yes('memalloc') ? ': who asks is freeing memory itself' : `: they are at least a quarter of pages_min ${o.n('min')}`}`
      : `zone ${o.zone('zone')} keeps its last ${o.n('free')} free pages: they are less than a quarter of pages_min ${o.n('min')}`,
};
