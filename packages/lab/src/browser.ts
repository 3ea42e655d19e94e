/** What of the lab needs nothing of its host: replays, workloads and explanations, for browsers and workers. */
export { EventHub } from './events/event-hub.ts';
export { type ConditionFields, conditionNames, conditionProblem } from './explain/condition.ts';
export { explainEvent } from './explain/explain.ts';
export { compile, type Expression, evaluate } from './explain/expression.ts';
export type { Finding } from './explain/finding.ts';
export { sentenceOf } from './explain/sentences/index.ts';
export { VERDICTS, type VerdictTable } from './explain/verdicts.ts';
export { cacheViews, slabViews } from './kops/slab-view.ts';
export { Replay } from './replay/replay.ts';
export { ContentError, ReplayError } from './replay/replay-error.ts';
export type { StopReport } from './replay/report.ts';
export { Compression, TRACE_MAGIC, TraceError } from './trace/format.ts';
export { type AsyncDecompressor, UnpackedTrace } from './trace/unpacked.ts';
export {
  PATTERNS,
  type PatternName,
  parseWorkload,
  usageOf,
  type WorkloadSpec,
} from './workload/arguments.ts';
export { WorkloadRun } from './workload/run.ts';
export { WorkloadError } from './workload/workload-error.ts';
