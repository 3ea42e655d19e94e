import { describe, expect, it } from 'vitest';
import { boot, ConfigError, type Kernel, KernelBug, KernelPanic, PG } from '../../src/index.ts';
import { GFP_KERNEL } from '../../src/page-allocator/gfp.ts';
import { ioremap, ioremapNocache, iounmap } from '../../src/vmalloc/ioremap.ts';
import { VM_ALLOC, VM_IOREMAP } from '../../src/vmalloc/vm-struct.ts';
import { vread, vwrite } from '../../src/vmalloc/vread.ts';

const MIB = 2 ** 20;

function h4g(megabytes: number, more: { release?: string; machine?: string } = {}): Kernel {
  return boot({ memory: megabytes * MIB, machine: 'ref-h4g', ...more });
}

/** What the kernel printed since boot. */
function logOf(kernel: Kernel, since: number): string[] {
  return kernel.bootLog.slice(since).map(({ text }) => text);
}

function areas(kernel: Kernel): [number, number][] {
  return [...kernel.vmalloc.vmlist()].map(({ addr, size }) => [addr, size]);
}

describe('sheet 1 section 14: the range', () => {
  it.each([
    [16, 'ref-h4g', 0xc1800000, 0xfdffe000],
    [64, 'ref-h4g', 0xc4800000, 0xfdffe000],
    [512, 'ref-h4g', 0xe0800000, 0xfdffe000],
    [1024, 'ref-h4g', 0xf8800000, 0xfdffe000],
    [1024, 'ref-pae', 0xf8800000, 0xfdffe000],
    [512, 'ref-noh', 0xe0800000, 0xffffc000],
    [1024, 'ref-noh', 0xf8800000, 0xffffc000],
  ])('%i MiB, %s', (megabytes, machine, start, end) => {
    const { vmalloc } = h4g(megabytes, { machine });
    expect([vmalloc.start, vmalloc.end]).toEqual([start, end]);
  });
});

describe('sheet 1 section 17: worked example, 1 GiB with 4 GiB support', () => {
  it('first fit, guard pages in the size', () => {
    const kernel = h4g(1024);
    const { vmalloc } = kernel;
    expect(areas(kernel)).toEqual([]);
    expect(vmalloc.vmalloc(5000)).toBe(0xf8800000);
    expect(vmalloc.vmalloc(1)).toBe(0xf8803000);
    expect(areas(kernel)).toEqual([
      [0xf8800000, 0x3000],
      [0xf8803000, 0x2000],
    ]);
    vmalloc.vfree(0xf8800000);
    expect(vmalloc.vmalloc(4096)).toBe(0xf8800000);
    expect(vmalloc.vmalloc(4096)).toBe(0xf8805000);
    expect(areas(kernel)).toEqual([
      [0xf8800000, 0x2000],
      [0xf8803000, 0x2000],
      [0xf8805000, 0x2000],
    ]);
    expect(vmalloc.vmalloc(0)).toBe(0);
    const since = kernel.bootLog.length;
    vmalloc.vfree(0xf8800010);
    vmalloc.vfree(0xf8900000);
    vmalloc.vfree(0);
    expect(logOf(kernel, since)).toEqual([
      'Trying to vfree() bad address (f8800010)',
      'Trying to vfree() nonexistent vm area (f8900000)',
    ]);
    expect(kernel.vtop(0xf8800000).steps[0]?.index).toBe(994);
    kernel.checkInvariants();
  });

  it('each page is a frame of its own, from high memory first, with PAGE_KERNEL', () => {
    const kernel = h4g(1024);
    const addr = kernel.vmalloc.vmalloc(3 * 4096);
    const pfns = [0, 1, 2].map((page) => kernel.vmalloc.vmallocToPage(addr + page * 4096));
    expect(new Set(pfns).size).toBe(3);
    for (const pfn of pfns) {
      expect(pfn).toBeGreaterThanOrEqual(0x38000);
      expect(kernel.memMap.count[pfn]).toBe(1);
    }
    const walk = kernel.vtop(addr);
    expect(walk.kind).toBe('page');
    expect((walk.steps.at(-1)?.low ?? 0) & 0xfff).toBe(0x163);
    expect((walk.steps[0]?.low ?? 0) & 0xfff).toBe(0x067);
    expect(kernel.vmalloc.vmallocToPage(addr + 3 * 4096)).toBe(-1);
  });

  it('vmalloc_32 stays in low memory, vmalloc_dma below 16 MiB', () => {
    const { vmalloc } = h4g(1024);
    const low = vmalloc.vmallocToPage(vmalloc.vmalloc32(1));
    expect(low).toBeGreaterThan(0);
    expect(low).toBeLessThan(0x38000);
    const dma = vmalloc.vmallocToPage(vmalloc.vmallocDma(1));
    expect(dma).toBeGreaterThan(0);
    expect(dma).toBeLessThan(4096);
  });
});

