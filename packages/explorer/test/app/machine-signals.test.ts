import { expect, test } from 'vitest';
import { onOutput, outputArrived } from '../../src/app/machine-signals.ts';

/** What a terminal hears that is opened now. */
function soFar(): Uint8Array {
  let heard = new Uint8Array();
  onOutput((bytes) => {
    heard = bytes.slice();
  })();
  return heard;
}

test('of what was printed the latest mebibyte is there for a terminal that is opened', () => {
  for (let i = 0; i < 100; i++) outputArrived(new Uint8Array(100_000).fill(i), false);
  expect(soFar().length).toBeGreaterThanOrEqual(2 ** 20);
  expect(soFar().length).toBeLessThanOrEqual(2 ** 21);
  expect(soFar().at(-1)).toBe(99);
  for (let i = 0; i < 10_000; i++) outputArrived(Uint8Array.of(i), false);
  expect(soFar().slice(-3)).toEqual(Uint8Array.of(9997, 9998, 9999));
  outputArrived(Uint8Array.of(5), true);
  expect(soFar()).toEqual(Uint8Array.of(5));
});
