/** Sentences about why the kernel did what it did, made from recorded events. */
import type { Kernel, TraceEvent } from '@pagewalk/mm';
import type { EventLog, Selection } from './event-log.ts';
import { type Finding, findingOf } from './finding.ts';
import { explainKswapd } from './kswapd.ts';
import { sentenceOf } from './sentences/index.ts';
import { VERDICTS } from './verdicts.ts';
import { at, hex, when, zoneName } from './words.ts';

/** Failed allocations that are told one by one. */
const FAILURES_TOLD = 3;
/** Candidates of the OOM killer that are told. */
const CANDIDATES_TOLD = 3;

/**
 * Explains what a machine went through: a page that was swapped out (the one that was asked for, or the last), allocations that
 * failed, processes that were killed, and what kept kswapd busy.
 */
export function explain(kernel: Kernel, log: EventLog, selection: Selection): Finding[] {
  if (selection.event !== undefined) {
    return log.wanted === null ? [] : [explainEvent(kernel, log.wanted)];
  }
  const pageOnly = selection.frame !== undefined || selection.address !== undefined;
  const page = explainSwapOut(kernel, log);
  if (pageOnly) return page;
  return [
    ...page,
    ...explainFailures(kernel, log, selection),
    ...explainKillings(log, selection),
    ...explainKswapd(kernel, log),
  ];
}

/** One event: what was decided, with the numbers. */
export function explainEvent(kernel: Kernel, event: TraceEvent): Finding {
  return findingOf('event', `${at(event)} ${sentenceOf(kernel, event)}.`, event);
}

/** Why the page was swapped out that was asked for; of several, the last. */
function explainSwapOut(kernel: Kernel, log: EventLog): Finding[] {
  const events = log.pageEvents();
  const last = events.findLastIndex((event) => {
    const table = VERDICTS[event.name];
    return table?.unmapped.includes(event.values['verdict'] as number) && event.values['entry'] !== 0;
  });
  const unmapped = events[last];
  if (unmapped === undefined) return [];
  const { pfn = 0, address = 0, entry = 0, mm = 0 } = unmapped.values;
  const owner = log.ownerOf(mm);
  const whose = owner === 0 ? `an address space (page directory ${hex(mm)})` : `process ${owner}`;
  const ofPage = events.filter((event) => event.values['pfn'] === pfn);
  const before = ofPage.filter((event) => event.seq < unmapped.seq);
  const begin = before.findLast((event) => event.name === 'mm_page_alloc');
  const life = begin === undefined ? before : before.filter((event) => event.seq >= begin.seq);
  const findings: Finding[] = [];
  const tell = (sentence: string, event: TraceEvent): void => {
    findings.push(findingOf('swapped-out', sentence, event));
  };
  if (begin !== undefined) {
    const fault = life.find((event) => event.name === 'mm_fault');
    const why =
      fault === undefined
        ? ''
        : `, for a fault of class ${kernel.trace.text(fault.values['class'] as number)}`;
    tell(
      `${at(begin)} frame ${pfn} was handed out from zone ${zoneName(begin.values['zone'] as number)}${why}.`,
      begin,
    );
  }
  const table = VERDICTS[unmapped.name];
  const spared = life.filter(
    (event) => event.name === unmapped.name && table?.spared.includes(event.values['verdict'] as number),
  );
  const spare = spared.at(-1);
  if (spare !== undefined) {
    tell(
      `${times(spared.length)} swap_out() met the page and spared it, last ${when(spare)}: ${table?.names[spare.values['verdict'] as number]}.`,
      spare,
    );
  }
  const aged = life.findLast(({ name }) => name === 'mm_vmscan_deactivate' || name === 'aged_refill_page');
  if (aged !== undefined) {
    tell(`${at(aged)} ${sentenceOf(kernel, aged)}.`, aged);
  }
  const search = log
    .machineEvents()
    .findLast((event) => event.name === 'mm_vmscan_too_many_mapped' && event.seq < unmapped.seq);
  if (search !== undefined) {
    tell(
      `${at(search)} shrink_cache() at priority ${search.values['priority']} had met too many mapped pages on the inactive list, with ${search.values['left']} of 32 pages still to free: so swap_out() searched page tables.`,
      search,
    );
  }
  tell(
    `${at(unmapped)} try_to_swap_out() took the page at ${hex(address)} from ${whose}, frame ${pfn}: not used since the last look; ${table?.names[unmapped.values['verdict'] as number]} (entry ${hex(entry)}).`,
    unmapped,
  );
  const after = ofPage.filter((event) => event.seq > unmapped.seq);
  const write = after.find((event) => event.name === 'mm_swap_page_io' && event.values['write'] === 1);
  if (write !== undefined) tell(`${at(write)} its write to the slot began.`, write);
  const freed = after.find((event) => event.name === 'mm_page_free');
  if (freed !== undefined) tell(`${at(freed)} frame ${pfn} was free.`, freed);
  const back = events.find(
    (event) =>
      event.seq > unmapped.seq &&
      event.name === 'mm_fault' &&
      event.values['pte'] !== undefined &&
      event.values['pte'] >>> 0 === entry >>> 0,
  );
  if (back !== undefined) {
    tell(
      `${at(back)} a fault brought it back, in frame ${back.values['pfn']}: ${back.values['result'] === 2 ? 'it had to be read (major)' : 'it was still in the swap cache (minor)'}.`,
      back,
    );
  }
  return findings;
}