describe('vmalloc and memory', () => {
  it.each(['ref-h4g', 'ref-pae', 'ref-noh'])('%s: only page tables are kept', (machine) => {
    const kernel = h4g(64, { machine });
    const { allocator, vmalloc } = kernel;
    // The first area makes the page table and the slab of descriptors; those stay.
    vmalloc.vfree(vmalloc.vmalloc(1));
    const free = allocator.nrFreePages();
    const addrs = [1, 5000, 100 * 4096].map((size) => vmalloc.vmalloc(size));
    expect(allocator.nrFreePages()).toBe(free - 1 - 2 - 100);
    kernel.checkInvariants();
    for (const addr of addrs) vmalloc.vfree(addr);
    expect(allocator.nrFreePages()).toBe(free);
    expect(areas(kernel)).toEqual([]);
    kernel.checkInvariants();
  });

  it('an area over more than one page table takes them one by one; they are never freed', () => {
    const kernel = h4g(64);
    const { allocator, vmalloc } = kernel;
    vmalloc.vfree(vmalloc.vmalloc(1));
    const free = allocator.nrFreePages();
    const addr = vmalloc.vmalloc(9 * MIB);
    expect(allocator.nrFreePages()).toBe(free - (9 * MIB) / 4096 - 2);
    vmalloc.vfree(addr);
    expect(allocator.nrFreePages()).toBe(free - 2);
  });

  it.each(['ref-h4g', 'ref-pae'])('%s: each allocation may fail, and nothing is left over', (machine) => {
    const kernel = h4g(64, { machine });
    const { allocator, vmalloc } = kernel;
    const blocker = vmalloc.vmalloc(kernel.pageTables.pmdSize - 3 * 4096);
    expect(blocker).not.toBe(0);
    let failures = 0;
    for (let n = 1; n < 20; n++) {
      const free = allocator.nrFreePages();
      allocator.failAlloc(n);
      const addr = vmalloc.vmalloc(8 * 4096);
      if (addr !== 0) break;
      failures++;
      // A page table that was made before the failure stays.
      expect(free - allocator.nrFreePages()).toBeLessThanOrEqual(1);
      expect(areas(kernel)).toHaveLength(1);
      kernel.checkInvariants();
    }
    expect(failures).toBeGreaterThanOrEqual(8);
  });

  it('more than the machine has is refused at once', () => {
    const kernel = h4g(64);
    const free = kernel.allocator.nrFreePages();
    expect(kernel.vmalloc.vmalloc(64 * MIB + 1)).toBe(0);
    expect(kernel.allocator.nrFreePages()).toBe(free);
  });

  it('more than is free kills the process that asks, which then fails in the middle and gives all back', () => {
    const kernel = h4g(64);
    const asker = kernel.spawn('asker', { uid: 1000 });
    kernel.run(asker);
    const free = kernel.allocator.nrFreePages();
    expect(kernel.vmalloc.vmalloc(63 * MIB)).toBe(0);
    expect(kernel.bootLog.at(-1)?.text).toBe(`Out of Memory: Killed process ${asker.pid} (asker).`);
    expect(areas(kernel)).toEqual([]);
    // The page tables of the direct range stay.
    expect(free - kernel.allocator.nrFreePages()).toBeLessThanOrEqual(16);
    kernel.checkInvariants();
  });

  it('more than is free is a panic while there is no process to kill', () => {
    const kernel = h4g(64);
    expect(() => kernel.vmalloc.vmalloc(63 * MIB)).toThrow(KernelPanic);
  });

  it('the end of the range is looked at only behind another area', () => {
    const kernel = h4g(64);
    const { vmalloc } = kernel;
    const room = vmalloc.end - vmalloc.start;
    const first = vmalloc.getVmArea(room + MIB, VM_IOREMAP);
    expect(first).not.toBe(0);
    expect(areas(kernel)).toEqual([[vmalloc.start, room + MIB + 4096]]);
    expect(vmalloc.getVmArea(4096, VM_IOREMAP)).toBe(0);
    expect(vmalloc.getVmArea(0xfffff000, VM_IOREMAP)).toBe(0);
  });

  it('the last area ends exactly at VMALLOC_END', () => {
    const { vmalloc } = h4g(64);
    expect(vmalloc.getVmArea(4096, VM_IOREMAP)).not.toBe(0);
    const rest = vmalloc.end - vmalloc.start - 3 * 4096;
    expect(vmalloc.getVmArea(rest + 4096, VM_IOREMAP)).toBe(0);
    expect(vmalloc.getVmArea(rest, VM_IOREMAP)).not.toBe(0);
    expect(vmalloc.getVmArea(4096, VM_IOREMAP)).toBe(0);
  });
});

