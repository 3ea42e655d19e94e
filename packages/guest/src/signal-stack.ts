import { REG } from './cpu/registers.ts';
import type { GuestTask } from './task.ts';

/** Flags of a stack for signals. */
export const SS = { onStack: 1, disable: 2, autodisarm: 0x80000000 } as const;

/** Whether the task runs on its stack for signals. Its registers are in `task.registers`. @linux on_sig_stack() */
export function onSignalStack(task: GuestTask): boolean {
  const { start, size, flags } = task.signalStack;
  if ((flags & SS.autodisarm) !== 0) return false;
  const esp = task.registers.general[REG.esp] as number;
  return esp > start && esp - start <= size;
}
