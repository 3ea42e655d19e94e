/**
 * Boot: composes a machine from a description and a release, plugs the upper rooms into the ports of the lower ones, and
 * gives access to all of it.
 */

import type { CharDriver } from './address-space/char-device.ts';
import { filemapSync } from './address-space/filemap-sync.ts';
import { vmEnoughMemory } from './address-space/overcommit.ts';
import { readZero } from './address-space/read-zero.ts';
import { remapPageRange } from './address-space/remap-page-range.ts';
import type { Task } from './address-space/task.ts';
import { tryToUnuse } from './address-space/unuse.ts';
import { type AddressSpacePorts, type AddressSpaceSysctls, Vm } from './address-space/vm.ts';
import type { Vma } from './address-space/vma.ts';
import { zapPageRange } from './address-space/zap.ts';
import { zeromapPageRange } from './address-space/zeromap.ts';
import { I386, PAGE_OFFSET, type PagingGeometry } from './arch/i386.ts';
import { vmallocEnd, vmallocStart } from './arch/i386-layout.ts';
import { I386_PAE } from './arch/i386-pae.ts';
import { type DeviceNode, installCharDevices, registerDevice } from './char-devices.ts';
import { bootCharges } from './check-charges.ts';
import { type BootHoldings, checkMachine } from './check-machine.ts';
import { Errno } from './errno.ts';
import { Clock, POWER_ON } from './hardware/clock.ts';
import { COST_NS } from './hardware/cost-model.ts';
import { Mmu } from './hardware/mmu.ts';
import type { PhysicalMemory } from './hardware/physical-memory.ts';
import { Highmem } from './highmem/highmem.ts';
import { KernelAccess, type Oops } from './kernel-access.ts';
import { type BootedTables, bootPageTables, bootSlab } from './kernel-boot.ts';
import { ConfigError, KernelPanic } from './kernel-bug.ts';
import { procText, showMemText } from './kernel-proc.ts';
import { type KernelRegion, kernelRegion } from './kernel-regions.ts';
import { bootIdleTasks, idleTasks, startKernelThreads } from './kernel-threads.ts';
import { Lifecycle } from './lifecycle.ts';
import type { MachineConfig } from './machine-config.ts';
import { type MountHow, mountDisk, mountTmpfs, remountTmpfs, umount } from './mounts.ts';
import { AgingPageAllocator } from './page-allocator/aging-page-allocator.ts';
import { bootPhysical, type PhysicalBoot } from './page-allocator/boot.ts';
import type { PageAllocator } from './page-allocator/page-allocator.ts';
import { AgingPageCache } from './page-cache/aging-page-cache.ts';
import { FileSystem } from './page-cache/file-system.ts';
import { PageCache } from './page-cache/page-cache.ts';
import { VfsObjects } from './page-cache/vfs-objects.ts';
import { I386PageTables } from './page-tables/i386-page-tables.ts';
import { PaePageTables } from './page-tables/pae-page-tables.ts';
import type { PageTables } from './page-tables/page-tables.ts';
import { TlbFlushI386 } from './page-tables/tlb-flush.ts';
import { type Vtop, vtop } from './page-tables/vtop.ts';
import { diskModel, Paging } from './paging.ts';
import { AGING_PAGING } from './paging-aging.ts';
import { TWO_LIST_PAGING } from './paging-two-list.ts';
import type { BootLogLine } from './physical/boot-log.ts';
import type { MemMap } from './physical/mem-map.ts';
import { PG } from './physical/mem-map.ts';
import type { ProcRules } from './proc/proc-rules.ts';
import type { Process } from './process.ts';
import { addressSpaceRules } from './release/address-space-rules.ts';
import { deviceRules } from './release/device-rules.ts';
import { highmemRules, keepsPageTables, vmallocRules } from './release/kernel-memory-rules.ts';
import { physicalBootConfig } from './release/machine-config.ts';
import { pageCacheRules } from './release/page-cache-rules.ts';
import { blockRules, bounceRules, oomRules, pageCluster, swapSlotRules } from './release/paging-rules.ts';
import { procRules } from './release/proc-rules.ts';
import { processRules } from './release/process-rules.ts';
import { shmemRules } from './release/shmem-rules.ts';
import { slabRelease } from './release/slab-2.4.ts';
import { bootPopulation } from './release/slab-boot-population-2.4.ts';
import { sysvShmRules } from './release/sysv-shm-rules.ts';
import { plugInScheduler } from './run-others.ts';
import { Cpus } from './scheduler.ts';
import { Shmem } from './shmem/shmem.ts';
import { SysvShm } from './shmem/sysv-shm.ts';
import type { KernelCaches } from './slab/kernel-caches.ts';
import type { KmemCache } from './slab/kmem-cache.ts';
import { slabPgds } from './slab/pae-pgd.ts';
import type { SlabAllocator } from './slab/slab-allocator.ts';
import { stateHash } from './state-hash.ts';
import type { SwapBacking } from './swap/swap-info.ts';
import { applySysctl } from './sysctl.ts';
import { Trace } from './trace/trace.ts';
import type { Addr, Pfn } from './types.ts';
import { VmallocArea } from './vmalloc/vmalloc.ts';
import { vread, vwrite } from './vmalloc/vread.ts';

