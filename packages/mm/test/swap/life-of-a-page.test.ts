import { describe, expect, it } from 'vitest';
import { PG, SwapWorld } from './swap-world.ts';

describe('the life of one anonymous page (sheet 3 B6)', () => {
  it('fault, unmapped, written, freed, read again, written to: counts, slot and counters at every step', () => {
    const world = new SwapWorld();
    const free = world.free();
    const task = world.spawn();
    const at = world.area(task, 1);
    const pfn = world.pfn(task, at);
    const rss = world.rss(task);
    expect(world.count(pfn)).toBe(1);

    world.age(task, at);
    expect(world.swapOut(task, at)).toBe(1);
    const entry = world.pte(task, at);
    expect(entry & 0x081).toBe(0);
    expect([world.count(pfn), world.map(entry), world.rss(task)]).toEqual([1, 2, rss - 1]);
    expect(world.swap.has(pfn) && world.flags(pfn, PG.dirty) && world.flags(pfn, PG.uptodate)).toBe(true);
    const { dirtyPages } = world.swap.mapping;
    expect(world.kernel.memMap.next[dirtyPages]).toBe(pfn);
    expect(world.flags(pfn, PG.active)).toBe(false);
    world.check();

    // First visit: written.
    const free1 = world.kernel.allocator.nrFreePages();
    world.shrink();
    expect(world.swap.pswpout).toBe(1);
    expect(world.count(pfn)).toBe(2);
    expect(world.kernel.memMap.buffers[pfn]).not.toBe(0);
    expect(world.flags(pfn, PG.locked) && world.flags(pfn, PG.launder)).toBe(true);
    world.check();
    world.settle();
    expect(world.flags(pfn, PG.locked | PG.launder | PG.dirty)).toBe(false);

    // Second visit: buffers and page go, the slot stays for the entry.
    world.shrink();
    expect(world.count(pfn)).toBe(0);
    expect(world.map(entry)).toBe(1);
    expect(world.kernel.allocator.nrFreePages()).toBeGreaterThan(free1);
    world.check();

    // A read fault brings it in, with the slot's cluster.
    const { minFlt, majFlt } = task;
    expect(task.load8(at)).toBe(1);
    expect([task.minFlt - minFlt, task.majFlt - majFlt]).toEqual([0, 1]);
    expect(world.swap.pswpin).toBe(1);
    const back = world.pfn(task, at);
    expect(world.map(entry)).toBe(1);
    expect(world.swap.has(back)).toBe(true);
    expect(world.count(back)).toBe(3);
    expect(world.rss(task)).toBe(rss);
    expect(world.pte(task, at) & 0xfff).toBe(0x025);
    world.check();

    // A write takes the page over; it stays in the swap cache, and the slot is kept.
    expect(task.store8(at, 9)).toBe(true);
    expect(world.pfn(task, at)).toBe(back);
    expect(world.pte(task, at) & 0xfff).toBe(0x067);
    expect([world.map(entry), world.swap.has(back)]).toEqual([1, true]);
    world.check();

    // And again: it has its slot still.
    expect(world.pageOut(task, at)).toBe(entry);
    expect(world.swap.pswpout).toBe(2);
    expect(task.load8(at)).toBe(9);
    task.exit(0);
    world.check();
    expect(world.free()).toBe(free);
    expect(world.areas.nrSwapPages).toBe(world.areas.totalSwapPages);
  });

  it('a write fault by the only user maps the page writable and dirty at once', () => {
    const world = new SwapWorld();
    const task = world.spawn();
    const at = world.area(task, 1);
    const entry = world.pageOut(task, at);
    world.kernel.trace.on = true;
    expect(task.store8(at, 5)).toBe(true);
    world.kernel.trace.on = false;
    expect(world.pte(task, at) & 0xfff).toBe(0x067);
    expect(world.map(entry)).toBe(1);
    const events = [...world.kernel.trace.events()];
    const faults = events.filter(({ name }) => name === 'mm_fault');
    expect(faults.map(({ values }) => world.kernel.trace.text(values['class'] as number))).toEqual(['swap']);
    expect(faults[0]?.values).toMatchObject({ result: 2, pte: entry });
    const reuse = events.find(({ name }) => name === 'cow_reuse');
    expect(reuse?.values).toMatchObject({ count: 3, buffers: 1, slots: 1, locked: 0, outcome: 1 });
    task.exit(0);
    world.check();
  });

  it('when more than half of swap is in use the slot is freed instead', () => {
    const world = new SwapWorld({ swap: [{ size: 17 * 4096 }] });
    const task = world.spawn();
    const at = world.area(task, 10);
    // 15 slots: eight in use are more than half.
    const entries = Array.from({ length: 8 }, (_, i) => world.pageOut(task, at + i * 4096));
    expect(world.areas.full).toBe(true);
    expect(task.store8(at, 7)).toBe(true);
    const pfn = world.pfn(task, at);
    expect([world.map(entries[0] as number), world.swap.has(pfn), world.count(pfn)]).toEqual([0, false, 1]);
    expect(world.flags(pfn, PG.dirty)).toBe(true);
    world.check();
    // Seven of fifteen: now they are kept.
    expect(world.areas.full).toBe(false);
    task.store8(at + 4096, 7);
    expect(world.map(entries[1] as number)).toBe(1);
    world.check();
    task.exit(0);
    expect(world.areas.nrSwapPages).toBe(15);
    world.check();
  });
});
