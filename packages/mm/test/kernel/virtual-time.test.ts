import { describe, expect, it } from 'vitest';
import { COST_NS } from '../../src/hardware/cost-model.ts';
import { boot, type Kernel } from '../../src/index.ts';

const MEMORY = 32 * 2 ** 20;
const PROT_RW = 3;
const PRIVATE_ANONYMOUS = 0x22;

/** Nanoseconds that `work` takes on the machine's clock. */
function timeOf(kernel: Kernel, work: () => void): number {
  const before = kernel.clock.now;
  work();
  return kernel.clock.now - before;
}

describe('virtual time', () => {
  it('hardly passes while the machine boots: that took place in drivers', () => {
    expect(boot({ memory: MEMORY }).clock.now).toBeLessThan(1000);
  });

  it('passes by one entry a system call', () => {
    const kernel = boot({ memory: MEMORY });
    const process = kernel.spawn('a');
    process.brk(0);
    expect(timeOf(kernel, () => process.brk(0))).toBe(COST_NS.systemCall);
    expect(timeOf(kernel, () => process.munmap(1, 1))).toBe(COST_NS.systemCall);
  });

  it.each([
    false,
    true,
  ])('passes by zeroing and copying, contents or none (content-free: %s)', (contentFree) => {
    const kernel = boot({ memory: MEMORY, contentFree });
    const process = kernel.spawn('a');
    const at = process.mmap2(0, 3 * 4096, PROT_RW, PRIVATE_ANONYMOUS, -1, 0);
    process.touch(at, true);
    // A fault, the page zeroed, and the misses before and after it.
    const zeroed = timeOf(kernel, () => process.touch(at + 4096, true));
    expect(zeroed).toBe(COST_NS.fault + COST_NS.zeroPage + 2 * COST_NS.walk);
    // The zero page is mapped, not made.
    const shared = timeOf(kernel, () => process.touch(at + 8192, false));
    expect(shared).toBe(COST_NS.fault + 2 * COST_NS.walk);

    const child = process.fork();
    if (typeof child === 'number') throw new Error('no memory');
    process.touch(at, false);
    const copied = timeOf(kernel, () => process.touch(at, true));
    expect(copied).toBeGreaterThanOrEqual(COST_NS.fault + COST_NS.copyPage);
    expect(copied).toBeLessThan(
      COST_NS.fault + COST_NS.copyPage + 2 * COST_NS.walk + COST_NS.tlbFlush + COST_NS.invlpg,
    );
    child.exit(0);
  });

  it('is the same at every run', () => {
    const run = (): number => {
      const kernel = boot({ memory: MEMORY });
      const process = kernel.spawn('a');
      const at = process.mmap2(0, 64 * 4096, PROT_RW, PRIVATE_ANONYMOUS, -1, 0);
      for (let i = 0; i < 64; i++) process.store8(at + i * 4096, i);
      process.exit(0);
      return kernel.clock.now;
    };
    expect(run()).toBe(run());
  });
});