describe('access', () => {
  it.each([
    'ref-h4g',
    'ref-pae',
    'ref-noh',
  ])('%s: bytes cross pages, the guard page is an oops', (machine) => {
    const kernel = h4g(64, { machine });
    const addr = kernel.vmalloc.vmalloc(2 * 4096);
    expect(kernel.store32(addr + 4094, 0x11223344)).toBe(true);
    expect([4094, 4095, 4096, 4097].map((offset) => kernel.load8(addr + offset))).toEqual([
      0x44, 0x33, 0x22, 0x11,
    ]);
    expect(kernel.load32(addr + 4094)).toBe(0x11223344);
    expect(kernel.oopses).toEqual([]);
    expect(kernel.store8(addr + 8192, 1)).toBe(false);
    expect(kernel.oopses[0]).toMatchObject({ address: addr + 8192, errorCode: 2 });
    expect(kernel.oopses[0]?.lines[0]).toBe(
      `Unable to handle kernel paging request at virtual address ${(addr + 8192).toString(16)}`,
    );
    expect(kernel.store32(addr + 8190, 0)).toBe(false);
    expect(kernel.loadBytes(addr + 8190, new Uint8Array(8))).toBe(2);
  });

  it('use after vfree is an oops: the flush reaches global TLB entries', () => {
    const kernel = h4g(64);
    const addr = kernel.vmalloc.vmalloc(4096);
    expect(kernel.store8(addr, 7)).toBe(true);
    kernel.tlb.flushTlbMm(kernel.mmu.cr3);
    expect(kernel.load8(addr)).toBe(7);
    kernel.vmalloc.vfree(addr);
    expect(kernel.load8(addr)).toBe(-1);
    expect(kernel.oopses).toHaveLength(1);
    expect(kernel.oopses[0]?.lines).toEqual([
      `Unable to handle kernel paging request at virtual address ${addr.toString(16)}`,
      expect.stringMatching(/^\*pde = [0-9a-f]{5}067$/),
      '*pte = 00000000',
    ]);
    expect(kernel.bootLog.at(-1)).toEqual({ level: 1, text: '*pte = 00000000' });
  });
});

