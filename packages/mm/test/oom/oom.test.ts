import { describe, expect, test } from 'vitest';
import { MmStruct } from '../../src/address-space/mm-struct.ts';
import { SIGKILL, SIGTERM, Task } from '../../src/address-space/task.ts';
import { KernelPanic } from '../../src/kernel-bug.ts';
import { badness, intSqrt } from '../../src/oom/badness.ts';
import { OomKiller } from '../../src/oom/oom-killer.ts';
import { PF } from '../../src/page-allocator/process-flags.ts';
import { Trace } from '../../src/trace/trace.ts';

const NO_CAPS = 0;
const ALL_CAPS = 0xfffffeff;
const RAWIO = 1 << 17;

function task(pid: number, options: Partial<Task> & { totalVm?: number; cpu?: number } = {}): Task {
  const { totalVm, cpu, ...rest } = options;
  const made = new Task(pid, null, `task${pid}`);
  made.uid = 1000;
  made.capEffective = NO_CAPS;
  Object.assign(made, rest);
  made.cpuNs = (cpu ?? 0) * 1e7;
  if (totalVm !== undefined) {
    made.mm = new MmStruct(0x1000 * pid);
    made.mm.totalVm = totalVm;
  }
  return made;
}

describe('sheet 3 E2: badness', () => {
  test.each([
    [[0, 1, 2, 3], 1],
    [[4, 5], 2],
    [[7], 3],
    [[8, 9], 2],
    [[15, 16, 17], 3],
    [[31], 6],
    [[32, 35], 4],
    [[63], 7],
    [[64], 6],
    [[99, 100], 9],
    [[127], 12],
    [[128], 8],
    [[255], 15],
    [[256], 12],
    [[1000, 1023], 31],
    [[1024], 24],
    [[4096], 48],
    [[10000], 78],
    [[65536], 192],
  ])('the square root of %j is %i', (values, root) => {
    for (const value of values) expect(intSqrt(value)).toBe(root);
  });

  const NOW = 300_000_000;
  test.each([
    ['fresh hog', { totalVm: 51200, cpu: 0 }, 0, 51200],
    ['200 MB, 600 s cpu, 1 day', { totalVm: 51200, cpu: 60000 }, 8640000, 2438],
    ['100 MB, nice 10, 60 s, 1 h', { totalVm: 25600, cpu: 6000, nice: 10 }, 360000, 25600],
    ['root 40 MB, 1000 s, 30 d', { totalVm: 10240, cpu: 100000, uid: 0 }, 259200000, 56],
    [
      'X: root, RAWIO, 80 MB, 2 h, 3 d',
      { totalVm: 20480, cpu: 720000, uid: 0, capEffective: RAWIO },
      25920000,
      20,
    ],
    ['20 MB, 5 s, 600 s', { totalVm: 5120, cpu: 500 }, 60000, 5120],
    [
      'init 375 pages, root, RAWIO',
      { totalVm: 375, cpu: 3000, uid: 0, capEffective: ALL_CAPS },
      259200000,
      4,
    ],
  ])('%s', (_name, options, age, points) => {
    const candidate = task(7, { ...options, startTime: NOW - age });
    expect(badness(candidate, NOW, true).points).toBe(points);
  });

  test('a kernel thread is never chosen; a dying task only by 2.4.20', () => {
    expect(badness(task(3), NOW, true).points).toBe(0);
    const dying = task(9, { totalVm: 100, flags: PF.MEMDIE, startTime: NOW });
    expect(badness(dying, NOW, true).points).toBe(0);
    expect(badness(dying, NOW, false).points).toBe(100);
  });
});

function killer(tasks: Task[], start = 0) {
  const state = { now: start, swap: 0, killed: [] as [number, number][], log: [] as string[], yields: 0 };
  const oom = new OomKiller({
    trace: new Trace(() => 0, 1024),
    rules: { sparesDying: true, killsSharers: true },
    ports: {
      tasks: () => tasks,
      jiffies: () => state.now,
      nrSwapPages: () => state.swap,
      kill: (victim, signal) => state.killed.push([victim.pid, signal]),
      print: (text) => state.log.push(text),
      yield: () => state.yields++,
      panic: (text) => {
        throw new KernelPanic(text);
      },
    },
  });
  const callAt = (now: number) => {
    state.now = now;
    const before = state.killed.length;
    oom.outOfMemory();
    return state.killed.length > before;
  };
  return { oom, state, callAt };
}

describe('sheet 3 E1: out_of_memory', () => {
  test('a call every 20 jiffies from 100000', () => {
    // More hogs than kills: those that were killed are spared.
    const { callAt } = killer(Array.from({ length: 9 }, (_, i) => task(i + 10, { totalVm: 100 - i })));
    const kills: number[] = [];
    for (let now = 100000; now <= 101300; now += 20) if (callAt(now)) kills.push(now);
    expect(kills).toEqual([100280, 100780, 101280]);
  });

  test('a rest of 501 jiffies begins a new row, one of 500 does not', () => {
    const { callAt } = killer([task(10, { totalVm: 100 })]);
    callAt(100000);
    for (let i = 0; i < 9; i++) callAt(100100 + i);
    expect(callAt(100108 + 501)).toBe(false);
    const other = killer([task(10, { totalVm: 100 })]);
    other.callAt(100000);
    for (let i = 0; i < 9; i++) other.callAt(100100 + i);
    expect(other.callAt(100108 + 500)).toBe(true);
  });

  test('nobody is killed in the first five seconds after boot, nor while swap has room', () => {
    const early = killer([task(10, { totalVm: 100 })]);
    for (let now = 0; now < 500; now += 10) expect(early.callAt(now)).toBe(false);
    const swap = killer([task(10, { totalVm: 100 })]);
    swap.state.swap = 1;
    for (let now = 100000; now < 101000; now += 10) expect(swap.callAt(now)).toBe(false);
  });
});

describe('oom_kill', () => {
  test('the first of the worst, with all that share its memory; hardware access is asked to end', () => {
    const a = task(10, { totalVm: 400 });
    const b = task(11, { totalVm: 4000, capEffective: RAWIO });
    const thread = task(12, {});
    thread.mm = b.mm;
    const later = task(13, { totalVm: 1000 });
    const { oom, state } = killer([a, b, thread, later]);
    oom.oomKill();
    expect(state.killed).toEqual([
      [11, SIGTERM],
      [12, SIGKILL],
    ]);
    expect(state.log).toEqual([
      'Out of Memory: Killed process 11 (task11).',
      'Out of Memory: Killed process 12 (task12).',
    ]);
    expect(b.flags & (PF.MEMALLOC | PF.MEMDIE)).toBe(PF.MEMALLOC | PF.MEMDIE);
    expect(state.yields).toBe(1);
  });

  test('nobody to kill is a panic', () => {
    expect(() => killer([task(2)]).oom.oomKill()).toThrow(KernelPanic);
  });
});
