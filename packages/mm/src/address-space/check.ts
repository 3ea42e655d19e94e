/** Recounts what the address spaces claim, from page tables and areas alone. */
import { KernelBug } from '../kernel-bug.ts';
import { PG } from '../physical/mem-map.ts';
import type { Pfn } from '../types.ts';
import type { MmStruct } from './mm-struct.ts';
import type { Task } from './task.ts';
import type { Vm } from './vm.ts';
import { VM, type Vma } from './vma.ts';

function fail(message: string): never {
  throw new KernelBug(`address spaces: ${message}`);
}

function hex(value: number): string {
  return (value >>> 0).toString(16).padStart(8, '0');
}

/**
 * Checks all address spaces of the machine, as found through its tasks:
 * users and references, the list of address spaces, order and counters of the areas, share lists of files, that entries lie
 * inside areas and agree with them, rss, that no mapped page is free, and that an anonymous page has exactly one reference
 * an entry.
 *
 * Call it between operations: while one holds extra references to pages, the counts differ.
 *
 * @param tasks all tasks that exist, zombies included
 * @throws KernelBug that says what differs
 */
export function checkAddressSpaces(vm: Vm, tasks: readonly Task[]): void {
  const users = new Map<MmStruct, number>();
  const lazy = new Map<MmStruct, number>();
  for (const task of tasks) {
    if (task.mm !== null) users.set(task.mm, (users.get(task.mm) ?? 0) + 1);
    else if (task.activeMm !== null) lazy.set(task.activeMm, (lazy.get(task.activeMm) ?? 0) + 1);
    if (task.mm !== null && task.mm !== task.activeMm)
      fail(`pid ${task.pid} has mm and runs on another active_mm`);
  }
  for (const [mm, count] of users) {
    if (mm === vm.initMm) continue;
    if (mm.mmUsers !== count) fail(`mm_users is ${mm.mmUsers}, ${count} tasks use it`);
    const references = 1 + (lazy.get(mm) ?? 0);
    if (mm.mmCount !== references) fail(`mm_count is ${mm.mmCount}, recount ${references}`);
  }
  checkMmlist(vm, users);

  const references = new Map<number, number>();
  const ofDrivers = new Set<Pfn>();
  for (const mm of users.keys()) {
    if (mm === vm.initMm) continue;
    checkAreas(mm);
    checkEntries(vm, mm, references, ofDrivers);
    vm.pageTables.forEachUserTable(mm.pgd, (frame) => {
      if (vm.memMap.count[frame] !== 1) fail(`page table ${frame} has count ${vm.memMap.count[frame]}`);
      if (references.has(frame)) fail(`page table ${frame} is mapped as user memory`);
    });
  }
  checkReferences(vm, references, ofDrivers);
}

function checkMmlist(vm: Vm, users: ReadonlyMap<MmStruct, number>): void {
  const listed = new Set<MmStruct>();
  for (let mm = vm.initMm.mmlistNext; mm !== vm.initMm; mm = mm.mmlistNext) {
    if (mm.mmlistNext.mmlistPrev !== mm) fail('mmlist is broken');
    if (listed.has(mm)) fail('mmlist has a circle');
    listed.add(mm);
    if (!users.has(mm)) fail('mmlist has an address space that no task uses');
  }
  for (const mm of users.keys()) {
    if (mm !== vm.initMm && !listed.has(mm)) fail('an address space is missing from mmlist');
  }
}

/** List and index agree, areas are in order, and the counters are their sums. */
function checkAreas(mm: MmStruct): void {
  let pages = 0;
  let locked = 0;
  let n = 0;
  let last: Vma | null = null;
  for (let vma = mm.mmap; vma !== null; vma = vma.vmNext) {
    const name = `area ${hex(vma.vmStart)}-${hex(vma.vmEnd)}`;
    if (mm.index[n++] !== vma) fail(`${name}: list and index differ`);
    if (vma.vmMm !== mm) fail(`${name} belongs to another address space`);
    if ((vma.vmStart | vma.vmEnd) & 4095 || vma.vmStart >= vma.vmEnd) fail(`${name} has a bad range`);
    if (last !== null && last.vmEnd > vma.vmStart) fail(`${name} overlaps the one before it`);
    const size = (vma.vmEnd - vma.vmStart) / 4096;
    pages += size;
    if ((vma.vmFlags & VM.locked) !== 0) locked += size;
    if (vma.vmFile !== null) {
      const { iMmap, iMmapShared } = vma.vmFile.inode.mapping;
      if (!((vma.vmFlags & VM.shared) !== 0 ? iMmapShared : iMmap).includes(vma)) {
        fail(`${name} is not in its file's share list`);
      }
      if (vma.vmFile.count < 1) fail(`${name} maps a closed file`);
    }
    last = vma;
  }
  if (n !== mm.index.length) fail(`index has ${mm.index.length} areas, the list ${n}`);
  if (n !== mm.mapCount) fail(`map_count is ${mm.mapCount}, recount ${n}`);
  // Areas with VM_DONTCOPY stay counted after a fork, as in the kernel.
  if (mm.totalVm < pages) fail(`total_vm is ${mm.totalVm}, recount ${pages}`);
  if (mm.lockedVm !== locked) fail(`locked_vm is ${mm.lockedVm}, recount ${locked}`);
  if (mm.mmapCache !== null && !mm.index.includes(mm.mmapCache)) fail('mmap_cache is no area');
}

