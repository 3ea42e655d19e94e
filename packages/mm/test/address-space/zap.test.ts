import { describe, expect, it } from 'vitest';
import { getUserPages, makePagesPresent } from '../../src/address-space/get-user-pages.ts';
import type { MmStruct } from '../../src/address-space/mm-struct.ts';
import { zapPageRange } from '../../src/address-space/zap.ts';
import { Errno } from '../../src/errno.ts';
import { KernelBug } from '../../src/kernel-bug.ts';
import { FaultMachine } from './fault-machine.ts';

const RW = 0x73;

describe.each([{ pae: false }, { pae: true }])('zap_page_range and get_user_pages, pae $pae', (options) => {
  it('Sheet 2 B8: drops the pages of a range across page tables, and only them', () => {
    const machine = new FaultMachine(options);
    const task = machine.spawn(2);
    const mm = task.mm as MmStruct;
    machine.area(0x40000000, 0x41000000, RW);
    const touched = [0x40000000, 0x401ff000, 0x40200000, 0x403ff000, 0x40400000, 0x40c00000];
    for (const addr of touched) machine.write(addr, 1);
    machine.read(0x40001000);
    const free = machine.allocator.nrFreePages();
    zapPageRange(machine.vm, mm, 0x40001000, 0x3ff000 + 0x400000);
    expect(touched.map((addr) => machine.pte(task, addr))).toEqual([0x067, 0, 0, 0, 0, 0x067]);
    expect(machine.pte(task, 0x40001000)).toBe(0);
    expect([mm.rss, machine.allocator.nrFreePages()]).toEqual([2, free + 4]);
    machine.check();
    machine.exit(task);
    machine.expectNothingLeft();
  });

  it('Sheet 2 B8: an rss that is too low becomes 0, an empty range is a bug', () => {
    const machine = new FaultMachine(options);
    const task = machine.spawn(2);
    const mm = task.mm as MmStruct;
    machine.area(0x40000000, 0x40002000, RW);
    machine.write(0x40000000, 1);
    machine.write(0x40001000, 1);
    mm.rss = 1;
    zapPageRange(machine.vm, mm, 0x40000000, 0x2000);
    expect(mm.rss).toBe(0);
    expect(() => zapPageRange(machine.vm, mm, 0x40000000, 0)).toThrow(KernelBug);
    machine.exit(task);
    machine.expectNothingLeft();
  });

  it('Sheet 2 B11: get_user_pages faults pages in, takes references and stops where it must', () => {
    const machine = new FaultMachine(options);
    const { vm } = machine;
    const task = machine.spawn(2);
    const mm = task.mm as MmStruct;
    machine.area(0x40000000, 0x40002000, RW);
    machine.area(0x40002000, 0x40003000, 0x71);
    machine.area(0x40003000, 0x40004000, RW | 0x4000);
    const pages: number[] = [];
    expect(getUserPages(vm, task, mm, 0x40000000, 3, true, false, pages)).toBe(2);
    expect(pages.map((pfn) => machine.count(pfn))).toEqual([2, 2]);
    for (const pfn of pages) machine.allocator.putPage(pfn);
    expect(task.minFlt).toBe(2);
    expect(getUserPages(vm, task, mm, 0x40002000, 1, true, false)).toBe(-Errno.EFAULT);
    expect(getUserPages(vm, task, mm, 0x40002000, 1, true, true)).toBe(1);
    expect(machine.pte(task, 0x40002000)).toBe(0x067);
    expect(getUserPages(vm, task, mm, 0x40003000, 1, true, false, [])).toBe(-Errno.EFAULT);
    expect(getUserPages(vm, task, mm, 0x50000000, 1, false, false)).toBe(-Errno.EFAULT);
    machine.allocator.failAlloc(1);
    expect(getUserPages(vm, task, mm, 0x40003000, 1, true, false)).toBe(-Errno.ENOMEM);
    // The stack grows for the kernel however far away the stack pointer is.
    expect(getUserPages(vm, task, mm, 0xbff00000, 1, true, false)).toBe(1);
    expect(makePagesPresent(vm, 0x40000000, 0x40002000)).toBe(0);
    expect(() => makePagesPresent(vm, 0x40000000, 0x40003000)).toThrow(KernelBug);
    machine.exit(task);
    machine.expectNothingLeft();
  });
});
