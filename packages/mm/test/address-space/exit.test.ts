import { describe, expect, it } from 'vitest';
import { doExit, dropActiveMm, releaseTask, sysWait4 } from '../../src/address-space/exit.ts';
import { mmdrop, mmput } from '../../src/address-space/mm-life.ts';
import type { MmStruct } from '../../src/address-space/mm-struct.ts';
import { Errno } from '../../src/errno.ts';
import { KernelBug } from '../../src/kernel-bug.ts';
import { FaultMachine } from './fault-machine.ts';
import { shrinkAll } from './slab-rig.ts';

const RW = 0x73;

describe('exit', () => {
  it('leaves a zombie with its task_struct and top page table; wait frees both', () => {
    const machine = new FaultMachine();
    const parent = machine.spawn(2);
    machine.area(0x40000000, 0x40004000, RW);
    machine.write(0x40000000, 1);
    const freePages = () => {
      shrinkAll(machine.vm.slab);
      return machine.allocator.nrFreePages() + machine.pageTables.cachedTables;
    };
    const free = freePages();
    expect(sysWait4(machine.vm, -1)).toBe(-Errno.ECHILD);
    const child = machine.fork(3);
    expect(sysWait4(machine.vm, -1)).toBe(0);
    expect(sysWait4(machine.vm, 9)).toBe(-Errno.ECHILD);
    machine.run(child);
    machine.write(0x40000000, 2);
    machine.write(0x40001000, 2);
    const mm = child.mm as MmStruct;
    doExit(machine.vm, child, 5);
    expect([child.dead, child.exitCode, child.mm, child.activeMm, mm.mmCount, mm.mmUsers]).toEqual([
      true,
      5,
      null,
      mm,
      1,
      0,
    ]);
    machine.run(parent);
    machine.check();
    // Two pages of the task_struct, one of the page directory.
    expect(freePages()).toBe(free - 3);
    dropActiveMm(machine.vm, child);
    expect(freePages()).toBe(free - 2);
    machine.tasks.splice(machine.tasks.indexOf(child), 1);
    expect(sysWait4(machine.vm, -1)).toBe(3);
    expect([parent.cminFlt, parent.children.length]).toEqual([2, 0]);
    expect(machine.allocator.nrFreePages() + machine.pageTables.cachedTables).toBe(free);
    machine.exit(parent);
    machine.expectNothingLeft();
  });

  it('releases the dead children of a parent that exits without waiting', () => {
    const machine = new FaultMachine();
    const parent = machine.spawn(2);
    const child = machine.fork(3);
    machine.run(child);
    doExit(machine.vm, child, 0);
    machine.tasks.splice(machine.tasks.indexOf(child), 1);
    machine.exit(parent);
    machine.expectNothingLeft();
  });

  it('closes areas in address order and then frees all page tables', () => {
    const machine = new FaultMachine();
    const task = machine.spawn(2, false);
    const closed: number[] = [];
    for (const start of [0x50000000, 0x40000000, 0x60000000]) {
      machine.area(start, start + 0x1000, RW, (vma) => {
        vma.vmOps = { name: 'test', close: (area) => closed.push(area.vmStart) };
      });
      machine.write(start, 1);
    }
    machine.trace.on = true;
    machine.exit(task);
    expect(closed).toEqual([0x40000000, 0x50000000, 0x60000000]);
    expect(machine.trace.count('sched_process_exit')).toBe(1);
    machine.expectNothingLeft();
  });

  it('catches misuse', () => {
    const machine = new FaultMachine();
    const task = machine.spawn(2);
    const mm = task.mm as MmStruct;
    expect(() => releaseTask(machine.vm, task)).toThrow(KernelBug);
    machine.exit(task);
    expect(() => releaseTask(machine.vm, task)).toThrow(KernelBug);
    expect(() => doExit(machine.vm, task, 0)).toThrow(KernelBug);
    expect(() => mmput(machine.vm, mm)).toThrow(KernelBug);
    expect(() => mmdrop(machine.vm, mm)).toThrow(KernelBug);
  });
});
