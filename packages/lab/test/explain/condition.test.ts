import { tracepoints } from '@pagewalk/mm';
import { describe, expect, test } from 'vitest';
import { conditionProblem } from '../../src/explain/condition.ts';

const problem = (condition: string, event = 'mm_fault'): string => {
  const tracepoint = tracepoints().find(({ name }) => name === event);
  if (tracepoint === undefined) throw new Error(`no tracepoint ${event}`);
  return conditionProblem(condition, tracepoint);
};

describe('a condition on events', () => {
  test.each([
    '',
    'rss > 10 && pid == 7',
    'class == "swap"',
    `'swap' != class || !(pfn & 1)`,
    '(class == "swap") == 0',
  ])('%s is right', (condition) => {
    expect(problem(condition)).toBe('');
  });

  test('may name texts that come later, where not all are known', () => {
    expect(problem('filename == "/bin/later"', 'sched_process_exec')).toBe('');
  });

  test.each([
    [
      'ordr > 1',
      /^'ordr > 1': no value for ordr; allowed are address, class, .*, pid, numbers, texts in quotes/,
    ],
    ['class == swap', /no value for swap; allowed are/],
    ['class == "swp"', /^'class == "swp"': class is never "swp"; it is one of demand_zero, .*, sigsegv$/],
    ['"swp" != class', /class is never "swp"/],
    ['rss == "swap"', /"swap" must be compared by == or != with a field that is a text; texts are class$/],
    ['class < "swap"', /"swap" must be compared by == or !=/],
    ['class == ("swap")', /"swap" must be compared/],
    ['"swap"', /"swap" must be compared/],
  ])('%s is told what is wrong with it', (condition, message) => {
    expect(problem(condition)).toMatch(message);
  });

  test('on an event without texts says so', () => {
    expect(problem('order == "1"', 'mm_page_alloc')).toMatch(/; all of its fields are numbers$/);
  });
});