describe('sheet 1 section 17: vmalloc fault', () => {
  it('only page directories older than the page table fault, and only once', () => {
    const kernel = h4g(64);
    const old = kernel.spawn('old');
    const addr = kernel.vmalloc.vmalloc(4096);
    const young = kernel.spawn('young');
    const slot = (pgd: number) => kernel.memory.words[kernel.memory.base(pgd >>> 12) + (addr >>> 22)];
    expect(slot(old.task.mm?.pgd ?? 0)).toBe(0);
    kernel.trace.on = true;
    kernel.run(old);
    expect(kernel.store8(addr, 42)).toBe(true);
    expect(kernel.trace.count('vmalloc_fault')).toBe(1);
    expect(slot(old.task.mm?.pgd ?? 0)).not.toBe(0);
    kernel.tlb.flushTlbAll();
    expect(kernel.load8(addr)).toBe(42);
    kernel.run(young);
    expect(kernel.load8(addr)).toBe(42);
    expect(kernel.trace.count('vmalloc_fault')).toBe(1);
    kernel.checkInvariants();
    // The page table is shared: what is mapped later in its range needs no fault.
    const more = kernel.vmalloc.vmalloc(4096);
    kernel.run(old);
    expect(kernel.store8(more, 1)).toBe(true);
    expect(kernel.trace.count('vmalloc_fault')).toBe(1);
    // A miss in a known page table copies the entry as well, and is an oops.
    kernel.vmalloc.vfree(addr);
    expect(kernel.load8(addr)).toBe(-1);
    expect(kernel.trace.count('vmalloc_fault')).toBe(2);
    kernel.checkInvariants();
  });

  it('PAE: the middle directory is shared, nobody faults', () => {
    const kernel = h4g(64, { machine: 'ref-pae' });
    const old = kernel.spawn('old');
    const addr = kernel.vmalloc.vmalloc(4096);
    kernel.trace.on = true;
    kernel.run(old);
    expect(kernel.store8(addr, 42)).toBe(true);
    expect(kernel.trace.count('vmalloc_fault')).toBe(0);
    kernel.checkInvariants();
  });

  it('a program may not use the address: SIGSEGV, whatever is mapped', () => {
    const kernel = h4g(64);
    const process = kernel.spawn('nosy');
    const addr = kernel.vmalloc.vmalloc(4096);
    expect(process.load8(addr)).toBe(-1);
    expect(process.takeSignal()).toMatchObject({ signo: 11 });
  });
});

describe('vmap', () => {
  it('maps the frames of the caller with a reference each', () => {
    const kernel = h4g(64);
    const { vmalloc, memMap } = kernel;
    const pfns = [0, 1].map(() => kernel.allocPages(GFP_KERNEL, 0));
    const twice = [...pfns, pfns[0] as number];
    const addr = vmalloc.vmap(twice);
    expect(pfns.map((pfn) => memMap.count[pfn])).toEqual([3, 2]);
    expect(kernel.store8(addr, 9)).toBe(true);
    expect(kernel.load8(addr + 8192)).toBe(9);
    expect(kernel.load8(0xc0000000 + (pfns[0] as number) * 4096)).toBe(9);
    kernel.checkInvariants();
    vmalloc.vfree(addr);
    expect(pfns.map((pfn) => memMap.count[pfn])).toEqual([1, 1]);
    expect(vmalloc.vmap([])).toBe(0);
    expect(vmalloc.vmap([pfns[0] as number, 0])).toBe(0);
    expect(pfns.map((pfn) => memMap.count[pfn])).toEqual([1, 1]);
    kernel.checkInvariants();
  });

  it('always fails where max_mapnr << 12 wraps to 0: 4 GiB', () => {
    const kernel = h4g(4096);
    expect(kernel.memMap.frames).toBe(2 ** 20);
    expect(kernel.vmalloc.vmap([kernel.allocPages(GFP_KERNEL, 0)])).toBe(0);
  });

  it('is not in 2.4.20, whose __vmalloc(0) is a BUG()', () => {
    const kernel = h4g(64, { release: '2.4.20' });
    expect(() => kernel.vmalloc.vmap([100])).toThrow(ConfigError);
    expect(() => kernel.vmalloc.vmalloc(0)).toThrow(KernelBug);
    expect(() => kernel.vmalloc.vmalloc(65 * MIB)).toThrow(KernelBug);
    expect(kernel.vmalloc.vmalloc(1)).toBe(0xc4800000);
  });
});

