/**
 * Recounts who owns each frame: one that is not free belongs to exactly one of
 *
 * ```
 *   the LRU lists or the page cache | mappings | slabs | page tables and directories, cached ones too | kernel stacks
 *   index pages of shared memory | areas of vmalloc | hash tables | bounce pool | drivers since boot | callers of Kernel.allocPages
 * ```
 * A frame that nobody owns has leaked, one with two owners will be freed under one of them.
 */
import { addressSpaces } from './check-charges.ts';
import type { Kernel } from './kernel.ts';
import { KernelBug } from './kernel-bug.ts';
import { ClassZoneAllocator } from './page-allocator/class-zone-allocator.ts';
import { implicitRanges } from './page-allocator/free-lists.ts';
import { PTE } from './page-tables/page-tables.ts';
import { PG } from './physical/mem-map.ts';
import { MAX_ORDER } from './physical/zone.ts';
import { ShmemInode } from './shmem/shmem-inode.ts';
import type { Pfn } from './types.ts';
import { VM_ALLOC } from './vmalloc/vm-struct.ts';

/** A frame with one of these is on a list of pages to age, to write or to take. */
const ON_LISTS = PG.lru | PG.active | PG.inactiveDirty | PG.inactiveClean;

/** Who owns what, frame by frame. */
class Owners {
  private readonly kernel: Kernel;
  // Each frame's owner as an index of `names`, 0 = none yet.
  private readonly owner: Uint16Array;
  private readonly names: string[] = [''];
  private readonly indices = new Map<string, number>();

  constructor(kernel: Kernel) {
    this.kernel = kernel;
    this.owner = new Uint16Array(kernel.memMap.frames);
  }

  /** The owner of a frame; nothing: it has none. */
  of(pfn: Pfn): string | undefined {
    const index = this.owner[pfn] as number;
    return index === 0 ? this.byFlags(pfn) : this.names[index];
  }

  private indexOf(name: string): number {
    const known = this.indices.get(name);
    if (known !== undefined) return known;
    this.indices.set(name, this.names.length);
    return this.names.push(name) - 1;
  }

  claim(pfn: Pfn, name: string, order = 0): void {
    const index = this.indexOf(name);
    for (let page = pfn; page < pfn + (1 << order); page++) {
      const other = this.of(page);
      if (other !== undefined) throw new KernelBug(`page ${page} belongs to ${name} and to ${other}`);
      this.owner[page] = index;
    }
  }

  /** The same for an owner that may share the frame with another. */
  share(pfn: Pfn, name: string): void {
    if (this.of(pfn) === undefined) this.owner[pfn] = this.indexOf(name);
  }

  /** What a frame's descriptor says by itself; nothing for most. */
  private byFlags(pfn: Pfn): string | undefined {
    const { memMap } = this.kernel;
    const flags = memMap.flags[pfn] as number;
    if ((flags & PG.slab) !== 0) return 'a slab';
    if ((flags & ON_LISTS) !== 0) return 'the LRU lists';
    return memMap.mapping[pfn] !== 0 ? 'the page cache' : undefined;
  }
}

function claimFreeBlocks(kernel: Kernel, owners: Owners): void {
  const { next } = kernel.memMap;
  for (const zone of kernel.allocator.zones) {
    for (let order = 0; order < MAX_ORDER; order++) {
      const head = zone.freeListHeads + order;
      for (let pfn = next[head] as Pfn; pfn !== head; pfn = next[pfn] as Pfn) {
        owners.claim(pfn, 'the free lists', order);
      }
    }
  }
}

function claimTables(kernel: Kernel, owners: Owners): void {
  const { pageTables, vmalloc } = kernel;
  for (const { pgd } of addressSpaces(kernel)) {
    pageTables.forEachDirectoryFrame(pgd, (pfn) => owners.claim(pfn, 'a page directory'));
    pageTables.forEachUserTable(pgd, (pfn) => owners.claim(pfn, 'a page table'));
  }
  pageTables.forEachCachedFrame((pfn) => owners.claim(pfn, 'a quicklist'));
  const seen = new Set<Pfn>();
  for (let addr = vmalloc.start & -pageTables.pmdSize; addr < 2 ** 32; addr += pageTables.pmdSize) {
    if (pageTables.pteOffset(pageTables.swapperPgDir, addr >>> 0) === 0) continue;
    const { steps } = kernel.vtop(addr >>> 0, pageTables.swapperPgDir);
    const table = steps.find(({ level }) => level === 'pte');
    if (table === undefined) continue;
    const pfn = Math.floor(table.entryPhys / 4096);
    if (seen.has(pfn) || ((kernel.memMap.flags[pfn] as number) & PG.reserved) !== 0) continue;
    seen.add(pfn);
    owners.claim(pfn, "one of the kernel's own page tables");
  }
}

