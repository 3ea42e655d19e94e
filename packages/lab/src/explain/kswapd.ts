import type { Kernel } from '@pagewalk/mm';
import type { EventLog } from './event-log.ts';
import { type Finding, findingOf } from './finding.ts';
import { sentenceOf } from './sentences/index.ts';
import { VERDICTS } from './verdicts.ts';
import { at } from './words.ts';

/** What woke kswapd, how much it looked at, and what became of it. */
export function explainKswapd(kernel: Kernel, log: EventLog): Finding[] {
  const first = log.wakes[0];
  if (first === undefined) return [];
  const test = first.tests.at(-1);
  return [
    findingOf(
      'kswapd',
      `${at(first.event)} for the first time ${sentenceOf(kernel, first.event)}.`,
      first.event,
    ),
    ...(test === undefined
      ? []
      : [findingOf('kswapd', `${at(test)} before that, ${sentenceOf(kernel, test)}.`, test)]),
    ...roundFindings(log),
    ...verdictFindings(log),
  ];
}

/** Rounds of reclaim, of the release's generation. */
function roundFindings(log: EventLog): Finding[] {
  const woken = `kswapd was woken ${log.wakeups} times.`;
  const ends = log.machineEvents().filter(({ name }) => name === 'mm_vmscan_end');
  const end = ends.at(-1);
  if (end !== undefined) {
    const rounds = log.count('mm_vmscan_end');
    const hard = ends.filter(({ values }) => values['outcome'] === 0).length;
    return [
      findingOf(
        'kswapd',
        `${woken} ${rounds} rounds of reclaim were made, by kswapd or by who allocates; of the last ${ends.length}, ${hard} went through all six priorities in vain; the last one ended at priority ${end.values['priority']} with ${end.values['left']} of 32 pages still wanted.`,
        end,
      ),
    ];
  }
  const aged = log.machineEvents().filter(({ name }) => name === 'aged_try_to_free_pages');
  const last = aged.at(-1);
  if (last === undefined) return [];
  const { free_shortage: free, inactive_shortage: inactive, cleaned } = last.values;
  const direct = aged.filter(({ values }) => values['user'] === 1).length;
  return [
    findingOf(
      'kswapd',
      `${woken} do_try_to_free_pages() was called ${log.count('aged_try_to_free_pages')} times; of the last ${aged.length}, ${direct} by who allocates; the last one missed ${free} free and ${inactive} inactive pages, and could clean ${cleaned}.`,
      last,
    ),
  ];
}

/** What was looked at, by what was decided. */
function verdictFindings(log: EventLog): Finding[] {
  const findings: Finding[] = [];
  const events = log.pageEvents();
  for (const [name, counts] of log.verdicts) {
    const table = VERDICTS[name];
    const sample = events.findLast((event) => event.name === name);
    if (table === undefined || sample === undefined) continue;
    const total = counts.reduce((sum, count) => sum + (count ?? 0), 0);
    const parts = counts
      .map((count, verdict) => ({ count: count ?? 0, verdict }))
      .filter(({ count }) => count > 0)
      .sort((a, b) => b.count - a.count)
      .map(({ count, verdict }) => `${count}: ${table.names[verdict]}`);
    const what = sample.values['address'] === undefined ? 'pages' : 'mappings';
    findings.push(
      findingOf(
        'kswapd',
        `${sample.definition.origin} looked at ${total} ${what}: ${parts.join('; ')}.`,
        sample,
      ),
    );
  }
  return findings;
}
