import { boot, countFaultClasses, type Kernel, type MachineConfig, type TraceEvent } from '@pagewalk/mm';
import { describe, expect, it } from 'vitest';
import {
  Access,
  EventHub,
  MapFlag,
  NO_FILE,
  Replay,
  type ReplayOptions,
  type ReplayReport,
  type TraceReader,
} from '../../src/index.ts';
import { exec, makeTrace } from './make-trace.ts';

const ANONYMOUS = MapFlag.Private | MapFlag.Anonymous;

/** Replays on a machine of its own, recounts the machine, and reports. */
function replay(
  trace: TraceReader,
  options: ReplayOptions = {},
  config: Partial<MachineConfig> = {},
): { kernel: Kernel; report: ReplayReport; events: TraceEvent[] } {
  const kernel = boot({ memory: 64 * 2 ** 20, ...config });
  const hub = new EventHub(kernel.trace);
  const events: TraceEvent[] = [];
  hub.add((source, base) => events.push(source.decode(base)));
  const run = new Replay(kernel, trace, hub, options);
  while (run.step(1000));
  const report = run.report();
  kernel.checkInvariants();
  return { kernel, report, events };
}

describe('what a replay does to the machine', () => {
  it('one reference, one fault, by class', () => {
    const { report } = replay(
      makeTrace((writer) => {
        const map = writer.map(8, 3, ANONYMOUS);
        for (let page = 0; page < 3; page++) writer.reference(map, page, Access.Read);
        for (let page = 0; page < 5; page++) writer.reference(map, page, Access.Write);
      }),
    );
    expect(report).toMatchObject({ references: 10, refusedReferences: 0, refusedCalls: 0, stopped: null });
    // Three pages are read first (the zero page), then written (copied); two are written at once. The stack's first page
    // is there since exec.
    expect(report.faults).toMatchObject({ zeroPage: 3, cowCopy: 3, demandZero: 2, fileRead: 1 });
  });

  it('fork: a write copies, the last writer keeps the page', () => {
    const { report } = replay(
      makeTrace((writer) => {
        const map = writer.map(1, 3, ANONYMOUS);
        writer.reference(map, 0, Access.Write);
        const child = writer.fork(false);
        writer.switchTo(child);
        writer.reference(map, 0, Access.Write);
        writer.exit(0);
        writer.switchTo(0);
        writer.reference(map, 0, Access.Write);
      }),
      { verify: true },
    );
    expect(report.faults).toMatchObject({ cowCopy: 1, cowReuse: 1 });
    expect(report.processes).toHaveLength(2);
    expect(report.processes[1]?.lastEvent).toBeGreaterThan(0);
    expect(report.processes[0]?.lastEvent).toBeNull();
  });

  it('a stack grows page by page', () => {
    const { report } = replay(
      makeTrace((writer, { stack }) => {
        for (let page = 1; page < 20; page++) writer.reference(stack, page, Access.Write);
      }),
      { verify: true },
    );
    expect(report.faults.stackGrowth).toBe(19);
    expect(report.refusedReferences).toBe(0);
  });

  it('vfork lends the memory until exec', () => {
    const { report } = replay(
      makeTrace((writer) => {
        const map = writer.map(1, 3, ANONYMOUS);
        writer.reference(map, 0, Access.Write);
        const child = writer.fork(true);
        writer.switchTo(child);
        writer.reference(map, 0, Access.Write);
        const { text } = exec(writer, '/bin/child');
        writer.reference(text, 3, Access.Write);
        writer.exit(0);
        writer.switchTo(0);
        writer.reference(map, 0, Access.Write);
        writer.exit(0);
      }),
      { verify: true },
    );
    expect(report.faults).toMatchObject({ cowCopy: 0, cowReuse: 0 });
    expect(report.processes.map(({ program }) => program)).toEqual(['/bin/made', '/bin/child']);
  });

  it('heap, mremap, mprotect, madvise and munmap', () => {
    const { report } = replay(
      makeTrace((writer, { heap }) => {
        writer.break(heap, 10);
        for (let page = 0; page < 10; page++) writer.reference(heap, page, Access.Write);
        writer.break(heap, 4);
        writer.break(heap, 6);
        writer.reference(heap, 5, Access.Read);
        const map = writer.map(4, 3, ANONYMOUS);
        const behind = writer.map(1, 3, ANONYMOUS);
        writer.reference(map, 3, Access.Write);
        writer.reference(behind, 0, Access.Write);
        const moved = writer.remap(map, 0, 4, 9, 1, true);
        writer.reference(moved, 3, Access.Read);
        writer.reference(moved, 8, Access.Write);
        writer.advise(moved, 3, 1, 4);
        writer.reference(moved, 3, Access.Read);
        writer.protect(moved, 0, 2, 1);
        writer.reference(moved, 0, Access.Read);
        writer.unmap(moved, 0, 9);
      }),
      { verify: true },
    );
    expect(report).toMatchObject({ refusedCalls: 0, refusedReferences: 0 });
    expect(report.bytesVerified).toBeGreaterThan(10 * 4096);
  });

  it('what the recording has and this kernel refuses is counted and named', () => {
    const { report } = replay(
      makeTrace((writer) => {
        const map = writer.map(2, 1, ANONYMOUS);
        writer.advise(map, 0, 2, 21);
        writer.reference(map, 0, Access.Write);
      }),
    );
    expect(report).toMatchObject({ refusedCalls: 1, refusedReferences: 1 });
    expect(report.firstRefusal).toMatch(/^process 0: madvise failed with EINVAL in event \d+$/);
  });

  it.each([
    false,
    true,
  ])('a child of a process that has ended is refused with all that it does (vfork: %s)', (vfork) => {
    const { report } = replay(
      makeTrace((writer, { stack }) => {
        const parent = writer.fork(false);
        writer.switchTo(parent);
        writer.exit(0);
        const child = writer.fork(vfork);
        writer.switchTo(child);
        writer.reference(stack, 0, Access.Write);
        writer.switchTo(writer.fork(vfork));
        writer.reference(stack, 0, Access.Write);
        exec(writer, '/bin/other');
        writer.exit(0);
        writer.switchTo(0);
        writer.reference(stack, 0, Access.Write);
      }),
    );
    expect(report.firstRefusal).toMatch(/^process 1: fork failed with EAGAIN in event \d+$/);
    expect(report).toMatchObject({ stopped: null, refusedReferences: 4 });
    expect(report.processes).toHaveLength(2);
  });

  it('every count equals its recount from the events', () => {
    const { kernel, report, events } = replay(
      makeTrace((writer) => {
        const map = writer.map(64, 3, ANONYMOUS);
        for (let page = 0; page < 64; page += 2) writer.reference(map, page, Access.Read);
        writer.switchTo(writer.fork(false));
        for (let page = 0; page < 64; page++) writer.reference(map, page, Access.Write);
      }),
    );
    const counts = countFaultClasses(events, (id) => kernel.trace.text(id));
    expect(report.faults).toMatchObject({
      demandZero: counts.demand_zero,
      zeroPage: counts.zero_page,
      fileRead: counts.file_read,
      fileCow: counts.file_cow,
      cowCopy: counts.cow_copy,
      cowReuse: counts.cow_reuse,
      stackGrowth: counts.stack_growth,
    });
    const results = (result: number): number =>
      events.filter(({ name, values }) => name === 'mm_fault' && values['result'] === result).length;
    expect([report.minorFaults, report.majorFaults]).toEqual([results(1), results(2)]);
    const forks = events.filter(({ name }) => name === 'sched_process_fork').length;
    expect(report.processes).toHaveLength(1 + forks);
  });

  it('finds the peaks of areas, page tables and resident pages', () => {
    const { report } = replay(
      makeTrace((writer) => {
        // Five mappings, each in a page table of its own: 4 MiB and a page.
        const maps = Array.from({ length: 5 }, (_, i) => writer.map(1025, 3 - (i % 2) * 2, ANONYMOUS));
        for (const map of maps) writer.reference(map, 0, Access.Read);
        for (const map of maps) writer.unmap(map, 0, 1025);
      }),
    );
    // Program: text, data, bss, stack; heap is empty.
    expect(report.peak.vmas).toBe(4 + 5);
    expect(report.peak.pageTables).toBeGreaterThanOrEqual(2 + 5);
    expect(report.peak.pageTables).toBeLessThanOrEqual(2 + 6);
  });
});

