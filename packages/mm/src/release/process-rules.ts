/** What the kernel's own threads are called, and how many processes a user may have. */
export interface ProcessRules {
  /** Threads that boot starts, in order, the first being init. */
  readonly kernelThreads: (cpus: number) => readonly string[];
  /** Most processes and threads at one time. @linux kernel/fork.c fork_init() */
  readonly maxThreads: (pages: number) => number;
}

/**
 * ```
 *   2.4.20, 2.4.22:  init keventd ksoftirqd_CPU0 .. kswapd bdflush kupdated
 *   2.4.0:           init keventd kswapd kreclaimd bdflush kupdate
 * ```
 * @linux 2.4.22 init/main.c rest_init(), do_basic_setup(); kernel/context.c start_context_thread(); kernel/softirq.c
 * spawn_ksoftirqd(); mm/vmscan.c kswapd_init(); fs/buffer.c bdflush_init()
 */
export function processRules(release: string): ProcessRules {
  if (release === '2.4.0') {
    return {
      kernelThreads: () => ['init', 'keventd', 'kswapd', 'kreclaimd', 'bdflush', 'kupdate'],
      // Half of the threads whose stacks would fill memory.
      maxThreads: (pages) => Math.floor(pages / 2 / 2),
    };
  }
  return {
    kernelThreads: (cpus) => [
      'init',
      'keventd',
      ...Array.from({ length: cpus }, (_, cpu) => `ksoftirqd_CPU${cpu}`),
      'kswapd',
      'bdflush',
      'kupdated',
    ],
    // Those whose stacks would fill an eighth of memory.
    maxThreads: (pages) => Math.floor(pages / 2 / 8),
  };
}
