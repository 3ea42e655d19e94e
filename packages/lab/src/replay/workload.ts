import type { Process } from '@pagewalk/mm';
import { Placement } from './placement.ts';
import type { ProcessReport } from './report.ts';
import { ShadowMemory, type SharedPages } from './shadow.ts';

/** One process of a recording on the simulated machine. */
export class Workload {
  /** Its number in the recording. */
  readonly index: number;
  process: Process;
  /** Path of the program that it runs. */
  program: string;
  placement: Placement;
  /** What its memory must hold; null without verification. */
  shadow: ShadowMemory | null;
  /** A vfork's child before its exec: it runs in its parent's memory, as its parent's process. */
  borrowed = false;
  ended = false;
  references = 0;
  /** Number of the machine's last event before its end. */
  lastEvent: number | null = null;
  private peakVmas = 0;
  private peakResident = 0;

  constructor(
    index: number,
    process: Process,
    program: string,
    placement: Placement,
    shadow: ShadowMemory | null,
  ) {
    this.index = index;
    this.process = process;
    this.program = program;
    this.placement = placement;
    this.shadow = shadow;
  }

  /** The child of a fork: a copy of everything. */
  fork(index: number, process: Process, shared: SharedPages | null): Workload {
    const shadow = this.shadow === null || shared === null ? null : new ShadowMemory(shared, this.shadow);
    return new Workload(index, process, this.program, new Placement(this.placement), shadow);
  }

  /** The child of a vfork: it uses this process's memory until its exec. */
  lend(index: number): Workload {
    const child = new Workload(index, this.process, this.program, this.placement, this.shadow);
    child.borrowed = true;
    return child;
  }

  /** A vfork's child gets a process of its own: it is about to exec. */
  standAlone(process: Process, shadow: ShadowMemory | null): void {
    this.process = process;
    this.shadow = shadow;
    this.borrowed = false;
  }

  /** Looks whether a figure is higher than ever before. */
  note(): void {
    const mm = this.process.task.mm;
    if (mm === null) return;
    this.peakVmas = Math.max(this.peakVmas, mm.mapCount);
    this.peakResident = Math.max(this.peakResident, mm.rss);
  }

  /** Bytes that the model compared since the last call. */
  takeBytesCompared(): number {
    const bytes = this.shadow?.bytesCompared ?? 0;
    if (this.shadow !== null) this.shadow.bytesCompared = 0;
    return bytes;
  }

  report(): ProcessReport {
    if (!this.ended) this.note();
    return {
      index: this.index,
      pid: this.process.pid,
      program: this.program,
      references: this.references,
      minorFaults: this.process.minFlt,
      majorFaults: this.process.majFlt,
      peakVmas: this.peakVmas,
      peakResidentPages: this.peakResident,
      lastEvent: this.lastEvent,
    };
  }
}
