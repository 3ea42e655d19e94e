import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { checkForm, type FormValues, PROGRAMS, SHIPPED_PROGRAMS } from '../../src/app/form-values.ts';

const FORM: FormValues = {
  release: '2.4.22',
  memory: '16M',
  swap: '64M',
  sysctl: '',
  kind: 'program',
  program: 'hello',
  pattern: 'seq 1 10 1',
  recording: 'sort',
  args: '',
};

const problem = (part: Partial<FormValues>): string => {
  const result = checkForm({ ...FORM, ...part }, null);
  return 'problem' in result ? result.problem : '';
};

describe('the form', () => {
  it('knows all programs that are shipped, and offers lines that make machines', () => {
    const shipped = readdirSync(new URL('../../../guest/programs', import.meta.url));
    expect([...SHIPPED_PROGRAMS].sort()).toEqual(shipped.filter((name) => !name.includes('.')).sort());
    expect(PROGRAMS.map(({ line }) => problem({ program: line })).join('')).toBe('');
  });

  it.each([
    [{ memory: '' }, 'Memory: from 8M to 2044M'],
    [{ memory: '7M' }, 'Memory 7M: from 8M to 2044M'],
    [{ memory: '16.5M' }, 'Memory 16.5M: whole megabytes'],
    [{ memory: '3G', kind: 'pattern' as const }, ''],
    [{ swap: '' }, ''],
    [{ swap: '4k' }, 'Swap 4k: 0, or from 1M to 2048M'],
    [{ sysctl: 'foo' }, 'Setting foo: must be name=value'],
    [{ program: ' ' }, `Program: one of ${SHIPPED_PROGRAMS.join(', ')}`],
    [{ program: 'nope 3' }, `Program nope: one of ${SHIPPED_PROGRAMS.join(', ')}`],
    [{ program: 'hello "a b' }, 'The program line has a " that no second one closes'],
    [{ swap: '2049k' }, 'Swap 2049k: whole pages of 4k'],
    [{ sysctl: 'a=1\na=2' }, 'Setting a: it comes twice'],
    [{ pattern: '', kind: 'pattern' as const }, 'Name a pattern'],
    [{ kind: 'file' as const }, 'Choose a file, or drop one'],
  ])('of %j it says: %s', (part, line) => {
    expect(problem(part)).toBe(line);
  });
});