/** Boots a machine. @throws ConfigError naming the argument, its value and what is allowed */
export function boot(config: MachineConfig): Kernel {
  return new Kernel(config);
}

/** A booted machine. */
export class Kernel {
  readonly release: string;
  readonly clock = new Clock();
  readonly trace: Trace;
  readonly memory: PhysicalMemory;
  readonly memMap: MemMap;
  readonly allocator: PageAllocator;
  readonly slab: SlabAllocator;
  /** The kernel's named slab caches. */
  readonly caches: KernelCaches;
  readonly pageTables: PageTables;
  /** The kernel's addresses that are contiguous only virtually. */
  readonly vmalloc: VmallocArea;
  /** The kernel's addresses for high memory. */
  readonly highmem: Highmem;
  readonly pageCache: PageCache;
  /** Objects of files: inodes, names, open files. */
  readonly vfs: VfsObjects;
  readonly vm: Vm;
  readonly fs: FileSystem;
  readonly shmem: Shmem;
  readonly shm: SysvShm;
  /** How the files of /proc read. */
  readonly procRules: ProcRules;
  /** MMU of the selected CPU. */
  mmu: Mmu;
  /** The MMUs of all CPUs. */
  readonly mmus: readonly Mmu[];
  /** Who runs where. */
  readonly cpus: Cpus;
  /** Disks, buffers, swap, reclaim and the kernel threads. */
  readonly paging: Paging;
  readonly tlb: TlbFlushI386;
  readonly physical: PhysicalBoot;
  /** All processes that were not released, by pid. */
  readonly processes = new Map<number, Process>();
  /** @internal their births and ends */
  readonly lifecycle: Lifecycle;
  readonly geometry: PagingGeometry;
  /** @internal system calls since boot, in element 0; the clock moves with them */
  readonly systemCalls: Float64Array;
  private readonly access: KernelAccess;
  /** @internal Blocks that {@link allocPages} gave out, by first frame: their orders. */
  readonly looseBlocks = new Map<Pfn, number>();
  private readonly bootHoldings: BootHoldings;
  /** Objects of the kernel's own caches that a caller of {@link slab} took for itself: who does counts them here. */
  readonly outsideObjects = new Map<KmemCache, number>();
  /** @internal pid 1, and the kernel's own threads in the order of their pids */
  readonly threads: readonly Task[];
  private lastWords: string | null = null;

