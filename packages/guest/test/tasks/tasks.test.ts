import { describe, expect, it } from 'vitest';
import { SIG, sendSignal } from '../../src/index.ts';
import { elfOf, programBytes, testGuest } from '../run-guest.ts';

/** What these print natively, too: built by programs/build.sh. */
const NATIVE = [
  ['threads', 'all threads did well\n'],
  ['signals', 'all signals arrived\n'],
] as const;

describe.each(['2.4.22', '2.4.20', '2.4.0'])('on %s', (release) => {
  it.each(NATIVE)('%s sees what it sees natively, and leaves nothing behind', (program, output) => {
    const { guest, run, text } = testGuest({ release });
    const free = () => {
      guest.kernel.cpus.quiesce();
      return guest.kernel.allocator.nrFreePages();
    };
    run(program);
    const before = free();
    expect(run(program)).toEqual({ code: 0, signal: 0 });
    expect(text()).toBe(output.repeat(2));
    expect(guest.tasks).toEqual([]);
    guest.kernel.checkInvariants();
    expect(free()).toBeGreaterThanOrEqual(before - 8);
  });
});

describe('tasks', () => {
  it('that are stopped sleep on when their time is over', () => {
    const { guest } = testGuest();
    // push 0; push 5; mov ebx, esp; xor ecx, ecx; nanosleep; exit
    const code = [0x6a, 0, 0x6a, 5, 0x89, 0xe3, 0x31, 0xc9, 0xb8, 162, 0, 0, 0, 0xcd, 0x80];
    const task = guest.start(elfOf([...code, 0x31, 0xdb, 0xb8, 1, 0, 0, 0, 0xcd, 0x80]), ['sleeper']);
    if (typeof task === 'number') throw new Error(`errno ${task}`);
    while (task.sleep === null) guest.step();
    sendSignal(guest, task, SIG.stop);
    guest.console.hangUp();
    expect(() => guest.runUntilEnd(task)).toThrow('every process sleeps');
    expect(guest.kernel.clock.now).toBeLessThan(4e9);
    sendSignal(guest, task, SIG.cont);
    expect(guest.runUntilEnd(task)).toEqual({ code: 0, signal: 0 });
    expect(guest.kernel.clock.now).toBeGreaterThan(5e9);
  });

  it('of one program on a machine that swaps go the same way twice', () => {
    const [first, second] = [1, 2].map(() => {
      const { guest, run, text } = testGuest({ memory: 8, swap: 32 });
      const hog = guest.start(programBytes('touch'), ['touch', '10', 'random', '1']);
      run('threads');
      if (typeof hog !== 'number') guest.runUntilEnd(hog);
      guest.kernel.checkInvariants();
      return { text: text(), hash: guest.kernel.stateHash(), now: guest.kernel.clock.now };
    });
    expect(first?.text).toContain('all threads did well\n');
    expect(second).toEqual(first);
  });

  it('wait inside of each other for the disk: others run meanwhile', () => {
    const single = (name: string, ...args: readonly string[]) => {
      const { guest, run } = testGuest({ memory: 8, swap: 64 });
      const begin = guest.kernel.clock.now;
      run(name, ...args);
      return guest.kernel.clock.now - begin;
    };
    const apart = single('touch', '12', 'random', '1') + single('matrix', '256');
    const together = [1, 2].map(() => {
      const { guest, text } = testGuest({ memory: 8, swap: 64 });
      const begin = guest.kernel.clock.now;
      const tasks = [
        guest.start(programBytes('touch'), ['touch', '12', 'random', '1']),
        guest.start(programBytes('matrix'), ['matrix', '256']),
      ];
      let steps = 0;
      for (const task of tasks) {
        if (typeof task === 'number') throw new Error(`errno ${task}`);
        while (task.status === null) {
          guest.step();
          if (++steps % 16 === 0) guest.kernel.checkInvariants();
        }
        expect(task.status).toBe(0);
      }
      const { clock } = guest.kernel;
      return {
        text: text(),
        hash: guest.kernel.stateHash(),
        ns: clock.now - begin,
        deepest: guest.scheduler.deepest,
      };
    });
    expect(together[0]?.text).toMatch(/, 0 wrong\n/);
    expect(together[0]?.text).toContain('checksum');
    expect(together[0]?.deepest).toBeGreaterThan(0);
    expect(together[0]?.ns).toBeLessThan(0.8 * apart);
    expect(together[1]).toEqual(together[0]);
  });

  it('nest as deep as there are programs that swap', () => {
    const { guest } = testGuest({ memory: 8, swap: 128 });
    const tasks = Array.from({ length: 5 }, () => guest.start(programBytes('quicksort'), ['quicksort', '3']));
    const endings = tasks.map((task) => (typeof task === 'number' ? task : guest.runUntilEnd(task)));
    expect(endings).toEqual(new Array(5).fill({ code: 0, signal: 0 }));
    guest.kernel.checkInvariants();
    expect(guest.scheduler.deepest).toBeGreaterThan(2);
    expect(guest.tasks).toEqual([]);
  });
});
