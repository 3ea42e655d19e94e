import { describe, expect, it } from 'vitest';
import { countFaultClasses } from '../../src/address-space/fault-classes.ts';
import { FAULT_YIELD } from '../../src/address-space/page-fault.ts';
import { RLIMIT, SIGBUS, SIGKILL, SIGSEGV } from '../../src/address-space/task.ts';
import type { VmOperations } from '../../src/address-space/vma.ts';
import { FaultMachine } from './fault-machine.ts';

const RW = 0x73;
const RX = 0x75;

/** An owner of an area that hands out cached pages of a file, as filemap_nopage does. */
function fileOps(machine: FaultMachine, content: Uint8Array): { ops: VmOperations; drop: () => void } {
  const file = machine.file('/f', 7, content);
  const { pageCache, allocator } = machine;
  const { mapping } = file.inode;
  const ops: VmOperations = {
    name: 'test file',
    nopage: (vma, address) => {
      const index = (address - vma.vmStart) / 4096 + vma.vmPgoff;
      if (index >= Math.ceil(content.length / 4096)) return 0;
      const found = pageCache.findGetPage(mapping, index);
      if (found !== 0) return found;
      const pfn = allocator.allocPages(0x1d2, 0);
      if (pfn === 0) return -1;
      pageCache.addToPageCache(pfn, mapping, index);
      mapping.ops.readpage?.(file.inode, pfn);
      return pfn;
    },
  };
  return { ops, drop: () => machine.dropFile(file) };
}

