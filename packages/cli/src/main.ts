import { isMainThread } from 'node:worker_threads';
import { isJobWorker, serveJobs } from './jobs/worker.ts';
import { run } from './run.ts';

// The program is one file, which its worker threads run, too.
if (!isMainThread && isJobWorker()) serveJobs();
else process.exitCode = await run(process.argv.slice(2));
