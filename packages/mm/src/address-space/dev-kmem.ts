import { Errno } from '../errno.ts';
import { GFP_KERNEL } from '../page-allocator/gfp.ts';
import type { CopyActor, OpenFile } from '../page-cache/open-file.ts';
import type { Addr, Pfn } from '../types.ts';
import type { CharDriver } from './char-device.ts';
import { copyPhysical, type MemoryDeviceParts, mmapMem, openPort, setNoncached } from './dev-mem.ts';
import { TASK_SIZE } from './layout.ts';
import { doPageFault, FAULT_RETRY } from './page-fault.ts';
import type { Vm } from './vm.ts';
import { VM, type Vma } from './vma.ts';

/** Areas of vmalloc, as /dev/kmem reads and writes them: bytes done, holes between areas included, 0 = no area from there on. */
export interface VmallocBytes {
  /** A hole reads as zeros. @linux 2.4.22 mm/vmalloc.c vread() */
  vread(into: Uint8Array, addr: Addr): number;
  /** What is written to a hole is lost. @linux 2.4.22 mm/vmalloc.c vwrite() */
  vwrite(from: Uint8Array, addr: Addr): number;
}

/**
 * /dev/kmem: memory by its kernel virtual address: the direct mapping, behind it the areas of vmalloc. An address below
 * PAGE_OFFSET is the running task's own, as for any kernel pointer.
 *
 * @linux 2.4.22 drivers/char/mem.c kmem_fops
 */
export function devKmem(parts: MemoryDeviceParts, vmalloc: VmallocBytes): CharDriver {
  const kmem = new Kmem(parts, vmalloc);
  return {
    open: () => openPort(parts.vm),
    read: (_file, position, count, copy) => kmem.transfer(position, count, copy, 0),
    write: (_file, position, count, copy) => kmem.transfer(position, count, copy, 1),
    mmap: (file, vma) => kmem.mmap(file, vma),
  };
}

class Kmem {
  private readonly parts: MemoryDeviceParts;
  private readonly vm: Vm;
  private readonly vmalloc: VmallocBytes;
  /** End of the direct mapping. @linux high_memory */
  private readonly highMemory: Addr;

  constructor(parts: MemoryDeviceParts, vmalloc: VmallocBytes) {
    this.parts = parts;
    this.vm = parts.vm;
    this.vmalloc = vmalloc;
    this.highMemory = TASK_SIZE + parts.lowMemory;
  }

  /**
   * @param write 1: from the program to memory
   * @returns bytes, or -EFAULT, -ENOMEM: then nothing is told of what went before
   * @linux 2.4.22 drivers/char/mem.c read_kmem(), write_kmem()
   */
  transfer(position: number, count: number, copy: CopyActor, write: 0 | 1): number {
    const start = position % 2 ** 32;
    let done = 0;
    if (start < this.highMemory) {
      done = Math.min(count, this.highMemory - start);
      if (!this.direct(start, done, copy, write)) return -Errno.EFAULT;
    }
    return done === count ? done : this.throughBuffer(start + done, count, done, copy, write);
  }

  private direct(start: Addr, count: number, copy: CopyActor, write: 0 | 1): boolean {
    let at = start;
    let done = 0;
    while (at < TASK_SIZE && done < count) {
      const pfn = this.userFrame(at, write);
      if (pfn < 0) return false;
      const bytes = Math.min(4096 - (at & 4095), count - done);
      if (copy(pfn, at & 4095, bytes, done) !== 0) return false;
      at += bytes;
      done += bytes;
    }
    return copyPhysical(at - TASK_SIZE, count - done, done, copy);
  }

  /** The frame at an address of the running task, faulted in as for the kernel; -1: none, or none of RAM. */
  private userFrame(addr: Addr, write: 0 | 1): Pfn {
    const { vm } = this;
    const { pageTables, memory, memMap } = vm;
    const wanted = write === 1 ? 0x003 : 0x001;
    for (;;) {
      const entry = vm.current.mm === null ? 0 : pageTables.pteOffset(vm.current.mm.pgd, addr);
      const pte = entry === 0 ? 0 : (memory.words[entry] as number);
      if ((pte & wanted) === wanted) {
        memory.words[entry] = pte | (write === 1 ? 0x060 : 0x020);
        const pfn = pageTables.ptePfn(entry);
        return pfn < memMap.frames ? pfn : -1;
      }
      if (doPageFault(vm, addr, (pte & 1) | (write << 1)) !== FAULT_RETRY) return -1;
    }
  }

  /** What lies behind the direct mapping goes page by page through a page of the kernel's own. */
  private throughBuffer(start: Addr, count: number, from: number, copy: CopyActor, write: 0 | 1): number {
    const { allocator, memory } = this.vm;
    const page = allocator.allocPages(GFP_KERNEL, 0);
    if (page === 0) return -Errno.ENOMEM;
    const at = memory.base(page) * 4;
    let done = from;
    while (done < count) {
      const wanted = Math.min(4096, count - done);
      const buffer = memory.bytes.subarray(at, at + wanted);
      const addr = (start + done - from) % 2 ** 32;
      if (write === 1 && copy(page, 0, wanted, done) !== 0) {
        done = -Errno.EFAULT;
        break;
      }
      const bytes = write === 1 ? this.vmalloc.vwrite(buffer, addr) : this.vmalloc.vread(buffer, addr);
      // Nothing behind the last area. A write of 2.4 would try for ever.
      if (bytes === 0) break;
      if (write === 0 && copy(page, 0, bytes, done) !== 0) {
        done = -Errno.EFAULT;
        break;
      }
      done += bytes;
    }
    allocator.freePages(page, 0);
    return done;
  }

  /**
   * Behind the direct mapping, pages come one by one from the kernel's page tables. Below it mmap_mem() is called with the
   * *virtual* address, which it takes for a physical one: what appears is whatever lies at 0xc0000000 and above in physical
   * memory. So it was in 2.4, in 2.4.20 for every address.
   *
   * @linux 2.4.22 drivers/char/mem.c mmap_kmem()
   */
  mmap(file: OpenFile, vma: Vma): number {
    const offset = (vma.vmPgoff << 12) >>> 0;
    const size = vma.vmEnd - vma.vmStart;
    const direct = !this.parts.rules.kmemMapsVmalloc || (offset + size) % 2 ** 32 < this.highMemory;
    if (direct) return mmapMem(this.parts, file, vma);
    // noncached_address() compares the virtual address with the physical end of memory: it is always above.
    setNoncached(this.parts, file, vma, offset);
    vma.vmOps = { name: 'kmem_vm_ops', nopage: (area, address) => this.nopage(area, address) };
    vma.vmFlags |= VM.reserved | VM.io;
    return 0;
  }

  /**
   * The frame that the kernel's own page table has for the page, with a reference; 0: none, or a 4 MiB page of the direct
   * mapping, which has no table.
   *
   * @linux 2.4.22 drivers/char/mem.c kmem_vm_nopage()
   */
  private nopage(vma: Vma, address: Addr): Pfn {
    const { pageTables, memory, memMap, allocator } = this.vm;
    const kaddr = (address - vma.vmStart + ((vma.vmPgoff << 12) >>> 0)) % 2 ** 32;
    const entry = pageTables.pteOffset(pageTables.swapperPgDir, kaddr);
    if (entry === 0 || ((memory.words[entry] as number) & 0x081) === 0) return 0;
    const pfn = pageTables.ptePfn(entry);
    if (pfn >= memMap.frames) return 0;
    allocator.getPage(pfn);
    return pfn;
  }
}
