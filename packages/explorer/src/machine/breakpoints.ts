import { compile, conditionProblem } from '@pagewalk/lab/browser';
import { type Trace, type TraceEvent, tracepoints } from '@pagewalk/mm';
import type { Breakpoint } from '../protocol/messages.ts';
import { alike } from './alike.ts';
import { kindsOf, type WatchList } from './machine.ts';

type Condition = (event: TraceEvent) => boolean;

/** The conditions under which a machine stops. */
export class Breakpoints {
  /** What the machine has to look out for; null: nothing. */
  readonly list: WatchList | null;
  /** What is wrong with breakpoints: which, and what is allowed. They stop nothing, the others do. */
  readonly problems: readonly string[];
  private readonly conditions = new Map<string, Condition[]>();

  /** @param trace of the machine: it knows the numbers of texts. Null: there is no machine yet */
  constructor(breakpoints: readonly Breakpoint[], trace: Trace | null) {
    const problems: string[] = [];
    this.problems = problems;
    for (const breakpoint of breakpoints) {
      const condition = conditionOf(breakpoint, trace, problems);
      if (condition === null || !breakpoint.enabled) continue;
      const others = this.conditions.get(breakpoint.event) ?? [];
      this.conditions.set(breakpoint.event, [...others, condition]);
    }
    const names = [...this.conditions.keys()];
    this.list = names.length === 0 ? null : { kinds: kindsOf(names), watch: (event) => this.holds(event) };
  }

  private holds(event: TraceEvent): boolean {
    return this.conditions.get(event.name)?.some((condition) => condition(event)) === true;
  }
}

/** Null: it is wrong, which is noted. */
function conditionOf(
  { event, condition }: Breakpoint,
  trace: Trace | null,
  problems: string[],
): Condition | null {
  const definition = tracepoints().find(({ name }) => name === event);
  if (definition === undefined) {
    const near = alike(
      event,
      tracepoints().map(({ name }) => name),
    );
    problems.push(`breakpoint ${event}: there is no such tracepoint; alike are ${near.join(', ')}`);
    return null;
  }
  const problem = conditionProblem(condition, definition);
  if (problem !== '') {
    problems.push(`breakpoint ${event}: ${problem}`);
    return null;
  }
  if (condition.trim() === '') return () => true;
  const value = compile(condition, (text) => trace?.idOf(text) ?? -1);
  return ({ values, pid }) => value({ pid, ...values }) !== 0;
}
