/** The example of the package's README, as a driver that tests can look into. */
import { type CharDriver, GFP_KERNEL, type Kernel, NOPAGE_SIGBUS, type Pfn } from '../../src/index.ts';

/** A buffer of pages behind a device, like scullp of "Linux Device Drivers". */
export class Scullp implements CharDriver {
  readonly pages: Pfn[] = [];
  /** Areas that show the device. */
  areas = 0;
  /** Opens that are not over. */
  opens = 0;
  private readonly kernel: Kernel;

  constructor(kernel: Kernel, count: number) {
    this.kernel = kernel;
    for (let i = 0; i < count; i++) this.pages.push(kernel.allocPages(GFP_KERNEL, 0));
  }

  open(): number {
    this.opens++;
    return 0;
  }

  release(): void {
    this.opens--;
  }

  read: NonNullable<CharDriver['read']> = (_file, position, count, copy) => {
    let done = 0;
    while (done < count) {
      const at = position + done;
      const pfn = this.pages[Math.floor(at / 4096)];
      if (pfn === undefined) break;
      const bytes = Math.min(4096 - (at % 4096), count - done);
      const missing = copy(pfn, at % 4096, bytes, done);
      done += bytes - missing;
      if (missing > 0) return done > 0 ? done : -14;
    }
    return done;
  };
  // The other way round it is the same: only `copy` differs.
  write = this.read;

  mmap: NonNullable<CharDriver['mmap']> = () => {
    // The area that mmap sets up is not opened: it comes into being here.
    this.areas++;
    return 0;
  };

  nopage: NonNullable<CharDriver['nopage']> = (vma, address) => {
    const pfn = this.pages[vma.vmPgoff + ((address - vma.vmStart) >>> 12)];
    if (pfn === undefined) return NOPAGE_SIGBUS;
    this.kernel.allocator.getPage(pfn);
    return pfn;
  };

  vmOpen(): void {
    this.areas++;
  }

  vmClose(): void {
    this.areas--;
  }

  /** Unloads the module: pages that are still mapped go with their last area. */
  free(): void {
    for (const pfn of this.pages.splice(0)) this.kernel.freePages(pfn, 0);
  }
}
