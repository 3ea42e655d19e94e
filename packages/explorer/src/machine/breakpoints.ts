import { compile } from '@pagewalk/lab/browser';
import { ConfigError, type Trace, type TraceEvent, tracepoints } from '@pagewalk/mm';
import type { Breakpoint } from '../protocol/messages.ts';
import { kindsOf, type WatchList } from './machine.ts';

type Condition = (event: TraceEvent) => boolean;

/** The conditions under which a machine stops. */
export class Breakpoints {
  /** What the machine has to look out for; null: nothing. */
  readonly list: WatchList | null;
  private readonly conditions = new Map<string, Condition[]>();

  /**
   * @param trace of the machine: it knows the numbers of texts. Null: there is no machine yet
   * @throws ConfigError that names the breakpoint, what is wrong with it, and what is allowed
   */
  constructor(breakpoints: readonly Breakpoint[], trace: Trace | null) {
    for (const breakpoint of breakpoints) {
      const condition = conditionOf(breakpoint, trace);
      if (!breakpoint.enabled) continue;
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

function conditionOf({ event, condition }: Breakpoint, trace: Trace | null): Condition {
  const definition = tracepoints().find(({ name }) => name === event);
  if (definition === undefined) throw new ConfigError(`breakpoint ${event}: there is no such tracepoint`);
  if (condition.trim() === '') return () => true;
  const known = [...definition.fields, 'pid'];
  try {
    const value = compile(condition, (text) => trace?.idOf(text) ?? -1);
    // Unknown names are told now, not when the event comes.
    value(Object.fromEntries(known.map((name) => [name, 1])));
    return ({ values, pid }) => value({ pid, ...values }) !== 0;
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new ConfigError(
      `breakpoint ${event}: ${error.message}; allowed are ${known.join(', ')}, numbers, texts in quotes and + - * / % << >> & | ! < <= > >= == != && || ( )`,
    );
  }
}
