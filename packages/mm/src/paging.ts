/**
 * Everything between memory and disks, put together: devices, the block layer, buffers, swap, reclaim, and the kernel threads
 * that drive them.
 */
import type { Task } from './address-space/task.ts';
import type { Vm } from './address-space/vm.ts';
import { BlockLayer } from './block/block-layer.ts';
import type { BlockRules } from './block/block-rules.ts';
import { BounceBuffers, type BounceRules } from './block/bounce.ts';
import { type Daemon, type DaemonBody, Daemons } from './daemons.ts';
import { Errno } from './errno.ts';
import { BlockDevice, IoFailures } from './hardware/block-device.ts';
import { type BlockStore, MemoryStore } from './hardware/block-store.ts';
import type { Clock } from './hardware/clock.ts';
import { DISK_MODELS, type DiskModel } from './hardware/disk-models.ts';
import { EventQueue } from './hardware/event-queue.ts';
import { ConfigError } from './kernel-bug.ts';
import { OomKiller, type OomRules } from './oom/oom-killer.ts';
import { GFP } from './page-allocator/gfp.ts';
import { PF } from './page-allocator/process-flags.ts';
import { BlockDevices } from './page-cache/block-devices.ts';
import { BDF } from './page-cache/buffers/bdflush-parameters.ts';
import type { BufferCache } from './page-cache/buffers/buffer-cache.ts';
import { DentryCache, SIZEOF_DENTRY } from './page-cache/dentry-cache.ts';
import { DiskFiles } from './page-cache/disk-file.ts';
import { DiskFileStore } from './page-cache/disk-file-store.ts';
import { SIZEOF_INODE } from './page-cache/hash.ts';
import { InodeCache } from './page-cache/inode-cache.ts';
import { InodeLists } from './page-cache/inode-lists.ts';
import { InodeWriteback } from './page-cache/inode-writeback.ts';
import type { FileInode } from './page-cache/open-file.ts';
import type { VfsObjects } from './page-cache/vfs-objects.ts';
import type { PagingGeneration, ReclaimMechanism } from './paging-generation.ts';
import { PG } from './physical/mem-map.ts';
import type { Sleep, WaitPorts } from './reclaim/thread-sleep.ts';
import type { KernelCaches } from './slab/kernel-caches.ts';
import type { SlabAllocator } from './slab/slab-allocator.ts';
import { SwapAreas, type SwapSlotRules } from './swap/swap-areas.ts';
import type { SwapCache } from './swap/swap-cache.ts';
import { makeSwapHeader } from './swap/swap-header.ts';
import type { SwapBacking } from './swap/swap-info.ts';
import { SWAP_FLAG_PREFER, SWAP_FLAG_PRIO_MASK, SwapSwitch } from './swap/swapon.ts';
import type { Addr, Pfn } from './types.ts';
import { Waits } from './waits.ts';

const HZ = 100;
const JIFFY_NS = 1e9 / HZ;
/**
 * How often an allocation yields and tries again before it fails: the kernel has no such limit, and a machine on which whoever
 * was killed cannot exit hangs. Ten minutes; the OOM killer acts within seconds.
 */
const MAX_YIELDS = 1_200;
/**
 * What passes, at most, when a task yields and there is nobody else: what a futile search of all lists and page tables took, ns;
 * and after so many of them in a row, when nothing but timers can change anything, more.
 */
const FUTILE_NS = 1e7;
const FUTILE_TRIES = 16;
const HOPELESS_NS = 5e8;
/** si_code of a signal that the kernel sends. @linux SI_KERNEL */
const SI_KERNEL = 0x80;

/** A disk that is used as swap from boot on. */
export interface SwapConfig {
  /** Bytes, whole pages, at least 40 KiB. A header is written to it. Not with {@link store}. */
  readonly size?: number;
  /** A medium that holds a swap area already: a file that mkswap(8) made, say. */
  readonly store?: BlockStore;
  /** 0 .. 32767; without it each area gets a lower one than the last. */
  readonly prio?: number;
}

