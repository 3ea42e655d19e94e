import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SwapAreas } from '../../src/swap/swap-areas.ts';
import { SWAP_MAP_BAD, SWAP_MAP_MAX, SWP, SwapInfo } from '../../src/swap/swap-info.ts';
import { swpEntry, swpOffset, swpType } from '../../src/swap/swp-entry.ts';
import { Trace } from '../../src/trace/trace.ts';

function areas(...definitions: { max: number; prio: number }[]) {
  const log: string[] = [];
  const swap = new SwapAreas({
    rules: { maxSwapfiles: 32, normalizesBounds: true },
    trace: new Trace(() => 0, 1024),
    print: (text) => log.push(text),
  });
  for (const { max, prio } of definitions) {
    const area = new SwapInfo();
    Object.assign(area, { flags: SWP.writeok, prio, max, pages: max - 1, lowestBit: 1, highestBit: max - 1 });
    area.swapMap = new Uint16Array(max);
    area.swapMap[0] = SWAP_MAP_BAD;
    swap.areas.push(area);
    swap.nrSwapPages += area.pages;
    swap.totalSwapPages += area.pages;
    swap.insert(swap.areas.length - 1);
  }
  return { swap, log, area: (type = 0) => swap.areas[type] as SwapInfo };
}

const name = (entry: number) => `${swpType(entry)}:${swpOffset(entry)}`;

describe('swap entries', () => {
  test('sheet 3 C1: type 1, offset 3 is 0x302', () => {
    expect(swpEntry(1, 3)).toBe(0x302);
    expect(swpEntry(31, 0xffffff)).toBe(0xffffff3e);
    expect(swpType(0xffffff3e)).toBe(31);
    expect(swpOffset(0xffffff3e)).toBe(0xffffff);
  });
});