describe('what does not fit', () => {
  it('a 64-bit program that maps more than 3 GB is told so', () => {
    const trace = makeTrace((writer) => {
      for (let i = 0; i < 5; i++) writer.map(2 ** 18, 0, ANONYMOUS);
    });
    expect(() => replay(trace)).toThrow(
      /^this recording of a x86_64 program does not fit into the 3 GB address space of a 32-bit process: it maps 1024 MB more/,
    );
  });

  it.each([2 ** 20, 2 ** 31 - 1])('one mapping of %d pages, too', (pages) => {
    expect(() => replay(makeTrace((writer) => writer.map(pages, 0, ANONYMOUS)))).toThrow('does not fit');
  });

  it('memory that runs out ends the replay in order', () => {
    const { report } = replay(
      makeTrace((writer) => {
        const map = writer.map(5000, 3, ANONYMOUS);
        for (let page = 0; page < 5000; page++) writer.reference(map, page, Access.Write);
      }),
      {},
      { memory: 16 * 2 ** 20, sysctl: { 'vm.overcommit_memory': '1' } },
    );
    expect(report.stopped?.reason).toBe('out-of-memory');
    expect(report.stopped?.message).toMatch(
      /^reference [\d,]+ of 5,002: out of memory: the kernel killed process \d+ .*--memory or --swap$/,
    );
  });

  it('a mapping that the kernel would not back, too', () => {
    const { report } = replay(
      makeTrace((writer) => writer.map(30000, 3, ANONYMOUS)),
      {},
      { memory: 16 * 2 ** 20 },
    );
    expect(report.stopped).toMatchObject({ reason: 'overcommit', references: 2 });
  });

  it('more mappings than the kernel allows are told as such', () => {
    const trace = makeTrace((writer) => {
      for (let i = 0; i < 40; i++) writer.map(1, i & 1, ANONYMOUS);
    });
    expect(() => replay(trace, {}, { sysctl: { 'vm.max_map_count': '20' } })).toThrow(
      'the simulated kernel allows a process 20 mappings, this program has more; raise --sysctl vm.max_map_count',
    );
  });

  it('with any allocation failing, the replay ends in order', () => {
    const trace = () =>
      makeTrace((writer, { heap }) => {
        writer.break(heap, 3);
        writer.reference(heap, 1, Access.Write);
        writer.switchTo(writer.fork(false));
        writer.reference(heap, 1, Access.Write);
        exec(writer, '/bin/child');
        writer.exit(0);
      });
    let failures = 0;
    for (let n = 1; n < 60; n++) {
      try {
        if (replay(trace(), {}, { failAlloc: n }).report.stopped !== null) failures++;
      } catch (error) {
        // Not even the first process could be made, or the program not be run.
        expect((error as Error).name).toMatch(/^(ConfigError|ReplayError)$/);
        failures++;
      }
    }
    expect(failures).toBeGreaterThan(5);
  });
});

