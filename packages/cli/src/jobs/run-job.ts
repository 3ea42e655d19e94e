import {
  bootWithFrames,
  EventHub,
  FramePeak,
  IoCounters,
  openTrace,
  parseWorkload,
  Replay,
  type WorkloadReport,
  WorkloadRun,
  WorkloadSession,
} from '@pagewalk/lab';
import { boot, type Kernel, type MachineConfig } from '@pagewalk/mm';
import type { Job, JobMachine, JobResult, JobWork, WorkloadsWork } from './job.ts';

/** References between two reports of progress. */
const SLICE = 50_000;

/** Does a job to its end. @param progress is told the share that is done, 0 .. 1 */
export function runJob(job: Job, progress: (done: number) => void): JobResult {
  const config = machineConfig(job.machine);
  const kernel = job.frames === undefined ? boot(config) : bootWithFrames(config, job.frames);
  const hub = new EventHub(kernel.trace);
  const frames = new FramePeak(kernel, hub);
  const framesFree = kernel.allocator.nrFreePages();
  const partial = doWork(kernel, hub, job.work, progress);
  return { framesFree, framePeak: frames.peak, virtualTimeNs: kernel.clock.now, ...partial };
}

function doWork(kernel: Kernel, hub: EventHub, work: JobWork, progress: (done: number) => void): Outcome {
  switch (work.kind) {
    case 'workload':
      return runWorkloadJob(kernel, work.args, progress);
    case 'workloads':
      return runWorkloads(kernel, work, progress);
    case 'replay':
      return runReplayJob(kernel, hub, work.path, progress);
  }
}

/** What the work itself tells. */
type Outcome = Omit<JobResult, 'framesFree' | 'framePeak' | 'virtualTimeNs'>;

/** Errors by which a machine that is too small ends. */
const TOO_SMALL: ReadonlySet<string> = new Set(['KernelPanic', 'ConfigError']);

/** Goes on to the end, or to where the machine is too small: why, or null. */
function toTheEnd(step: () => boolean, progress: () => void): string | null {
  try {
    while (step()) progress();
    return null;
  } catch (error) {
    if (error instanceof Error && TOO_SMALL.has(error.name)) return error.message;
    throw error;
  }
}

function runWorkloadJob(kernel: Kernel, args: readonly string[], progress: (done: number) => void): Outcome {
  const run = new WorkloadRun(kernel, parseWorkload(args));
  const panic = toTheEnd(
    () => run.step(),
    () => progress(run.progress),
  );
  const report = run.report();
  const { pgpgin, pgpgout, pswpin, pswpout } = report;
  const stopped = panic ?? report.stopped;
  return {
    workload: report,
    replay: null,
    io: { pgpgin, pgpgout, pswpin, pswpout },
    minorFaults: report.minflt + report.child_minflt,
    majorFaults: report.majflt + report.child_majflt,
    done: stopped === null ? 1 : run.progress,
    stopped,
  };
}

/** All of them to their ends, or to where the machine is too small. */
function runWorkloads(kernel: Kernel, work: WorkloadsWork, progress: (done: number) => void): Outcome {
  const io = new IoCounters(kernel);
  const session = new WorkloadSession(kernel);
  const specs = work.workloads.map(parseWorkload);
  const all = specs.length * work.runs;
  const reports: WorkloadReport[][] = [];
  let ended = 0;
  let stopped: string | null = null;
  for (const spec of specs) {
    const runs: WorkloadReport[] = [];
    reports.push(runs);
    for (let i = 0; i < work.runs && stopped === null; i++) {
      const run = new WorkloadRun(kernel, spec, session);
      stopped = toTheEnd(
        () => run.step(),
        () => progress((ended + run.progress) / all),
      );
      const report = run.report();
      stopped ??= report.stopped;
      runs.push(report);
      session.end();
      ended++;
    }
  }
  const sum = (count: 'minflt' | 'majflt' | 'child_minflt' | 'child_majflt'): number =>
    reports.flat().reduce((total, report) => total + report[count], 0);
  return {
    workload: null,
    workloads: reports,
    replay: null,
    io: io.since(),
    minorFaults: sum('minflt') + sum('child_minflt'),
    majorFaults: sum('majflt') + sum('child_majflt'),
    done: ended / all,
    stopped,
  };
}

function runReplayJob(
  kernel: Kernel,
  hub: EventHub,
  path: string,
  progress: (done: number) => void,
): Outcome {
  const trace = openTrace(path);
  const io = new IoCounters(kernel);
  const replay = new Replay(kernel, trace, hub);
  const share = (): number => replay.references / trace.totals.references;
  const panic = toTheEnd(
    () => replay.step(SLICE),
    () => progress(share()),
  );
  const report = replay.report();
  const stopped = panic ?? report.stopped?.message ?? null;
  return {
    workload: null,
    replay: report,
    io: io.since(),
    minorFaults: report.minorFaults,
    majorFaults: report.majorFaults,
    done: stopped === null ? 1 : share(),
    stopped,
  };
}

function machineConfig({ swap, ...rest }: JobMachine): MachineConfig {
  return { ...rest, swap: swap.map((size) => ({ size })) };
}
