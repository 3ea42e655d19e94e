/**
 * Flags of a task (`task_struct.flags`) that the memory manager reads or writes.
 *
 * @linux 2.4.22 include/linux/sched.h PF_*
 */
export const PF = {
  ALIGNWARN: 0x1,
  STARTING: 0x2,
  EXITING: 0x4,
  FORKNOEXEC: 0x40,
  SUPERPRIV: 0x100,
  DUMPCORE: 0x200,
  SIGNALED: 0x400,
  /** Inside reclaim (kswapd: always): may use every page, must not reclaim again. */
  MEMALLOC: 0x800,
  /** Chosen by the OOM killer: may use every page so that it can exit. */
  MEMDIE: 0x1000,
  /** Frees the next block to itself, not to the free lists. */
  FREE_PAGES: 0x2000,
  /** Must start no I/O, whatever its gfp mask says. */
  NOIO: 0x4000,
  USEDFPU: 0x100000,
} as const;
