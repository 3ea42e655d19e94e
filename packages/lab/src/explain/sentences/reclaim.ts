import { VERDICTS } from '../verdicts.ts';
import { type Operands, pages, type Sentence } from './sentence.ts';

/** Reclaim of both generations, and the killer. */
export const RECLAIM_SENTENCES: Readonly<Record<string, Sentence>> = {
  mm_vmscan_begin: (o) =>
    `a round of reclaim began: ${pages(o.n('nr_pages'))} are wanted for zone ${o.zone('zone')}, which has ${o.n('free')} free`,
  mm_vmscan_end: (o) =>
    o.yes('outcome')
      ? `the round of reclaim found what it wanted at priority ${o.n('priority')}`
      : `the round of reclaim went through all priorities, and ${pages(o.n('left'))} are still wanted for zone ${o.zone('zone')}`,
  mm_vmscan_refill_inactive: (o) =>
    `${o.n('moved')} of ${o.n('active')} active pages went to the inactive list, which had ${o.n('inactive')}: the aim was ${o.n('ratio')}, so that two thirds of both are active`,
  mm_vmscan_deactivate: (o) =>
    o.yes('outcome')
      ? `frame ${o.n('pfn')} went to the inactive list: nobody referenced it since it was last at the end of the active list`
      : `frame ${o.n('pfn')} stays active: it was referenced since, and goes round once more`,
  mm_vmscan_shrink_cache: (o) =>
    `the inactive list of ${pages(o.n('inactive'))} is searched for ${o.n('nr_pages')}: at priority ${o.n('priority')} at most ${o.n('max_scan')} are looked at, and after ${o.n('max_mapped')} mapped ones page tables are searched instead`,
  mm_vmscan_page: (o) =>
    `frame ${o.n('pfn')} of the inactive list ${verdict('mm_vmscan_page', o)} (${o.n('count')} references; ${o.n('left')} still wanted)`,
  mm_vmscan_too_many_mapped: (o) =>
    `too many mapped pages were met on the inactive list at priority ${o.n('priority')}, with ${o.n('left')} still to free: now page tables are searched`,
  mm_vmscan_try_to_swap_out: (o) =>
    `the mapping at ${o.hex('address')} of frame ${o.n('pfn')} was looked at: ${verdict('mm_vmscan_try_to_swap_out', o)}`,
  mm_vmscan_swap_out: (o) =>
    o.yes('outcome')
      ? `the search through page tables at priority ${o.n('priority')} unmapped all 32 pages that it wanted`
      : `the search through page tables at priority ${o.n('priority')} ended with ${o.n('left')} of 32 pages not found`,
  mm_lru_insertion: (o) => `frame ${o.n('pfn')} was put at the head of the inactive list`,
  mm_lru_activate: (o) => `frame ${o.n('pfn')} was referenced a second time, and is active`,
  mm_page_list: (o) =>
    `frame ${o.n('pfn')} ${o.yes('list') ? `changed to list ${o.n('list')}` : 'left its list'}, at age ${o.n('age')}`,
  mm_page_age: (o) =>
    `the age of frame ${o.n('pfn')} went ${o.yes('up') ? 'up, as it was used' : 'down, as it was not used'}: it is ${o.n('age')}`,
  aged_try_to_swap_out: (o) =>
    `the mapping at ${o.hex('address')} of frame ${o.n('pfn')}, age ${o.n('age')}, was looked at: ${verdict('aged_try_to_swap_out', o)}`,
  aged_swap_out: (o) =>
    `the address space of ${o.hex('mm')} was chosen: ${pages(o.n('rss'))} resident, ${o.n('quota')} may be looked at`,
  aged_launder_page: (o) =>
    `frame ${o.n('pfn')} of the inactive_dirty list ${verdict('aged_launder_page', o)} (round ${o.n('round')}, ${o.n('count')} references)`,
  aged_page_launder: (o) =>
    `page_launder made ${pages(o.n('cleaned'))} clean in round ${o.n('round')}; ${o.n('inactive_dirty')} are left, ${o.n('free_shortage')} free ones missing${o.yes('again') ? ': once more, and now it writes' : ''}`,
  aged_reclaim_page: (o) =>
    `frame ${o.n('pfn')} of zone ${o.zone('zone')}’s inactive_clean list ${verdict('aged_reclaim_page', o)}; ${o.n('clean')} are left there`,
  aged_refill_page: (o) =>
    o.yes('outcome')
      ? `frame ${o.n('pfn')} leaves the active list: not referenced, age 0, and ${o.n('count')} references are not more than ${o.n('most')}`
      : `frame ${o.n('pfn')} stays active: ${o.yes('referenced') ? 'it was referenced' : o.n('age') > 0 ? `its age is still ${o.n('age')}` : `it has ${o.n('count')} references, more than ${o.n('most')}: page tables use it`}`,
  aged_try_to_free_pages: (o) =>
    `${o.yes('user') ? 'an allocation' : 'kswapd'} looked for pages: ${o.n('free_shortage')} free and ${o.n('inactive_shortage')} inactive ones are missing, ${o.n('cleaned')} could be cleaned`,
  oom_check: (o) =>
    o.yes('outcome')
      ? `memory is really out: ${o.n('nr_swap_pages')} swap slots are free, and this was the ${o.n('count')}th failure within ${o.n('since_first')} jiffies: somebody is killed`
      : `memory is not out yet: ${o.n('nr_swap_pages')} swap slots are free, this was failure ${o.n('count')} of ten in a row, the first ${o.n('since_first')} jiffies ago`,
  oom_badness: (o) =>
    `process ${o.n('pid')} has ${o.n('points')} points: ${pages(o.n('total_vm'))} of address space / ${o.n('cpu_divisor')} for its CPU time / ${o.n('run_divisor')} for its age${o.yes('niced') ? ', doubled as it is nice' : ''}${o.yes('privileges') ? ', divided for its privileges' : ''}`,
  mark_victim: (o) =>
    `process ${o.n('pid')} got signal ${o.n('signal')}: with ${o.n('points')} points it is the worst`,
};

function verdict(name: string, o: Operands): string {
  return VERDICTS[name]?.names[o.n('verdict')] ?? `got verdict ${o.n('verdict')}`;
}
