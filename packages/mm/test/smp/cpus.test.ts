import { describe, expect, it } from 'vitest';
import { boot, type Kernel, type Process } from '../../src/index.ts';
import { PTE } from '../../src/page-tables/page-tables.ts';

const MIB = 2 ** 20;
const CLONE_VM = 0x100;

const machine = (cpus: number, seed = 0) => boot({ memory: 64 * MIB, cpus, seed });

/** A process with `pages` written pages, and where they are. */
function worker(kernel: Kernel, pages = 4): { process: Process; at: number } {
  const process = kernel.spawn('worker');
  const at = process.mmap2(0, pages * 4096, 3, 0x22, -1, 0);
  for (let i = 0; i < pages; i++) process.store8(at + i * 4096, i + 1);
  return { process, at };
}

/** A task of the same address space, on the next CPU. */
function thread(process: Process): Process {
  const made = process.clone(CLONE_VM, 0);
  if (typeof made === 'number') throw new Error(`clone: ${made}`);
  return made;
}

/** What a CPU's MMU finds at an address, as user. */
function seen(kernel: Kernel, cpu: number, address: number): number {
  const base = kernel.mmus[cpu]?.translate(address, 0, 1) ?? -1;
  return base < 0 ? -1 : (kernel.memory.words[base] as number) & 0xff;
}

function events(kernel: Kernel, run: () => void): string[] {
  const from = kernel.trace.seq;
  kernel.trace.on = true;
  run();
  kernel.trace.on = false;
  return [...kernel.trace.events()]
    .filter(({ seq }) => seq > from)
    .map(({ name, values }) => (values.cpu === undefined ? name : `${name} ${values.cpu}`));
}

describe('tasks on CPUs', () => {
  it('new processes get the CPUs round robin, and each CPU keeps its task', () => {
    const kernel = machine(3);
    const workers = Array.from({ length: 5 }, () => worker(kernel).process);
    expect(workers.map(({ task }) => task.processor)).toEqual([0, 1, 2, 0, 1]);
    expect([0, 1, 2].map((cpu) => kernel.cpus.currentOf(cpu).pid)).toEqual(
      [3, 4, 2].map((i) => workers[i]?.pid),
    );
    kernel.checkInvariants();
    const switches = events(kernel, () => {
      for (const cpu of [2, 0, 1]) kernel.run(workers[[3, 4, 2][cpu] as number] as Process);
    });
    // Each runs already: going to another CPU is no switch.
    expect(switches).toEqual([]);
  });

  it('events name the CPU on which they happened', () => {
    const kernel = machine(2);
    const first = worker(kernel);
    const second = worker(kernel);
    kernel.trace.on = true;
    first.process.munmap(first.at, 4096);
    second.process.munmap(second.at, 4096);
    const flushes = [...kernel.trace.events()].filter(({ name }) => name === 'flush_tlb_range');
    expect(flushes.map(({ cpu, pid }) => [cpu, pid])).toEqual([
      [0, first.process.pid],
      [1, second.process.pid],
    ]);
    expect(kernel.trace.format(flushes[1] as never)).toContain(' [001] ');
  });

  it('the flags of a task follow it, not the CPU', () => {
    const kernel = machine(2);
    const first = worker(kernel).process;
    const second = worker(kernel).process;
    kernel.run(first);
    kernel.allocator.currentFlags |= 0x800;
    kernel.run(second);
    expect(kernel.allocator.currentFlags & 0x800).toBe(0);
    kernel.run(first);
    expect(kernel.allocator.currentFlags & 0x800).toBe(0x800);
    kernel.allocator.currentFlags &= ~0x800;
  });

  it('init is pid 1, kernel threads follow, the first process of a user comes behind them', () => {
    const list = (cpus: number) => machine(cpus).tasks.map(({ pid, comm }) => `${pid} ${comm}`);
    expect(list(1)).toEqual([
      '0 swapper',
      '1 init',
      '2 keventd',
      '3 ksoftirqd_CPU0',
      '4 kswapd',
      '5 bdflush',
      '6 kupdated',
    ]);
    expect(list(2)).toEqual([
      '0 swapper',
      '0 swapper',
      '1 init',
      '2 keventd',
      '3 ksoftirqd_CPU0',
      '4 ksoftirqd_CPU1',
      '5 kswapd',
      '6 bdflush',
      '7 kupdated',
    ]);
    const kernel = machine(1);
    const process = kernel.spawn('first');
    expect(process.pid).toBe(7);
    expect(kernel.proc('status', 7)).toContain('PPid:\t1\n');
    expect(() => kernel.proc('1/status')).toThrow('there are: 7');
    // Each has a block of two pages for its task_struct and stack.
    for (const { stackFrame } of kernel.tasks.slice(1)) expect(kernel.memMap.count[stackFrame]).toBe(1);
  });

  it('pids go round behind 32767', () => {
    const kernel = machine(1);
    const first = kernel.spawn('first');
    kernel.lifecycle.lastPid = 32766;
    expect(kernel.spawn('last').pid).toBe(32767);
    expect(kernel.spawn('again').pid).toBe(300);
    expect(first.pid).toBe(7);
  });
});

