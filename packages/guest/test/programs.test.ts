import { describe, expect, it } from 'vitest';
import { elfOf, testGuest } from './run-guest.ts';

/** What our programs print when they are compiled for, and run on, a computer. */
const NATIVE: readonly (readonly [program: string, args: readonly string[], output: string])[] = [
  ['hello', [], 'hello from ring 3: hello\n'],
  ['checks', [], 'all checks passed\n'],
  ['files', [], 'all checks passed\n'],
  ['mapfile', ['64'], '16 pages, 0 words wrong\n'],
  ['shmpair', ['64'], '16384 words shared, 0 wrong\n'],
  ['matrix', ['64'], 'checksum 82ae2e90\n'],
  ['touch', ['4', 'random', '2'], '874 pages touched, 0 wrong\n'],
  ['touch', ['4', 'stride', '2'], '1024 pages touched, 0 wrong\n'],
  ['forkstorm', ['8', '64'], '8 children, every word right\n'],
  ['quicksort', ['1'], 'sorted 262144 words; out of order 0, none lost; median 7fc4bb6b\n'],
];

describe.each(['2.4.22', '2.4.20', '2.4.0'])('our programs on %s', (release) => {
  it('print what they print natively, and leave nothing behind', () => {
    const { guest, run, text } = testGuest({ release });
    const { kernel } = guest;
    run('hello');
    let printed = text();
    for (const [program, args, output] of NATIVE) {
      expect(run(program, ...args)).toEqual({ code: 0, signal: 0 });
      expect(text().slice(printed.length)).toBe(output);
      printed = text();
      kernel.checkInvariants();
      kernel.fs.unlink(`/${program}`);
    }
    expect(guest.tasks).toEqual([]);
    expect(guest.counts.cpuPanics).toBe(1);
    const free = kernel.allocator.nrFreePages();
    run('forkstorm', '4', '256');
    kernel.fs.unlink('/forkstorm');
    expect(kernel.allocator.nrFreePages()).toBe(free);
  });

  it('lose no byte when nearly everything is on swap, one after the other on one machine', () => {
    const { guest, run, text } = testGuest({ release, memory: 8, swap: 64 });
    expect(run('quicksort', '12')).toEqual({ code: 0, signal: 0 });
    const sorted = 'sorted 3145728 words; out of order 0, none lost; median 7ff7657c\n';
    expect(text()).toBe(sorted);
    expect(guest.kernel.paging.swapCache.pswpout).toBeGreaterThan(2000);
    guest.kernel.checkInvariants();
    // Pages that are shared until they are written; what the first program left in the swap cache goes.
    expect(run('forkstorm', '5', '3072')).toEqual({ code: 0, signal: 0 });
    expect(text().slice(sorted.length)).toBe('5 children, every word right\n');
    guest.kernel.checkInvariants();
  });
});

describe('the guest', () => {
  it('goes the same way twice', () => {
    const [first, second] = [1, 2].map(() => {
      const { guest, run, text } = testGuest({ memory: 8, swap: 32 });
      const exits: number[] = [];
      const { cpu } = guest;
      const go = cpu.run.bind(cpu);
      cpu.run = (cr3) => {
        const vector = go(cr3);
        exits.push(vector, cpu.eip, cpu.reg(0), cpu.instructions);
        return vector;
      };
      run('forkstorm', '6', '2048');
      run('checks');
      return { exits, text: text(), hash: guest.kernel.stateHash(), now: guest.kernel.clock.now };
    });
    expect(first?.exits.length).toBeGreaterThan(5000);
    expect(second).toEqual(first);
  });

  it('ends the same without translated code', () => {
    for (const jit of [true, false]) {
      const { run, text } = testGuest({ jit });
      expect(run('checks').code).toBe(0);
      expect(run('matrix', '64').code).toBe(0);
      expect(text()).toBe('all checks passed\nchecksum 82ae2e90\n');
    }
  });

  it('says that a program cannot be loaded', () => {
    const { guest } = testGuest();
    expect(guest.start(Uint8Array.of(1, 2, 3), ['rubbish'])).toBe(-8);
    expect(guest.start('/nowhere', ['nowhere'])).toBe(-2);
    expect(guest.tasks).toEqual([]);
    guest.kernel.checkInvariants();
  });

  it('tells when all sleep for ever', () => {
    const { run } = testGuest();
    // pipe on the stack; read from it, while holding its other end.
    const code = [
      ...[0x83, 0xec, 16, 0x89, 0xe3, 0xb8, 42, 0, 0, 0, 0xcd, 0x80],
      ...[0x8b, 0x1c, 0x24, 0x8d, 0x4c, 0x24, 8, 0xba, 1, 0, 0, 0, 0xb8, 3, 0, 0, 0, 0xcd, 0x80],
    ];
    expect(() => run(elfOf(code))).toThrow('every process sleeps');
  });
});
