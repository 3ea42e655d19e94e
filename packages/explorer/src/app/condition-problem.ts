import { compile } from '@pagewalk/lab/browser';

/** What is wrong with a condition over these fields, in one line; empty: nothing. */
export function conditionProblem(condition: string, fields: readonly string[]): string {
  if (condition.trim() === '') return '';
  const known = [...fields, 'pid'];
  try {
    compile(condition, () => 1)(Object.fromEntries(known.map((name) => [name, 1])));
    return '';
  } catch (error) {
    return `${error instanceof Error ? error.message : error}; fields: ${known.join(', ')}`;
  }
}
