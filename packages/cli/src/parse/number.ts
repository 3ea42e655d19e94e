import { InvalidArgumentError } from 'commander';

/** A parser for an option whose value is a whole number from `min` to `max`, decimal or with 0x. */
export function wholeOption(min: number, max: number): (text: string) => number {
  const allowed =
    max === Number.MAX_SAFE_INTEGER
      ? `a whole number of at least ${min}`
      : `a whole number from ${min} to ${max}`;
  return (text) => {
    const value = /^(\d+|0x[0-9a-f]+)$/i.test(text.trim()) ? Number(text) : Number.NaN;
    if (!Number.isSafeInteger(value) || value < min || value > max) {
      throw new InvalidArgumentError(`Allowed: ${allowed}.`);
    }
    return value;
  };
}

/** Parses a virtual address of 32 bits: hexadecimal, with or without 0x. */
export function addressArgument(text: string): number {
  const match = /^(?:0x)?([0-9a-f]{1,8})$/i.exec(text.trim());
  if (match === null) {
    throw new InvalidArgumentError('Allowed: a hexadecimal address from 0 to ffffffff, e.g. c0100000.');
  }
  return Number.parseInt(match[1] as string, 16);
}