  /** @internal use {@link boot} */
  constructor(config: MachineConfig) {
    this.trace = new Trace(() => this.clock.now, config.traceCapacity ?? 65536);
    const physicalConfig = physicalBootConfig({
      memoryBytes: config.memory,
      ...(config.release === undefined ? {} : { release: config.release }),
      ...(config.machine === undefined ? {} : { machine: config.machine }),
      ...(config.highmem === undefined ? {} : { highmem: config.highmem }),
      ...(config.cpus === undefined ? {} : { cpus: config.cpus }),
      ...(config.nodes === undefined ? {} : { nodes: config.nodes }),
      ...(config.numa === undefined ? {} : { numa: config.numa }),
      ...(config.cmdline === undefined ? {} : { commandLine: config.cmdline }),
      ...(config.e820 === undefined ? {} : { e820: config.e820 }),
      contentFree: config.contentFree ?? false,
    });
    this.release = physicalConfig.release.version;
    const { bootDriver, ram } = config;
    const physical = bootPhysical(
      { ...physicalConfig, ...(bootDriver && { bootDriver }), ...(ram && { ram }) },
      this.trace,
    );
    this.physical = physical;
    this.memory = physical.memory;
    this.memMap = physical.memMap;
    this.allocator = physical.allocator;
    this.procRules = procRules(physical.allocator);

    const pae = physicalConfig.highmem === '64g';
    this.geometry = pae ? I386_PAE : I386;
    const { memory, memMap, allocator, trace } = this;
    const tables = bootPageTables(physical, highmemRules(this.release).kmTypeNr);
    const mmus = Array.from(
      { length: physicalConfig.cpus },
      () => new Mmu({ memory, clock: this.clock, pae, ...tables.cr4 }),
    );
    this.mmus = mmus;
    this.mmu = mmus[0] as Mmu;
    for (const mmu of mmus) mmu.loadCr3(tables.swapperPgDir);
    this.tlb = new TlbFlushI386({ memory, trace, mmus, swapperPgDir: tables.swapperPgDir });
    const parts = {
      memory,
      allocator,
      trace,
      swapperPgDir: tables.swapperPgDir,
      cpus: mmus.length,
      keepsTables: keepsPageTables(this.release),
    };
    this.pageTables = pae ? new PaePageTables(parts) : new I386PageTables(parts);

    const aged = allocator instanceof AgingPageAllocator;
    this.pageCache = new (aged ? AgingPageCache : PageCache)({
      memory,
      memMap,
      allocator,
      trace,
      rules: pageCacheRules(this.release),
    });
    this.pageCache.pageCluster = pageCluster(this.release, memMap.frames);
    this.pageCache.ports = {
      ...this.pageCache.ports,
      unmapMappingRange: (area, address, size) => zapPageRange(this.vm, (area as Vma).vmMm, address, size),
      filemapSync: (area, address, size) => filemapSync(this.vm, area as Vma, address, size),
    };
    allocator.ports = {
      ...allocator.ports,
      lruCacheDel: (pfn) => this.pageCache.lruCacheDel(pfn),
    };
    const slabs = this.bootSlab(physical, config.debugSlab ?? false);
    this.slab = slabs.slab;
    this.caches = slabs.caches;
    if (this.pageTables instanceof PaePageTables) this.pageTables.pgds = slabPgds(this.slab);
    this.vmalloc = this.bootVmalloc(physical, tables);
    this.highmem = this.bootHighmem(physical, tables, mmus);

    const idle = idleTasks(mmus.length);
    const rules = processRules(this.release);
    const sysctls: AddressSpaceSysctls = { overcommitMemory: 0, maxMapCount: 65536 };
    this.vm = new Vm({
      memory,
      memMap,
      allocator,
      pageTables: this.pageTables,
      tlb: this.tlb,
      pageCache: this.pageCache,
      slab: this.slab,
      caches: this.caches,
      trace,
      rules: addressSpaceRules(this.release),
      ports: this.addressSpacePorts(),
      sysctls,
      zeroPage: physical.pageTables.emptyZeroPage,
      numPhyspages: physical.maxMapnr,
      current: idle[0] as Task,
    });
    bootIdleTasks(this.vm, idle);
    this.threads = startKernelThreads(this.vm, rules.kernelThreads(mmus.length));
    this.lifecycle = new Lifecycle(this);
    this.vm.maxThreads = rules.maxThreads(physical.maxMapnr);
    physical.startKswapd();
    physical.freeInitmem();
    this.cpus = new Cpus({
      vm: this.vm,
      clock: this.clock,
      tlb: this.tlb,
      mmus,
      idle,
      seed: config.seed ?? 0,
      onSelect: (cpu) => this.onSelect(cpu),
    });
    this.access = new KernelAccess({
      vm: this.vm,
      mmu: () => this.mmu,
      print: (text, level) => physical.log.print(text, level),
    });
    this.vfs = new VfsObjects({
      slab: this.slab,
      caches: this.caches,
      mempages: physical.maxMapnr,
      euid: () => this.vm.current.uid,
      now: () => POWER_ON + Math.floor(this.clock.now / 1e9),
    });
    this.shmem = new Shmem({
      cache: this.pageCache,
      vfs: this.vfs,
      zeroPage: this.vm.zeroPage,
      rules: shmemRules(this.release),
      tmpfsPages: physical.totals.totalram >>> 1,
      readZero: (addr, count) => readZero(this.vm, this.mmu, addr, count),
      vmEnoughMemory: (pages) => vmEnoughMemory(this.vm, pages),
    });
    this.paging = this.bootPaging(physical);
    this.fs = new FileSystem(this.pageCache, this.shmem, this.vfs, this.paging.diskFiles);
    this.fs.namei.pwd = () => this.vm.current.fsStruct.pwd;
    this.fs.diskNode = (path) => this.paging.diskNode(path);
    installCharDevices({
      vm: this.vm,
      rules: deviceRules(this.release),
      fs: this.fs,
      pageCache: this.pageCache,
      vmalloc: {
        vread: (into, addr) => vread(this.vmalloc, addr, into),
        vwrite: (from, addr) => vwrite(this.vmalloc, addr, from),
      },
      lowMemory: physical.maxLowPfn * 4096,
      mtrr: physicalConfig.machine.mtrr,
      readZero: (addr, count) => readZero(this.vm, this.mmu, addr, count),
    });
    const seconds = () => Math.floor(this.clock.now / 1e9);
    this.shm = new SysvShm(this.vm, this.shmem, seconds, sysvShmRules(this.release));
    this.paging.startThreads(this.threads);
    for (const disk of config.swap ?? []) this.paging.addSwap(disk);
    // The time of boot is not ours: it went into drivers. From here on work takes time.
    this.memory.chargeTo(this.clock);
    this.systemCalls = this.clock.counter(COST_NS.systemCall);
    for (const [key, value] of Object.entries(config.sysctl ?? {})) applySysctl(this, key, value);
    this.bootHoldings = { charges: bootCharges(this), pages: slabs.driverPages };
    if (config.failAlloc !== undefined) allocator.failAlloc(config.failAlloc);
    if (config.failIo !== undefined) this.paging.ioFailures.failIo(config.failIo);
  }

