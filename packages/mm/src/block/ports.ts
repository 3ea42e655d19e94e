import type { BufferHead } from './buffer-head.ts';

/** What the block layer asks of the rooms above it; `kernel.ts` plugs them in at boot. */
export interface BlockPorts {
  /**
   * Lets the running task sleep until `done()`; other work goes on meanwhile: I/O ends, timers fire, kernel threads run.
   * The task's own time moves forward.
   */
  waitUntil(done: () => boolean): void;
  /** A buffer that the device can reach in place of one in high memory. @linux mm/highmem.c create_bounce() */
  createBounce(write: boolean, bh: BufferHead): BufferHead;
}
