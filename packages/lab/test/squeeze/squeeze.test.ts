import { boot } from '@pagewalk/mm';
import { describe, expect, it } from 'vitest';
import { EventHub } from '../../src/events/event-hub.ts';
import { bootWithFrames } from '../../src/squeeze/boot-with-frames.ts';
import { FramePeak } from '../../src/squeeze/frame-peak.ts';
import { parseWorkload } from '../../src/workload/arguments.ts';
import { WorkloadRun } from '../../src/workload/run.ts';

const MIB = 2 ** 20;

describe('bootWithFrames', () => {
  it.each(['2.4.22', '2.4.20'])('%s leaves exactly as many frames free as asked', (release) => {
    for (const frames of [100, 1000, 20000]) {
      const kernel = bootWithFrames({ memory: 128 * MIB, release, swap: [{ size: 16 * MIB }] }, frames);
      expect(kernel.allocator.nrFreePages()).toBe(frames);
    }
  });

  it('says when the machine has not that many', () => {
    expect(() => bootWithFrames({ memory: 16 * MIB }, 5000)).toThrow(
      /16 MiB leaves only \d+ frames free, not 5000/,
    );
  });
});

describe('FramePeak', () => {
  it('counts frames of users and files, not the kernel’s own', () => {
    const kernel = boot({ memory: 64 * MIB });
    const peak = new FramePeak(kernel, new EventHub(kernel.trace));
    const run = new WorkloadRun(kernel, parseWorkload(['seq', '1', '1000', '2']));
    while (run.step());
    // 1000 pages, and some 40 of the two programs.
    expect(peak.peak).toBeGreaterThan(1000);
    expect(peak.peak).toBeLessThan(1060);
  });
});
