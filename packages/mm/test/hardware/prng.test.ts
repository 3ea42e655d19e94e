import { describe, expect, it } from 'vitest';
import { COST_NS, CYCLES, cyclesToNs } from '../../src/hardware/cost-model.ts';
import { Prng } from '../../src/hardware/prng.ts';

describe('Prng', () => {
  it('gives equal sequences for equal seeds', () => {
    const a = new Prng(7);
    const b = new Prng(7);
    const c = new Prng(8);
    const first = Array.from({ length: 5 }, () => a.next());
    expect(Array.from({ length: 5 }, () => b.next())).toEqual(first);
    expect(Array.from({ length: 5 }, () => c.next())).not.toEqual(first);
  });

  it('stays below its bound and reaches all of it', () => {
    const prng = new Prng(1);
    const seen = new Set<number>();
    for (let i = 0; i < 1000; i++) seen.add(prng.below(10));
    expect([...seen].sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });
});

describe('cost model', () => {
  it('states every cost in cycles and in nanoseconds', () => {
    for (const [name, cycles] of Object.entries(CYCLES)) {
      expect(COST_NS[name as keyof typeof CYCLES]).toBe(cyclesToNs(cycles));
    }
  });
});