function claimRest(kernel: Kernel, owners: Owners): void {
  const { memMap, shmem, vmalloc } = kernel;
  for (const { pid, stackFrame } of kernel.tasks) {
    if (stackFrame !== 0) owners.claim(stackFrame, `the kernel stack of pid ${pid}`, 1);
  }
  kernel.pageCache.forEachMapping(({ host }) => {
    if (!(host instanceof ShmemInode)) return;
    shmem.pages.index.forEachIndexPage(host, (pfn) => owners.claim(pfn, `the index of inode ${host.ino}`));
  });
  for (const { name, pfn, order } of kernel.physical.hashTables) {
    owners.claim(pfn, `the ${name} hash table`, order);
  }
  for (const pfn of kernel.paging.bounce.poolPages) owners.claim(pfn, 'the pool of bounce buffers');
  for (const area of vmalloc.vmlist()) {
    if (area.flags !== VM_ALLOC) continue;
    for (let addr = area.addr; addr < area.addr + area.size - 4096; addr += 4096) {
      const pfn = vmalloc.vmallocToPage(addr);
      if (pfn < 0) continue;
      // vmap() maps pages that have another owner, and /dev/kmem shares those of an area with programs.
      if (memMap.count[pfn] === 1 && !kernel.looseBlocks.has(pfn)) owners.claim(pfn, 'an area of vmalloc');
      else owners.share(pfn, 'an area of vmalloc');
    }
  }
}

/** Pages that are mapped and on no list: of drivers, and anonymous ones of 2.4.0. */
function shareMapped(kernel: Kernel, owners: Owners): void {
  const { pageTables, memory, memMap } = kernel;
  for (const { pgd, mmap } of addressSpaces(kernel)) {
    for (let vma = mmap; vma !== null; vma = vma.vmNext) {
      for (let addr = vma.vmStart; addr < vma.vmEnd; addr += 4096) {
        const entry = pageTables.pteOffset(pgd, addr);
        if (entry === 0) {
          addr = (addr & -pageTables.pmdSize) + pageTables.pmdSize - 4096;
          addr >>>= 0;
          continue;
        }
        if (((memory.words[entry] as number) & PTE.presentMask) === 0) continue;
        const pfn = pageTables.ptePfn(entry);
        if (pfn < memMap.frames) owners.share(pfn, 'a mapping');
      }
    }
  }
}

/** Frames between the first and the last of all zones that are neither free, reserved nor owned. */
function ownerless(kernel: Kernel, owners: Owners): Pfn[] {
  const { flags } = kernel.memMap;
  const found: Pfn[] = [];
  for (const zone of kernel.allocator.zones) {
    let from = zone.startPfn;
    for (const [start, end] of [...implicitRanges(zone), [zone.endPfn, zone.endPfn] as const]) {
      for (let pfn = from; pfn < start; pfn++) {
        if (((flags[pfn] as number) & PG.reserved) !== 0) continue;
        if (owners.of(pfn) === undefined) found.push(pfn);
      }
      from = end;
    }
  }
  return found;
}

/**
 * Checks that each frame has exactly one owner. Call it between operations. It takes time in proportion to the frames that were
 * ever used.
 *
 * @param driverPages frames that drivers hold since boot
 * @throws KernelBug that names a frame with two owners, or those with none
 */
export function checkOwnership(kernel: Kernel, driverPages: number): void {
  const owners = new Owners(kernel);
  claimFreeBlocks(kernel, owners);
  const { allocator } = kernel;
  const local = allocator instanceof ClassZoneAllocator ? allocator.localBlock : null;
  if (local !== null) owners.claim(local.pfn, 'the running task', local.order);
  claimTables(kernel, owners);
  claimRest(kernel, owners);
  shareMapped(kernel, owners);
  const loose = new Set<Pfn>();
  for (const [pfn, order] of kernel.looseBlocks) {
    for (let page = pfn; page < pfn + (1 << order); page++) loose.add(page);
  }
  const leaked = ownerless(kernel, owners).filter((pfn) => !loose.has(pfn));
  if (leaked.length === driverPages) return;
  const some = leaked.slice(-8).join(', ');
  throw new KernelBug(`${leaked.length} frames belong to nobody, drivers hold ${driverPages}: .. ${some}`);
}