describe('sheet 1 section 15: TLBs of several CPUs', () => {
  it('a flush reaches the other CPU of the address space by interrupt', () => {
    const kernel = machine(2);
    const { process, at } = worker(kernel);
    const other = thread(process);
    expect(other.task.processor).toBe(1);
    expect(other.load8(at)).toBe(1);
    expect(process.task.mm?.cpuVmMask).toBe(0b11);
    const names = events(kernel, () => process.munmap(at, 4096));
    expect(names).toContain('flush_tlb_others');
    expect(names).toContain('smp_invalidate_interrupt 1');
    expect(other.load8(at)).toBe(-1);
    expect(other.takeSignal()).toMatchObject({ signo: 11 });
    kernel.checkInvariants();
  });

  it('without the interrupt the other CPU goes on with the old translation', () => {
    const kernel = machine(2);
    const { process, at } = worker(kernel);
    const other = thread(process);
    expect([process.load8(at), other.load8(at)]).toEqual([1, 1]);
    // The kernel forgets to flush: it moves the second page to the place of the first.
    const { pageTables } = kernel;
    const pgd = process.task.mm?.pgd as number;
    const first = pageTables.pteOffset(pgd, at);
    const second = pageTables.pteOffset(pgd, at + 4096);
    const old = kernel.memory.words[first] as number;
    pageTables.setPte(first, pageTables.ptePfn(second), PTE.present | PTE.rw | PTE.user | PTE.accessed);
    expect([seen(kernel, 0, at), seen(kernel, 1, at)]).toEqual([1, 1]);
    // It flushes its own CPU only: the other one is stale.
    kernel.mmus[0]?.invlpg(at);
    expect([seen(kernel, 0, at), seen(kernel, 1, at)]).toEqual([2, 1]);
    kernel.tlb.cpu = 0;
    kernel.tlb.flushTlbPage(pgd, at);
    expect([seen(kernel, 0, at), seen(kernel, 1, at)]).toEqual([2, 2]);
    kernel.memory.words[first] = old;
    kernel.tlb.flushTlbPage(pgd, at);
  });

  it('a munmap whose interrupts get lost leaves the other CPU with the freed page', () => {
    const kernel = machine(2);
    const { process, at } = worker(kernel);
    const other = thread(process);
    expect(other.load8(at)).toBe(1);
    Object.assign(kernel.tlb, { flushOthers: () => 0 });
    process.munmap(at, 4096);
    expect(process.load8(at)).toBe(-1);
    expect(other.load8(at)).toBe(1);
  });

  it('sends no interrupt to a CPU on which the address space is not loaded', () => {
    const kernel = machine(2);
    const { process, at } = worker(kernel);
    const other = worker(kernel);
    expect(other.process.task.processor).toBe(1);
    const flushes = kernel.mmus[1]?.flushes;
    expect(events(kernel, () => process.munmap(at, 4096))).not.toContain('flush_tlb_others');
    expect(kernel.mmus[1]?.flushes).toBe(flushes);
  });

  it('flush_tlb_all reaches every CPU', () => {
    const kernel = machine(4);
    const names = events(kernel, () => kernel.tlb.flushTlbAll());
    expect(names.filter((name) => name.startsWith('flush_tlb_all_ipi'))).toEqual(
      [1, 2, 3].map((n) => `flush_tlb_all_ipi ${n}`),
    );
  });

  it('one CPU sends none', () => {
    const kernel = machine(1);
    const { process, at } = worker(kernel);
    const names = events(kernel, () => {
      process.munmap(at, 4096);
      kernel.tlb.flushTlbAll();
      process.exit(0);
    });
    for (const name of names) expect(name).not.toMatch(/others|interrupt|ipi|lazy|leave/);
  });
});

