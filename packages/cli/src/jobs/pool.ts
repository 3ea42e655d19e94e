import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { Interrupted } from '../errors.ts';
import { Progress } from '../output/progress.ts';
import type { Job, JobResult, WorkerMessage, WorkerOrder } from './job.ts';

/** What is known of a job when the pool has ended. */
export interface JobOutcome {
  readonly job: Job;
  /** Null: it had not ended when Ctrl-C came. */
  readonly result: JobResult | null;
}

/** A job failed in its worker: the error as it was there. */
class JobError extends Error {
  constructor({ name, message }: { readonly name: string; readonly message: string }) {
    super(message);
    this.name = name;
  }
}

/** Units of the progress bar that a job counts. */
const UNITS = 1000;

/**
 * Does jobs in worker threads, as many at a time as there are processors. A thread runs machines of one release only, so that
 * the machine's code stays compiled for it.
 *
 * @param label what the progress bar says
 * @returns what came of them, in order; `interrupted`: Ctrl-C came first, some results are null
 * @throws the error of the first job that failed
 */
export async function runJobs(
  jobs: readonly Job[],
  label: string,
): Promise<{ readonly outcomes: readonly JobOutcome[]; readonly interrupted: boolean }> {
  const results: (JobResult | null)[] = jobs.map(() => null);
  const shares = jobs.map(() => 0);
  const queue = orders(jobs, Math.max(1, availableParallelism()));
  const progress = new Progress(label, jobs.length * UNITS);
  const running = new Set<Worker>();
  let interrupted = false;
  const stopAll = (): void => {
    queue.length = 0;
    for (const worker of running) void worker.terminate();
  };
  const onInterrupt = (): void => {
    interrupted = true;
    stopAll();
  };
  const note = (job: number, share: number): void => {
    shares[job] = share;
    progress.update(Math.round(shares.reduce((sum, part) => sum + part, 0) * UNITS));
  };
  const runOrder = (indices: readonly number[]): Promise<void> =>
    new Promise((resolve, reject) => {
      const order: WorkerOrder = { pagewalkJobs: indices.map((index) => jobs[index] as Job) };
      const worker = new Worker(new URL(import.meta.url), { workerData: order, stderr: false });
      running.add(worker);
      worker.on('message', (message: WorkerMessage) => {
        const index = indices[message.job] as number;
        if ('error' in message) reject(new JobError(message.error));
        else if ('result' in message) {
          results[index] = message.result;
          note(index, 1);
        } else note(index, message.done);
      });
      worker.on('error', reject);
      worker.on('exit', () => {
        running.delete(worker);
        resolve();
      });
    });
  const lane = async (): Promise<void> => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) await runOrder(next);
  };
  process.once('SIGINT', onInterrupt);
  try {
    await Promise.all(Array.from({ length: availableParallelism() }, lane));
  } catch (error) {
    stopAll();
    throw error;
  } finally {
    process.removeListener('SIGINT', onInterrupt);
    progress.stop();
  }
  return { outcomes: jobs.map((job, index) => ({ job, result: results[index] ?? null })), interrupted };
}

/** Jobs of one release go to the same thread, unless there are threads to spare. */
function orders(jobs: readonly Job[], threads: number): number[][] {
  const byRelease = new Map<string, number[]>();
  for (const [index, { machine }] of jobs.entries()) {
    const list = byRelease.get(machine.release) ?? [];
    list.push(index);
    byRelease.set(machine.release, list);
  }
  const parts = Math.max(1, Math.ceil(threads / byRelease.size));
  return [...byRelease.values()].flatMap((list) =>
    Array.from({ length: Math.min(parts, list.length) }, (_, part) =>
      list.filter((_index, i) => i % parts === part),
    ),
  );
}

/** @throws Interrupted when Ctrl-C ended the pool: after what is known was printed */
export function endIfInterrupted(interrupted: boolean): void {
  if (interrupted) throw new Interrupted('SIGINT');
}
