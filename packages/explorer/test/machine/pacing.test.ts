import { expect, test } from 'vitest';
import { Pacing } from '../../src/machine/pacing.ts';
import type { ViewRequest } from '../../src/protocol/views.ts';

const views = (...names: ('memory' | 'zones' | 'lists' | 'tasks' | 'slab' | 'counters' | 'tlb')[]) =>
  Object.fromEntries(names.map((view): [string, ViewRequest] => [view, { view }]));

/** How often each view was made in a second of pictures. */
function pictures(requests: Readonly<Record<string, ViewRequest>>, everyMs = 1000 / 60) {
  const pacing = new Pacing();
  const made = new Map<string, number>();
  let most = 0;
  for (let now = 0; now < 1000; now += everyMs) {
    const keys = pacing.choose(requests, now);
    for (const key of keys) {
      pacing.made(key, now);
      made.set(key, (made.get(key) ?? 0) + 1);
    }
    most = Math.max(most, keys.length);
  }
  return { made, most };
}

test('the map is made for every picture, and at most one view besides', () => {
  const { made, most } = pictures(views('memory', 'zones', 'lists', 'tasks', 'slab', 'counters', 'tlb'));
  expect(made.get('memory')).toBe(61);
  expect(most).toBe(2);
});

test('no view is forgotten, however many there are', () => {
  const { made } = pictures(views('memory', 'zones', 'lists', 'tasks', 'slab', 'counters', 'tlb'));
  for (const [view, times] of made) expect(times, view).toBeGreaterThanOrEqual(3);
});

test('a view that is alone comes at its own pace', () => {
  expect(pictures(views('counters')).made.get('counters')).toBe(5);
  expect(pictures(views('zones')).made.get('zones')).toBeGreaterThanOrEqual(15);
});

test('what is asked for anew comes at once', () => {
  const pacing = new Pacing();
  const requests = views('tlb');
  pacing.made('tlb', 100);
  expect(pacing.choose(requests, 130)).toEqual([]);
  pacing.keep({});
  expect(pacing.choose(requests, 130)).toEqual(['tlb']);
});
