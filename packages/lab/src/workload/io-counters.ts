import type { Kernel } from '@pagewalk/mm';

/** Traffic between memory and disks, in the units that the release's /proc/stat prints: kB (2.4.0: buffers), and pages for swap. */
export interface IoCounts {
  readonly pgpgin: number;
  readonly pgpgout: number;
  readonly pswpin: number;
  readonly pswpout: number;
}

/** Reads the kernel's counters of I/O relative to a begin. */
export class IoCounters {
  private readonly kernel: Kernel;
  private readonly start: IoCounts;

  /** Counts from now on. */
  constructor(kernel: Kernel) {
    this.kernel = kernel;
    this.start = this.now();
  }

  /** What happened since the begin. */
  since(): IoCounts {
    const now = this.now();
    return {
      pgpgin: now.pgpgin - this.start.pgpgin,
      pgpgout: now.pgpgout - this.start.pgpgout,
      pswpin: now.pswpin - this.start.pswpin,
      pswpout: now.pswpout - this.start.pswpout,
    };
  }

  private now(): IoCounts {
    const numbers = this.kernel.proc('stat').match(/\d+/g)?.map(Number) ?? [];
    const [pgpgin = 0, pgpgout = 0, pswpin = 0, pswpout = 0] = numbers;
    return { pgpgin, pgpgout, pswpin, pswpout };
  }
}
