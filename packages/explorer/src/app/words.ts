/** Splits a line into words as a shell does: quotes keep spaces, a backslash keeps the next character. */
export function splitWords(line: string): string[] {
  const words: string[] = [];
  const pattern = /"((?:[^"\\]|\\.)*)"|'([^']*)'|((?:[^\s"'\\]|\\.)+)/g;
  let end = -1;
  for (const match of line.matchAll(pattern)) {
    const piece = match[2] ?? (match[1] ?? (match[3] as string)).replace(/\\(.)/g, '$1');
    // What stands without a space beside the word before it belongs to it.
    if (match.index === end) words[words.length - 1] += piece;
    else words.push(piece);
    end = match.index + match[0].length;
  }
  return words;
}

/** Reverse of {@link splitWords}. */
export function joinWords(words: readonly string[]): string {
  return words
    .map((word) => (/^[^\s"'\\]+$/.test(word) ? word : `"${word.replace(/(["\\])/g, '\\$1')}"`))
    .join(' ');
}

/** Why a line cannot be split into words; empty: it can. */
export function wordsProblem(line: string): string {
  const rest = line.replace(/"(?:[^"\\]|\\.)*"|'[^']*'|\\.|[^"'\\]/gs, '');
  if (rest === '') return '';
  return rest[0] === '\\'
    ? 'ends in a backslash: one more, or none'
    : `has a ${rest[0]} that no second one closes`;
}
