import type { MachineConfig } from '@pagewalk/mm';
import type { MachineChoice } from '../protocol/choice.ts';

/** Events that the kernel's own ring keeps: the history keeps them all. */
const RING = 64;

/** The machine of a choice as the kernel takes it. */
export function machineConfig({ release, memory, swap, sysctl }: MachineChoice): MachineConfig {
  return {
    release,
    memory,
    ...(swap === 0 ? {} : { swap: [{ size: swap }] }),
    ...(Object.keys(sysctl).length === 0 ? {} : { sysctl }),
    traceCapacity: RING,
  };
}
