/**
 * A machine just large enough for files: real page allocator, page cache and shared memory; no address spaces. Addresses of
 * "user memory" are offsets in a host array.
 */

import { isUnderIo } from '../../src/check-swap.ts';
import { PhysicalMemory } from '../../src/hardware/physical-memory.ts';
import { ClassZoneAllocator } from '../../src/page-allocator/class-zone-allocator.ts';
import type { PageAllocator } from '../../src/page-allocator/page-allocator.ts';
import { NO_RECLAIM } from '../../src/page-allocator/ports.ts';
import { checkPageCache } from '../../src/page-cache/check.ts';
import { FileSystem, O } from '../../src/page-cache/file-system.ts';
import type { CopyActor, OpenFile } from '../../src/page-cache/open-file.ts';
import { PageCache } from '../../src/page-cache/page-cache.ts';
import type { FileSizeLimit } from '../../src/page-cache/ports.ts';
import { VfsObjects } from '../../src/page-cache/vfs-objects.ts';
import { MemMap, PG } from '../../src/physical/mem-map.ts';
import { PhysicalNode } from '../../src/physical/node.ts';
import { shmemRules } from '../../src/release/shmem-rules.ts';
import { checkShmem } from '../../src/shmem/check.ts';
import { Shmem, type ShmemRules } from '../../src/shmem/shmem.ts';
import { cacheUsage } from '../../src/slab/check.ts';
import { Trace } from '../../src/trace/trace.ts';
import { makeSlab, shrinkAll } from '../address-space/slab-rig.ts';
import { DiskRig } from './disk-rig.ts';

const ZERO_PAGE = 2;
const FIRST_FREE = 16;

export const NO_LIMIT: FileSizeLimit = {
  fsizeLimit: 0xffffffff,
  sendSigxfsz: () => {
    throw new Error('no limit, no signal');
  },
};

export interface CacheMachineOptions {
  readonly frames?: number;
  readonly rules?: ShmemRules;
  readonly tmpfsPages?: number;
  /** Sectors of the disk's largest request. */
  readonly maxSectors?: number;
}

export class CacheMachine {
  readonly memory: PhysicalMemory;
  readonly memMap: MemMap;
  readonly allocator: PageAllocator;
  readonly trace = new Trace(() => 0, 8192);
  readonly cache: PageCache;
  readonly slab: ReturnType<typeof makeSlab>;
  readonly shmem: Shmem;
  readonly fs: FileSystem;
  readonly disk: DiskRig;
  readonly freeAtStart: number;
  readonly rules: ShmemRules;
  /** What vm_enough_memory answers. */
  enoughMemory = true;

  constructor(options: CacheMachineOptions = {}) {
    const frames = options.frames ?? 2048;
    this.rules = options.rules ?? shmemRules('2.4.22');
    this.memory = new PhysicalMemory(frames);
    // Fresh frames are not zero: who needs zeroes must make them.
    this.memory.words.fill(0x5a5a5a5a);
    this.memory.clear(ZERO_PAGE);
    this.memMap = new MemMap(frames);
    this.allocator = new ClassZoneAllocator(new PhysicalNode(this.memMap, [frames]), this.trace);
    for (let pfn = 0; pfn < FIRST_FREE; pfn++) this.memMap.flags[pfn] = PG.reserved;
    for (let pfn = FIRST_FREE; pfn < frames; pfn++) {
      this.memMap.count[pfn] = 1;
      this.allocator.freePages(pfn, 0);
    }
    const { memory, memMap, allocator, trace } = this;
    this.cache = new PageCache({ memory, memMap, allocator, trace });
    allocator.ports = { ...NO_RECLAIM, lruCacheDel: (pfn) => this.cache.lruCacheDel(pfn) };
    this.slab = makeSlab({ memory, allocator, trace });
    const vfs = new VfsObjects({ ...this.slab, mempages: frames, euid: () => 0, now: () => 0 });
    this.shmem = new Shmem({
      cache: this.cache,
      vfs,
      zeroPage: ZERO_PAGE,
      rules: this.rules,
      tmpfsPages: options.tmpfsPages ?? frames >>> 1,
      vmEnoughMemory: () => this.enoughMemory,
    });
    this.disk = new DiskRig({
      cache: this.cache,
      vfs,
      ...this.slab,
      ...(options.maxSectors && { maxSectors: options.maxSectors }),
    });
    this.fs = new FileSystem(this.cache, this.shmem, vfs, this.disk.diskFiles);
    this.freeAtStart = allocator.nrFreePages();
  }

  open(path: string, flags: number = O.rdwr): OpenFile {
    const file = this.fs.open(path, flags);
    if (typeof file === 'number') throw new Error(`open ${path}: ${file}`);
    return file;
  }

  /** Copies from pages into `buffer`; beyond its end the user memory is bad. */
  reader(buffer: Uint8Array): CopyActor {
    return (pfn, offset, bytes, done) => {
      const count = Math.max(0, Math.min(bytes, buffer.length - done));
      const base = this.memory.base(pfn) * 4 + offset;
      buffer.set(this.memory.bytes.subarray(base, base + count), done);
      return bytes - count;
    };
  }

  /** Copies from `buffer` into pages; beyond its end the user memory is bad, and the page gets zeroes. */
  writer(buffer: Uint8Array): CopyActor {
    return (pfn, offset, bytes, done) => {
      const count = Math.max(0, Math.min(bytes, buffer.length - done));
      const base = this.memory.base(pfn) * 4 + offset;
      this.memory.bytes.set(buffer.subarray(done, done + count), base);
      this.memory.bytes.fill(0, base + count, base + bytes);
      return bytes - count;
    };
  }

  check(): void {
    checkPageCache(this.cache, (pfn) => isUnderIo(this.disk.buffers, pfn));
    checkShmem(this.shmem, this.cache);
  }

  /** Every test ends here: nothing leaks. */
  expectAllFree(): void {
    this.disk.drain();
    this.check();
    // Anonymous buffer pages and unused buffer heads wait for reclaim, which is not there.
    this.disk.buffers.heads.drain();
    shrinkAll(this.slab.slab);
    // File structs never go back to their cache.
    const { slab, caches } = this.slab;
    const free = this.allocator.nrFreePages() + cacheUsage(slab, caches.filp).slabs;
    if (free !== this.freeAtStart) throw new Error(`${this.freeAtStart - free} pages leaked`);
  }
}

/** Indices of the mapping's pages that are in the cache, ascending. */
export function cachedPages(machine: CacheMachine, file: OpenFile, pages: number): number[] {
  const found: number[] = [];
  for (let index = 0; index < pages; index++) {
    if (machine.cache.findPage(file.inode.mapping, index) !== 0) found.push(index);
  }
  return found;
}
