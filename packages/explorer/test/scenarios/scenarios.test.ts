import { describe, expect, it } from 'vitest';
import { panelsOf, parseLayout } from '../../src/app/layout.ts';
import { PANEL_IDS } from '../../src/app/panel-ids.ts';
import { termOf } from '../../src/glossary/glossary.ts';
import { CHAPTERS, type Scenario, type Stage } from '../../src/scenarios/scenario.ts';
import { SCENARIOS } from '../../src/scenarios/scenarios.ts';
import { TestPage } from '../machine/engine-host.ts';
import { FACTS } from './facts.ts';

/** Every text of a scenario. */
function textsOf({ title, summary, stages }: Scenario): string[] {
  return [title, summary, ...stages.flatMap((s) => [s.title, s.text, s.question, ...s.options, s.answer])];
}

describe('scenarios', () => {
  it('there is one at least for each chapter from 2 to 13', () => {
    expect([...new Set(SCENARIOS.map(({ chapter }) => chapter))]).toEqual([
      2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13,
    ]);
    expect(SCENARIOS.every(({ chapter }) => CHAPTERS[chapter] !== undefined)).toBe(true);
    expect(new Set(SCENARIOS.map(({ id }) => id)).size).toBe(SCENARIOS.length);
  });

  it.each(
    SCENARIOS.map((s) => [s.id, s] as const),
  )('%s: panels and terms that it names exist', (_, scenario) => {
    const panels = panelsOf(parseLayout(scenario.layout));
    expect(panels).toContain('scenario');
    for (const id of [...panels, ...scenario.stages.flatMap((stage) => stage.panels ?? [])]) {
      expect(PANEL_IDS, id).toContain(id);
    }
    for (const text of textsOf(scenario)) {
      for (const [, id] of text.matchAll(/\[\[([^\]|]+)/g)) expect(termOf(id as string), id).toBeDefined();
    }
    for (const { options, correct } of scenario.stages) expect(options[correct]).toBeDefined();
  });

  it.each(SCENARIOS.map((s) => [s.id, s] as const))('%s: goes as it says', async (id, scenario) => {
    const page = new TestPage();
    await page.do({ type: 'start', choice: scenario.choice });
    expect(page.refusals).toEqual([]);
    for (const [index, stage] of scenario.stages.entries()) {
      await go(page, stage);
      expect(page.refusals).toEqual([]);
      await FACTS[id]?.[index]?.(page);
    }
    expect(FACTS[id], 'facts of the texts').toHaveLength(scenario.stages.length);
    page.send({ type: 'breakpoints', list: [] });
    if (page.status?.phase !== 'ended')
      expect((await page.do({ type: 'run', speed: null })).phase).toBe('ended');
  });
});

/** As the page does when the answer is wanted. */
async function go(page: TestPage, { go: to, title }: Stage): Promise<void> {
  if (to.to === 'stay') return;
  if (to.to === 'turn') {
    await page.do({ type: 'seek', turn: to.turn });
    return;
  }
  const list = to.to === 'event' ? [{ event: to.event, condition: to.condition, enabled: true }] : [];
  page.send({ type: 'breakpoints', list });
  const status = await page.do({ type: 'run', speed: null });
  if (to.to === 'end') expect(status.phase, title).toBe('ended');
  // What it stops at may be the end, too.
  else expect(`${status.reason};`, title).toMatch(`breakpoint ${to.event};`);
}
