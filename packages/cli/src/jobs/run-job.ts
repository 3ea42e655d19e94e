import {
  bootWithFrames,
  EventHub,
  FramePeak,
  IoCounters,
  openTrace,
  parseWorkload,
  Replay,
  WorkloadRun,
} from '@pagewalk/lab';
import { boot, type Kernel, type MachineConfig } from '@pagewalk/mm';
import type { Job, JobMachine, JobResult } from './job.ts';

/** References between two reports of progress. */
const SLICE = 50_000;

/** Does a job to its end. @param progress is told the share that is done, 0 .. 1 */
export function runJob(job: Job, progress: (done: number) => void): JobResult {
  const config = machineConfig(job.machine);
  const kernel = job.frames === undefined ? boot(config) : bootWithFrames(config, job.frames);
  const hub = new EventHub(kernel.trace);
  const frames = new FramePeak(kernel, hub);
  const framesFree = kernel.allocator.nrFreePages();
  const partial =
    job.work.kind === 'workload'
      ? runWorkloadJob(kernel, job.work.args, progress)
      : runReplayJob(kernel, hub, job.work.path, progress);
  return { framesFree, framePeak: frames.peak, virtualTimeNs: kernel.clock.now, ...partial };
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
