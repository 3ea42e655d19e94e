import { type Trace, tracepoints } from '@pagewalk/mm';

/** Faults by what the kernel did about them; the names are those of the event `mm_fault`. */
export interface FaultCounts {
  /** A new page of zeroes. */
  readonly demandZero: number;
  /** A first read of anonymous memory: the one page of zeroes that all share. */
  readonly zeroPage: number;
  /** A page of a file, mapped as it is in the page cache. */
  readonly fileRead: number;
  /** A first write to a private file page: a copy at once. */
  readonly fileCow: number;
  /** A page of shared memory. */
  readonly shared: number;
  /** A write to a page that others use, too: copied. */
  readonly cowCopy: number;
  /** A write to a read-only page that nobody else uses any more: kept. */
  readonly cowReuse: number;
  readonly swap: number;
  /** The entry was in order by then, or somebody else had filled it. */
  readonly other: number;
  /** Refused: a signal instead of a page. */
  readonly refused: number;
  /** Faults that made a stack grow; they are counted in their class, too. */
  readonly stackGrowth: number;
}

const CLASS_OF: Readonly<Record<string, keyof FaultCounts>> = {
  demand_zero: 'demandZero',
  zero_page: 'zeroPage',
  file_read: 'fileRead',
  file_cow: 'fileCow',
  shared: 'shared',
  cow_copy: 'cowCopy',
  cow_reuse: 'cowReuse',
  swap: 'swap',
  spurious: 'other',
  raced: 'other',
  sigbus: 'refused',
  oom: 'refused',
  sigsegv: 'refused',
};

/** First operand of a record in the ring. */
const OPERANDS = 4;

/** Counts faults by class, from the machine's events. */
export class FaultCounter {
  private readonly trace: Trace;
  private readonly faultId: number;
  private readonly classField: number;
  private readonly stackId: number;
  private readonly stackOutcome: number;
  /** By the number of the interned class name. */
  private readonly byClass: number[] = [];
  private stackGrowth = 0;

  constructor(trace: Trace) {
    this.trace = trace;
    const all = tracepoints();
    this.faultId = all.findIndex(({ name }) => name === 'mm_fault');
    this.stackId = all.findIndex(({ name }) => name === 'expand_stack');
    this.classField = OPERANDS + (all[this.faultId]?.fields.indexOf('class') ?? 0);
    this.stackOutcome = OPERANDS + (all[this.stackId]?.fields.indexOf('outcome') ?? 0);
  }

  /** To be called for each event. */
  readonly listen = (trace: Trace, base: number): void => {
    const id = trace.ring[base + 2];
    if (id === this.faultId) {
      const name = trace.ring[base + this.classField] as number;
      this.byClass[name] = (this.byClass[name] ?? 0) + 1;
    } else if (id === this.stackId && trace.ring[base + this.stackOutcome] === 1) {
      this.stackGrowth++;
    }
  };

  /** The counts so far. */
  counts(): FaultCounts {
    const counts: Record<keyof FaultCounts, number> = {
      demandZero: 0,
      zeroPage: 0,
      fileRead: 0,
      fileCow: 0,
      shared: 0,
      cowCopy: 0,
      cowReuse: 0,
      swap: 0,
      other: 0,
      refused: 0,
      stackGrowth: this.stackGrowth,
    };
    this.byClass.forEach((count, name) => {
      counts[CLASS_OF[this.trace.text(name)] ?? 'other'] += count;
    });
    return counts;
  }
}
