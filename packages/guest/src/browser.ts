/** What of the guest needs nothing of its host but WebAssembly: for browsers and workers. */
export { compileCpu } from './cpu/cpu.ts';
export { V86_VERSION } from './cpu/v86-abi.ts';
export { bootGuest, endingOf, Guest, type GuestConfig } from './guest.ts';
export { whyNotRunnable } from './program-check.ts';
export type { GuestTask } from './task.ts';