  private bootPaging(physical: PhysicalBoot): Paging {
    const paging = new Paging({
      vm: this.vm,
      clock: this.clock,
      slab: this.slab,
      caches: this.caches,
      vfs: this.vfs,
      generation: this.allocator instanceof AgingPageAllocator ? AGING_PAGING : TWO_LIST_PAGING,
      blockRules: blockRules(this.release),
      bounceRules: bounceRules(this.release),
      highStartPfn: physical.highStartPfn,
      slotRules: swapSlotRules(this.release),
      oomRules: oomRules(this.release),
      megs: Math.floor(physical.totals.totalram / 256),
      disk: diskModel(physical.config.machine.name),
      ports: {
        allocMap: (bytes) => this.vmalloc.vmalloc(bytes),
        freeMap: (addr) => this.vmalloc.vfree(addr),
        tryToUnuse: (type) => tryToUnuse(this.vm, type, (entry, pfn) => this.shmem.unuse(entry, pfn)),
        chargeTime: () => this.cpus.charge(),
        tasks: () => this.tasks,
        reapKilled: () => this.lifecycle.reapKilled(),
        swapFile: (path) => this.swapFile(path),
        print: (text) => physical.log.print(text),
        panic: (text) => this.panic(text),
      },
    });
    this.vm.swap = paging.swapCache;
    this.shmem.swap = paging.swapCache;
    return paging;
  }

  /** A file to swap to. Files that live in memory have no blocks on a disk: nothing can be read from them. */
  private swapFile(path: string): SwapBacking | number {
    const inode = this.fs.namei.inode(path);
    if (typeof inode === 'number') return inode;
    if (inode.kind !== 'regular') return -Errno.EINVAL;
    return {
      path,
      dev: inode.blockDev,
      pages: Math.floor(inode.size / 4096),
      identity: inode,
      bmap: (block) => inode.ops.bmap?.(inode, block) ?? 0,
      blockSize: 2 ** inode.blkBits,
      open: () => inode.users++,
      close: () => {
        inode.users--;
        inode.put();
      },
    };
  }

