import { describe, expect, it } from 'vitest';
import { boot, type Kernel } from '../../src/index.ts';
import { GFP_HIGHUSER, GFP_KERNEL } from '../../src/page-allocator/gfp.ts';
import { ioremap } from '../../src/vmalloc/ioremap.ts';

const MIB = 2 ** 20;

/** Kernels with every format of page tables, with and without large and global pages. */
const MACHINES = [
  { memory: 64 * MIB, machine: 'ref-h4g' },
  { memory: 64 * MIB, machine: 'ref-pae' },
  { memory: 64 * MIB, machine: 'ref-noh' },
  { memory: 64 * MIB, machine: 'ref-noh', cmdline: 'mem=nopentium' },
  { memory: 64 * MIB },
  { memory: 5 * 2 ** 30, machine: 'ref-pae' },
] as const;

function freshEntry(kernel: Kernel, addr: number): number {
  return kernel.pageTables.pteOffset(kernel.pageTables.swapperPgDir, addr);
}

describe.each(MACHINES)('the kernel loads and stores, %o', (config) => {
  it('in the direct map, at any alignment, over page borders', () => {
    const kernel = boot(config);
    const pfn = kernel.allocPages(GFP_KERNEL, 1);
    const addr = 0xc0000000 + pfn * 4096;
    expect(kernel.store32(addr + 4093, 0x8899aabb)).toBe(true);
    expect(kernel.load32(addr + 4093)).toBe(0x8899aabb);
    expect([0, 1, 2, 3].map((i) => kernel.load8(addr + 4093 + i))).toEqual([0xbb, 0xaa, 0x99, 0x88]);
    expect(kernel.store8(addr + 4095, 0x101)).toBe(true);
    expect(kernel.load32(addr + 4092)).toBe(((kernel.load8(addr + 4092) | 0x01aabb00) >>> 0) % 2 ** 32);
    const bytes = Uint8Array.from({ length: 5000 }, (_, i) => i & 255);
    expect(kernel.storeBytes(addr + 3000, bytes)).toBe(5000);
    const back = new Uint8Array(5000);
    expect(kernel.loadBytes(addr + 3000, back)).toBe(5000);
    expect(Buffer.compare(back, bytes)).toBe(0);
    expect(kernel.oopses).toEqual([]);
  });

  it('address 0 is an oops of its own kind', () => {
    const kernel = boot(config);
    expect(kernel.load8(12)).toBe(-1);
    expect(kernel.oopses).toHaveLength(1);
    expect(kernel.oopses[0]?.lines[0]).toBe(
      'Unable to handle kernel NULL pointer dereference at virtual address 0000000c',
    );
    expect(kernel.store32(0xffffffff, 1)).toBe(false);
    expect(kernel.oopses[1]).toMatchObject({ address: 0xffffffff, errorCode: 2, pid: 0 });
  });

  it('through a TLB entry that nobody flushed, as on hardware', () => {
    const kernel = boot(config);
    const addr = kernel.vmalloc.vmalloc(4096);
    expect(kernel.store8(addr, 77)).toBe(true);
    kernel.pageTables.clearPte(freshEntry(kernel, addr));
    expect(kernel.load8(addr)).toBe(77);
    kernel.mmu.invlpg(addr);
    expect(kernel.load8(addr)).toBe(-1);
  });

  it('in the memory of the process that runs, with its faults and copies on write', () => {
    const kernel = boot(config);
    const process = kernel.spawn('victim');
    const address = process.mmap2(0, 2 * 4096, 3, 0x22, -1, 0);
    expect(kernel.store32(address + 4094, 0x01020304)).toBe(true);
    expect(process.load8(address + 4096)).toBe(2);
    const child = process.fork();
    if (typeof child === 'number') throw new Error('fork failed');
    kernel.run(child);
    expect(kernel.store8(address + 4096, 9)).toBe(true);
    expect([process.load8(address + 4096), child.load8(address + 4096)]).toEqual([2, 9]);
    expect(kernel.oopses).toEqual([]);
    kernel.checkInvariants();
  });
});

describe('kernel addresses', () => {
  it('page tables have contents on a content-free machine, and so has the rest of the kernel', () => {
    const kernel = boot({ memory: 64 * MIB, machine: 'ref-h4g', contentFree: true });
    const addr = kernel.vmalloc.vmalloc(4096);
    expect(kernel.store32(addr, 5)).toBe(true);
    expect(kernel.load32(addr)).toBe(5);
    expect(kernel.load32(0xc0101000 + 4 * (addr >>> 22))).toBe(kernel.vtop(addr).steps[0]?.low);
    kernel.vmalloc.vfree(addr);
    expect(kernel.load8(addr)).toBe(-1);
  });

  it('vtop takes the reference tables, whoever runs', () => {
    const kernel = boot({ memory: 1024 * MIB, machine: 'ref-h4g' });
    const process = kernel.spawn('old');
    const addr = kernel.vmalloc.vmalloc(1);
    kernel.run(process);
    expect(kernel.vtop(addr).kind).toBe('page');
    expect(kernel.vtop(addr, process.task.mm?.pgd ?? 0).kind).toBe('none');
    expect(kernel.vtop(0xc0123456)).toMatchObject({ kind: 'large', physical: 0x123456 });
    const page = kernel.allocPages(GFP_HIGHUSER, 0);
    expect(kernel.vtop(kernel.highmem.kmap(page)).physical).toBe(page * 4096);
    expect(kernel.vtop(kernel.highmem.kmapAtomic(page, 3) + 5).physical).toBe(page * 4096 + 5);
  });

  it('region tells what an address belongs to', () => {
    const kernel = boot({ memory: 1024 * MIB, machine: 'ref-h4g' });
    const page = kernel.allocPages(GFP_HIGHUSER, 0);
    kernel.highmem.kmap(page);
    const addr = kernel.vmalloc.vmalloc(5000);
    const device = ioremap(kernel.vmalloc, 0xfebc0000, 0x2000);
    const kinds = (addresses: readonly number[]) => addresses.map((at) => kernel.region(at).kind);
    expect(kinds([0x08048000, 0xc0000000, 0xf7ffffff, 0xf8000000])).toEqual([
      'user',
      'direct',
      'direct',
      'hole',
    ]);
    expect(kinds([addr, addr + 0x1fff, addr + 0x2000, device, device + 0x3000])).toEqual([
      'vmalloc',
      'vmalloc',
      'guard',
      'ioremap',
      'hole',
    ]);
    expect(kernel.region(addr)).toMatchObject({ start: addr, end: addr + 0x2000 });
    expect(kernel.region(0xfe001000)).toEqual({
      kind: 'kmap',
      start: 0xfe001000,
      end: 0xfe002000,
      slot: 1,
      users: 1,
      pfn: page,
    });
    expect(kernel.region(0xfe002000)).toMatchObject({ slot: 2, users: 0, pfn: -1 });
    expect(kernel.region(0xffffb123)).toMatchObject({ kind: 'kmap_atomic', slot: 3, start: 0xffffb000 });
    expect(kernel.region(0xfffe7000)).toMatchObject({ kind: 'fixmap', slot: 23 });
    expect(kernel.region(0xfffe6fff)).toMatchObject({ kind: 'hole', start: 0xfe400000, end: 0xfffe7000 });
    expect(kernel.region(0xffffffff)).toMatchObject({ kind: 'hole', start: 0xfffff000, end: 2 ** 32 });
  });
});
