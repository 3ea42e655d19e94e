import { describe, expect, test } from 'vitest';
import { boot, type Kernel, KernelPanic, type Process } from '../../src/index.ts';
import { PF } from '../../src/page-allocator/process-flags.ts';

const MIB = 2 ** 20;
const PAGE = 4096;
const RW = 3;
const PRIVATE = 0x22;
const MCL_FUTURE = 2;
const SIGKILL = 9;
const SIGTERM = 15;
const CLONE_VM = 0x100;

/** A machine on which programs may ask for more than there is. */
function machine(options: Partial<Parameters<typeof boot>[0]> = {}): Kernel {
  return boot({ memory: 16 * MIB, sysctl: { 'vm.overcommit_memory': '1' }, ...options });
}

function map(process: Process, pages: number, flags = PRIVATE): number {
  return process.mmap2(0, pages * PAGE, RW, flags, -1, 0);
}

/** Touches pages one by one; returns how many it got. */
function eat(process: Process, at: number, pages: number): number {
  for (let page = 0; page < pages; page++) if (!process.store8(at + page * PAGE, page)) return page;
  return pages;
}

function hog(process: Process, pages = 16384): number {
  return eat(process, map(process, pages), pages);
}

/** An ordinary user's process that has `pages` pages. */
function holder(kernel: Kernel, comm: string, pages: number, uid = 1000): Process {
  const process = kernel.spawn(comm, { uid });
  expect(eat(process, map(process, pages), pages)).toBe(pages);
  return process;
}

function killLines(kernel: Kernel): string[] {
  return kernel.bootLog.map(({ text }) => text).filter((text) => text.startsWith('Out of Memory'));
}

function events(kernel: Kernel, name: string): Readonly<Record<string, number>>[] {
  const found: Readonly<Record<string, number>>[] = [];
  for (const event of kernel.trace.events()) {
    if (event.name === name) found.push(event.values);
  }
  return found;
}

