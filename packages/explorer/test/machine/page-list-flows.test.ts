import { describe, expect, it } from 'vitest';
import type { ListsView } from '../../src/protocol/views.ts';
import { choiceOf, TestPage } from './engine-host.ts';

/** A machine of 16 MB with a program that writes 24 MB: all lists are in use. */
async function listsAt(release: string, until: number): Promise<ListsView> {
  const page = new TestPage();
  const program = { kind: 'program', name: 'hog', args: ['24'] } as const;
  await page.do({ type: 'start', choice: choiceOf(program, { release }), until });
  return (await page.view({ view: 'lists' })) as ListsView;
}

describe('flows between page lists', () => {
  it.each([
    ['2.4.22', 5000],
    ['2.4.0', 5500],
    ['2.4.22', 6175],
    ['2.4.0', 7000],
  ])('%s at turn %i: what came to a list and did not leave it is on it', async (release, until) => {
    const { lists, flows } = await listsAt(release, until);
    const on = new Map<string, number>();
    for (const { name, pages } of lists) {
      const list = name.replace(/\(.*/, '');
      on.set(list, (on.get(list) ?? 0) + pages);
    }
    for (const [list, pages] of on) {
      const came = flows.filter(({ to }) => to === list).reduce((sum, flow) => sum + flow.pages, 0);
      const left = flows.filter(({ from }) => from === list).reduce((sum, flow) => sum + flow.pages, 0);
      expect(`${list} ${came - left}`).toBe(`${list} ${pages}`);
    }
  });

  it('are called after the functions that move pages', async () => {
    const moved = ({ flows }: ListsView) => new Set(flows.map((flow) => `${flow.function} > ${flow.to}`));
    const two = moved(await listsAt('2.4.22', 6175));
    for (const flow of ['refill_inactive > inactive_list', 'shrink_cache > free', 'lru_cache_del > free'])
      expect(two).toContain(flow);
    const aged = moved(await listsAt('2.4.0', 7000));
    for (const flow of ['page_launder > inactive_clean_list', 'reclaim_page > free', 'lru_cache_del > free'])
      expect(aged).toContain(flow);
  });
});
