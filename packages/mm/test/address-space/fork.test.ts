import { describe, expect, it } from 'vitest';
import { fileVmOps } from '../../src/address-space/file-vm-ops.ts';
import { doFork } from '../../src/address-space/fork.ts';
import type { MmStruct } from '../../src/address-space/mm-struct.ts';
import type { Task } from '../../src/address-space/task.ts';
import { Errno } from '../../src/errno.ts';
import { FaultMachine } from './fault-machine.ts';
import { shrinkAll } from './slab-rig.ts';

const RW = 0x73;
const PAGE = 0x40000000;

function mmOf(task: Task): MmStruct {
  return task.mm as MmStruct;
}

describe.each([{ pae: false }, { pae: true }])('fork, pae $pae', (options) => {
  it('Sheet 2 B15 PTE vectors: fork after write, the child writes, then the parent', () => {
    const machine = new FaultMachine(options);
    const parent = machine.spawn(2);
    machine.area(PAGE, PAGE + 0x4000, RW);
    machine.write(PAGE, 7);
    machine.read(PAGE + 0x1000);
    const page = machine.pfn(parent, PAGE);
    const child = machine.fork(3);
    expect(machine.pte(parent, PAGE)).toBe(0x065);
    expect(machine.pte(child, PAGE)).toBe(0x045);
    expect(machine.pte(child, PAGE + 0x1000)).toBe(0x025);
    expect([machine.count(page), mmOf(child).rss, mmOf(child).totalVm, mmOf(child).mapCount]).toEqual([
      2, 1, 5, 2,
    ]);
    machine.check();

    machine.run(child);
    machine.write(PAGE, 8);
    expect(machine.pte(child, PAGE)).toBe(0x067);
    expect([machine.count(page), child.minFlt]).toEqual([1, 1]);
    machine.run(parent);
    const before = parent.minFlt;
    machine.write(PAGE, 9);
    expect(machine.pte(parent, PAGE)).toBe(0x067);
    expect(machine.pfn(parent, PAGE)).toBe(page);
    expect(parent.minFlt).toBe(before + 1);
    machine.run(child);
    expect(machine.read(PAGE)).toBe(8);
    machine.check();
    machine.exit(child);
    machine.exit(parent);
    machine.expectNothingLeft();
  });

  it('Sheet 2 B15 PTE vectors: the child unmaps first, so the parent writes without a copy', () => {
    const machine = new FaultMachine(options);
    const parent = machine.spawn(2);
    machine.area(PAGE, PAGE + 0x1000, RW);
    machine.write(PAGE, 7);
    const page = machine.pfn(parent, PAGE);
    machine.exit(machine.fork(3));
    machine.run(parent);
    machine.trace.on = true;
    machine.write(PAGE, 8);
    expect(machine.pfn(parent, PAGE)).toBe(page);
    const reuse = [...machine.trace.events()].find((event) => event.name === 'cow_reuse');
    expect(reuse?.values).toMatchObject({ pfn: page, count: 1, reserved: 0, locked: 0, outcome: 1 });
    machine.exit(parent);
    machine.expectNothingLeft();
  });

  it('shared areas stay writable, and the child begins clean', () => {
    const machine = new FaultMachine(options);
    const parent = machine.spawn(2);
    const file = machine.file('/f', 9, new Uint8Array(4096));
    const area = machine.area(PAGE, PAGE + 0x1000, 0xfb, (vma) => {
      vma.vmFile = file;
      vma.vmOps = fileVmOps(machine.vm);
      file.count++;
    });
    machine.write(PAGE, 7);
    const child = machine.fork(3);
    expect([machine.pte(parent, PAGE), machine.pte(child, PAGE)]).toEqual([0x067, 0x007]);
    expect(file.count).toBe(3);
    // The copy stands right behind the original.
    const { iMmapShared } = file.inode.mapping;
    expect(iMmapShared).toHaveLength(2);
    expect(iMmapShared[0]).toBe(area);
    machine.run(child);
    expect(machine.read(PAGE)).toBe(7);
    machine.check();
    machine.exit(child);
    machine.exit(parent);
    expect([file.count, iMmapShared.length]).toEqual([1, 0]);
    machine.dropFile(file);
    machine.expectNothingLeft();
  });

  it('Sheet 2 B3: what a child does not inherit', () => {
    const machine = new FaultMachine(options);
    const parent = machine.spawn(2);
    const mm = mmOf(parent);
    machine.area(PAGE, PAGE + 0x2000, RW | 0x2000);
    machine.area(PAGE + 0x10000, PAGE + 0x12000, RW | 0x20000);
    mm.lockedVm = 2;
    mm.defFlags = 0x2000;
    machine.write(PAGE, 1);
    const child = machine.fork(3);
    const copy = mmOf(child);
    expect([copy.defFlags, copy.lockedVm, copy.mapCount, copy.index.length]).toEqual([0, 0, 2, 2]);
    // A known slip of 2.4: areas that are not copied stay in total_vm.
    expect(copy.totalVm).toBe(5);
    expect(copy.mmap?.vmFlags).toBe(RW);
    expect([child.minFlt, child.majFlt]).toEqual([0, 0]);
    expect(mm.mmlistNext).toBe(copy);
    machine.check();
    machine.exit(child);
    machine.exit(parent);
    machine.expectNothingLeft();
  });

  it('CLONE_VM shares the address space, which goes with its last user', () => {
    const machine = new FaultMachine(options);
    const parent = machine.spawn(2);
    machine.area(PAGE, PAGE + 0x1000, RW);
    const thread = machine.fork(3, true);
    expect(thread.mm).toBe(parent.mm);
    expect(mmOf(parent).mmUsers).toBe(2);
    machine.run(thread);
    machine.write(PAGE, 4);
    machine.check();
    machine.exit(parent);
    machine.run(thread);
    expect(machine.read(PAGE)).toBe(4);
    machine.check();
    machine.exit(thread);
    machine.expectNothingLeft();
  });

  it('each allocation of a fork can fail: -ENOMEM, nothing changed', () => {
    const machine = new FaultMachine(options);
    const parent = machine.spawn(2);
    const file = machine.file('/f', 9, new Uint8Array(4096));
    file.count++;
    parent.files.push(file);
    for (let i = 0; i < 3; i++) {
      const at = PAGE + i * 0x1000000;
      machine.area(at, at + 0x1000, 0x71, (vma) => {
        vma.vmFile = file;
        vma.vmFlags |= 0x800;
        vma.vmOps = fileVmOps(machine.vm);
        file.count++;
      });
      machine.read(at);
    }
    machine.write(0xbfffff00, 1);
    let failures = 0;
    let child: Task | number = -1;
    for (let n = 1; typeof child === 'number'; n++) {
      // No page table may come from the cache, or the count of allocations would vary.
      while (machine.pageTables.cachedTables > 0) takeCached(machine);
      // Nor an object from a slab that is there already.
      shrinkAll(machine.vm.slab);
      const free = machine.allocator.nrFreePages();
      machine.allocator.failAlloc(n);
      child = doFork(machine.vm, 10 + n);
      machine.allocator.failAlloc(0);
      if (typeof child !== 'number') break;
      expect(child).toBe(-Errno.ENOMEM);
      shrinkAll(machine.vm.slab);
      expect(machine.allocator.nrFreePages() + machine.pageTables.cachedTables).toBe(free);
      expect([file.count, file.inode.writecount, parent.children.length]).toEqual([5, -3, 0]);
      machine.check();
      failures++;
    }
    // task_struct, page directory (with PAE its user part as well), one page table an area
    expect(failures).toBeGreaterThanOrEqual(6);
    machine.tasks.push(child as Task);
    machine.check();
    machine.exit(child as Task);
    machine.exit(parent);
    expect([file.count, file.inode.writecount]).toEqual([1, 0]);
    machine.dropFile(file);
    machine.expectNothingLeft();
  });
});

/** Gives one cached page table back to the allocator. */
function takeCached(machine: FaultMachine): void {
  const { pageTables } = machine;
  const quicklist = (pageTables as unknown as { quicklist: { low: number; high: number } }).quicklist;
  const { low, high } = quicklist;
  quicklist.low = 0;
  quicklist.high = 0;
  pageTables.checkPgtCache();
  quicklist.low = low;
  quicklist.high = high;
}
