/**
 * A machine under forced swapping beside a shadow of every byte that its processes may see: private memory, memory shared after
 * fork, a System V segment, and a tmpfs file that is mapped shared and private and cut short.
 */
import { expect } from 'vitest';
import type { MmStruct } from '../../src/address-space/mm-struct.ts';
import { Errno } from '../../src/errno.ts';
import type { MachineConfig } from '../../src/machine-config.ts';
import { GFP_KERNEL } from '../../src/page-allocator/gfp.ts';
import { O } from '../../src/page-cache/file-system.ts';
import type { Process } from '../../src/process.ts';
import type { ShmemInode } from '../../src/shmem/shmem-inode.ts';
import { SwapWorld } from './swap-world.ts';

/** Pages of each region. */
export const PAGES = 10;
const PAGE = 4096;
/** Regions of every process, by number. */
export const REGIONS = ['private', 'shared', 'segment', 'file', 'file-private'] as const;
const BASE = 0x50000000;
const STRIDE = 0x400000;

/** The first and the last byte of a page. */
type Cell = [first: number, last: number];

function cells(): Cell[] {
  return Array.from({ length: PAGES }, () => [0, 0]);
}

interface Actor {
  readonly process: Process;
  readonly own: Cell[];
  /** Pages of the private mapping of the file that were written: copies. */
  readonly copies: (Cell | null)[];
  /** Pages of its private memory that it has unmapped. */
  readonly gone: Set<number>;
}

export class Shadow {
  readonly world: SwapWorld;
  actors: Actor[] = [];
  private readonly shared = cells();
  private readonly segment = cells();
  private readonly file = cells();
  /** Bytes of the file. */
  private size = PAGES * PAGE;
  private readonly free: number;
  private readonly segmentId: number;
  /** Whether I/O has failed: bytes may be lost then, as 2.4 loses them. */
  bytesMayBeLost = false;

  constructor(config: Partial<MachineConfig> = {}) {
    this.world = new SwapWorld({
      memory: 8 << 20,
      swap: [{ size: 60 * PAGE }, { size: 400 * PAGE }],
      ...config,
    });
    const { world } = this;
    const { init } = world;
    // What stays once it was used: the table of segments, the kernel's page tables for vmalloc.
    init.shmctl(init.shmget(0, PAGE, 0o600), 0);
    this.free = world.free();
    expect(world.kernel.mountTmpfs('/tmp')).toBe(0);
    expect(world.kernel.fs.create('/tmp/file', { size: this.size })).toBeTypeOf('object');
    this.segmentId = init.shmget(0x77, PAGES * PAGE, 0o1600);
    expect(this.segmentId).toBeGreaterThanOrEqual(0);
    const process = world.spawn();
    const fd = process.open('/tmp/file', O.rdwr);
    const at = (region: number) => BASE + region * STRIDE;
    expect(process.mmap2(at(0), PAGES * PAGE, 3, 0x32, -1, 0)).toBe(at(0));
    expect(process.mmap2(at(1), PAGES * PAGE, 3, 0x31, -1, 0)).toBe(at(1));
    expect(process.shmat(this.segmentId, at(2), 0)).toBe(at(2));
    expect(process.mmap2(at(3), PAGES * PAGE, 3, 0x11, fd, 0)).toBe(at(3));
    expect(process.mmap2(at(4), PAGES * PAGE, 3, 0x12, fd, 0)).toBe(at(4));
    this.actors.push({ process, own: cells(), copies: Array(PAGES).fill(null), gone: new Set() });
  }

  private address(region: number, page: number): number {
    return BASE + region * STRIDE + page * PAGE;
  }

  private actor(index: number): Actor {
    return this.actors[index % this.actors.length] as Actor;
  }

  private cell(actor: Actor, region: number, page: number): Cell {
    if (region === 0) return actor.own[page] as Cell;
    if (region === 4) return actor.copies[page] ?? (this.file[page] as Cell);
    return ([this.shared, this.segment, this.file][region - 1] as Cell[])[page] as Cell;
  }

