import { defineTracepoint } from '../trace/trace.ts';

const ORIGIN = 'mm/oom_kill.c';

/** Whether it is bad enough to kill: times in jiffies; the first test that fails names why not. */
export const OOM_CHECK = defineTracepoint({
  name: 'oom_check',
  fields: ['nr_swap_pages', 'since_last', 'since_first', 'count', 'since_kill', 'outcome'],
  origin: `${ORIGIN} out_of_memory()`,
  decision:
    'nr_swap_pages <= 0 && since_last <= 500 && since_first >= 100 && count >= 10 && since_kill >= 500',
});

/** A candidate: points = total_vm / cpu_divisor / run_divisor, doubled if niced, a quarter for each privilege (1 admin, 2 rawio). */
export const OOM_BADNESS = defineTracepoint({
  name: 'oom_badness',
  fields: ['pid', 'points', 'total_vm', 'cpu_divisor', 'run_divisor', 'niced', 'privileges', 'dying'],
  origin: `${ORIGIN} badness()`,
});

/** A task is killed. */
export const OOM_KILL = defineTracepoint({
  name: 'mark_victim',
  fields: ['pid', 'points', 'signal'],
  origin: `${ORIGIN} oom_kill_task()`,
});