  private bootVmalloc(physical: PhysicalBoot, tables: BootedTables): VmallocArea {
    const highMemory = PAGE_OFFSET + physical.maxLowPfn * 4096;
    return new VmallocArea({
      memory: this.memory,
      memMap: this.memMap,
      allocator: this.allocator,
      pageTables: this.pageTables,
      tlb: this.tlb,
      slab: this.slab,
      trace: this.trace,
      rules: vmallocRules(this.release),
      start: vmallocStart(highMemory),
      end: vmallocEnd(physical.config.highmem !== 'off', tables.fixmap),
      highMemory,
      maxMapnr: physical.maxMapnr,
      pageKernel: tables.kmapProt,
      print: (text, level) => physical.log.print(text, level),
      loadBytes: (addr, into) => this.loadBytes(addr, into),
      storeBytes: (addr, bytes) => this.storeBytes(addr, bytes),
    });
  }

  private bootHighmem(physical: PhysicalBoot, tables: BootedTables, mmus: readonly Mmu[]): Highmem {
    return new Highmem({
      memory: this.memory,
      memMap: this.memMap,
      pageTables: this.pageTables,
      tlb: this.tlb,
      mmus,
      currentCpu: () => this.slab.cpu,
      trace: this.trace,
      rules: highmemRules(this.release),
      configured: physical.config.highmem !== 'off',
      highStartPfn: physical.highStartPfn,
      lastPkmap: this.geometry.lastPkmap,
      pkmapPageTable: tables.pkmapPageTable,
      kmapPte: tables.kmapPte,
      kmapProt: tables.kmapProt,
      fixmap: tables.fixmap,
      print: (text, level) => physical.log.print(text, level),
    });
  }

  private bootSlab(physical: PhysicalBoot, debug: boolean) {
    const { machine, highmem, cpus, release } = physical.config;
    const slabs = slabRelease({
      version: release.version,
      machine: machine.name,
      cpus,
      pae: highmem === '64g',
      debug,
    });
    const recorded = machine.name === 'qemu';
    const high = physical.totals.totalhigh > 0;
    return bootSlab(
      physical,
      this.trace,
      slabs,
      recorded ? bootPopulation(release.version, physical.maxMapnr, high) : null,
    );
  }

  private addressSpacePorts(): AddressSpacePorts {
    return {
      shmemZeroSetup: (vma) => this.shmem.zeroSetup(vma),
      shmemMmap: (vma) => this.shmem.mmap(vma),
      nrSwapPages: () => this.paging.swapAreas.nrSwapPages,
      swapCachePages: () => this.pageCache.swapperPages,
      catchUp: () => this.paging.catchUp(),
      shrinkableSlabPages: () => this.paging.shrinkableSlabPages,
      vmalloc: (size) => this.vmalloc.vmalloc(size),
      vfree: (addr) => this.vmalloc.vfree(addr),
    };
  }

  /** What the kernel printed while booting: the lines that concern memory. */
  get bootLog(): readonly BootLogLine[] {
    return this.physical.log.lines;
  }

  /** Allocates 2^`order` frames; 0 = none. @linux alloc_pages() */
  allocPages(gfp: number, order: number): Pfn {
    const pfn = this.allocator.allocPages(gfp, order);
    if (pfn !== 0) this.looseBlocks.set(pfn, order);
    return pfn;
  }

  /** Drops a reference to a block. @linux __free_pages() */
  freePages(pfn: Pfn, order: number): void {
    this.allocator.freePages(pfn, order);
    if (this.memMap.count[pfn] === 0) this.looseBlocks.delete(pfn);
  }

  /**
   * A new process without a program: an empty address space with one page of stack area. Give it a program with
   * {@link Process.exec}.
   *
   * @param comm its name, as /proc/PID/status shows it
   * @throws ConfigError when there is no memory for it
   */
  spawn(comm: string, options: { readonly uid?: number } = {}): Process {
    return this.lifecycle.spawn(comm, options.uid ?? 0);
  }

  /**
   * Mounts a tmpfs: memory as a file system, with directories and links.
   *
   * @param path absolute; where nothing is mounted any path will do, inside of a mount it must be a directory
   * @param options `size=64m` or `size=50%`, `nr_blocks=`, `nr_inodes=`, `mode=755`, `uid=`, `gid=`, separated by commas. Without
   *   them it has room for half of RAM
   * @returns 0, or -EINVAL (an option; {@link bootLog} says which), -EBUSY (something is mounted there), -ENOTDIR, -ENOENT
   */
  mountTmpfs(path: string, options = '', how: MountHow = {}): number {
    return mountTmpfs(this, path, options, how);
  }

