import { parentPort, workerData } from 'node:worker_threads';
import type { WorkerMessage, WorkerOrder } from './job.ts';
import { runJob } from './run-job.ts';

/** Smallest step of progress that is worth a message. */
const STEP = 0.01;

/** Whether this thread was started to do jobs. */
export function isJobWorker(): boolean {
  return typeof workerData === 'object' && workerData !== null && 'pagewalkJobs' in workerData;
}

/** Does the jobs of this thread one after another, and tells what came of each. */
export function serveJobs(): void {
  const { pagewalkJobs } = workerData as WorkerOrder;
  const tell = (message: WorkerMessage): void => parentPort?.postMessage(message);
  for (const [index, job] of pagewalkJobs.entries()) {
    let told = 0;
    try {
      const result = runJob(job, (done) => {
        if (done - told < STEP) return;
        told = done;
        tell({ job: index, done });
      });
      tell({ job: index, result });
    } catch (error) {
      const { name, message } = error instanceof Error ? error : new Error(String(error));
      tell({ job: index, error: { name, message } });
    }
  }
}
