import { describe, expect, it } from 'vitest';
import { Splitmix32 } from '../../src/workload/splitmix32.ts';

const take = (count: number, next: () => number): number[] => Array.from({ length: count }, next);

describe('splitmix32, as a C program of the same formulas prints it', () => {
  it.each([
    [1, [2527132011, 314344336, 2535364964, 2041432039, 1495043544, 3445983177]],
    [0xffffffff, [920564995, 4230986166, 697614773, 1778835764]],
  ] as const)('from seed %i', (seed, wanted) => {
    const random = new Splitmix32(seed);
    expect(take(wanted.length, () => random.next())).toEqual(wanted);
  });

  it('draws pages by octave Zipf', () => {
    const random = new Splitmix32(7);
    expect(take(12, () => random.zipf(1000))).toEqual([761, 709, 662, 0, 44, 678, 15, 609, 0, 34, 894, 253]);
    expect(take(6, () => new Splitmix32(7).zipf(1))).toEqual([0, 0, 0, 0, 0, 0]);
  });

  it('goes back to an earlier place when its state is set', () => {
    const random = new Splitmix32(5);
    const { state } = random;
    const first = random.next();
    random.next();
    random.state = state;
    expect(random.next()).toBe(first);
  });
});