  /**
   * Mounts the ext2 of a disk of {@link Paging.disks} ({@link mkfs} makes one): 0, -ENOENT, -ENXIO, -EBUSY, -EIO, -EINVAL, -ENOMEM.
   * @throws ConfigError on a content-free machine
   */
  mount(path: string, disk: string, how: MountHow = {}): number {
    return mountDisk(this, path, disk, how);
  }

  /** Changes the limits of a mounted tmpfs: 0, or -EINVAL: no mount, an option, or more is in use. */
  remountTmpfs(path: string, options: string): number {
    return remountTmpfs(this, path, options);
  }

  /** Takes a mount away with all its files: 0, or -EBUSY (one is open or mapped), -EINVAL (no mount). */
  umount(path: string): number {
    return umount(this, path);
  }

  /** Goes on with a process, on its CPU, which switches to it if it runs another one. @linux schedule(), switch_mm() */
  run(process: Process): void {
    const { task, ending } = process;
    if (this.lastWords !== null) throw new KernelPanic(this.lastWords);
    if (ending !== null && ending.signal !== 0) {
      throw new ConfigError(`process ${task.pid} has ended: the kernel killed it (signal ${ending.signal})`);
    }
    if (task.vforkChild !== null) {
      const child = task.vforkChild.pid;
      throw new ConfigError(`process ${task.pid} sleeps until its vfork child ${child} calls exec or exit`);
    }
    this.cpus.run(task);
  }

  /** The selected CPU, whose accesses and system calls are made now. @linux smp_processor_id() */
  get cpu(): number {
    return this.cpus.cpu;
  }

  /**
   * Whose turn it is: for workloads that do not care. A CPU that the seed chooses among those with a process; its processes
   * take turns. Null when there is no process.
   */
  nextProcess(): Process | null {
    return this.cpus.nextOf(this.processes.values());
  }

  /** What is kept a CPU follows the selected one. */
  private onSelect(cpu: number): void {
    this.mmu = this.mmus[cpu] as Mmu;
    this.slab.cpu = cpu;
    this.pageTables.selectCpu(cpu);
    this.allocator.localNode = Math.floor((cpu * this.physical.nodes.length) / this.mmus.length);
  }

  /**
   * Makes a character device: from now on programs can open and map it. The package's README has an example.
   *
   * @param path absolute; a node of the same name is unlinked first
   * @param node what stat says of it
   * @throws ConfigError for a path that does not begin with `/`
   */
  registerDevice(path: string, driver: CharDriver, node: DeviceNode = {}): void {
    registerDevice(this, path, driver, node);
  }

  /**
   * For a driver's mmap: maps physical memory into the running process. Frames of RAM must be reserved
   * ({@link reservePage}): others are passed over.
   *
   * @returns 0 or -ENOMEM
   * @linux remap_page_range()
   */
  remapPageRange(from: Addr, physAddr: number, size: number, pageProt: number): number {
    return remapPageRange(this.vm, from, physAddr, size, pageProt);
  }

  /** For a driver's mmap: maps the zero page, write-protected: 0 or -ENOMEM. @linux zeromap_page_range() */
  zeromapPageRange(from: Addr, size: number, pageProt: number): number {
    return zeromapPageRange(this.vm, from, size, pageProt);
  }

  /** Takes a frame out of the count of references, so that {@link remapPageRange} maps it. @linux SetPageReserved */
  reservePage(pfn: Pfn): void {
    this.memMap.flags[pfn] = (this.memMap.flags[pfn] as number) | PG.reserved;
  }

  /** Before a reserved frame is freed. @linux ClearPageReserved */
  unreservePage(pfn: Pfn): void {
    this.memMap.flags[pfn] = (this.memMap.flags[pfn] as number) & ~PG.reserved;
  }

  /** What the kernel said when it panicked; null: it did not. After a panic every call of a process throws KernelPanic. */
  get panicked(): string | null {
    return this.lastWords;
  }

