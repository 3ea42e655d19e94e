/** Recorded workloads: scripts of system calls, recordings of real programs, their replay. */
export {
  COUNTS,
  type CountComparison,
  type CountName,
  type Counts,
  compareCounts,
  medianCounts,
  type PressureRecording,
  RECORDED_ORDER,
  RECORDED_RUNS,
  readPressureRecordings,
} from './compare/pressure-recordings.ts';
export { EventHub } from './events/event-hub.ts';
export { EventLog, type Selection } from './explain/event-log.ts';
export { explain } from './explain/explain.ts';
export { evaluate } from './explain/expression.ts';
export type { Finding, Question } from './explain/finding.ts';
export { sentenceOf } from './explain/sentences/index.ts';
export {
  type AllocationDifference,
  type AllocationReplay,
  areaKind,
  type CacheView,
  cacheView,
  cacheViews,
  KopsError,
  KopsRun,
  type KopsScript,
  parseKops,
  replayAllocations,
  runKops,
  type SlabView,
  slabViews,
} from './kops/index.ts';
export {
  type OnLine,
  type Op,
  OpsError,
  type OpsScript,
  parseOps,
  runOps,
  WORLD_MEMORY,
  WORLD_SWAP_BYTES,
} from './ops/index.ts';
export { type RecordOptions, type RecordResult, record } from './record/record.ts';
export { RecordError } from './record/record-error.ts';
export { FaultCounter, type FaultCounts } from './replay/fault-counter.ts';
export { Replay, type ReplayOptions } from './replay/replay.ts';
export { ContentError, ReplayError } from './replay/replay-error.ts';
export type {
  PeakReport,
  ProcessReport,
  ReplayReport,
  StopReport,
  ZoneReport,
} from './replay/report.ts';
export { bootWithFrames } from './squeeze/boot-with-frames.ts';
export { FramePeak } from './squeeze/frame-peak.ts';
export * from './trace/format.ts';
export type {
  FilterSettings,
  RealRun,
  TraceHeader,
  TraceMachine,
  TracePrelude,
  TraceTotals,
} from './trace/header.ts';
export { openTrace, readTraceHeader, traceFromBytes } from './trace/open.ts';
export type { TraceFile, TraceReader } from './trace/reader.ts';
export { memorySink, type TraceSink } from './trace/sink.ts';
export { type AsyncDecompressor, UnpackedTrace } from './trace/unpacked.ts';
export { createTrace, TraceWriter } from './trace/writer.ts';
export {
  PATTERNS,
  type PatternName,
  parseWorkload,
  usageOf,
  type WorkloadSpec,
} from './workload/arguments.ts';
export { IoCounters, type IoCounts } from './workload/io-counters.ts';
export { type WorkloadReport, WorkloadRun } from './workload/run.ts';
export { WorkloadSession } from './workload/session.ts';
export { WorkloadError } from './workload/workload-error.ts';
