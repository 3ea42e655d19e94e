import { describe, expect, it } from 'vitest';
import { boot } from '../../src/index.ts';

describe('sheet 7, section 12: memory runs out without swap', () => {
  it('kswapd kills the process that asks on and on; all of its memory comes back', () => {
    const kernel = boot({ memory: 8 * 2 ** 20, release: '2.4.0', sysctl: { 'vm.overcommit_memory': '1' } });
    const free = kernel.allocator.nrFreePages();
    const hog = kernel.spawn('hog');
    const at = hog.mmap2(0, 4096 * 2048, 3, 0x22, -1, 0);
    let touched = 0;
    while (touched < 2048 && kernel.processes.has(hog.pid)) hog.store8(at + touched++ * 4096, 1);
    expect(kernel.processes.has(hog.pid)).toBe(false);
    // Nobody but who is in reclaim, or was killed, may have the last pages.
    expect(touched).toBeGreaterThan(free - 130);
    expect(kernel.bootLog.at(-1)?.text).toBe(`Out of Memory: Killed process ${hog.pid} (hog).`);
    expect(kernel.allocator.nrFreePages()).toBeGreaterThan(free - 10);
    kernel.checkInvariants();
  }, 60_000);
});
