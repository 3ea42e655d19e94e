import { GFP, type Kernel, type Trace, tracepoints } from '@pagewalk/mm';
import type { EventHub } from '../events/event-hub.ts';

/**
 * Counts the frames that hold pages of users and of files: those that were allocated as such (GFP_HIGHUSER: the kernel's own
 * pages never may lie in high memory) and not freed since.
 */
export class FramePeak {
  /** Frames now, and the most there were at any time. */
  now = 0;
  peak = 0;
  private readonly user: Uint8Array;
  private readonly allocId = idOf('mm_page_alloc');
  private readonly freeId = idOf('mm_page_free');

  /** Counts from now on. */
  constructor(kernel: Kernel, hub: EventHub) {
    this.user = new Uint8Array(kernel.memMap.frames);
    hub.add((trace, base) => this.listen(trace, base));
  }

  private listen(trace: Trace, base: number): void {
    const { ring } = trace;
    const id = ring[base + 2];
    const pfn = ring[base + 4] as number;
    if (id === this.allocId) {
      // A kernel that keeps clean pages at hand may hand one out again that was never freed.
      if (pfn === 0 || this.user[pfn] === 1 || ((ring[base + 6] as number) & GFP.HIGHMEM) === 0) return;
      this.user[pfn] = 1;
      if (++this.now > this.peak) this.peak = this.now;
    } else if (id === this.freeId && this.user[pfn] === 1) {
      this.user[pfn] = 0;
      this.now--;
    }
  }
}

function idOf(name: string): number {
  return tracepoints().findIndex((definition) => definition.name === name);
}