  /** The signal that an access gets: 0 none, 7 beyond the file, 11 unmapped. */
  private signal(actor: Actor, region: number, page: number): number {
    if (region === 0) return actor.gone.has(page) ? 11 : 0;
    if (region < 3) return 0;
    if (region === 4 && actor.copies[page] !== null) return 0;
    return page * PAGE >= this.size ? 7 : 0;
  }

  write(who: number, region: number, page: number, value: number): void {
    const actor = this.actor(who);
    const at = this.address(region, page);
    const signal = this.signal(actor, region, page);
    const done = actor.process.store8(at, value) && actor.process.store8(at + 4095, value ^ 0xff);
    if (!done) {
      this.signalled(actor, signal);
      return;
    }
    expect(signal).toBe(0);
    if (region === 4) actor.copies[page] = [value, value ^ 0xff];
    else this.cell(actor, region, page).splice(0, 2, value, value ^ 0xff);
  }

  read(who: number, region: number, page: number): void {
    const actor = this.actor(who);
    const at = this.address(region, page);
    const signal = this.signal(actor, region, page);
    const bytes = [actor.process.load8(at), actor.process.load8(at + 4095)];
    if (bytes.includes(-1)) {
      this.signalled(actor, signal);
      return;
    }
    expect(signal).toBe(0);
    if (!this.bytesMayBeLost) expect(bytes).toEqual([...this.cell(actor, region, page)]);
  }

  /** A process was signalled: as it must be, or because memory ran out or the disk failed; then it ends. */
  private signalled(actor: Actor, expected: number): void {
    if (actor.process.ended !== null) {
      // By SIGKILL: no memory was left for a fault.
      this.actors = this.actors.filter((other) => other !== actor);
      return;
    }
    const { signo } = actor.process.takeSignal() as { signo: number };
    while (actor.process.takeSignal() !== null);
    if (signo === expected) return;
    expect(this.bytesMayBeLost && signo === 7).toBe(true);
    this.end(actor);
  }

  private end(actor: Actor): void {
    if (this.actors.length === 1) return;
    actor.process.exit(0);
    this.actors = this.actors.filter((other) => other !== actor);
  }

  fork(who: number): void {
    if (this.actors.length === 3) return;
    const actor = this.actor(who);
    const child = actor.process.fork();
    if (typeof child === 'number') {
      expect(child).toBe(-Errno.ENOMEM);
      return;
    }
    const copy = (cell: Cell): Cell => [...cell];
    this.actors.push({
      process: child,
      own: actor.own.map(copy),
      copies: actor.copies.map((cell) => (cell === null ? null : copy(cell))),
      gone: new Set(actor.gone),
    });
  }

  exit(who: number): void {
    this.end(this.actor(who));
  }

  /** Takes away what an actor has mapped of a region. */
  unmap(who: number, region: number): void {
    const { process } = this.actor(who);
    for (let page = 0; page < PAGES; page++) {
      const at = this.address(region, page);
      const pte = this.world.pte(process, at);
      if ((pte & 0x081) === 0) continue;
      const pfn = this.world.pfn(process, at);
      if (pfn === this.world.kernel.vm.zeroPage) continue;
      this.world.age(process, at);
      this.world.swapOut(process, at);
    }
  }

  /** All that an actor has mapped of a region goes to disk. */
  out(who: number, region: number): void {
    this.unmap(who, region);
    for (let visit = 0; visit < 3; visit++) {
      this.shrink();
      this.settle();
    }
  }

  /** A pass over the whole inactive list. */
  shrink(): void {
    this.world.shrink();
  }

  /** All that try_to_free_pages() does. */
  reclaim(): void {
    this.world.kernel.allocator.ports.tryToFreePagesZone(this.world.zone, GFP_KERNEL);
  }

  settle(): void {
    this.world.settle();
  }

