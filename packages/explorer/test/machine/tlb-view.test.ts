import { describe, expect, it } from 'vitest';
import { rowsOf } from '../../src/machine/views/tlb-view.ts';
import { choiceOf, TestPage } from './engine-host.ts';

describe('the TLB', () => {
  it('joins neighbours that go to neighbouring frames with the same rights', () => {
    const entry = (page: number, stores = false, pfn = 100 + page) => ({
      address: page * 4096,
      stores,
      user: true,
      global: false,
      pfn,
    });
    const rows = rowsOf([entry(5), entry(6), entry(7, true), entry(9), entry(10, false, 77)], 9);
    expect(rows.map(({ address, pages, pfn }) => [address / 4096, pages, pfn])).toEqual([
      [5, 2, 105],
      [7, 1, 107],
      [9, 1, 109],
      [10, 1, 77],
    ]);
    expect(rowsOf([entry(5), entry(9), entry(10), entry(12)], 2).map(({ pages }) => pages)).toEqual([1, 2]);
  });

  it('of a workload serves what a walk says that it serves, with the frames of the page tables', async () => {
    const page = new TestPage();
    const program = { kind: 'workload', args: ['zipf', '1', '300', '20000', '30'] } as const;
    await page.do({ type: 'start', choice: choiceOf(program), until: 5000 });
    const tlb = await page.view({ view: 'tlb' });
    expect(tlb.ofKernel).toBe(-1);
    expect(tlb.pid).toBeGreaterThan(0);
    expect(tlb.rows.reduce((sum, row) => sum + row.pages, 0)).toBe(tlb.used);
    const own = tlb.rows.filter((row) => row.user);
    expect(own.length).toBeGreaterThan(50);
    for (const row of own.slice(0, 40)) {
      const walk = await page.view({ view: 'walk', pid: tlb.pid, address: row.address });
      expect([walk.inTlb, walk.pfn]).toEqual([true, row.pfn]);
      expect(walk.steps.at(-1)?.bits.includes('D')).toBe(row.stores);
    }
    const { areas } = await page.view({ view: 'space', pid: tlb.pid });
    const untouched = areas.flatMap((area) =>
      [...area.pages].flatMap((state, i) => (state === 0 ? [area.start + i * 4096] : [])),
    );
    expect(untouched.length).toBeGreaterThan(0);
    const walk = await page.view({ view: 'walk', pid: tlb.pid, address: untouched[0] as number });
    expect(walk.inTlb).toBe(false);
  });

  it.each([
    '2.4.22',
    '2.4.0',
  ])('of the CPU that a program runs on holds what a walk finds, %s', async (release) => {
    const page = new TestPage();
    const program = { kind: 'program', name: 'touch', args: ['2'] } as const;
    await page.do({ type: 'start', choice: choiceOf(program, { release }), until: 200 });
    const tlb = await page.view({ view: 'tlb' });
    expect(tlb.slots).toBe(10_000);
    expect(tlb.ofKernel).toBeGreaterThanOrEqual(0);
    expect(tlb.rows.reduce((sum, row) => sum + row.pages, 0)).toBe(tlb.used);
    const own = tlb.rows.filter((row) => row.user);
    expect(own.length).toBeGreaterThan(10);
    for (const row of own) {
      const walk = await page.view({ view: 'walk', pid: tlb.pid, address: row.address });
      expect([walk.inTlb, walk.pfn]).toEqual([true, row.pfn]);
      const bits = walk.steps.at(-1)?.bits ?? [];
      expect(bits).toContain('A');
      if (row.stores) expect(bits).toEqual(expect.arrayContaining(['RW', 'D']));
    }
    // The code that runs is there; what was never touched is not.
    const { areas } = await page.view({ view: 'space', pid: tlb.pid });
    const code = areas.find((area) => area.flags.includes('x')) ?? areas[0];
    expect(own.some((row) => row.address >= (code?.start ?? 0) && row.address < (code?.end ?? 0))).toBe(true);
    const untouched = areas.flatMap((area) =>
      [...area.pages].flatMap((state, i) => (state === 0 ? [area.start + i * 4096] : [])),
    );
    const walk = await page.view({ view: 'walk', pid: tlb.pid, address: untouched[0] as number });
    expect(walk.inTlb).toBe(false);
  });
});
