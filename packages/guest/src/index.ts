/** The public API of the guest. See the package's README. */
export { Cpu, type CpuOptions, compileCpu, EXIT_PANIC, EXIT_SLICE } from './cpu/cpu.ts';
export { V86_SHA256, V86_VERSION } from './cpu/v86-abi.ts';
export { loadCpuModule } from './cpu/v86-file.ts';
export { HOST_FOLDER_MOST, readHostFolder } from './files/host-folder.ts';
export type { TreeMount } from './files/root.ts';
export { findInTrees, type PlacedTree } from './files/tree-path.ts';
export {
  bootGuest,
  endingOf,
  Guest,
  type GuestConfig,
  type GuestCounts,
  type GuestEnding,
  NS_PER_INSTRUCTION,
} from './guest.ts';
export { whyNotRunnable } from './program-check.ts';
export { programNames, programsFolder } from './programs-folder.ts';
export { SIG } from './signal-numbers.ts';
export { sendSignal } from './signals.ts';
export type { GuestTask } from './task.ts';
export { Console, type ConsoleHost, type TerminalConfig } from './terminal/console.ts';
export type { Tty } from './terminal/tty.ts';