  /** munmap of a page of private memory. */
  munmap(who: number, page: number): void {
    const actor = this.actor(who);
    const result = actor.process.munmap(this.address(0, page), PAGE);
    if (result === 0) actor.gone.add(page);
    else expect(result).toBe(-Errno.ENOMEM);
  }

  /** Moves all private memory away and back. */
  mremap(who: number): void {
    const { process, gone } = this.actor(who);
    if (gone.size > 0) return;
    const away = 0x70000000;
    const [size, fixed] = [PAGES * PAGE, 3];
    const moved = process.mremap(this.address(0, 0), size, size, fixed, away);
    if (moved === -Errno.ENOMEM) return;
    expect(moved).toBe(away);
    const back = process.mremap(away, size, size, fixed, this.address(0, 0));
    if (back === -Errno.ENOMEM) this.end(this.actor(who));
    else expect(back).toBe(this.address(0, 0));
  }

  /** Cuts the file, or makes it longer. */
  truncate(who: number, pages: number, bytes: number): void {
    const { process } = this.actor(who);
    const size = Math.min(pages * PAGE + bytes, PAGES * PAGE);
    const fd = process.task.files.findIndex((file) => file?.path === '/tmp/file');
    const result = process.ftruncate(fd, size);
    expect(result).toBe(0);
    const kept = Math.ceil(size / PAGE);
    for (let page = 0; page < PAGES; page++) {
      const cell = this.file[page] as Cell;
      if (page >= kept) cell.splice(0, 2, 0, 0);
      else if (page === kept - 1 && size % PAGE !== 0) cell[1] = 0;
      // Copies go as well, when their page does.
      if (page >= kept && size < this.size) for (const actor of this.actors) actor.copies[page] = null;
    }
    this.size = size;
  }

  /** Switches a swap area off and on again. */
  swapoff(disk: number): void {
    const { world } = this;
    const path = ['/dev/hdb', '/dev/hdd'][disk] as string;
    const result = world.init.swapoff(path);
    if (result !== 0) {
      expect(result).toBe(-Errno.ENOMEM);
      return;
    }
    world.check();
    const again = world.init.swapon(path);
    // Its header cannot be read back without memory, or from a disk that fails.
    if (again !== 0) expect([-Errno.ENOMEM, -Errno.EINVAL]).toContain(again);
  }

  check(): void {
    this.world.check();
  }

  /** Reads everything. */
  readAll(): void {
    for (let who = 0; who < this.actors.length; who++) {
      for (let region = 0; region < REGIONS.length; region++) {
        for (let page = 0; page < PAGES; page++) this.read(who, region, page);
      }
    }
  }

  /** Ends everything: no page and no slot is missing. */
  finish(): void {
    const { world } = this;
    const { kernel, areas, init } = world;
    kernel.allocator.failAlloc(0);
    kernel.paging.ioFailures.failIo(0);
    for (const { process } of this.actors) process.exit(0);
    world.settle();
    // An area that could not be switched on again.
    for (const path of ['/dev/hdb', '/dev/hdd']) expect([0, -Errno.EBUSY]).toContain(init.swapon(path));
    expect(init.shmctl(this.segmentId, 0)).toBe(0);
    const inode = kernel.fs.lookup('/tmp/file') as ShmemInode;
    expect(inode.users).toBe(0);
    expect(kernel.umount('/tmp')).toBe(0);
    world.check();
    // What nobody names any more may lie in the swap cache until reclaim meets it.
    for (let round = 0; round < 4 && world.swap.mapping.nrpages > 0; round++) {
      world.shrink();
      world.settle();
    }
    expect(world.swap.mapping.nrpages).toBe(0);
    expect(areas.nrSwapPages).toBe(areas.totalSwapPages);
    world.check();
    expect((init.task.mm as MmStruct).rss).toBeLessThan(10);
    expect(world.free()).toBe(this.free);
  }
}