describe('slots', () => {
  test('sheet 3 C2 vector 1: runs of 257, and a freed slot waits while there is an empty run', () => {
    const { swap, area } = areas({ max: 1024, prio: -1 });
    const next = () => swpOffset(swap.getSwapPage());
    expect(next()).toBe(1);
    expect(area()).toMatchObject({ lowestBit: 2, clusterNext: 2, clusterNr: 256 });
    for (let slot = 2; slot <= 257; slot++) expect(next()).toBe(slot);
    expect(area().clusterNr).toBe(0);
    expect(next()).toBe(258);
    expect(area().clusterNr).toBe(256);
    swap.swapFree(swpEntry(0, 5));
    expect(area().lowestBit).toBe(5);
    expect(next()).toBe(259);
    for (let slot = 260; slot <= 514; slot++) expect(next()).toBe(slot);
    expect(area().clusterNr).toBe(0);
    expect(next()).toBe(515);
  });

  test('sheet 3 C2 vector 2: single slots in a full area', () => {
    const { swap, area } = areas({ max: 16, prio: -1 });
    for (let slot = 1; slot < 16; slot++) expect(swpOffset(swap.getSwapPage())).toBe(slot);
    expect(area()).toMatchObject({ lowestBit: 16, highestBit: 0 });
    for (const slot of [4, 9, 12]) swap.swapFree(swpEntry(0, slot));
    expect(area()).toMatchObject({ lowestBit: 4, highestBit: 12 });
    expect(swap.nrSwapPages).toBe(3);
    expect(swpOffset(swap.getSwapPage())).toBe(4);
    expect(area().lowestBit).toBe(5);
    expect(swpOffset(swap.getSwapPage())).toBe(9);
    expect(swpOffset(swap.getSwapPage())).toBe(12);
    expect(swap.getSwapPage()).toBe(0);
  });

  test('sheet 3 C2 vector 3: areas of equal priority in turn, lower ones when they are full', () => {
    const { swap } = areas({ max: 8, prio: -1 }, { max: 6, prio: 5 }, { max: 6, prio: 5 });
    expect(swap.list.head).toBe(2);
    const taken = Array.from({ length: 12 }, () => name(swap.getSwapPage()));
    expect(taken).toEqual([
      '2:1',
      '1:1',
      '2:2',
      '1:2',
      '2:3',
      '1:3',
      '2:4',
      '1:4',
      '2:5',
      '1:5',
      '0:1',
      '0:2',
    ]);
    expect(swap.list.next).toBe(2);
    swap.swapFree(swpEntry(1, 3));
    expect(swap.list.next).toBe(2);
    expect(name(swap.getSwapPage())).toBe('1:3');
    expect(name(swap.getSwapPage())).toBe('0:3');
  });

  test('sheet 3 C2 vector 4: without priorities the first area fills first', () => {
    const { swap } = areas({ max: 4, prio: -1 }, { max: 4, prio: -2 });
    const taken = Array.from({ length: 7 }, () => swap.getSwapPage());
    expect(taken.slice(0, 6).map(name)).toEqual(['0:1', '0:2', '0:3', '1:1', '1:2', '1:3']);
    expect(taken[6]).toBe(0);
  });

  test('sheet 3 C3: references, the sticky count, and what is no reference', () => {
    const { swap, area, log } = areas({ max: 16, prio: -1 });
    const entry = swap.getSwapPage();
    expect(swap.swapDuplicate(entry)).toBe(true);
    expect(swap.countOf(entry)).toBe(2);
    area().swapMap[1] = SWAP_MAP_MAX - 1;
    expect(swap.swapDuplicate(entry)).toBe(true);
    expect(swap.countOf(entry)).toBe(SWAP_MAP_MAX);
    swap.swapFree(entry);
    expect(swap.countOf(entry)).toBe(SWAP_MAP_MAX);
    expect(swap.swapDuplicate(swpEntry(0, 0))).toBe(false);
    expect(swap.swapDuplicate(swpEntry(0, 7))).toBe(false);
    expect(swap.swapDuplicate(swpEntry(3, 7))).toBe(false);
    swap.swapFree(swpEntry(0, 7));
    swap.swapFree(swpEntry(0, 99));
    swap.swapFree(swpEntry(5, 1));
    expect(log).toEqual([
      'swap_dup: swap entry overflow',
      'swap_dup: Bad swap file entry 00000706',
      'swap_free: Unused swap offset entry 00000700',
      'swap_free: Bad swap offset entry 00006300',
      'swap_free: Bad swap file entry 0000010a',
    ]);
  });

  test('sheet 3 C4: read-ahead takes the aligned run and stops at a free slot; slot 0 is the header', () => {
    const { swap, area } = areas({ max: 64, prio: -1 });
    for (let slot = 1; slot < 64; slot++) area().swapMap[slot] = 1;
    area().swapMap[19] = 0;
    expect(swap.validSwaphandles(swpEntry(0, 21), 3)).toEqual({ first: 16, count: 3 });
    expect(swap.validSwaphandles(swpEntry(0, 5), 3)).toEqual({ first: 1, count: 7 });
    expect(swap.validSwaphandles(swpEntry(0, 62), 3)).toEqual({ first: 56, count: 8 });
    area().swapMap[57] = SWAP_MAP_BAD;
    expect(swap.validSwaphandles(swpEntry(0, 62), 3)).toEqual({ first: 56, count: 1 });
    expect(swap.validSwaphandles(swpEntry(0, 62), 0)).toEqual({ first: 0, count: 0 });
  });

  test('counters, bounds and contents agree whatever is taken and freed', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.constant(-1), fc.nat(200)), { maxLength: 400 }), (steps) => {
        const { swap } = areas({ max: 40, prio: 3 }, { max: 300, prio: 3 }, { max: 20, prio: 1 });
        const live: number[] = [];
        for (const step of steps) {
          if (step < 0) {
            const entry = swap.getSwapPage();
            if (entry === 0) expect(live.length).toBe(39 + 299 + 19);
            else {
              expect(live).not.toContain(entry);
              live.push(entry);
            }
          } else if (live.length > 0) {
            swap.swapFree(live.splice(step % live.length, 1)[0] as number);
          }
        }
        expect(swap.nrSwapPages).toBe(39 + 299 + 19 - live.length);
        for (const area of swap.areas) {
          for (let slot = 1; slot < area.max; slot++) {
            if (area.swapMap[slot] === 0) {
              expect(slot).toBeGreaterThanOrEqual(area.lowestBit);
              expect(slot).toBeLessThanOrEqual(area.highestBit);
            }
          }
        }
      }),
    );
  });
});
