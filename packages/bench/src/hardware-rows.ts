/** Rows about the simulated CPU's memory management unit. */
import { access, boot, type Kernel } from '@pagewalk/mm';
import { cpuNs } from './cpu-time.ts';
import { MEMORY, map, PAGE, SMALL_PAGES, touch } from './machine.ts';
import { type Row, time } from './row.ts';

const LOADS = 20_000_000;
const CALLS = 1000;

/** ns of one of `LOADS` accesses to populated pages, which `makeLoop` does on a machine of its own. */
function accesses(makeLoop: (kernel: Kernel, base: number) => (count: number) => number): number {
  const kernel = boot({ memory: MEMORY });
  const process = kernel.spawn('bench');
  const address = map(process, SMALL_PAGES);
  touch(process, address, SMALL_PAGES, true);
  const loop = makeLoop(kernel, address);
  // Many short calls: one long one would be measured in the code that V8 makes to leave the interpreter in mid-loop.
  let sum = 0;
  const run = () => {
    for (let i = 0; i < CALLS; i++) sum = (sum + loop(LOADS / CALLS)) | 0;
  };
  run();
  const start = cpuNs();
  run();
  const spent = cpuNs() - start;
  if (sum === 1) throw new Error('bench: the sum is there to be used');
  return spent / LOADS;
}

function loadSequentially(kernel: Kernel, base: number) {
  const { vm, mmu } = kernel;
  const { load32 } = access;
  return (count: number) => {
    let sum = 0;
    // Four loads a turn: the row measures the load, not the loop.
    for (let i = 0; i < count; i += 4) {
      const at = base + ((i << 2) & 0xffff);
      sum ^= load32(vm, mmu, at);
      sum ^= load32(vm, mmu, at + 4);
      sum ^= load32(vm, mmu, at + 8);
      sum ^= load32(vm, mmu, at + 12);
    }
    return sum;
  };
}

function translateByPage(kernel: Kernel, base: number) {
  const { mmu } = kernel;
  return (count: number) => {
    let sum = 0;
    for (let i = 0; i < count; i++) {
      sum ^= mmu.translate(base + ((i << 12) & (SMALL_PAGES * PAGE - 1)), 0, 1);
    }
    return sum;
  };
}

export const hardwareRows: readonly Row[] = [
  {
    name: 'tlb-hit',
    what: 'load that hits the TLB',
    peer: null,
    goal: { kind: 'ns', bound: 1.5 },
    run: () => accesses(loadSequentially),
  },
  {
    name: 'walk',
    what: 'TLB miss: walk of two levels, fill',
    peer: ['buddy', 'walk'],
    goal: time(1.3),
    run: () => accesses(translateByPage),
  },
];