describe('sheet 1 section 15: lazy TLB', () => {
  it('a CPU without work keeps the address space until a flush, then leaves it', () => {
    const kernel = machine(2);
    const { process, at } = worker(kernel);
    const other = thread(process);
    other.load8(at);
    const mm = process.task.mm;
    kernel.run(other);
    const names = events(kernel, () => kernel.cpus.goIdle());
    expect(names).toEqual(['enter_lazy_tlb 1', 'check_pgt_cache']);
    expect([mm?.cpuVmMask, mm?.mmCount, kernel.mmus[1]?.cr3]).toEqual([0b11, 2, mm?.pgd]);
    kernel.checkInvariants();
    const flush = events(kernel, () => process.munmap(at, 4096));
    expect(flush.filter((name) => /interrupt|leave/.test(name))).toEqual([
      'smp_invalidate_interrupt 1',
      'leave_mm 1',
    ]);
    expect([mm?.cpuVmMask, kernel.mmus[1]?.cr3]).toEqual([0b01, kernel.pageTables.swapperPgDir]);
    kernel.checkInvariants();
    // From now on it is not disturbed.
    expect(events(kernel, () => process.munmap(at + 4096, 4096))).not.toContain('flush_tlb_others');
    expect(other.load8(at)).toBe(-1);
    expect(mm?.cpuVmMask).toBe(0b11);
    kernel.checkInvariants();
  });

  it('coming back to the same address space undisturbed costs no reload', () => {
    const kernel = machine(2);
    const { process, at } = worker(kernel);
    const flushes = kernel.mmus[0]?.flushes;
    kernel.cpus.goIdle();
    expect(process.load8(at)).toBe(1);
    expect(kernel.mmus[0]?.flushes).toBe(flushes);
    expect(kernel.tlb.isLazy(0)).toBe(false);
  });

  it('a dying process leaves its address space at the first flush of exit_mmap', () => {
    const kernel = machine(2);
    const { process } = worker(kernel);
    const names = events(kernel, () => process.exit(0));
    expect(names.indexOf('enter_lazy_tlb 0')).toBeGreaterThanOrEqual(0);
    expect(names.indexOf('leave_mm 0')).toBeGreaterThan(names.indexOf('enter_lazy_tlb 0'));
    kernel.checkInvariants();
  });

  it('a CPU that idles on the address space of an ended process keeps its directory until it lets go', () => {
    const kernel = machine(2);
    const parent = kernel.spawn('parent');
    parent.mmap2(0, 4096, 3, 0x22, -1, 0);
    kernel.run(parent);
    const free = () => kernel.allocator.nrFreePages() + kernel.pageTables.cachedTables;
    const child = parent.fork();
    if (typeof child === 'number') throw new Error('fork failed');
    child.exit(0);
    // The parent reaped it on CPU 0; CPU 1 has nothing to do.
    expect(kernel.cpu).toBe(0);
    expect(kernel.cpus.currentOf(1).pid).toBe(0);
    const held = free();
    kernel.checkInvariants();
    kernel.quiesce();
    kernel.checkInvariants();
    expect(free()).toBeGreaterThan(held);
    expect(kernel.cpus.loadedMm(1)).toBe(kernel.vm.initMm);
  });
});

describe('what is kept a CPU', () => {
  it('page tables of a process end in the quicklist of its CPU, and serve that CPU only', () => {
    const kernel = machine(2);
    const first = worker(kernel);
    const second = worker(kernel);
    const lists = () =>
      [0, 1].map((cpu) => {
        kernel.cpus.select(cpu);
        return kernel.pageTables.cachedTablesHere;
      });
    const [before] = lists();
    first.process.munmap(0, 0xc0000000);
    const [own, other] = lists();
    expect([own, other]).toEqual([(before as number) + 1, 0]);
    kernel.cpus.select(1);
    expect(kernel.showMem()).toContain('\n0 pages in page table cache\n');
    kernel.cpus.select(0);
    expect(kernel.showMem()).toContain(`\n${own} pages in page table cache\n`);
    expect(kernel.pageTables.cachedTables).toBe(own);
    const names = events(kernel, () =>
      second.process.store8(second.process.mmap2(0x60000000, 4096, 3, 0x32, -1, 0), 1),
    );
    expect(names).toContain('pte_alloc');
    expect(kernel.pageTables.cachedTables).toBe(own);
  });

  it('the marks are those of all CPUs', () => {
    const kernel = machine(2);
    kernel.cpus.select(0);
    kernel.pageTables.quicklist.low = 3;
    kernel.pageTables.quicklist.high = 7;
    kernel.cpus.select(1);
    expect([kernel.pageTables.quicklist.low, kernel.pageTables.quicklist.high]).toEqual([3, 7]);
  });

  it('slab arrays follow the CPU', () => {
    const kernel = machine(2);
    kernel.cpus.select(1);
    expect(kernel.slab.cpu).toBe(1);
    kernel.cpus.select(0);
    expect(kernel.slab.cpu).toBe(0);
  });
});

describe('whose turn it is', () => {
  const turns = (cpus: number, seed: number, processes: number, length: number) => {
    const kernel = machine(cpus, seed);
    for (let i = 0; i < processes; i++) kernel.spawn(`p${i}`);
    const first = [...kernel.processes.keys()][0] as number;
    return Array.from({ length }, () => (kernel.nextProcess()?.pid ?? 0) - first);
  };

  it('one CPU: strictly in turn', () => {
    expect(turns(1, 5, 3, 7)).toEqual([0, 1, 2, 0, 1, 2, 0]);
  });

  it('several: the seed chooses the CPU, whose processes take turns', () => {
    const order = turns(2, 1, 4, 200);
    for (const cpu of [0, 1]) {
      const own = order.filter((index) => index % 2 === cpu);
      expect(own).toEqual(own.map((_, i) => (i % 2) * 2 + cpu));
      expect(own.length).toBeGreaterThan(50);
    }
  });

  it('equal seeds, equal orders', () => {
    expect(turns(4, 7, 6, 50)).toEqual(turns(4, 7, 6, 50));
    expect(turns(4, 7, 6, 50)).not.toEqual(turns(4, 8, 6, 50));
  });

  it('nobody: null', () => {
    expect(machine(2).nextProcess()).toBeNull();
  });
});
