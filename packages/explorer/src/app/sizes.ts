/** Sizes as links and forms write them: `16M`, `512k`, `1G`. */

const UNITS: Readonly<Record<string, number>> = { '': 1, k: 2 ** 10, M: 2 ** 20, G: 2 ** 30 };

/** Bytes; NaN: it is not a size. */
export function parseSize(text: string): number {
  const match = /^(\d+(?:\.\d+)?)\s*([kKmMgG]?)[bB]?$/.exec(text.trim());
  if (!match) return Number.NaN;
  const letter = match[2] as string;
  const unit = letter.toLowerCase() === 'k' ? 'k' : letter.toUpperCase();
  return Math.round(Number(match[1]) * (UNITS[unit] as number));
}

/** The shortest that means exactly so many bytes. */
export function sizeText(bytes: number): string {
  for (const unit of ['G', 'M', 'k']) {
    const size = UNITS[unit] as number;
    if (bytes >= size && bytes % size === 0) return `${bytes / size}${unit}`;
  }
  return String(bytes);
}
