import type { Guest } from '../guest.ts';
import type { CallResult, GuestTask } from '../task.ts';

/** A system call: up to six arguments, unsigned. The task runs: its memory is loaded. */
export type SystemCall = (
  guest: Guest,
  task: GuestTask,
  a: number,
  b: number,
  c: number,
  d: number,
  e: number,
  f: number,
) => CallResult;
