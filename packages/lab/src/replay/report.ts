import { freeBlockCounts, type Kernel } from '@pagewalk/mm';
import type { RealRun, TraceHeader, TraceTotals } from '../trace/header.ts';
import type { FaultCounts } from './fault-counter.ts';

/** What one process of the recording did on the simulated machine. */
export interface ProcessReport {
  /** Its number in the recording. */
  readonly index: number;
  readonly pid: number;
  /** Program that it ran last. */
  readonly program: string;
  readonly references: number;
  readonly minorFaults: number;
  readonly majorFaults: number;
  /** Most areas (VMAs), and most pages resident, at one time. */
  readonly peakVmas: number;
  readonly peakResidentPages: number;
  /** Number of the machine's last event before it ended; null: it did not end. */
  readonly lastEvent: number | null;
}

/** A zone at the end. */
export interface ZoneReport {
  readonly name: string;
  /** Pages; watermarks, too. */
  readonly size: number;
  readonly free: number;
  readonly min: number;
  readonly low: number;
  readonly high: number;
  /** Free blocks by order, 0 to 9. */
  readonly freeBlocks: readonly number[];
}

/** The machine at the most crowded moment of each figure. All processes together. */
export interface PeakReport {
  readonly vmas: number;
  /** Page tables of user space, top levels not counted. */
  readonly pageTables: number;
  readonly residentPages: number;
}

/** Why a replay ended early. */
export interface StopReport {
  /** No frame is free; or the overcommit check refuses a mapping. */
  readonly reason: 'out-of-memory' | 'overcommit';
  /** One line for the user. */
  readonly message: string;
  /** References made until then. */
  readonly references: number;
}

/** What a replay reports; `docs/json.md` describes the JSON that is made of it. */
export interface ReplayReport {
  readonly header: TraceHeader;
  readonly totals: TraceTotals;
  /** Null when the whole recording was replayed. */
  readonly stopped: StopReport | null;
  /** Events of the recording, and references, replayed. */
  readonly events: number;
  readonly references: number;
  readonly faults: FaultCounts;
  /** As the kernel accounts them to the processes. */
  readonly minorFaults: number;
  readonly majorFaults: number;
  readonly real: RealRun | null;
  readonly peak: PeakReport;
  readonly zones: readonly ZoneReport[];
  readonly processes: readonly ProcessReport[];
  /** References that ended with a signal, system calls that failed though they succeeded in the recording. */
  readonly refusedReferences: number;
  readonly refusedCalls: number;
  readonly firstRefusal: string | null;
  /** Bytes compared with the model; 0 without `verify`. */
  readonly bytesVerified: number;
  readonly virtualTimeNs: number;
}

/** The zones that have pages, with their free lists. */
export function reportZones(kernel: Kernel): ZoneReport[] {
  return kernel.allocator.zones
    .filter((zone) => zone.size > 0)
    .map((zone) => ({
      name: kernel.allocator.nodes.length > 1 ? `node ${zone.nodeId} ${zone.name}` : zone.name,
      size: zone.size,
      free: zone.freePages,
      min: zone.pagesMin,
      low: zone.pagesLow,
      high: zone.pagesHigh,
      freeBlocks: freeBlockCounts(kernel.memMap, zone),
    }));
}
