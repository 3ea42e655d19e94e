import { InvalidArgumentError } from 'commander';

/** What a size may look like, for messages. */
export const SIZE_SYNTAX = 'a number with K, M or G, e.g. 64M, 1G or 65536K';

const UNIT: Readonly<Record<string, number>> = { '': 1, K: 2 ** 10, M: 2 ** 20, G: 2 ** 30, T: 2 ** 40 };

/** The bytes that `text` means (`64M`, `1G`, `65536K`, `1.5G`, `67108864`), or null when it is no size. */
export function sizeOf(text: string): number | null {
  const match = /^(\d+(?:\.\d+)?)\s*([KMGT]?)(?:i?B)?$/i.exec(text.trim());
  if (match === null) return null;
  const bytes = Number(match[1]) * (UNIT[(match[2] as string).toUpperCase()] as number);
  return Number.isSafeInteger(bytes) ? bytes : null;
}

/** A parser for an option whose value is a size from `min` to `max` bytes, a multiple of the page size. */
export function sizeOption(min: number, max: number): (text: string) => number {
  return (text) => {
    const bytes = sizeOf(text);
    if (bytes === null) throw new InvalidArgumentError(`Allowed: ${SIZE_SYNTAX}.`);
    if (bytes < min || bytes > max) {
      throw new InvalidArgumentError(`Allowed: ${formatSize(min)} to ${formatSize(max)}.`);
    }
    if (bytes % 4096 !== 0) throw new InvalidArgumentError('Allowed: whole pages of 4K.');
    return bytes;
  };
}

/** Bytes in the largest unit that divides them: `64M`, `65408K`, `1G`. The reverse of {@link sizeOf}. */
export function formatSize(bytes: number): string {
  for (const unit of ['T', 'G', 'M', 'K']) {
    const size = UNIT[unit] as number;
    if (bytes >= size && bytes % size === 0) return `${bytes / size}${unit}`;
  }
  return String(bytes);
}
