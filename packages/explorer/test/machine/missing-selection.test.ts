import { expect, test } from 'vitest';
import { parseSelection } from '../../src/app/selection.ts';
import { choiceOf, TestPage } from './engine-host.ts';

test('the machine says what of a selection it does not have, and what it has', async () => {
  const page = new TestPage();
  const choice = choiceOf({ kind: 'program', name: 'touch', args: ['8', 'forward'] });
  await page.do({ type: 'start', choice });
  await page.do({ type: 'seek', turn: 200 });
  const missing = async (text: string) =>
    (await page.ask({ ask: 'selection', selection: parseSelection(text) })).missing;
  const { tasks } = await page.view({ view: 'tasks' });
  const pid = tasks.find(({ comm }) => comm === 'touch')?.pid as number;
  for (const there of [
    'frame.fdf',
    `task.${pid}`,
    'task.1',
    `address.${pid}.8048000`,
    // The kernel's addresses are everybody's.
    'address.0.c0100000',
    'page.0./touch',
    `area.${pid}.8048000`,
    'slab.size-32',
    'event.1',
    'file./touch',
    'slot.0.17',
  ]) {
    expect(await missing(there), there).toBe('');
  }
  expect(await missing('frame.1000')).toBe('there is no frame 0x1000; frames are 0 to 0xfdf');
  expect(await missing('task.999')).toBe(
    `there is no task 999; there are ${tasks.map((task) => task.pid).join(', ')}`,
  );
  expect(await missing('address.999.8048000')).toBe(
    `task 999 has no address space; those that have one: ${pid}`,
  );
  expect(await missing('slab.nosuch')).toBe(
    'there is no slab cache nosuch; the panel Slab caches has them all',
  );
  expect(await missing('slab.size-32.1000')).toBe('there is no frame 0x1000; frames are 0 to 0xfdf');
  expect(await missing('event.99999999')).toMatch(/^event 99999999 is not known; known are 1 to \d+$/);
  expect(await missing('file./nosuch')).toBe('nothing of /nosuch is in the page cache; files there: /touch');
  expect(await missing('slot.1.17')).toBe('there is no swap area 1; there are 0 to 0');
  expect(await missing('slot.0.16384')).toBe('swap area 0 has no slot 16384; it has 0 to 16381');
});
