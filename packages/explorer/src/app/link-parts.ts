/** A link as keys and values, and all that is wrong with it. */

/** What a link may say, in the order in which it is written. */
export const LINK_KEYS = [
  'scenario',
  'release',
  'memory',
  'swap',
  'sysctl',
  'run',
  'elf',
  'recording',
  'workload',
  'sha256',
  'at',
  'panels',
  'select',
  'break',
  'input',
] as const;

export type LinkKey = (typeof LINK_KEYS)[number];

/** These may come more than once. */
const MANY: readonly LinkKey[] = ['sysctl', 'break'];
/** Longer values are cut when they are named. */
const NAMED_MAX = 80;
/** A part comes so often at most. */
const COMES_MAX = 256;
/** Characters of a value at most. Terminal input is as long as it is. */
const VALUE_MAX = 8192;
/** Mistakes that are told. */
const TOLD_MAX = 8;

/** The parts of a link. Mistakes are collected, so that all of them are told at once. */
export class LinkParts {
  /** Each names its part, the value, and what it may be. */
  readonly problems: string[] = [];
  private readonly values = new Map<string, string[]>();

  /** @param text what follows `#`; each `&` begins a part */
  constructor(text: string) {
    for (const part of text.split('&')) if (part !== '') this.add(part);
    for (const [key, values] of this.values) {
      if (values.length > 1 && !MANY.includes(key as LinkKey)) {
        const some = values.slice(0, TOLD_MAX).map(short).join(', ');
        this.problems.push(
          `${key} comes ${values.length} times (${some}${values.length > TOLD_MAX ? ', …' : ''}); it may once`,
        );
      }
      if (values.length > COMES_MAX) {
        this.problems.push(`${key} comes ${values.length} times; at most ${COMES_MAX} times it may`);
        this.values.set(key, []);
      }
    }
  }

  /** All that is wrong, in one line. */
  get told(): string {
    const more = this.problems.length - TOLD_MAX;
    return `${this.problems.slice(0, TOLD_MAX).join('; ')}${more > 0 ? `; and ${more} more` : ''}`;
  }

  /** Value of a part; empty: the link does not have it. */
  one(key: LinkKey): string {
    return this.values.get(key)?.[0] ?? '';
  }

  /** All values of a part that may come more than once. */
  all(key: LinkKey): readonly string[] {
    return this.values.get(key) ?? [];
  }

  /** Notes that a part is not what it may be: `memory=lots must be a size`. */
  wrong(key: LinkKey, value: string, allowed: string): void {
    this.problems.push(`${key}=${short(value)} ${allowed}`);
  }

  /** What a part means, or `otherwise` if the link does not have it, or if it is wrong, which is noted. */
  read<T>(key: LinkKey, otherwise: T, meaning: (value: string) => T): T {
    const value = this.one(key);
    return value === '' ? otherwise : this.understood(key, value, otherwise, meaning);
  }

  /** As {@link read}, of each value of a part that may come more than once; wrong ones are left out, and noted. */
  readAll<T>(key: LinkKey, meaning: (value: string, at: number, all: readonly string[]) => T): T[] {
    const read: T[] = [];
    this.all(key).forEach((value, at, all) => {
      this.understood(key, value, undefined, (text) => void read.push(meaning(text, at, all)));
    });
    return read;
  }

  private understood<T>(key: LinkKey, value: string, otherwise: T, meaning: (value: string) => T): T {
    try {
      return meaning(value);
    } catch (error) {
      this.wrong(key, value, error instanceof Error ? error.message : String(error));
      return otherwise;
    }
  }

  private add(part: string): void {
    const equals = part.indexOf('=');
    const key = equals < 0 ? part : part.slice(0, equals);
    if (!LINK_KEYS.includes(key as LinkKey)) {
      this.problems.push(`${short(part)}: there is no such part; there are ${LINK_KEYS.join(', ')}`);
      return;
    }
    const value = equals < 0 ? '' : unescaped(part.slice(equals + 1));
    if (value === null) this.wrong(key as LinkKey, part.slice(equals + 1), 'has a % that stands for nothing');
    else if (value.length > VALUE_MAX && key !== 'input') {
      this.wrong(key as LinkKey, value, `is ${value.length} characters long; it may have ${VALUE_MAX}`);
    } else if (value.trim() === '') this.problems.push(`${key}= has no value; leave it out, or give it one`);
    else {
      const values = this.values.get(key);
      if (values === undefined) this.values.set(key, [value]);
      else values.push(value);
    }
  }
}

/** What an address may hold stays readable; a space is `+`. */
export function escapeValue(value: string): string {
  return encodeURIComponent(value)
    .replace(/%20/g, '+')
    .replace(/%(2C|3A|2F|3D)/g, decodeURIComponent);
}

function unescaped(value: string): string | null {
  try {
    return decodeURIComponent(value.replace(/\+/g, ' '));
  } catch {
    return null;
  }
}

/** As much of a value as is named in a message. */
export function short(value: string): string {
  return value.length > NAMED_MAX ? `${value.slice(0, NAMED_MAX)}…` : value;
}