describe('files', () => {
  it('a private file page is copied at the first write, a shared one is not', () => {
    const { report } = replay(
      makeTrace((writer) => {
        const file = writer.file('/tmp/data', 10_000);
        const secret = writer.map(3, 3, MapFlag.Private, file, 0);
        const open = writer.map(3, 3, MapFlag.Shared, file, 0);
        writer.reference(secret, 1, Access.Write);
        writer.reference(open, 1, Access.Write);
        writer.reference(open, 2, Access.Read);
        writer.reference(secret, 2, Access.Read);
      }),
      { verify: true },
    );
    expect(report.faults).toMatchObject({ fileCow: 1 });
    expect(report.refusedReferences).toBe(0);
  });

  it('of one name may be two', () => {
    const { report } = replay(
      makeTrace((writer) => {
        const files = [writer.file('/tmp/x', 4096), writer.file('/tmp/x', 8192)];
        for (const file of files)
          writer.reference(writer.map(1, 1, MapFlag.Private, file, 0), 0, Access.Read);
      }),
      { verify: true },
    );
    expect(report.refusedReferences).toBe(0);
  });

  it('a reference behind the end of the file is refused, as by any kernel', () => {
    const { report } = replay(
      makeTrace((writer) => {
        const map = writer.map(4, 1, MapFlag.Private, writer.file('/tmp/short', 100), 0);
        writer.reference(map, 3, Access.Read);
      }),
    );
    expect(report).toMatchObject({ refusedReferences: 1 });
    expect(report.firstRefusal).toContain('signal 7');
    expect(NO_FILE).toBe(-1);
  });
});
