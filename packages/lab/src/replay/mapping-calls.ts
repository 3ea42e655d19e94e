import { Errno, type Kernel } from '@pagewalk/mm';
import { MapFlag, NO_FILE } from '../trace/format.ts';
import type { TraceReader } from '../trace/reader.ts';
import type { Peaks } from './peaks.ts';
import { PAGE, TASK_SIZE } from './placement.ts';
import { ReplayError } from './replay-error.ts';
import type { StopReport } from './report.ts';
import type { Workload } from './workload.ts';

/** The mmap flags that 2.4 knows and that say what the mapping is, not where. */
const KEPT_FLAGS =
  MapFlag.Shared |
  MapFlag.Private |
  MapFlag.Anonymous |
  MapFlag.GrowsDown |
  MapFlag.DenyWrite |
  MapFlag.Locked |
  MapFlag.NoReserve;
/** The bits of a recorded protection that 2.4 knows: read, write, execute. */
export const PROT_MASK = 7;
const MADV_DONTNEED = 4;
const MREMAP_MAYMOVE = 1;

/** What the calls work on, and whom they tell when one is refused. */
export interface MappingCallsParts {
  readonly kernel: Kernel;
  /** At the event whose call is made. */
  readonly recording: TraceReader;
  /** Path of each file on the simulated machine, by its number in the recording. */
  readonly paths: readonly string[];
  readonly peaks: Peaks;
  /** Processes that have not ended, each once. */
  readonly live: () => Workload[];
  /** Ends the replay. */
  readonly stop: (reason: StopReport['reason'], why: string) => void;
  /** Counts a call that succeeded in the recording and failed here. */
  readonly refuse: (call: string, errno: number) => void;
}

/**
 * The recorded calls that change an address space, made again: the recording says which mapping they are about, and the process
 * where that is here.
 */
export class MappingCalls {
  private readonly parts: MappingCallsParts;

  constructor(parts: MappingCallsParts) {
    this.parts = parts;
  }

  /** mmap where the kernel likes. */
  map(workload: Workload): void {
    const { mapping, pages, prot, flags, file, filePage } = this.parts.recording;
    this.place(workload, mapping, pages, prot, flags, file, filePage);
  }

  /** The same, of a mapping that is not as the event says. */
  place(
    workload: Workload,
    mapping: number,
    pages: number,
    prot: number,
    flags: number,
    file: number,
    filePage: number,
  ): void {
    if (workload.ended) return;
    const result = this.#mmap(workload, 0, pages, prot, flags, file, filePage, false);
    if (result < 0) {
      this.#mapFailed(workload, pages, result);
      return;
    }
    workload.placement.place(mapping, result);
    workload.note();
    this.#countVmas();
  }

  /** mmap over a part of a mapping. @param more flags besides the recorded ones */
  mapFixed(workload: Workload, more: number): void {
    const { pages, prot, flags, file, filePage } = this.parts.recording;
    const address = this.#range(workload, 'mmap', Errno.ENOMEM);
    if (address < 0) return;
    this.#sample();
    const result = this.#mmap(workload, address, pages, prot, flags | more, file, filePage, true);
    if (result < 0) {
      this.#mapFailed(workload, pages, result);
      return;
    }
    workload.note();
    this.#countVmas();
  }

  unmap(workload: Workload): void {
    const { pages } = this.parts.recording;
    const address = this.#range(workload, 'munmap', Errno.EINVAL);
    if (address < 0) return;
    this.#sample();
    workload.shadow?.verify(workload.process, address, pages);
    const result = workload.process.munmap(address, pages * PAGE);
    if (result < 0) {
      this.parts.refuse('munmap', -result);
      return;
    }
    workload.shadow?.unmap(address, pages);
    this.#countVmas();
  }

  protect(workload: Workload): void {
    const { pages, prot } = this.parts.recording;
    const address = this.#range(workload, 'mprotect', Errno.EINVAL);
    if (address < 0) return;
    const result = workload.process.mprotect(address, pages * PAGE, prot & PROT_MASK);
    if (result < 0) {
      this.parts.refuse('mprotect', -result);
      return;
    }
    this.#countVmas();
  }

  advise(workload: Workload): void {
    const { pages, advice } = this.parts.recording;
    const address = this.#range(workload, 'madvise', Errno.EINVAL);
    if (address < 0) return;
    this.#sample();
    const dropped = advice === MADV_DONTNEED;
    if (dropped) workload.shadow?.verify(workload.process, address, pages);
    const result = workload.process.madvise(address, pages * PAGE, advice);
    if (result < 0) {
      this.parts.refuse('madvise', -result);
      return;
    }
    if (dropped) workload.shadow?.forget(address, pages);
    this.#countVmas();
  }

  break(workload: Workload): void {
    const { mapping, pages } = this.parts.recording;
    if (!has(workload, mapping)) return;
    this.#sample();
    const base = workload.placement.address(mapping, 0);
    const wanted = base + pages * PAGE;
    if (wanted >= TASK_SIZE) throw this.#tooLarge(workload, pages);
    const { process, shadow } = workload;
    const before = Math.ceil((process.task.mm?.brk ?? base) / PAGE) * PAGE;
    if (wanted < before) shadow?.verify(process, wanted, (before - wanted) / PAGE);
    const result = process.brk(wanted);
    // Like the C library, go on elsewhere: but the recording cannot, so it is the end.
    if (result !== wanted) {
      this.#mapFailed(workload, Math.max(1, (wanted - before) / PAGE), -Errno.ENOMEM);
      return;
    }
    if (wanted < before) shadow?.unmap(wanted, (before - wanted) / PAGE);
    else if (wanted > before) shadow?.map(before, (wanted - before) / PAGE, false, NO_FILE, 0, 0);
    workload.note();
    this.#countVmas();
  }

