import type { BootAllocator } from './boot-memory/boot-allocator.ts';
import type { RamBuffer } from './hardware/physical-memory.ts';
import type { SwapConfig } from './paging.ts';
import type { E820Entry } from './physical/e820.ts';

/** A machine and a kernel as a user describes them; all but `memory` have defaults. */
export interface MachineConfig {
  /** RAM in bytes: 8 MiB to 64 GiB, whole MiB. */
  readonly memory: number;
  /** `2.4.22` (default), `2.4.20` or `2.4.0` (on the `qemu` machine only). */
  readonly release?: string;
  /** `qemu` (default), `ref-h4g`, `ref-noh` or `ref-pae`. */
  readonly machine?: string;
  /** High-memory support of the kernel: `off`, `4g` or `64g` (PAE). Default: what the machine is known for. */
  readonly highmem?: string;
  /** 1 (default) to 32. */
  readonly cpus?: number;
  /** Memory nodes, 1 (default) to 85 of 8 MiB of low memory or more each: a made-up machine when there are several. */
  readonly nodes?: number;
  /** A kernel with CONFIG_NUMA, for a machine of several nodes: see `PageAllocator.allocPagesNode`. Default false. */
  readonly numa?: boolean;
  /** Decides in which order the CPUs get their turns (`Kernel.nextProcess`). Default 0. */
  readonly seed?: number;
  /** Kernel command line, at most 255 characters; `mem=` and `highmem=` have their effect. */
  readonly cmdline?: string;
  /** The BIOS's memory map instead of the machine's own. */
  readonly e820?: readonly E820Entry[];
  /** Settings such as `vm.overcommit_memory: '1'`. */
  readonly sysctl?: Readonly<Record<string, string>>;
  /** Disks to swap to from boot on. Default: none. */
  readonly swap?: readonly SwapConfig[];
  /** User pages without contents: for replay at scale. */
  readonly contentFree?: boolean;
  /** Makes the n-th page allocation after boot fail (1: the first). */
  readonly failAlloc?: number;
  /** Makes the n-th request to a disk after boot fail (1: the first). */
  readonly failIo?: number;
  /** A kernel with CONFIG_DEBUG_SLAB: red zones, poison, statistics. Default false. */
  readonly debugSlab?: boolean;
  /** A driver that takes boot memory before the page allocator is up; results are physical addresses. */
  readonly bootDriver?: (bootmem: BootAllocator) => void;
  /** Gives the bytes of RAM, all zero, if a CPU has them (`PhysicalMemory.rebind` when they move). For machines below 4 GiB. */
  readonly ram?: (bytes: number) => RamBuffer;
  /** Events that the trace ring keeps, a power of two. Default 65536. */
  readonly traceCapacity?: number;
}
