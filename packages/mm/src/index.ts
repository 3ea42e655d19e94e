/** The public API of the memory manager. See the package's README. */
export * as access from './address-space/access.ts';
export type { CharDriver } from './address-space/char-device.ts';
export type { ExecImage, ExecSegment } from './address-space/exec-image.ts';
export { countFaultClasses, type FaultClassCounts } from './address-space/fault-classes.ts';
export type { MmStruct } from './address-space/mm-struct.ts';
export { type PendingSignal, RLIM_INFINITY, RLIMIT, type Task } from './address-space/task.ts';
export * as uaccess from './address-space/uaccess.ts';
export { CLONE } from './address-space/vfork.ts';
export { VM, type Vma } from './address-space/vma.ts';
export type { BootAllocator } from './boot-memory/boot-allocator.ts';
export type { DeviceNode } from './char-devices.ts';
export { Errno, errnoName, isErrno } from './errno.ts';
export type { FileStatus, FileTimes } from './file-attributes.ts';
export type { AttachedCpu, Translation } from './hardware/attached-cpu.ts';
export { type BlockStore, MemoryStore } from './hardware/block-store.ts';
export { Clock, POWER_ON } from './hardware/clock.ts';
export { PhysicalMemory, type RamBuffer } from './hardware/physical-memory.ts';
export { TLB_ENTRIES, type TlbEntry } from './hardware/tlb.ts';
export { clearFixmap, setFixmap } from './highmem/fixmap.ts';
export { Highmem, KMAP_BLOCKED, pkmapAddr } from './highmem/highmem.ts';
export { KM } from './highmem/kmap-types.ts';
export { boot, Kernel } from './kernel.ts';
export type { Oops } from './kernel-access.ts';
export { ConfigError, KernelBug, KernelPanic } from './kernel-bug.ts';
export { exePath, mountProc, type ProcView } from './kernel-procfs.ts';
export type { KernelRegion } from './kernel-regions.ts';
export type { MachineConfig } from './machine-config.ts';
export { type MountHow, mountDevfs, mountMade, mountRamfs } from './mounts.ts';
export { AgingPageAllocator } from './page-allocator/aging-page-allocator.ts';
export { checkPageAllocator } from './page-allocator/check.ts';
export { ClassZoneAllocator } from './page-allocator/class-zone-allocator.ts';
export { freeBlockCounts, freeBlocks } from './page-allocator/free-lists.ts';
export {
  GFP_ATOMIC,
  GFP_DMA,
  GFP_HIGHUSER,
  GFP_KERNEL,
  GFP_KSWAPD,
  GFP_NFS,
  GFP_NOFS,
  GFP_NOHIGHIO,
  GFP_NOIO,
  GFP_USER,
  GFP_VMALLOC,
  gfpToString,
} from './page-allocator/gfp.ts';
export { GFP, PageAllocator, PF } from './page-allocator/page-allocator.ts';
export {
  DirectoryInode,
  type Dirent,
  type MountedFileSystem,
  type Owner,
  type Statfs,
} from './page-cache/directory.ts';
export type { TreeDirectory, TreeFile, TreeLink, TreeNode } from './page-cache/disk-fs/file-tree.ts';
export { type MkfsOptions, mkfs } from './page-cache/disk-fs/mkfs.ts';
export { mkfsTree } from './page-cache/disk-fs/mkfs-tree.ts';
export { dirent64Bytes, direntBytes } from './page-cache/getdents.ts';
export { type File, NOPAGE_OOM, NOPAGE_SIGBUS } from './page-cache/inode.ts';
export type { Mount } from './page-cache/mount-table.ts';
export type { Path } from './page-cache/namei.ts';
export { type CopyActor, FileInode, OpenFile } from './page-cache/open-file.ts';
export type { Vtop, VtopStep } from './page-tables/vtop.ts';
export type { SwapConfig } from './paging.ts';
export type { BootLogLine } from './physical/boot-log.ts';
export type { E820Entry } from './physical/e820.ts';
export { MemMap, PG } from './physical/mem-map.ts';
export { PhysicalNode } from './physical/node.ts';
export type { Zone } from './physical/zone.ts';
export type { TaskView } from './proc/pid-stat.ts';
export { Process } from './process.ts';
export { AGED_UNMAP_NAMES, LAUNDER_NAMES } from './reclaim/page-aging/tracepoints.ts';
export { UNMAP_NAMES, VERDICT_NAMES } from './reclaim/two-list/tracepoints.ts';
export { type CacheUsage, cacheUsage, slabsOn } from './slab/check.ts';
export { CACHE, CPUCACHE, SLAB_T } from './slab/descriptor-layout.ts';
export type { KmemCache } from './slab/kmem-cache.ts';
export { SlabAllocator } from './slab/slab-allocator.ts';
export { BUFCTL_END, CACHE_NAME_MAX, MAX_OBJECT_BYTES, SLAB } from './slab/slab-flags.ts';
export { applySysctl, procSysFiles, readSysctl, sysctlNames } from './sysctl.ts';
export {
  defineTracepoint,
  Trace,
  type TraceEvent,
  type TracepointDefinition,
  tracepoints,
} from './trace/trace.ts';
export type { Addr, Pfn, SysResult } from './types.ts';
export { ioremap, ioremapNocache, iounmap } from './vmalloc/ioremap.ts';
export { VM_ALLOC, VM_IOREMAP, type VmArea } from './vmalloc/vm-struct.ts';
export { VmallocArea } from './vmalloc/vmalloc.ts';
export { vread, vwrite } from './vmalloc/vread.ts';
