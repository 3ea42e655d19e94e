/** Rows about programs on the CPU; the peer is the same program, natively and in QEMU's user mode. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { bootGuest, loadCpuModule, programsFolder } from '@pagewalk/guest';
import { cpuNs } from './cpu-time.ts';
import { type Row, unbound } from './row.ts';

const MEMORY = 64 * 2 ** 20;
/** How often the program does each: packages/guest/programs/speed.c. */
const COUNTS = { instructions: 200_000_000, trap: 200_000, fault: 65_536, exec: 200 } as const;

/** Nanoseconds of one of what the program does, the second time that it runs: its code is translated then. */
function speed(what: keyof typeof COUNTS): number {
  const guest = bootGuest({ cpu: loadCpuModule(), memory: MEMORY });
  const program = readFileSync(join(programsFolder(), 'speed'));
  const run = () => {
    const task = guest.start(program, ['speed', what]);
    if (typeof task === 'number') throw new Error(`bench: speed cannot be started: ${task}`);
    const start = cpuNs();
    const { code, signal } = guest.runUntilEnd(task);
    if (code !== 0 || signal !== 0)
      throw new Error(`bench: speed ${what} ended with ${code}, signal ${signal}`);
    return cpuNs() - start;
  };
  run();
  return run() / COUNTS[what];
}

const WHATS = [
  ['instructions', 'an instruction of a program (1000 / ns = MIPS)'],
  ['trap', 'a system call of a program: getpid'],
  ['fault', 'a page fault of a program, with its share of munmap'],
  ['exec', 'fork, exec and wait of a program'],
] as const;

/** Each beside the native program, and beside QEMU. */
export const guestRows: readonly Row[] = WHATS.flatMap(([name, what]): Row[] => [
  { name: `guest-${name}`, what, peer: ['native', name], goal: unbound, run: () => speed(name) },
  {
    name: `guest-${name}-qemu`,
    what: `the same beside qemu-i386: ${name}`,
    peer: ['qemu', name],
    goal: unbound,
    run: () => speed(name),
  },
]);