describe.each(['2.4.20', '2.4.22'])('out of memory on %s', (release) => {
  test('without swap: reclaim first, then the hog dies inside its own fault and all comes back', () => {
    const kernel = machine({ release });
    const small = holder(kernel, 'small', 10);
    const process = kernel.spawn('hog', { uid: 1000 });
    const free = kernel.allocator.nrFreePages();
    const got = hog(process);
    expect(got).toBeGreaterThan(free - 200);
    expect(process.ended).toEqual({ code: 0, signal: SIGKILL });
    expect(process.takeSignal()?.signo).toBe(SIGKILL);
    expect(killLines(kernel)).toEqual([`Out of Memory: Killed process ${process.pid} (hog).`]);
    // What an own slab and the page tables of others kept is a handful.
    expect(kernel.allocator.nrFreePages()).toBeGreaterThan(free - 8);
    expect(small.load8(small.task.mm?.mmap?.vmStart ?? 0)).toBe(0);
    expect(small.ended).toBeNull();
    kernel.checkInvariants();
    // Whoever goes on with it is told; to end it once more is no mistake.
    process.exit(1);
    expect(() => process.brk(0)).toThrow(`process ${process.pid} has ended: the kernel killed it (signal 9)`);
    expect(hog(kernel.spawn('next'), 1000)).toBe(1000);
  });

  test('every term of the decision is in the trace', () => {
    const kernel = machine({ release });
    holder(kernel, 'root', 100, 0);
    kernel.trace.on = true;
    const process = kernel.spawn('hog', { uid: 1000 });
    process.task.nice = 5;
    hog(process);
    const verdict = events(kernel, 'oom_check').at(-1);
    expect(verdict).toMatchObject({ nr_swap_pages: 0, outcome: 1 });
    expect(verdict?.count).toBeGreaterThanOrEqual(10);
    expect(verdict?.since_kill).toBeGreaterThanOrEqual(500);
    const candidates = events(kernel, 'oom_badness');
    expect(candidates.find(({ pid }) => pid === process.pid)).toMatchObject({
      total_vm: 16385,
      cpu_divisor: 1,
      run_divisor: 1,
      niced: 1,
      privileges: 0,
      points: 2 * 16385,
    });
    expect(candidates.filter(({ privileges, points }) => privileges === 3 && points !== 0)).toHaveLength(1);
    expect(events(kernel, 'mark_victim')).toEqual([{ pid: process.pid, points: 2 * 16385, signal: SIGKILL }]);
  });

  test('the worst dies, not the one that asks: big, niced, without privileges', () => {
    const kernel = machine({ release });
    const plain = holder(kernel, 'plain', 700);
    const niced = holder(kernel, 'niced', 600);
    niced.task.nice = 10;
    const root = holder(kernel, 'root', 900, 0);
    const asks = kernel.spawn('asks', { uid: 1000 });
    const got = eat(asks, map(asks, 1100), 1100);
    expect(killLines(kernel)).toEqual([]);
    expect(got).toBe(1100);
    const more = holder(kernel, 'more', 400);
    expect(killLines(kernel)).toEqual([`Out of Memory: Killed process ${niced.pid} (niced).`]);
    expect(niced.ended).toEqual({ code: 0, signal: SIGKILL });
    expect([plain.ended, root.ended, asks.ended, more.ended]).toEqual([null, null, null, null]);
    kernel.checkInvariants();
  });

  test('an idle, old process is spared for a young one of the same size', () => {
    const kernel = machine({ release });
    const old = holder(kernel, 'old', 1000);
    // 60 hours: run units 164, a divisor of 3.
    kernel.clock.advance(60 * 3600e9);
    const young = holder(kernel, 'young', 900);
    const last = holder(kernel, 'last', 800);
    holder(kernel, 'more', 850);
    holder(kernel, 'evenmore', 300);
    expect(old.ended).toBeNull();
    expect(young.ended).toEqual({ code: 0, signal: SIGKILL });
    expect(last.ended).toBeNull();
    kernel.checkInvariants();
  });

  test('who may touch the hardware is asked to end, which ends it as well', () => {
    const kernel = machine({ release });
    const process = kernel.spawn('hog');
    hog(process);
    expect(process.ended).toEqual({ code: 0, signal: SIGTERM });
    kernel.checkInvariants();
  });

  test('threads that share memory die together', () => {
    const kernel = machine({ release });
    const process = kernel.spawn('hog', { uid: 1000 });
    const at = map(process, 16384);
    const thread = process.clone(CLONE_VM) as Process;
    const other = holder(kernel, 'other', 20);
    const got = eat(thread, at, 16384);
    expect(got).toBeGreaterThan(3000);
    expect(thread.ended).toEqual({ code: 0, signal: SIGKILL });
    // The other one exits when its turn comes.
    expect(process.ended).toEqual({ code: 0, signal: SIGKILL });
    expect(killLines(kernel)).toEqual([
      `Out of Memory: Killed process ${process.pid} (hog).`,
      `Out of Memory: Killed process ${thread.pid} (hog).`,
    ]);
    expect(other.ended).toBeNull();
    kernel.checkInvariants();
  });

  test('swap fills first', () => {
    const kernel = machine({ release, swap: [{ size: 16 * MIB }] });
    kernel.trace.on = true;
    const process = kernel.spawn('hog', { uid: 1000 });
    const got = hog(process);
    expect(got).toBeGreaterThan(3000 + 4000);
    const before = events(kernel, 'oom_check').filter(({ nr_swap_pages }) => (nr_swap_pages as number) > 0);
    expect(before.every(({ outcome }) => outcome === 0)).toBe(true);
    expect(events(kernel, 'oom_check').at(-1)).toMatchObject({ nr_swap_pages: 0, outcome: 1 });
    expect(process.ended?.signal).toBe(SIGKILL);
    expect(kernel.paging.swapAreas.swapinfo()).toEqual({ free: 4094, total: 4094 });
    kernel.checkInvariants();
  });

  test('memory that is locked cannot be reclaimed: the call that maps it is the end', () => {
    const kernel = machine({ release });
    const process = kernel.spawn('locker');
    expect(process.mlockall(MCL_FUTURE)).toBe(0);
    map(process, 16384);
    expect(process.ended).toEqual({ code: 0, signal: SIGTERM });
    expect(process.task.flags & PF.MEMDIE).toBe(PF.MEMDIE);
    kernel.checkInvariants();
  });

  test('a victim on another CPU', () => {
    const kernel = machine({ release, machine: 'ref-h4g', cpus: 2 });
    const hogs = [kernel.spawn('a', { uid: 1000 }), kernel.spawn('b', { uid: 1000 })] as const;
    expect(hogs[0].task.processor).not.toBe(hogs[1].task.processor);
    const [a, b] = hogs.map((process) => map(process, process === hogs[0] ? 9000 : 4000)) as [number, number];
    let pages = 0;
    while (eat(hogs[0], a + pages * PAGE, 1) === 1 && hogs[0].ended === null && pages < 4000) {
      if (eat(hogs[1], b + pages * PAGE, 1) === 0 || hogs[0].ended !== null) break;
      pages++;
    }
    expect(hogs.map(({ ended }) => ended?.signal)).toEqual([SIGKILL, undefined]);
    kernel.quiesce();
    kernel.checkInvariants();
  });

  test('nobody to kill is a panic: a result that every further call repeats', () => {
    const kernel = machine({ release });
    const process = kernel.spawn('vforks', { uid: 1000 });
    process.exit(0);
    expect(() => {
      while (kernel.allocPages(0x1d2, 0) !== 0);
    }).toThrow(new KernelPanic('Out of memory and no killable processes...'));
    expect(kernel.panicked).toBe('Out of memory and no killable processes...');
    expect(kernel.bootLog.at(-1)).toEqual({
      level: 0,
      text: 'Kernel panic: Out of memory and no killable processes...',
    });
    expect(() => process.brk(0)).toThrow(KernelPanic);
  });
});
