/** Scripts of the kernel's own memory interfaces, and replay of recorded allocations. */
export {
  type AllocationDifference,
  type AllocationReplay,
  replayAllocations,
} from './allocation-replay.ts';
export { areaKind } from './dumps.ts';
export { KopsError } from './kops-error.ts';
export { KopsRun, type OnKopsLine, runKops } from './run.ts';
export { type KernelOp, type KopsScript, parseKops } from './script.ts';
export { type CacheView, cacheView, cacheViews, type SlabView, slabViews } from './slab-view.ts';
