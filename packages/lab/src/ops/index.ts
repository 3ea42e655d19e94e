export { ExecutorDied } from './executor.ts';
export { OpsError } from './ops-error.ts';
export { type OnLine, runOps } from './run.ts';
export { type Op, type OpName, type OpsScript, parseOps } from './script.ts';
export { WORLD_MEMORY, WORLD_SWAP_BYTES } from './world.ts';