/** What other rooms do for paging. */
export interface PagingPorts {
  /** Memory for a map of slots; 0 = none. */
  allocMap(bytes: number): Addr;
  freeMap(addr: Addr): void;
  /** @linux try_to_unuse() */
  tryToUnuse(type: number): number;
  /** A path that is no disk of {@link Paging.disks}: -errno, or what swapping to that file takes. */
  swapFile(path: string): SwapBacking | number;
  /** Counts the time that passed as the running task's. @linux update_process_times() */
  chargeTime(): void;
  /** All tasks, in the order of the task list. */
  tasks(): Iterable<Task>;
  /** A task was killed: lets it exit at once if it is not the running one. Whether there was one. */
  reapKilled(): boolean;
  /** Prints a line of the kernel log. */
  print(text: string): void;
  /** Stops the machine. @throws KernelPanic */
  panic(text: string): never;
}

/** What paging is made of. */
export interface PagingParts {
  readonly vm: Vm;
  readonly clock: Clock;
  readonly slab: SlabAllocator;
  readonly caches: KernelCaches;
  readonly vfs: VfsObjects;
  readonly generation: PagingGeneration;
  readonly blockRules: BlockRules;
  readonly bounceRules: BounceRules;
  /** First frame of high memory. */
  readonly highStartPfn: Pfn;
  readonly slotRules: SwapSlotRules;
  readonly oomRules: OomRules;
  /** RAM in MiB. */
  readonly megs: number;
  readonly disk: DiskModel;
  readonly ports: PagingPorts;
}

/** A disk of the machine. */
export interface Disk {
  readonly path: string;
  readonly dev: number;
  readonly device: BlockDevice;
}

/** Names and numbers of the machine's disks, in the order in which they are added. */
const DISK_NAMES: readonly (readonly [string, number])[] = [
  ['hdb', 0x0340],
  ['hdd', 0x1640],
  ['hde', 0x2100],
  ['hdf', 0x2140],
  ['hdg', 0x2200],
  ['hdh', 0x2240],
];

/** Threads that write inodes; 2.4.0 calls kupdated kupdate. */
const WRITES_INODES: ReadonlySet<string> = new Set(['kupdated', 'kupdate', 'keventd']);

/** hda1: it holds the files that the host makes. */
const ROOT_DISK = 0x0301;

export class Paging {
  readonly events: EventQueue;
  readonly waits: Waits;
  readonly daemons: Daemons;
  readonly block: BlockLayer;
  /** For I/O of pages that disks do not reach. */
  readonly bounce: BounceBuffers;
  readonly buffers: BufferCache;
  /** Writes inodes back. */
  readonly writeback: InodeWriteback;
  /** Disks as files, and their metadata in memory. */
  readonly devices: BlockDevices;
  /** Inodes and names of disks. */
  readonly inodeCache: InodeCache;
  readonly dentryCache: DentryCache;
  /** Files whose contents the host tells: the machine's first disk. */
  readonly diskFiles: DiskFiles;
  readonly swapAreas: SwapAreas;
  readonly swapCache: SwapCache;
  readonly swapSwitch: SwapSwitch;
  readonly reclaim: ReclaimMechanism;
  readonly oom: OomKiller;
  /** The failure that is to be injected into the I/O of any disk. */
  readonly ioFailures = new IoFailures();
  /** The machine's disks. */
  readonly disks: Disk[] = [];
  /** Pages to which kernel threads hold a reference while they wait for their I/O. */
  readonly held: Pfn[] = [];
  private readonly parts: PagingParts;
  private readonly threads = new Map<string, Daemon>();
  // Work for keventd.
  private readonly scheduled: (() => void)[] = [];

