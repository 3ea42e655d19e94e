import type { IoCounts, ReplayReport, WorkloadReport } from '@pagewalk/lab';
import type { E820Entry } from '@pagewalk/mm';
import type { MachineOptions } from '../machine-options.ts';

/** A machine as plain data, so that it can be handed to a worker thread. */
export interface JobMachine {
  readonly release: string;
  readonly memory: number;
  readonly machine: string;
  readonly cpus: number;
  readonly nodes: number;
  /** Sizes of the swap disks in bytes. */
  readonly swap: readonly number[];
  readonly sysctl: Readonly<Record<string, string>>;
  readonly highmem?: string;
  readonly cmdline?: string;
  readonly e820?: readonly E820Entry[];
  readonly seed: number;
}

/** The machine of the options, without what only the command itself can do: files, injected failures, checks. */
export function jobMachine(
  options: MachineOptions,
  defaults: { readonly memory: number; readonly swap: number },
): JobMachine {
  const { release, machine, cpus, nodes, sysctl, seed, highmem, cmdline, e820, swap } = options;
  const sizes = swap?.flatMap(({ size }) => (size === undefined ? [] : [size]));
  return {
    release,
    machine,
    cpus,
    nodes,
    sysctl,
    seed,
    memory: options.memory ?? defaults.memory,
    swap: sizes === undefined || sizes.length === 0 ? [defaults.swap] : sizes,
    ...(highmem === undefined ? {} : { highmem }),
    ...(cmdline === undefined ? {} : { cmdline }),
    ...(e820 === undefined ? {} : { e820 }),
  };
}

/** Workloads one after the other on one machine, each several times. */
export interface WorkloadsWork {
  readonly kind: 'workloads';
  readonly workloads: readonly (readonly string[])[];
  readonly runs: number;
}

/** What runs: a workload's arguments, those of several, or the path of a recording. */
export type JobWork =
  | { readonly kind: 'workload'; readonly args: readonly string[] }
  | WorkloadsWork
  | { readonly kind: 'replay'; readonly path: string };

/** One machine with one thing to run on it. */
export interface Job {
  readonly machine: JobMachine;
  readonly work: JobWork;
  /** Frames that are free when the work begins; absent: what `memory` leaves. */
  readonly frames?: number;
}

/** What came of a job. */
export interface JobResult {
  readonly io: IoCounts;
  readonly workload: WorkloadReport | null;
  /** Of each workload that ran, each run. */
  readonly workloads?: readonly (readonly WorkloadReport[])[];
  readonly replay: ReplayReport | null;
  /** Frames that were free at the begin. */
  readonly framesFree: number;
  /** Most frames of users and files at a time. */
  readonly framePeak: number;
  readonly minorFaults: number;
  readonly majorFaults: number;
  readonly virtualTimeNs: number;
  /** Share of the work that was done, 0 .. 1. */
  readonly done: number;
  /** Why it ended early; null when it did not. */
  readonly stopped: string | null;
}

/** What a worker thread is given: jobs that it does one after another. */
export interface WorkerOrder {
  readonly pagewalkJobs: readonly Job[];
}

/** What it tells. `job` is the index in the order. */
export type WorkerMessage =
  | { readonly job: number; readonly done: number }
  | { readonly job: number; readonly result: JobResult }
  | { readonly job: number; readonly error: { readonly name: string; readonly message: string } };
