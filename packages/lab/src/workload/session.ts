import type { Kernel, Process } from '@pagewalk/mm';
import type { WorkloadSpec } from './arguments.ts';
import { installFile } from './file-scan.ts';
import { ForkRefused } from './fork-refused.ts';
import { installProgram, startProgram } from './program.ts';

const INIT = '/sbin/init';
const PROGRAM = '/wl';

/**
 * Workloads that run one after the other on one machine, as those that were recorded did: an init that sleeps starts each, and
 * {@link end} leaves the machine as the recorded one was found before the next, with all swap free and no page of the scanned
 * file in memory. What stays is what a kernel keeps: buffer heads in their slabs, and 2.4.0's measure of how hard memory is asked
 * for.
 *
 * ```ts
 * const session = new WorkloadSession(kernel);
 * for (const spec of specs) {
 *   const run = new WorkloadRun(kernel, spec, session);
 *   while (run.step());
 *   session.end();
 * }
 * ```
 */
export class WorkloadSession {
  private readonly kernel: Kernel;
  private readonly init: Process;
  private program: Process | null = null;
  private path = '';

  /** Puts the programs on the disk and starts init. @throws WorkloadError when the machine is too small even for that */
  constructor(kernel: Kernel) {
    this.kernel = kernel;
    installProgram(kernel, INIT);
    installProgram(kernel, PROGRAM);
    this.init = kernel.spawn('init');
    startProgram(kernel, this.init, INIT, [INIT]);
  }

  /** @internal starts a workload's program. @throws WorkloadError, ForkRefused */
  start(spec: WorkloadSpec): Process {
    const { kernel, init } = this;
    this.path = spec.path;
    if (spec.path !== '') installFile(kernel, spec.path, spec.numbers[0] as number);
    const process = init.fork();
    if (typeof process === 'number') throw new ForkRefused(process);
    startProgram(kernel, process, PROGRAM, [PROGRAM, ...spec.args]);
    this.program = process;
    return process;
  }

  /** The workload's program exits; swap is turned off and on again, and the file that was scanned goes. */
  end(): void {
    const { kernel, init, program } = this;
    if (program !== null && program.ended === null) program.exit(0);
    this.program = null;
    if (this.path !== '') kernel.fs.unlink(this.path);
    for (const { path } of kernel.paging.disks) {
      if (init.swapoff(path) === 0) init.swapon(path);
    }
  }
}
