import type { Kernel } from './kernel.ts';

/**
 * Whether one more task may be made: task_structs take no more than a part of memory, whoever asks. The memory manager's own fork does
 * not look.
 * @linux 2.4.22 kernel/fork.c do_fork(): nr_threads, max_threads
 */
export function mayMakeTask({ tasks, cpus, maxThreads }: Kernel): boolean {
  return tasks.length - cpus.count < maxThreads;
}