describe('sheet 7 section 15: vmalloc of 2.4.0', () => {
  const kernel = () => boot({ memory: 64 * MIB, release: '2.4.0' });

  it('passes a hole over that is exactly large enough', () => {
    const { vmalloc } = kernel();
    const [, second, third] = [1, 1, 1].map(() => vmalloc.vmalloc(4096)) as [number, number, number];
    vmalloc.vfree(second);
    expect(vmalloc.vmalloc(4096)).toBe(third + 8192);
    expect(boot({ memory: 64 * MIB }).vmalloc.vmalloc(4096)).toBe(0xc4800000);
  });

  it('takes a larger one', () => {
    const { vmalloc } = kernel();
    const [, second] = [1, 8192, 1].map((bytes) => vmalloc.vmalloc(bytes)) as [number, number, number];
    vmalloc.vfree(second);
    expect(vmalloc.vmalloc(4096)).toBe(second);
  });

  it('tells why', () => {
    const { vmalloc, trace } = kernel();
    const [, second] = [1, 1, 1].map(() => vmalloc.vmalloc(4096)) as [number, number, number];
    vmalloc.vfree(second);
    trace.on = true;
    vmalloc.vmalloc(4096);
    const decisions = [...trace.events()].filter(({ name }) => name === 'vm_area_fits');
    expect(decisions.map(({ values }) => [values.spare, values.outcome])).toEqual([
      [1, 0],
      [1, 0],
    ]);
  });

  it('has no vmap; no pages, or too many, are a BUG()', () => {
    const { vmalloc } = kernel();
    expect(() => vmalloc.vmap([100])).toThrow(ConfigError);
    expect(() => vmalloc.vmalloc(0)).toThrow(KernelBug);
    expect(() => vmalloc.vmalloc(65 * MIB)).toThrow(KernelBug);
  });

  it('page tables out of use are not kept', () => {
    const machine = kernel();
    const process = machine.spawn('a');
    const free = machine.allocator.nrFreePages();
    const at = process.mmap2(0x50000000, 4096, 3, 0x22, -1, 0);
    process.store8(at, 1);
    process.munmap(at, 4096);
    expect(machine.pageTables.cachedTables).toBe(0);
    expect(machine.allocator.nrFreePages()).toBe(free);
    machine.checkInvariants();
  });
});

describe('sheet 1 section 17: ioremap', () => {
  it('refuses nothing, wraps and RAM in use; the legacy hole is in the direct map', () => {
    const kernel = h4g(64);
    const { vmalloc } = kernel;
    expect(ioremap(vmalloc, 0xfebc0000, 0)).toBe(0);
    expect(ioremap(vmalloc, 0xfffff000, 0x2000)).toBe(0);
    expect(ioremap(vmalloc, 0xa0000, 0x60000)).toBe(0xc00a0000);
    expect(ioremap(vmalloc, 0x2000000, 4096)).toBe(0);
    expect(areas(kernel)).toEqual([]);
    iounmap(vmalloc, 0xc00a0000);
    expect(kernel.bootLog.at(-1)?.text).not.toContain('vfree');
  });

  it('maps reserved RAM: the kernel image through a second address', () => {
    const kernel = h4g(64);
    expect((kernel.memMap.flags[0x101] as number) & PG.reserved).not.toBe(0);
    const addr = ioremap(kernel.vmalloc, 0x101000, 0x1001);
    expect(addr).toBe(0xc4800000);
    expect(kernel.load32(addr + 768 * 4)).toBe(kernel.load32(0xc0101000 + 768 * 4));
    iounmap(kernel.vmalloc, addr);
    expect((kernel.memMap.flags[0x101] as number) & PG.reserved).not.toBe(0);
    kernel.checkInvariants();
  });

  it('keeps the offset, maps by the last byte, without G; a device answers with ones', () => {
    const kernel = h4g(64);
    const { vmalloc } = kernel;
    const addr = ioremapNocache(vmalloc, 0xfebc0010, 0x1000);
    expect(addr).toBe(0xc4800010);
    expect(areas(kernel)).toEqual([[0xc4800000, 0x3000]]);
    expect((kernel.vtop(addr).steps.at(-1)?.low ?? 0) & 0xfff).toBe(0x073);
    expect(kernel.vtop(addr + 0x1000).physical).toBe(0xfebc1010);
    expect(kernel.load32(addr)).toBe(0xffffffff);
    kernel.checkInvariants();
    const free = kernel.allocator.nrFreePages();
    iounmap(vmalloc, addr);
    expect(kernel.allocator.nrFreePages()).toBe(free);
    expect(areas(kernel)).toEqual([]);
    expect(kernel.load32(addr)).toBe(-1);
  });

  it('a last byte at the start of a page does not count: that page is missed, and one byte alone is a BUG()', () => {
    const kernel = h4g(64);
    const addr = ioremap(kernel.vmalloc, 0xfebc0000, 0x1001);
    expect(areas(kernel)).toEqual([[addr, 0x2000]]);
    expect(kernel.vmalloc.vmallocToPage(addr + 4096)).toBe(-1);
    expect(() => ioremap(kernel.vmalloc, 0xfebc0000, 1)).toThrow(KernelBug);
  });
});

