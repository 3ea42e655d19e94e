import { checkAddressSpaces } from './address-space/check.ts';
import { type Charges, checkCharges } from './check-charges.ts';
import { checkOwnership } from './check-ownership.ts';
import { checkSwap, isUnderIo } from './check-swap.ts';
import { checkHighmem } from './highmem/check.ts';
import type { Kernel } from './kernel.ts';
import { KernelBug } from './kernel-bug.ts';
import { checkPageAllocator } from './page-allocator/check.ts';
import { checkPageCache } from './page-cache/check.ts';
import { checkShmem } from './shmem/check.ts';
import { checkVmalloc } from './vmalloc/check.ts';

/** What drivers hold when boot is over. */
export interface BootHoldings {
  readonly charges: Charges;
  readonly pages: number;
}

/** Recounts the whole machine. @throws KernelBug that says what differs */
export function checkMachine(kernel: Kernel, boot: BootHoldings): void {
  const faults = checkPageAllocator(kernel.allocator);
  if (faults.length > 0) throw new KernelBug(`page allocator: ${faults.join('; ')}`);
  kernel.slab.check();
  checkPageCache(kernel.pageCache, (pfn) => isUnderIo(kernel.paging.buffers, pfn));
  checkShmem(kernel.shmem, kernel.pageCache);
  checkAddressSpaces(kernel.vm, kernel.tasks);
  checkThreads(kernel);
  checkSwap(kernel.vm, kernel.paging.swapCache, kernel.shmem, kernel.tasks, kernel.paging.held);
  const scheduling = kernel.cpus.check(kernel.tasks);
  if (scheduling.length > 0) throw new KernelBug(`scheduler: ${scheduling.join('; ')}`);
  const directories = new Set<number>();
  for (const { mm } of kernel.tasks) if (mm !== null) directories.add(mm.pgd);
  checkVmalloc(kernel.vmalloc, directories);
  checkHighmem(kernel.highmem);
  checkCharges(kernel, boot.charges);
  checkOwnership(kernel, boot.pages);
}

/** Threads, as fork counts them. */
function checkThreads({ vm, tasks, cpus }: Kernel): void {
  const threads = tasks.length - cpus.count;
  if (vm.nrThreads !== threads) throw new KernelBug(`nr_threads is ${vm.nrThreads}, there are ${threads}`);
  for (const { uid, count } of [vm.rootUser, ...vm.users.values()]) {
    const own = tasks.filter(({ user }) => user === uid).length;
    if (count !== own) throw new KernelBug(`user ${uid} counts ${count} processes, there are ${own}`);
  }
}