  constructor(parts: PagingParts) {
    this.parts = parts;
    const { vm, clock, slab, caches, ports } = parts;
    const { trace, memory, pageCache } = vm;
    this.events = new EventQueue(clock);
    this.daemons = new Daemons(vm, clock, this.events, () => ports.chargeTime());
    this.waits = new Waits(clock, this.events, () => this.daemons.runOne(true));
    this.block = new BlockLayer({
      memory,
      trace,
      rules: parts.blockRules,
      megs: parts.megs,
      ports: {
        waitUntil: (done) => this.waits.until(done),
        createBounce: (write, bh) => this.bounce.create(write, bh),
      },
    });
    this.bounce = new BounceBuffers({
      memory,
      allocator: vm.allocator,
      slab,
      bufferHeads: caches.bufferHead,
      trace,
      rules: parts.bounceRules,
      highStartPfn: parts.highStartPfn,
      wakeupBdflush: () => this.wake('bdflush'),
      yield: () => {
        this.block.runTqDisk();
        this.yield();
      },
    });
    if (parts.highStartPfn < vm.memMap.frames) this.bounce.init((text) => ports.print(text));
    this.buffers = parts.generation.newBuffers({
      cache: pageCache,
      block: this.block,
      slab,
      bufferHeads: caches.bufferHead,
      ports: {
        wakeupBdflush: () => this.wake('bdflush'),
        freeMoreMemory: () => this.freeMoreMemory(),
        jiffies: () => clock.jiffies(HZ),
        mayNotDoIo: () => (vm.allocator.currentFlags & PF.NOIO) !== 0,
      },
    });
    const inodes = new InodeLists();
    this.writeback = new InodeWriteback(this.buffers, inodes);
    this.devices = new BlockDevices(this.buffers);
    this.inodeCache = new InodeCache(pageCache, this.writeback);
    this.inodeCache.ports = {
      scheduleFlush: () => this.scheduleTask(() => this.writeback.syncUnusedInodes()),
      shrinkSlabs: () => slab.kmemCacheShrink(caches.inode),
    };
    this.dentryCache = new DentryCache(parts.vfs, this.inodeCache, trace);
    this.dentryCache.shrinkSlabs = () => slab.kmemCacheShrink(caches.dentry);
    const store = new DiskFileStore();
    this.block.register(ROOT_DISK, this.newDevice(store));
    this.diskFiles = new DiskFiles(this.buffers, parts.vfs, store, ROOT_DISK, inodes);
    const print = (text: string) => ports.print(text);
    this.swapAreas = new SwapAreas({ rules: parts.slotRules, trace, print });
    this.swapCache = parts.generation.newSwapCache({
      cache: pageCache,
      buffers: this.buffers,
      areas: this.swapAreas,
    });
    this.swapSwitch = new SwapSwitch({
      areas: this.swapAreas,
      swapCache: this.swapCache,
      buffers: this.buffers,
      ports: {
        lookup: (path) => this.swapBacking(path),
        identify: (path) => this.identify(path),
        allocMap: (bytes) => ports.allocMap(bytes),
        freeMap: (addr) => ports.freeMap(addr),
        tryToUnuse: (type) => ports.tryToUnuse(type),
      },
    });
    this.oom = new OomKiller({
      trace,
      rules: parts.oomRules,
      ports: {
        tasks: () => {
          ports.chargeTime();
          return ports.tasks();
        },
        jiffies: () => clock.jiffies(HZ),
        nrSwapPages: () => this.swapAreas.nrSwapPages,
        kill: (task, signal) => this.kill(task, signal),
        print,
        yield: () => this.yield(),
        panic: (text) => ports.panic(text),
      },
    });
    this.reclaim = parts.generation.newReclaim(this, parts);
    this.plugIn();
  }

  /** Gives the rooms below what they asked for. */
  private plugIn(): void {
    const { vm } = this.parts;
    const { pageCache, memMap } = vm;
    pageCache.ports = {
      ...pageCache.ports,
      waitForIo: (pfn) => {
        this.block.runTqDisk();
        this.waits.untilUnlocked(memMap.flags, pfn);
      },
      stepAside: (pfn) => {
        this.block.runTqDisk();
        this.waits.asideUntilUnlocked(memMap.flags, pfn);
      },
    };
    this.reclaim.plugIn();
  }

  /** Starts the kernel's threads. */
  startThreads(tasks: readonly Task[]): void {
    for (const task of tasks) {
      const body: DaemonBody | undefined =
        task.comm === 'keventd' ? () => this.keventd() : this.reclaim.threads[task.comm];
      // Who writes inodes waits for the locks of their pages.
      const inside = !WRITES_INODES.has(task.comm);
      if (body !== undefined) this.threads.set(task.comm, this.daemons.start(task, body, inside));
    }
  }

