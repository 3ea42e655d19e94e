import { KernelBug } from '../kernel-bug.ts';
import type { Pfn } from '../types.ts';
import type { MappedArea } from './address-space.ts';
import type { File } from './inode.ts';

/** What the page cache asks of rooms above it; `kernel.ts` plugs them in at boot. */
export interface PageCachePorts {
  /**
   * Removes all translations of `size` bytes from `address` on in the area's address space: the file pages there were cut
   * off. `address` and `size` are multiples of a page within the area. @linux zap_page_range() as vmtruncate_list() calls it
   */
  unmapMappingRange(area: MappedArea, address: number, size: number): void;
  /**
   * Moves the dirty bits of the page-table entries of `size` bytes from `address` on to their pages.
   * @linux mm/filemap.c filemap_sync()
   */
  filemapSync(area: MappedArea, address: number, size: number): void;
  /** Lets the running task wait until `pfn` is unlocked: disks are told to begin, and others run. */
  waitForIo(pfn: Pfn): void;
  /** The same for a task that holds nothing but a reference to the page: other tasks run, too. */
  stepAside(pfn: Pfn): void;
}

/** Ports of a machine without rooms above: there is nothing to unmap, and nothing to wait for. */
export const NO_UPPER_ROOMS: PageCachePorts = {
  unmapMappingRange: () => {},
  filemapSync: () => {},
  waitForIo: (pfn) => {
    throw new KernelBug(`page ${pfn} is locked and nobody is left who would unlock it`);
  },
  stepAside: () => {},
};

/** What a fault in a mapped file needs to know of the area; the address space room's areas have these fields. */
export interface FileArea extends MappedArea {
  readonly vmFlags: number;
  readonly vmFile: File | null;
  /** Where sequential read-ahead goes on, file page; 0 = not begun. @linux vm_raend */
  vmRaend: number;
}

/** What a system call that makes a file longer asks of the running task. */
export interface FileSizeLimit {
  /** RLIMIT_FSIZE in bytes; 0xffffffff = none. */
  readonly fsizeLimit: number;
  /** The task went over it: it gets SIGXFSZ. */
  sendSigxfsz(): void;
}