describe.each([{ pae: false }, { pae: true }])('page faults, pae $pae', (options) => {
  it('Sheet 2 B15 PTE vectors: anonymous read touch, then write', () => {
    const machine = new FaultMachine(options);
    const task = machine.spawn(2);
    machine.area(0x40000000, 0x40004000, RW);
    expect(machine.read(0x40000000)).toBe(0);
    expect(machine.pte(task, 0x40000000)).toBe(0x025);
    expect(machine.pfn(task, 0x40000000)).toBe(machine.vm.zeroPage);
    expect(task.mm?.rss).toBe(0);
    expect(machine.write(0x40000000, 42)).toBe(0);
    expect(machine.pte(task, 0x40000000)).toBe(0x067);
    expect(task.mm?.rss).toBe(1);
    expect(task.minFlt).toBe(2);
    expect(machine.read(0x40000000)).toBe(42);
    expect(machine.write(0x40001004, 43)).toBe(0);
    expect(machine.pte(task, 0x40001000)).toBe(0x067);
    expect(machine.read(0x40001000)).toBe(0);
    machine.check();
    machine.exit(task);
    machine.expectNothingLeft();
  });

  it('Sheet 2 B15: a first write puts the page on the inactive list, referenced; a copy is not referenced', () => {
    const machine = new FaultMachine(options);
    const task = machine.spawn(2);
    machine.area(0x40000000, 0x40002000, RW);
    machine.write(0x40000000, 1);
    machine.read(0x40001000);
    machine.write(0x40001000, 1);
    const flags = (addr: number) => (machine.memMap.flags[machine.pfn(task, addr)] as number) & 0xff;
    expect(flags(0x40000000)).toBe(0x44);
    expect(flags(0x40001000)).toBe(0x40);
    expect(machine.pageCache.nrInactivePages).toBe(2);
    machine.exit(task);
    machine.expectNothingLeft();
  });

  it('Sheet 2 B15 PTE vectors: private file pages', () => {
    const machine = new FaultMachine(options);
    const task = machine.spawn(2);
    const content = new Uint8Array(0x2000).fill(0x11);
    const { ops, drop } = fileOps(machine, content);
    machine.area(0x40000000, 0x40003000, RW, (vma) => {
      vma.vmOps = ops;
    });
    expect(machine.read(0x40000000)).toBe(0x11111111);
    expect(machine.pte(task, 0x40000000)).toBe(0x025);
    expect([task.majFlt, task.minFlt, task.mm?.rss]).toEqual([1, 0, 1]);
    const cached = machine.pfn(task, 0x40000000);
    expect(machine.count(cached)).toBe(2);
    machine.write(0x40000000, 5);
    expect(machine.pte(task, 0x40000000)).toBe(0x067);
    expect([task.majFlt, task.minFlt, task.mm?.rss]).toEqual([1, 1, 1]);
    expect(machine.count(cached)).toBe(1);
    expect(machine.read(0x40000004)).toBe(0x11111111);

    // Written first: one fault, and the cached page stays as it was.
    machine.write(0x40001000, 6);
    expect(machine.pte(task, 0x40001000)).toBe(0x067);
    expect([task.majFlt, task.minFlt, task.mm?.rss]).toEqual([2, 1, 2]);
    expect(machine.read(0x40001004)).toBe(0x11111111);

    // Past the end of the file.
    expect(machine.read(0x40002000)).toBe(-SIGBUS);
    expect(task.pending.shift()).toEqual({ signo: SIGBUS, code: 2, addr: 0x40002000 });
    machine.check();
    machine.exit(task);
    drop();
    machine.expectNothingLeft();
  });

  it('Sheet 2 B15 PTE vectors: shared file pages', () => {
    const machine = new FaultMachine(options);
    const task = machine.spawn(2);
    const { ops, drop } = fileOps(machine, new Uint8Array(0x2000).fill(0x22));
    machine.area(0x40000000, 0x40002000, 0xfb, (vma) => {
      vma.vmOps = ops;
    });
    machine.write(0x40000000, 1);
    expect(machine.pte(task, 0x40000000)).toBe(0x067);
    machine.read(0x40001000);
    expect(machine.pte(task, 0x40001000)).toBe(0x027);
    machine.write(0x40001000, 1);
    expect([task.majFlt, task.minFlt]).toEqual([2, 0]);
    machine.check();
    // Unmapping carries the dirty bit over to the page.
    const pfn = machine.pfn(task, 0x40001000);
    machine.exit(task);
    expect((machine.memMap.flags[pfn] as number) & 0x10).toBe(0x10);
    drop();
    machine.expectNothingLeft();
  });

  it.each([
    { what: 'nothing mapped below', addr: 0, write: 0, code: 1 },
    { what: 'write to text', addr: 0x08048000, write: 1, code: 2 },
    { what: 'read of PROT_NONE', addr: 0x50000000, write: 0, code: 2 },
    { what: 'kernel address', addr: 0xc0000000, write: 0, code: 1 },
    { what: 'read of write-only before it is populated', addr: 0x50001000, write: 0, code: 2 },
    { what: '33 bytes below the stack pointer', addr: 0xbfffefdf, write: 1, code: 1 },
  ] as const)('Sheet 2 B14 vectors: $what is SIGSEGV/$code', ({ addr, write, code }) => {
    const machine = new FaultMachine(options);
    const task = machine.spawn(2);
    machine.area(0x08048000, 0x08049000, RX);
    machine.area(0x50000000, 0x50001000, 0x70);
    machine.area(0x50001000, 0x50002000, 0x72);
    expect(machine.access(addr, write)).toBe(-SIGSEGV);
    expect(task.pending).toEqual([{ signo: SIGSEGV, code, addr }]);
    expect([task.minFlt, task.majFlt]).toEqual([0, 0]);
    machine.exit(task);
    machine.expectNothingLeft();
  });

  it('Sheet 2 B14 vectors: stack growth to 32 bytes below the stack pointer, and to RLIMIT_STACK', () => {
    const machine = new FaultMachine(options);
    const task = machine.spawn(2);
    expect(machine.write(0xbfffefe0, 1)).toBe(0);
    expect(task.mm?.mmap?.vmStart).toBe(0xbfffe000);
    task.esp = 0xbf700000;
    expect(machine.write(0xbf7fffff & ~3, 1)).toBe(-SIGSEGV);
    task.pending.length = 0;
    expect(machine.write(0xbf800000, 1)).toBe(0);
    const stack = task.mm?.mmap;
    expect([stack?.vmStart, stack?.vmPgoff, task.mm?.totalVm]).toEqual([0xbf800000, 0xfffff801, 2048]);
    machine.check();
    machine.exit(task);
    machine.expectNothingLeft();
  });

  it('Sheet 2 B20 B-T24: the pages of a stack keep their offsets as it grows', () => {
    const machine = new FaultMachine(options);
    const task = machine.spawn(2);
    task.esp = 0xbf000000;
    for (const [addr, start, pgoff] of [
      [0xbfffe120, 0xbfffe000, 0xfffff],
      [0xbff00000, 0xbff00000, 0xfff01],
    ] as const) {
      machine.write(addr, 1);
      expect(task.mm?.mmap?.vmStart).toBe(start);
      // The offset is kept modulo 2^32 pages, of which maps shows the low 20 bits.
      expect((task.mm?.mmap?.vmPgoff as number) & 0xfffff).toBe(pgoff);
    }
    machine.exit(task);
  });

  it('RLIMIT_AS stops a stack; a locked stack counts as locked', () => {
    const machine = new FaultMachine(options);
    const task = machine.spawn(2);
    task.esp = 0xbf000000;
    const mm = task.mm;
    if (mm?.mmap) mm.mmap.vmFlags |= 0x2000;
    if (mm) mm.lockedVm = 1;
    task.rlimCur[RLIMIT.as] = 4 * 4096;
    expect(machine.write(0xbfffc000, 1)).toBe(0);
    expect([mm?.totalVm, mm?.lockedVm]).toEqual([4, 4]);
    expect(machine.write(0xbfffb000, 1)).toBe(-SIGSEGV);
    machine.check();
    machine.exit(task);
    machine.expectNothingLeft();
  });

  it('kills who finds no memory, but never pid 1', () => {
    const machine = new FaultMachine(options);
    for (const pid of [2, 1]) {
      const task = machine.spawn(pid);
      machine.area(0x40000000, 0x40001000, RW);
      machine.read(0x40000000);
      machine.allocator.failAlloc(1);
      if (pid === 1) {
        expect(machine.write(0x40000000, 1)).toBe(-100 + FAULT_YIELD);
        expect(machine.write(0x40000000, 1)).toBe(0);
        expect(task.pending).toEqual([]);
      } else {
        expect(machine.write(0x40000000, 1)).toBe(-SIGKILL);
        expect(task.pending).toEqual([{ signo: SIGKILL, code: 0, addr: 0 }]);
      }
      machine.check();
      machine.exit(task);
    }
    machine.expectNothingLeft();
  });

  it('a signal that is pending is not queued twice', () => {
    const machine = new FaultMachine(options);
    const task = machine.spawn(2);
    machine.read(0x1000);
    machine.read(0x2000);
    expect(task.pending).toEqual([{ signo: SIGSEGV, code: 1, addr: 0x1000 }]);
    machine.exit(task);
  });

  it('the table of fault classes comes from the events alone', () => {
    const machine = new FaultMachine(options);
    const task = machine.spawn(2);
    machine.trace.on = true;
    const { ops, drop } = fileOps(machine, new Uint8Array(0x3000));
    machine.area(0x40000000, 0x40004000, RW);
    machine.area(0x50000000, 0x50003000, RW, (vma) => {
      vma.vmOps = ops;
    });
    for (const addr of [0x40000000, 0x40001000]) machine.read(addr);
    for (const addr of [0x40000000, 0x40002000, 0x40003000, 0xbfffefe0]) machine.write(addr, 1);
    machine.read(0x50000000);
    machine.write(0x50001000, 1);
    machine.write(0x50000000, 1);
    machine.read(4);
    const counts = countFaultClasses(machine.trace.events(), (id) => machine.trace.text(id));
    expect(counts).toEqual({
      demand_zero: 3,
      zero_page: 2,
      file_read: 1,
      file_cow: 1,
      shared: 0,
      cow_copy: 2,
      cow_reuse: 0,
      swap: 0,
      spurious: 0,
      raced: 0,
      sigbus: 0,
      oom: 0,
      sigsegv: 1,
      stack_growth: 1,
    });
    expect(machine.trace.count('page_fault_user')).toBe(10);
    expect(task.minFlt + task.majFlt).toBe(9);
    machine.exit(task);
    drop();
    machine.expectNothingLeft();
  });
});
