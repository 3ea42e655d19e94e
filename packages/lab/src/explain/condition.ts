import type { TracepointDefinition } from '@pagewalk/mm';
import { comparedTexts, compile } from './expression.ts';

/** Of a tracepoint, what a condition has to do with. */
export type ConditionFields = Pick<TracepointDefinition, 'fields' | 'text' | 'values'>;

/** Names that a condition on such events may use. */
export function conditionNames({ fields }: Pick<ConditionFields, 'fields'>): string[] {
  return [...fields, 'pid'];
}

/** What is wrong with a condition on the events of a tracepoint, and what is allowed, in one line; empty: nothing. */
export function conditionProblem(condition: string, tracepoint: ConditionFields): string {
  if (condition.trim() === '') return '';
  const names = conditionNames(tracepoint);
  try {
    compile(condition)(Object.fromEntries(names.map((name) => [name, 1])));
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return `${error.message}; allowed are ${names.join(', ')}, numbers, texts in quotes and + - * / % << >> & | ! < <= > >= == != && || ( )`;
  }
  for (const { text, name } of comparedTexts(condition)) {
    const texts = tracepoint.text ?? [];
    if (name === null || !texts.includes(name)) {
      const allowed = texts.length === 0 ? 'all of its fields are numbers' : `texts are ${texts.join(', ')}`;
      return `'${condition}': "${text}" must be compared by == or != with a field that is a text; ${allowed}`;
    }
    const values = tracepoint.values?.[name];
    if (values !== undefined && !values.includes(text)) {
      return `'${condition}': ${name} is never "${text}"; it is one of ${values.join(', ')}`;
    }
  }
  return '';
}