  /** @linux 2.4.22 kernel/panic.c panic() */
  private panic(text: string): never {
    this.lastWords = text;
    this.physical.log.print(`Kernel panic: ${text}`, 0);
    throw new KernelPanic(text);
  }

  /** Lets other tasks run while one waits for a disk: see {@link plugInScheduler}. */
  runOthersWith(run: (done: () => boolean) => boolean): void {
    plugInScheduler(this.vm, this.paging.waits, this.lifecycle.interrupted, run);
  }

  /**
   * The text of a /proc file: `meminfo`, `slabinfo`, `iomem`, or of a process `maps`, `statm`, `status` (also `self/maps`, `12/maps`).
   *
   * @param pid the process that `self` and a bare `maps` mean; default the one that ran last
   * @throws ConfigError for a file or a process that does not exist
   */
  proc(path: string, pid?: number): string {
    return procText(this, path, pid);
  }

  /** What SysRq-m prints. */
  showMem(): string {
    return showMemText(this);
  }

  /**
   * The walk of an address, entry by entry.
   *
   * @param pgd top level; default that of the process that ran last, and for a kernel address the reference one
   */
  vtop(addr: Addr, pgd = this.directoryOf(addr)): Vtop {
    return vtop(this.memory, this.geometry, pgd, addr >>> 0);
  }

  /** What an address belongs to: direct map, an area of vmalloc, a slot of the kmap window … It may be unmapped all the same. */
  region(addr: Addr): KernelRegion {
    return kernelRegion(this.vmalloc, this.highmem, addr >>> 0);
  }

  private directoryOf(addr: Addr): number {
    const process = addr >>> 0 < PAGE_OFFSET ? this.lifecycle.lastRun() : undefined;
    return process?.task.mm?.pgd ?? this.pageTables.swapperPgDir;
  }

  /** Loads a byte as the kernel does, through the CPU's MMU in supervisor mode: 0 .. 255; -1: an oops, see {@link oopses}. */
  load8(addr: Addr): number {
    return this.access.load8(addr >>> 0);
  }

  /** Stores the low 8 bits of `value`; false: an oops. */
  store8(addr: Addr, value: number): boolean {
    return this.access.store8(addr >>> 0, value);
  }

  /** Loads 32 bits, any alignment: 0 .. 2^32 - 1; -1: an oops. */
  load32(addr: Addr): number {
    return this.access.load32(addr >>> 0);
  }

  /** Stores 32 bits, any alignment; false: an oops. */
  store32(addr: Addr, value: number): boolean {
    return this.access.store32(addr >>> 0, value);
  }

  /** Loads bytes in ascending order; fewer than `into.length`: an oops. @returns bytes loaded */
  loadBytes(addr: Addr, into: Uint8Array): number {
    return this.access.loadBytes(addr >>> 0, into);
  }

  /** Stores bytes in ascending order; fewer than `bytes.length`: an oops. @returns bytes stored */
  storeBytes(addr: Addr, bytes: Uint8Array): number {
    return this.access.storeBytes(addr >>> 0, bytes);
  }

  /** Accesses of the kernel that failed. */
  get oopses(): readonly Oops[] {
    return this.access.oopses;
  }

  /** All tasks that exist, for checks. */
  get tasks(): readonly Task[] {
    return [...this.cpus.idle, ...this.threads, ...[...this.processes.values()].map(({ task }) => task)];
  }

  /** Recounts the whole machine. @throws KernelBug that says what differs */
  checkInvariants(): void {
    checkMachine(this, this.bootHoldings);
  }

  /** A hash over the whole machine's state, hex. */
  stateHash(): string {
    return stateHash(this.memory, this.memMap, this.allocator.zones);
  }

  /**
   * Runs one unit of background work: the idle task gives page tables cached beyond the high mark back, a kernel thread that is
   * awake runs until it sleeps, or time passes until a disk is done. False: there is none; timers alone do not count.
   *
   * @linux 2.4.22 arch/i386/kernel/process.c cpu_idle()
   */
  step(): boolean {
    return this.pageTables.checkPgtCache() > 0 || this.paging.step();
  }

  /**
   * Lets CPUs that idle on the address space of an ended process let go of it, as they do when another task comes. Nothing on
   * one CPU. Without it such a CPU keeps a page directory.
   */
  quiesce(): void {
    this.cpus.quiesce();
  }
}