/**
 * Walks all user page tables: rss, and each entry against its area. Adds the references to pages, and the pages that are no
 * user memory but a driver's own, shown through its device.
 */
function checkEntries(vm: Vm, mm: MmStruct, references: Map<number, number>, ofDrivers: Set<Pfn>): void {
  const { pageTables, memory, memMap } = vm;
  let rss = 0;
  for (let base = 0; base < 0xc0000000; base += pageTables.pmdSize) {
    let entry = pageTables.pteOffset(mm.pgd, base);
    if (entry === 0) continue;
    for (let at = base; at < base + pageTables.pmdSize; at += 4096, entry += pageTables.entryWords) {
      const pte = memory.words[entry] as number;
      if (pte === 0) continue;
      const vma = areaOf(mm, at);
      if (vma === null) fail(`entry ${hex(pte)} at ${hex(at)} lies in no area`);
      if ((pte & 0x081) === 0) continue;
      const pfn = pageTables.ptePfn(entry);
      if (pfn >= memMap.frames) continue;
      if ((pte & 0x002) !== 0 && (vma.vmFlags & VM.write) === 0) {
        fail(`entry ${hex(pte)} at ${hex(at)} is writable, its area (flags ${hex(vma.vmFlags)}) is not`);
      }
      if (((memMap.flags[pfn] as number) & PG.reserved) !== 0) {
        if (pfn === vm.zeroPage && (pte & 0x002) !== 0) fail(`the zero page is writable at ${hex(at)}`);
        continue;
      }
      rss++;
      const onLru = ((memMap.flags[pfn] as number) & PG.lru) !== 0;
      if (!onLru && vma.vmFile?.mmapKind === 'device') ofDrivers.add(pfn);
      references.set(pfn, (references.get(pfn) ?? 0) + 1);
    }
  }
  if (rss + mm.rssReserved !== mm.rss) {
    fail(`rss is ${mm.rss}, recount ${rss}, and ${mm.rssReserved} reserved pages`);
  }
}

/** A binary search of its own: the one under test is not asked. */
function areaOf(mm: MmStruct, at: number): Vma | null {
  let low = 0;
  let high = mm.index.length - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const vma = mm.index[middle] as Vma;
    if (at < vma.vmStart) high = middle - 1;
    else if (at >= vma.vmEnd) low = middle + 1;
    else return vma;
  }
  return null;
}

function checkReferences(vm: Vm, references: ReadonlyMap<number, number>, ofDrivers: ReadonlySet<Pfn>): void {
  const { memMap } = vm;
  for (const [pfn, mapped] of references) {
    const count = memMap.count[pfn] as number;
    const flags = memMap.flags[pfn] as number;
    if (count === 0) fail(`page ${pfn} is mapped ${mapped} times and free`);
    if (ofDrivers.has(pfn)) {
      // The driver may hold references, or have dropped its own.
      if (count < mapped) fail(`a driver's page ${pfn} has count ${count} and is mapped ${mapped} times`);
      continue;
    }
    if ((flags & PG.slab) !== 0) fail(`page ${pfn} is mapped and belongs to a slab`);
    const listed = (flags & (PG.lru | PG.active | PG.inactiveDirty | PG.inactiveClean)) !== 0;
    const cached = memMap.mapping[pfn] !== 0;
    if (!listed && (cached || vm.rules.listsAnonymousPages)) fail(`page ${pfn} is mapped and on no LRU list`);
    // Buffers may be all that is left of a page that was cut off its file.
    if (listed && !cached && !vm.rules.listsAnonymousPages && memMap.buffers[pfn] === 0) {
      fail(`page ${pfn} is anonymous and on an LRU list`);
    }
    // A page of a cache has the cache's reference too, and buffers may hold another.
    if (cached) {
      if (count < mapped + 1) fail(`cache page ${pfn} has count ${count} and is mapped ${mapped} times`);
    } else if (count !== mapped && memMap.index[pfn] === 0) {
      fail(`anonymous page ${pfn} has count ${count} and is mapped ${mapped} times`);
    }
  }
}