  /** Wakes a kernel thread, if it was started and sleeps. */
  wake(name: string): void {
    const daemon = this.threads.get(name);
    if (daemon !== undefined) this.daemons.wake(daemon);
  }

  /** What kupdated does, with the release's way to write old buffers. @linux 2.4.22 fs/buffer.c kupdate() */
  kupdated(syncOldBuffers: () => void, first: boolean): Sleep {
    if (!first) {
      this.writeback.syncUnlockedInodes();
      this.writeback.syncSupers();
      syncOldBuffers();
      this.block.runTqDisk();
    }
    const interval = this.buffers.parameters.get(BDF.interval);
    return interval === 0 ? Number.POSITIVE_INFINITY : this.parts.clock.now + interval * JIFFY_NS;
  }

  /** Does work for those who may not wait. @linux 2.4.22 kernel/context.c context_thread() */
  private keventd(): Sleep {
    do for (const task of this.scheduled.splice(0)) task();
    while (this.scheduled.length > 0);
    return Number.POSITIVE_INFINITY;
  }

  /** Has work done by keventd, once however often it is asked for. @linux schedule_task() */
  private scheduleTask(work: () => void): void {
    if (this.scheduled.length === 0) this.scheduled.push(work);
    this.wake('keventd');
  }

  /** How kernel threads wait by themselves. */
  get waitPorts(): WaitPorts {
    const { allocator, memMap } = this.parts.vm;
    const { flags } = memMap;
    return {
      hold: (pfn) => {
        allocator.getPage(pfn);
        this.held.push(pfn);
      },
      release: (pfn) => {
        this.held.splice(this.held.indexOf(pfn), 1);
        allocator.putPage(pfn);
      },
      isLocked: (pfn) => ((flags[pfn] as number) & PG.locked) !== 0,
      runTqDisk: () => this.block.runTqDisk(),
    };
  }

  /** Reclaim's calls; who may not enter file systems leaves them alone. */
  get shrinkers() {
    const mayEnter = (gfp: number) => (gfp & GFP.FS) !== 0;
    return {
      shrinkDcacheMemory: (priority: number, gfp: number) => {
        if (mayEnter(gfp)) this.dentryCache.shrink(priority);
      },
      shrinkIcacheMemory: (priority: number, gfp: number) => {
        if (mayEnter(gfp)) this.inodeCache.shrink(priority);
      },
    };
  }

  /** Pages that unused names and inodes fill: what vm_enough_memory() counts on. */
  get shrinkableSlabPages(): number {
    const pages = (count: number, bytes: number) => Math.floor((count * bytes) / 4096);
    return (
      pages(this.dentryCache.nrUnused, SIZEOF_DENTRY) + pages(this.writeback.lists.nrUnused, SIZEOF_INODE)
    );
  }

  /** @linux 2.4.22 fs/buffer.c free_more_memory() */
  private freeMoreMemory(): void {
    this.buffers.balanceDirty();
    this.wake('bdflush');
    this.reclaim.tryToFreePages();
    this.block.runTqDisk();
    this.yield();
  }

  /**
   * Others run; if there is nobody, time passes: `ns` or what is left until something happens. Always true.
   *
   * @linux yield()
   */
  private yield(ns = FUTILE_NS): boolean {
    this.events.runDue();
    if (this.parts.ports.reapKilled() || this.daemons.runOne(true)) return true;
    if (this.block.anyBusy) return this.events.runNext();
    const { clock } = this.parts;
    clock.advance(Math.max(0, Math.min(ns, this.events.nextDue - clock.now)));
    return true;
  }

  /** The same, but an allocation that has tried for minutes is given up: false. */
  yieldUnlessHopeless(attempt: number): boolean {
    return attempt < MAX_YIELDS && this.yield(attempt < FUTILE_TRIES ? FUTILE_NS : HOPELESS_NS);
  }

  /**
   * Others may run, if there are any; no time passes otherwise. Not when reclaim itself yields: whoever ran now might wait for
   * the pages that it is about to free, and it could not go on.
   *
   * @linux schedule() with SCHED_YIELD
   */
  yieldCpu(): void {
    this.events.runDue();
    if ((this.parts.vm.allocator.currentFlags & PF.MEMALLOC) === 0) this.daemons.runOne(true);
  }

