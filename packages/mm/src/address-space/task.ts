import type { File } from '../page-cache/inode.ts';
import type { Addr, Pfn } from '../types.ts';
import { FilesStruct } from './files-struct.ts';
import { FsStruct } from './fs-struct.ts';
import type { MmStruct } from './mm-struct.ts';
import { SharedStruct } from './shared-struct.ts';

export const RLIM_INFINITY = 0xffffffff;
/** Index of a limit in {@link Task.rlimCur}. @linux include/asm-i386/resource.h */
export const RLIMIT = {
  cpu: 0,
  fsize: 1,
  data: 2,
  stack: 3,
  core: 4,
  rss: 5,
  nproc: 6,
  nofile: 7,
  memlock: 8,
  as: 9,
  locks: 10,
} as const;

/** Bits of {@link Task.capEffective}. */
export const CAP = { ipcLock: 14, sysRawio: 17, sysAdmin: 21, sysResource: 24 } as const;

/** A signal that a fault sent. */
export interface PendingSignal {
  readonly signo: number;
  readonly code: number;
  readonly addr: Addr;
}
export const SIGBUS = 7;
export const SIGKILL = 9;
export const SIGSEGV = 11;
export const SIGTERM = 15;
export const SIGXFSZ = 25;
export const SEGV_MAPERR = 1;
export const SEGV_ACCERR = 2;
export const BUS_ADRERR = 2;

/** A process. @linux struct task_struct (the fields that memory management uses) */
export class Task {
  /** It changes only when a thread takes its leader's, see {@link Process.takePid}. */
  pid: number;
  tgid: number;
  readonly parent: Task | null;
  comm: string;
  mm: MmStruct | null = null;
  activeMm: MmStruct | null = null;
  /** First frame of the order-1 block that holds the task_struct and the kernel stack. */
  stackFrame: Pfn = 0;
  /** CPU that it runs on. */
  processor = 0;
  /** PF_* bits. */
  flags = 0;
  uid = 0;
  gid = 0;
  /** Effective capabilities, a bit each. */
  capEffective = 0xfffffeff;
  readonly rlimCur = new Float64Array(11);
  readonly rlimMax = new Float64Array(11);
  minFlt = 0;
  majFlt = 0;
  cminFlt = 0;
  cmajFlt = 0;
  nswap = 0;
  /** Jiffies since boot at which it was made. @linux start_time */
  startTime = 0;
  /** Processor time, in user and kernel mode, ns. The scheduler adds to it. */
  cpuNs = 0;
  /** -20 .. 19 */
  nice = 0;
  /** User stack pointer, which the stack-growth test compares with. */
  esp: Addr = 0;
  /** Open files by descriptor. With CLONE_FILES other tasks have the same array. */
  files: (File | null)[] = [];
  /** By descriptor: whether exec closes it; absent = no. Shared as {@link files} are. @linux files->close_on_exec */
  closeOnExec: boolean[] = [];
  /** The parent that sleeps until this task leaves the address space that it borrowed. @linux vfork_done */
  vforkParent: Task | null = null;
  /** The child for which this task sleeps in vfork. */
  vforkChild: Task | null = null;
  /** Memory of the descriptor table. */
  filesStruct = new FilesStruct();
  /** Root and working directory: an object in `fs_cache`. */
  fsStruct = new FsStruct();
  /** Signal handlers: an object in `signal_act`. */
  signalStruct = new SharedStruct();
  /** The user whose process it counts as. @linux user->uid */
  user = 0;
  /** Signals sent and not yet delivered, oldest first. */
  readonly pending: PendingSignal[] = [];
  exitCode = 0;
  dead = false;
  readonly children: Task[] = [];

  constructor(pid: number, parent: Task | null, comm: string) {
    this.pid = pid;
    this.tgid = pid;
    this.parent = parent;
    this.comm = comm;
  }

  /** Ticks of processor time. @linux times.tms_utime + times.tms_stime */
  get cpuTicks(): number {
    return Math.floor(this.cpuNs / 1e7);
  }

  /** @linux capable() */
  capable(cap: number): boolean {
    return ((this.capEffective >>> cap) & 1) === 1;
  }
}

/** The first undelivered signal that ends a task: nobody catches these here. Null: there is none. */
export function deadlySignal(task: Task): PendingSignal | null {
  for (const signal of task.pending) if (signal.signo === SIGKILL || signal.signo === SIGTERM) return signal;
  return null;
}
