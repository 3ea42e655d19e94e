import { cpus, machine, release, totalmem, type } from 'node:os';
import type { TraceMachine } from '../trace/header.ts';

/** The machine that this runs on, for a recording's header. */
export function thisMachine(): TraceMachine {
  const processors = cpus();
  return {
    system: `${type()} ${release()}`,
    architecture: machine(),
    processor: processors[0]?.model ?? 'unknown',
    cpus: processors.length,
    memoryBytes: totalmem(),
  };
}