  /** Whether a kernel thread is at work, and waits for the running task to go on. */
  isRunning(name: string): boolean {
    return this.threads.get(name)?.running === true;
  }

  /** @linux force_sig() */
  private kill(task: Task, signal: number): void {
    const { vm } = this.parts;
    if (task === vm.current) vm.allocator.currentFlags |= task.flags & (PF.MEMALLOC | PF.MEMDIE);
    vm.signals.force(task, signal, SI_KERNEL, 0);
  }

  /** What is due happens, and threads that are awake run: when a task goes back to user mode. @linux schedule() */
  catchUp(): void {
    this.parts.vm.needResched = false;
    this.events.runDue();
    while (this.daemons.runOne()) this.events.runDue();
  }

  /**
   * One pending unit of background work: a thread that is awake runs, or time passes until a disk is done. False: there is
   * none; timers alone do not count.
   */
  step(): boolean {
    if (this.daemons.runOne()) return true;
    return this.block.anyBusy && this.events.runNext();
  }

  // ---- disks and swap

  private newDevice(store: BlockStore): BlockDevice {
    const { clock, disk } = this.parts;
    return new BlockDevice({ store, model: disk, clock, events: this.events, failures: this.ioFailures });
  }

  /** The inode of a disk's node, null: there is no such disk. */
  diskNode(path: string): FileInode | null {
    const disk = this.disks.find((other) => other.path === path);
    return disk === undefined ? null : this.devices.node(disk.dev).inode;
  }

  /** Adds a disk. @throws ConfigError when the machine has no place for it */
  addDisk(store: BlockStore): Disk {
    const name = DISK_NAMES[this.disks.length];
    if (name === undefined) throw new ConfigError(`disks: more than ${DISK_NAMES.length}`);
    const device = this.newDevice(store);
    const added = { path: `/dev/${name[0]}`, dev: name[1], device };
    this.disks.push(added);
    this.block.register(added.dev, device);
    return added;
  }

  /** Adds a disk and swaps to it. @throws ConfigError for a bad size or priority, or a medium without a swap area */
  addSwap(config: SwapConfig): void {
    const { size, prio } = config;
    let { store } = config;
    if (prio !== undefined && (!Number.isInteger(prio) || prio < 0 || prio > SWAP_FLAG_PRIO_MASK)) {
      throw new ConfigError(`swap priority: ${prio}; allowed are 0 to ${SWAP_FLAG_PRIO_MASK}`);
    }
    if (store === undefined) {
      if (
        size === undefined ||
        !Number.isInteger(size) ||
        size % 4096 !== 0 ||
        size < 40960 ||
        size > 64 * 2 ** 30
      ) {
        throw new ConfigError(`swap size: ${size} bytes; allowed are whole pages from 40960 bytes to 64 GiB`);
      }
      store = new MemoryStore(size);
      store.write(0, makeSwapHeader(size / 4096));
    }
    const disk = this.addDisk(store);
    const flags = prio === undefined ? 0 : SWAP_FLAG_PREFER | prio;
    const error = this.swapSwitch.swapon(disk.path, flags, true);
    if (error !== 0) throw new ConfigError(`swap ${disk.path}: no usable swap area (error ${error})`);
  }

  private swapBacking(path: string): SwapBacking | number {
    const disk = this.disks.find((other) => other.path === path);
    if (disk === undefined) return this.parts.ports.swapFile(path);
    const pages = Math.floor(disk.device.sectors / 8);
    if (pages === 0) return -Errno.ENODEV;
    return { path, dev: disk.dev, pages, identity: disk, bmap: null, blockSize: 4096, close: () => {} };
  }

  private identify(path: string): object | number {
    const disk = this.disks.find((other) => other.path === path);
    if (disk !== undefined) return disk;
    const backing = this.parts.ports.swapFile(path);
    return typeof backing === 'number' ? backing : backing.identity;
  }
}

/** The disk of a machine. */
export function diskModel(machine: string): DiskModel {
  return machine === 'qemu' ? DISK_MODELS.qemu : DISK_MODELS['ide-2003'];
}
