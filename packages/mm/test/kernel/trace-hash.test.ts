import { Trace, tracepoints } from '@pagewalk/mm';
import { expect, test } from 'vitest';

const hashOf = (id: number, operands: readonly number[], pid = 1): string => {
  const trace = new Trace(() => 0, 4);
  trace.pid = pid;
  trace.emit(id, ...operands);
  return trace.hash;
};

test('the hash of events sees the tracepoint, the pid and every operand', () => {
  const counts = new Set<number>();
  const plain = new Set<string>();
  tracepoints().forEach(({ name, fields }, id) => {
    counts.add(fields.length);
    const operands = fields.map((_, i) => 100 + i);
    const hash = hashOf(id, operands);
    plain.add(hash);
    expect(hashOf(id, operands, 2), name).not.toBe(hash);
    fields.forEach((field, i) => {
      const other = operands.map((value, j) => (i === j ? value + 1 : value));
      expect(hashOf(id, other), `${name} ${field}`).not.toBe(hash);
    });
  });
  expect(plain.size).toBe(tracepoints().length);
  // Both ways of emit: up to four operands, and more.
  expect(Math.max(...counts)).toBeGreaterThan(4);
});

test('a record reads as it was written, whatever lay in its cells before', () => {
  const trace = new Trace(() => 7, 1);
  tracepoints().forEach(({ fields }, id) => {
    trace.emit(id, ...fields.map((_, i) => id + i));
    const [event] = [...trace.events()];
    expect(Object.values(event?.values ?? {})).toEqual(fields.map((_, i) => id + i));
  });
});