  remap(workload: Workload): void {
    const { pages, newPages, flags, newMapping } = this.parts.recording;
    const address = this.#range(workload, 'mremap', Errno.EINVAL);
    if (address < 0) return;
    this.#sample();
    const { process, placement, shadow } = workload;
    if (newPages * PAGE >= TASK_SIZE) throw this.#tooLarge(workload, newPages);
    shadow?.verify(process, address, pages);
    // Where the recorded kernel could grow in place this one may have to move; a fixed address means nothing here.
    const moves = (flags & MREMAP_MAYMOVE) | (newPages > pages ? MREMAP_MAYMOVE : 0);
    const result = process.mremap(address, pages * PAGE, newPages * PAGE, moves, 0);
    if (result < 0) {
      if (-result === Errno.ENOMEM) {
        this.#mapFailed(workload, newPages, result);
        return;
      }
      this.parts.refuse('mremap', -result);
      return;
    }
    shadow?.move(address, pages, result, newPages);
    placement.place(newMapping, result);
    workload.note();
    this.#countVmas();
  }

  /** Before pages may go: see {@link Peaks}. */
  #sample(): void {
    this.parts.peaks.sample(this.parts.live());
  }

  /** After areas may have come. */
  #countVmas(): void {
    this.parts.peaks.countVmas(this.parts.live());
  }

  /** Where the pages of the event begin; -1: its mapping is not there, or they are not in user space, and the call is refused. */
  #range(workload: Workload, call: string, errno: number): number {
    const { mapping, page, pages } = this.parts.recording;
    if (!has(workload, mapping)) return -1;
    const address = workload.placement.lowest(mapping, page, pages);
    if (address >= 0 && address + pages * PAGE <= TASK_SIZE) return address;
    this.parts.refuse(call, errno);
    return -1;
  }

  #mmap(
    workload: Workload,
    address: number,
    pages: number,
    prot: number,
    flags: number,
    file: number,
    filePage: number,
    fixed: boolean,
  ): number {
    const { paths, recording } = this.parts;
    const { process } = workload;
    const length = pages * PAGE;
    if (length >= TASK_SIZE) throw this.#tooLarge(workload, pages);
    const shared = (flags & MapFlag.Shared) !== 0;
    // Shared and private at once is how newer kernels say "shared, and check the flags".
    const kind = shared ? flags & ~MapFlag.Private : flags | MapFlag.Private;
    let known = (kind & KEPT_FLAGS) | (fixed ? MapFlag.Fixed : 0);
    if (file === NO_FILE) known |= MapFlag.Anonymous;
    else known &= ~MapFlag.Anonymous;
    let fd = -1;
    if (file !== NO_FILE) {
      fd = process.open(paths[file] as string, shared ? 2 : 0);
      if (fd < 0) return fd;
    }
    const result = process.mmap2(address, length, prot & PROT_MASK, known, fd, filePage);
    if (fd >= 0) process.close(fd);
    if (result >= 0) {
      const bytes = file === NO_FILE ? 0 : (recording.files[file]?.bytes as number);
      workload.shadow?.verify(process, result, fixed ? pages : 0);
      workload.shadow?.map(result, pages, shared, file, bytes, filePage);
    }
    return result;
  }

  /** A mapping that the recorded kernel granted was refused: because of address space, or of memory. */
  #mapFailed(workload: Workload, pages: number, result: number): void {
    if (-result !== Errno.ENOMEM) {
      this.parts.refuse('mmap', -result);
      return;
    }
    // Inaccessible memory needs nothing but addresses, so it tells which of the two is short.
    const { process } = workload;
    const most = this.parts.kernel.vm.sysctls.maxMapCount;
    if ((process.task.mm?.mapCount ?? 0) > most) {
      throw new ReplayError(
        `the simulated kernel allows a process ${most} mappings, this program has more; raise --sysctl vm.max_map_count`,
      );
    }
    const probe = process.mmap2(0, pages * PAGE, 0, MapFlag.Private | MapFlag.Anonymous, -1, 0);
    if (probe < 0) throw this.#tooLarge(workload, pages);
    process.munmap(probe, pages * PAGE);
    const more = mebibytes(pages);
    this.parts.stop(
      'overcommit',
      `out of memory: the kernel refuses to map ${more} more, which it could not back; give the machine more with --memory, or let it with --sysctl vm.overcommit_memory=1`,
    );
  }

  #tooLarge(workload: Workload, pages: number): ReplayError {
    const used = workload.process.task.mm?.totalVm ?? 0;
    return new ReplayError(
      `this recording of a ${this.parts.recording.header.machine.architecture} program does not fit into the 3 GB address space of a 32-bit process: it maps ${mebibytes(pages)} more, having ${mebibytes(used)} mapped`,
    );
  }
}

/** Whether an event about a mapping can be replayed; one that was refused before is passed over. */
function has(workload: Workload, mapping: number): boolean {
  return !workload.ended && workload.placement.isPlaced(mapping);
}

/** A number of pages as a reader sees it, e.g. `12 MB`. */
export function mebibytes(pages: number): string {
  return `${Math.ceil(pages / 256)} MB`;
}