/** Why allocations failed. */
function explainFailures(kernel: Kernel, log: EventLog, { pid }: Selection): Finding[] {
  const failed = log.failed.filter(({ event }) => pid === undefined || event.pid === pid);
  const findings: Finding[] = [];
  for (const { event, tests } of failed.slice(0, FAILURES_TOLD)) {
    const { order = 0, gfp = 0 } = event.values;
    const last = tests.at(-1);
    const marks = lastOfEachZone(tests)
      .map((test) => sentenceOf(kernel, test))
      .join('; ');
    const sentence = `${at(event)} process ${event.pid} asked for ${2 ** order} page${order === 0 ? '' : 's'} (gfp ${hex(gfp)}) and got none: ${marks === '' ? 'no zone was even weighed' : marks}.`;
    findings.push(
      last === undefined
        ? findingOf('allocation-failed', sentence, event)
        : { ...findingOf('allocation-failed', sentence, last) },
    );
  }
  if (failed.length > FAILURES_TOLD) {
    const { event } = failed.at(-1) as (typeof failed)[number];
    findings.push(
      findingOf(
        'allocation-failed',
        `${failed.length} allocations failed in all, the last ${when(event)}.`,
        event,
      ),
    );
  }
  return findings;
}

function lastOfEachZone(tests: readonly TraceEvent[]): TraceEvent[] {
  const byZone = new Map(tests.map((test) => [test.values['zone'] as number, test]));
  return [...byZone.values()];
}

/** Who was killed, and why this one. */
function explainKillings(log: EventLog, { pid }: Selection): Finding[] {
  const events = log.killings();
  const findings: Finding[] = [];
  for (const [i, victim] of events.entries()) {
    if (victim.name === 'oom_fault_kill') {
      if (pid !== undefined && victim.values['pid'] !== pid) continue;
      const address = hex(victim.values['address'] as number);
      const sentence = `${at(victim)} process ${victim.values['pid']} was killed because its fault at ${address} found no page.`;
      findings.push(findingOf('killed', sentence, victim));
    }
    if (victim.name !== 'mark_victim' || (pid !== undefined && victim.values['pid'] !== pid)) continue;
    const earlier = events.slice(0, i);
    const check = earlier.findLast(({ name }) => name === 'oom_check');
    const candidates = earlier
      .filter(({ name, seq }) => name === 'oom_badness' && seq > (check?.seq ?? 0))
      .sort((a, b) => (b.values['points'] as number) - (a.values['points'] as number));
    if (check !== undefined) {
      const { nr_swap_pages: swap, since_first: first, count } = check.values;
      findings.push(
        findingOf(
          'killed',
          `${at(check)} out_of_memory() was called for the ${count}th time within ${first} jiffies, with ${swap} swap pages free: bad enough to kill.`,
          check,
        ),
      );
    }
    findings.push(victimFinding(victim, candidates));
  }
  return findings;
}

function victimFinding(victim: TraceEvent, candidates: readonly TraceEvent[]): Finding {
  const { pid = 0, points = 0, signal = 0 } = victim.values;
  const others = candidates.filter((candidate) => candidate.values['pid'] !== pid);
  const own = candidates.find((candidate) => candidate.values['pid'] === pid);
  const told = others
    .slice(0, CANDIDATES_TOLD)
    .map(({ values }) => `process ${values['pid']} has ${values['points']}`)
    .join(', ');
  const sum =
    own === undefined
      ? ''
      : ` (${own.values['total_vm']} pages of address space / ${own.values['cpu_divisor']} for CPU time / ${own.values['run_divisor']} for age)`;
  const runnerUp = others[0]?.values['points'] ?? 0;
  return findingOf(
    'killed',
    `${at(victim)} process ${pid} got signal ${signal}: it has most points, ${points}${sum}${told === '' ? '; there was no other' : `; ${told}`}.`,
    victim,
    { operands: { runner_up: runnerUp }, comparison: 'points >= runner_up', outcome: 1 },
  );
}

function times(count: number): string {
  return count === 1 ? 'Once' : `${count} times`;
}