describe('vread and vwrite', () => {
  it('gaps read as zeros up to the next area and swallow what is written; behind the last area is the end', () => {
    const kernel = h4g(64);
    const { vmalloc } = kernel;
    const [a, b, c] = [4096, 4096, 4096].map((size) => vmalloc.vmalloc(size)) as [number, number, number];
    vmalloc.vfree(b);
    kernel.storeBytes(a + 4094, Uint8Array.of(1, 2));
    kernel.storeBytes(c, Uint8Array.of(3, 4));
    const into = new Uint8Array(c + 2 - (a + 4094)).fill(0xaa);
    expect(vread(vmalloc, a + 4094, into)).toBe(into.length);
    expect([...into.subarray(0, 3), ...into.subarray(-3)]).toEqual([1, 2, 0, 0, 3, 4]);
    expect(into.subarray(2, -2).every((byte) => byte === 0)).toBe(true);
    expect(vread(vmalloc, c + 4095, new Uint8Array(10))).toBe(1);
    expect(vread(vmalloc, c + 4096, new Uint8Array(10))).toBe(0);
    expect(vread(vmalloc, a, new Uint8Array(0))).toBe(0);
    expect(vwrite(vmalloc, c - 1, Uint8Array.of(8, 9))).toBe(2);
    expect(kernel.load8(c)).toBe(9);
    expect(kernel.oopses).toEqual([]);
  });
});

describe('events and checks', () => {
  it('each call tells what it decided', () => {
    const kernel = h4g(64);
    kernel.trace.on = true;
    const addr = kernel.vmalloc.vmalloc(4096);
    kernel.vmalloc.vmalloc(4096);
    kernel.vmalloc.vfree(addr);
    kernel.vmalloc.vmalloc(4096);
    const events = [...kernel.trace.events()];
    const of = (name: string) => events.filter((event) => event.name === name).map(({ values }) => values);
    expect(of('vmalloc_alloc').map(({ address }) => address)).toEqual([addr, addr + 0x2000, addr]);
    expect(of('vm_area_fits').map(({ outcome }) => outcome)).toEqual([0, 1]);
    expect(of('vfree')).toEqual([{ address: addr, size: 0x2000, pages: 1, found: 1 }]);
    expect(of('get_vm_area')[0]).toEqual({ address: addr, size: 0x2000, flags: VM_ALLOC });
  });

  it('a freed page, a mapped guard page and a stray entry are found', () => {
    const damage = (spoil: (kernel: Kernel, addr: number) => void) => () => {
      const kernel = h4g(64);
      const addr = kernel.vmalloc.vmalloc(4096);
      spoil(kernel, addr);
      kernel.checkInvariants();
    };
    const entry = (kernel: Kernel, addr: number) =>
      kernel.pageTables.pteOffset(kernel.pageTables.swapperPgDir, addr);
    expect(damage((kernel, addr) => kernel.freePages(kernel.vmalloc.vmallocToPage(addr), 0))).toThrow(
      /vmalloc: page \d+ has count 0/,
    );
    expect(damage((kernel, addr) => kernel.pageTables.clearPte(entry(kernel, addr)))).toThrow(
      /nothing is mapped/,
    );
    expect(damage((kernel, addr) => kernel.pageTables.setPte(entry(kernel, addr + 4096), 5, 0x163))).toThrow(
      /guard page/,
    );
    expect(damage((kernel, addr) => kernel.pageTables.setPte(entry(kernel, addr + 8192), 5, 0x163))).toThrow(
      /lies in no area/,
    );
  });
});
