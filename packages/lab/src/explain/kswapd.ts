import type { EventLog } from './event-log.ts';
import { type Finding, findingOf } from './finding.ts';
import { VERDICTS } from './verdicts.ts';
import { at, zoneName } from './words.ts';

/** What woke kswapd, how much it looked at, and what became of it. */
export function explainKswapd(log: EventLog): Finding[] {
  const first = log.wakes[0];
  if (first === undefined) return [];
  const findings: Finding[] = [];
  const test = first.tests.at(-1);
  const zone = zoneName(first.event.values['zone'] as number);
  if (test === undefined) {
    findings.push(
      findingOf(
        'kswapd',
        `${at(first.event)} kswapd was woken for zone ${zone} for the first time.`,
        first.event,
      ),
    );
  } else {
    const { free, mark, zone: weighed = 0 } = test.values;
    findings.push(
      findingOf(
        'kswapd',
        `${at(first.event)} kswapd was woken for zone ${zone} for the first time: an allocation found ${zoneName(weighed)}, the last zone that it may use, with ${free} free pages, not above its mark ${mark}.`,
        test,
      ),
    );
  }
  const ends = log.machineEvents().filter(({ name }) => name === 'mm_vmscan_end');
  const end = ends.at(-1);
  if (end !== undefined) {
    const rounds = log.count('mm_vmscan_end');
    const hard = ends.filter(({ values }) => values['outcome'] === 0).length;
    findings.push(
      findingOf(
        'kswapd',
        `It was woken ${log.count('mm_vmscan_wakeup_kswapd')} times. ${rounds} rounds of reclaim were made, by kswapd or by who allocates; of the last ${ends.length}, ${hard} went through all six priorities in vain; the last one ended at priority ${end.values['priority']} with ${end.values['left']} of 32 pages still wanted.`,
        end,
      ),
    );
  }
  findings.push(...verdictFindings(log));
  return findings;
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
