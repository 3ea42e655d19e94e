import type { Kernel } from '@pagewalk/mm';
import type { PeakReport } from './report.ts';
import type { Workload } from './workload.ts';

/**
 * The highest figures of a replay, all processes together. Page tables and resident pages go down only in calls that
 * unmap or drop pages and when a process ends, so a sample before each of those (and at the end) misses no peak; areas
 * are counted after each call that may add one.
 */
export class Peaks {
  private readonly kernel: Kernel;
  private vmas = 0;
  private pageTables = 0;
  private residentPages = 0;

  constructor(kernel: Kernel) {
    this.kernel = kernel;
  }

  /** Counts everything of the processes that live. */
  sample(live: readonly Workload[]): void {
    this.countVmas(live);
    let tables = 0;
    let resident = 0;
    const count = (): void => {
      tables++;
    };
    for (const workload of live) {
      workload.note();
      const mm = workload.process.task.mm;
      if (mm === null) continue;
      resident += mm.rss;
      this.kernel.pageTables.forEachUserTable(mm.pgd, count);
    }
    this.pageTables = Math.max(this.pageTables, tables);
    this.residentPages = Math.max(this.residentPages, resident);
  }

  /** Counts areas only, which is cheap. */
  countVmas(live: readonly Workload[]): void {
    let vmas = 0;
    for (const workload of live) vmas += workload.process.task.mm?.mapCount ?? 0;
    this.vmas = Math.max(this.vmas, vmas);
  }

  report(): PeakReport {
    return { vmas: this.vmas, pageTables: this.pageTables, residentPages: this.residentPages };
  }
}
