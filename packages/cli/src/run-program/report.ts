import type { Guest, GuestTask } from '@pagewalk/guest';

const MIB = 2 ** 20;

/** The machine that a program ran on. */
export interface MachineOfRun {
  readonly release: string;
  /** Bytes. */
  readonly memory: number;
  readonly swap: number;
}

/** What the run took. */
export function figures(guest: Guest, task: GuestTask) {
  const { counts, kernel } = guest;
  const { minFlt, majFlt, cminFlt, cmajFlt } = task.process.task;
  const { pswpin, pswpout } = kernel.paging.swapCache;
  return {
    instructions: counts.instructions,
    systemCalls: counts.systemCalls,
    unknownCalls: [...counts.unknownCalls].map(([number, times]) => ({ number, times })),
    processes: counts.processes,
    cpuFaults: counts.pageFaults,
    minorFaults: minFlt + cminFlt,
    majorFaults: majFlt + cmajFlt,
    pagesSwappedOut: pswpout,
    pagesSwappedIn: pswpin,
    cpuPanics: counts.cpuPanics,
    virtualMs: Math.floor(kernel.clock.now / 1e6),
  };
}

/** The same in words. */
export function reportOf(guest: Guest, task: GuestTask, machine: MachineOfRun): string[] {
  const told = figures(guest, task);
  const meminfo = guest.kernel.proc('meminfo');
  const kB = (name: string) =>
    /\d+/.exec(new RegExp(`^${name}:.*`, 'm').exec(meminfo)?.[0] ?? '')?.[0] ?? '0';
  const unknown = told.unknownCalls.map(({ number, times }) => `${number} (${times}x)`).join(', ');
  return [
    '',
    `machine       Linux ${machine.release}, ${machine.memory / MIB} MiB of RAM, ${Math.floor(machine.swap / MIB)} MiB of swap`,
    `ran           ${told.instructions} instructions, ${told.systemCalls} system calls, ${told.processes} process${told.processes === 1 ? '' : 'es'}`,
    `page faults   ${told.minorFaults} minor, ${told.majorFaults} major (${told.cpuFaults} by the CPU)`,
    `swap          ${told.pagesSwappedOut} pages out, ${told.pagesSwappedIn} pages in`,
    `at the end    ${kB('MemFree')} kB free, ${kB('Cached')} kB page cache`,
    `virtual time  ${told.virtualMs} ms`,
    ...(unknown === '' ? [] : [`unknown calls ${unknown}`]),
  ];
}
