import { describe, expect, test } from 'vitest';
import { choiceOf, TestPage } from './engine-host.ts';

const ZIPF = choiceOf({ kind: 'workload', args: 'zipf 7 3000 4000 30'.split(' ') }, { memory: 8 * 2 ** 20 });

describe('a breakpoint', () => {
  test('stops the machine after the turn in which its condition held', async () => {
    const page = new TestPage();
    await page.do({ type: 'start', choice: ZIPF });
    const condition = 'class == "swap" && (vm_flags & 0x2) != 0';
    page.send({ type: 'breakpoints', list: [{ event: 'mm_fault', condition, enabled: true }] });
    const status = await page.do({ type: 'run', speed: null });
    expect(status).toMatchObject({ phase: 'paused', reason: 'breakpoint mm_fault' });
    const filter = { names: ['mm_fault'], pid: 0, text: 'class=swap' };
    const { total, rows } = await page.view({ view: 'events', from: 0, count: 5, filter });
    expect(total).toBe(1);
    const there = await page.do({ type: 'seek-event', seq: rows[0]?.seq as number });
    expect(there.turn).toBe(status.turn);
    const why = await page.ask({ ask: 'why', seq: rows[0]?.seq as number });
    expect(why.sentence).toContain('a page that was swapped out');
    expect(why.path[0]).toBe('do_page_fault()');
    expect(why.path.at(-1)).toBe('handle_mm_fault()');
    expect(why.chapter).toContain('Process Address Space');
    expect(why.history.find(({ seq }) => seq === rows[0]?.seq)?.sentence).toContain('swapped out');
    expect(why.history.map(({ seq }) => seq)).toContain(rows[0]?.seq);
  });

  test('that is not enabled, or whose condition never holds, does not stop it', async () => {
    const page = new TestPage();
    await page.do({ type: 'start', choice: choiceOf({ kind: 'program', name: 'hello', args: [] }) });
    const list = [
      { event: 'mm_fault', condition: '', enabled: false },
      { event: 'mm_page_alloc', condition: 'order > 9', enabled: true },
    ];
    page.send({ type: 'breakpoints', list });
    expect(await page.do({ type: 'run', speed: null })).toMatchObject({ phase: 'ended' });
  });

  test('that is wrong is refused with a sentence', async () => {
    const page = new TestPage();
    await page.do({ type: 'start', choice: choiceOf({ kind: 'program', name: 'hello', args: [] }) });
    page.send({ type: 'breakpoints', list: [{ event: 'mm_fault', condition: 'ordr > 1', enabled: true }] });
    page.send({ type: 'breakpoints', list: [{ event: 'mm_falt', condition: '', enabled: true }] });
    page.send({ type: 'breakpoints', list: [{ event: 'mm_fault', condition: 'pfn >', enabled: true }] });
    expect(page.refusals[0]).toContain('no value for ordr; allowed are address, class');
    expect(page.refusals[1]).toMatch(
      /^breakpoint mm_falt: there is no such tracepoint; alike are mm_fault, /,
    );
    expect(page.refusals[2]).toContain('ends too early');
    const condition = 'class == "swp"';
    page.send({ type: 'breakpoints', list: [{ event: 'mm_fault', condition, enabled: true }] });
    expect(page.refusals[3]).toMatch(
      /^breakpoint mm_fault: 'class == "swp"': class is never "swp"; it is one of demand_zero, .*, swap, /,
    );
  });

  test('that is wrong does not silence the others', async () => {
    const page = new TestPage();
    await page.do({ type: 'start', choice: choiceOf({ kind: 'program', name: 'hello', args: [] }) });
    const list = [
      { event: 'nothing', condition: '', enabled: true },
      { event: 'mm_fault', condition: '', enabled: true },
      { event: 'mm_fault', condition: 'ordr > 1', enabled: true },
    ];
    page.send({ type: 'breakpoints', list });
    expect(page.refusals[0]).toMatch(/^breakpoint nothing: .*; breakpoint mm_fault: .*no value for ordr/);
    expect(await page.do({ type: 'run', speed: null })).toMatchObject({ reason: 'breakpoint mm_fault' });
  });
});

describe('steps', () => {
  test('by turns, faults and events, forwards and back', async () => {
    const page = new TestPage();
    await page.do({ type: 'start', choice: ZIPF });
    await page.do({ type: 'step', unit: 'turn', count: 100 });
    expect(page.status?.turn).toBe(100);
    const before = await page.ask({ ask: 'state-hash' });
    const fault = await page.do({ type: 'step', unit: 'fault', count: 1 });
    expect(fault.turn).toBeGreaterThan(100);
    const next = await page.do({ type: 'step', unit: 'fault', count: 1 });
    expect(next.turn).toBeGreaterThan(fault.turn);
    expect((await page.do({ type: 'step', unit: 'fault', count: -1 })).turn).toBe(fault.turn);
    const event = await page.do({ type: 'step', unit: 'event', count: 1 });
    expect(event.seq).toBeGreaterThan(fault.seq);
    expect((await page.do({ type: 'step', unit: 'event', count: -1 })).turn).toBe(fault.turn);
    await page.do({ type: 'seek', turn: 100 });
    expect(await page.ask({ ask: 'state-hash' })).toEqual(before);
    expect((await page.do({ type: 'step', unit: 'turn', count: -1000 })).turn).toBe(0);
  });
});
