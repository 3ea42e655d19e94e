import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PAGES, REGIONS, Shadow } from './shadow.ts';

type Step = readonly [call: string, ...operands: number[]];

const who = fc.nat(2);
const region = fc.nat(REGIONS.length - 1);
const page = fc.nat(PAGES - 1);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.tuple(fc.constant('write'), who, region, page, fc.integer({ min: 1, max: 255 })),
  },
  { weight: 4, arbitrary: fc.tuple(fc.constant('read'), who, region, page) },
  { weight: 3, arbitrary: fc.tuple(fc.constant('readAll')) },
  { weight: 5, arbitrary: fc.tuple(fc.constant('unmap'), who, region) },
  { weight: 6, arbitrary: fc.tuple(fc.constant('out'), who, region) },
  { weight: 4, arbitrary: fc.tuple(fc.constant('shrink')) },
  { weight: 3, arbitrary: fc.tuple(fc.constant('settle')) },
  { weight: 1, arbitrary: fc.tuple(fc.constant('reclaim')) },
  { weight: 2, arbitrary: fc.tuple(fc.constant('fork'), who) },
  { weight: 1, arbitrary: fc.tuple(fc.constant('exit'), who) },
  { weight: 1, arbitrary: fc.tuple(fc.constant('munmap'), who, page) },
  { weight: 1, arbitrary: fc.tuple(fc.constant('mremap'), who) },
  { weight: 2, arbitrary: fc.tuple(fc.constant('truncate'), who, fc.nat(PAGES), fc.constantFrom(0, 0, 100)) },
  { weight: 3, arbitrary: fc.tuple(fc.constant('swapoff'), fc.nat(1)) },
);

/** Steps that need no process. */
const REST: ReadonlySet<string> = new Set(['shrink', 'settle', 'reclaim', 'swapoff']);

function run(shadow: Shadow, [call, ...operands]: Step): void {
  if (shadow.actors.length === 0 && !REST.has(call)) return;
  (shadow as unknown as Record<string, (...operands: number[]) => void>)[call]?.(...operands);
}

describe.each([
  ['2.4.22', { release: '2.4.22' }],
  ['2.4.20', { release: '2.4.20' }],
  ['2.4.22 with PAE', { release: '2.4.22', highmem: '64g' }],
])('forced swapping of shared and private memory, %s', (_name, config) => {
  it('no byte is ever lost, no reference is ever wrong, and nothing leaks', () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 5, maxLength: 40 }), (steps) => {
        const shadow = new Shadow(config);
        for (const each of steps) {
          run(shadow, each);
          shadow.check();
        }
        shadow.readAll();
        shadow.finish();
      }),
      { numRuns: 50, seed: 7 },
    );
  });
});

/** Everything once: private, shared and file pages go out and come back, through fork, truncate and swapoff. */
const SCENARIO: readonly Step[] = [
  ...Array.from({ length: 20 }, (_, i): Step => ['write', 0, i % REGIONS.length, i % PAGES, i + 1]),
  ['unmap', 0, 0],
  ['unmap', 0, 4],
  ['fork', 0],
  ['unmap', 0, 1],
  ['unmap', 0, 2],
  ['unmap', 0, 3],
  ['shrink'],
  ['shrink'],
  ['settle'],
  ['shrink'],
  ['read', 1, 0, 0],
  ['write', 1, 0, 5, 200],
  ['read', 0, 1, 1],
  ['truncate', 0, 4, 100],
  ['mremap', 1],
  ['swapoff', 0],
  ['read', 0, 3, 3],
  ['exit', 1],
];

/** Runs the scenario with a failure armed; false when it was not reached. */
function scenario(arm: (shadow: Shadow) => void, isPending: (shadow: Shadow) => boolean): boolean {
  const shadow = new Shadow();
  arm(shadow);
  for (const each of SCENARIO) {
    run(shadow, each);
    shadow.check();
  }
  const reached = !isPending(shadow);
  shadow.world.kernel.allocator.failAlloc(0);
  shadow.world.kernel.paging.ioFailures.failIo(0);
  shadow.readAll();
  shadow.finish();
  return reached;
}

describe('injected failures', () => {
  it('every allocation of the scenario can fail: nobody sees a wrong byte, nothing leaks', () => {
    let n = 1;
    const failing = () =>
      scenario(
        ({ world }) => world.kernel.allocator.failAlloc(n),
        ({ world }) => world.kernel.allocator.failAllocPending > 0,
      );
    while (failing()) n++;
    expect(n).toBeGreaterThan(30);
  });

  it('every I/O of the scenario can fail: nothing leaks (bytes that the disk lost are lost)', () => {
    let n = 1;
    const failing = () =>
      scenario(
        (shadow) => {
          shadow.bytesMayBeLost = true;
          shadow.world.kernel.paging.ioFailures.failIo(n);
        },
        ({ world }) => world.kernel.paging.ioFailures.pending > 0,
      );
    while (failing()) n++;
    expect(n).toBeGreaterThan(3);
  });
});
