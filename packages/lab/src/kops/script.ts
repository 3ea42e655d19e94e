/** Reading kops scripts: one operation a line, `[$name =] operation operands`; `#` begins a comment. */
import { gunzipSync } from 'node:zlib';
import { KopsError } from './kops-error.ts';
import { GFP_NAMES, KM_NAMES, parseFlags, parseNumber, SLAB_NAMES } from './names.ts';
import {
  DUMPS,
  OPERAND_HELP,
  OPERATIONS,
  type OperandKind,
  type Operation,
  type OperationName,
  type ResultKind,
} from './operations.ts';

/** Longest script, bytes, after unpacking. */
const SCRIPT_MAX = 64 * 2 ** 20;

/** An operand: a number, a text, or what a name holds plus an offset. */
export interface Operand {
  readonly kind: OperandKind;
  /** Name without `$`; null: none. */
  readonly variable: string | null;
  /** The number, or what is added to the variable. */
  readonly number: number;
  /** The word as written. */
  readonly text: string;
}

/** One line of a script. */
export interface KernelOp {
  /** Line of the script, from 1: the result line begins with it. */
  readonly line: number;
  readonly name: OperationName;
  readonly operands: readonly Operand[];
  /** Name that keeps the result; null: none. */
  readonly variable: string | null;
  /** The line without comment, blanks single. */
  readonly text: string;
}

/** A script that has been read. */
export interface KopsScript {
  /** Name for messages. */
  readonly name: string;
  /** Operations of the boot phase: they come first. */
  readonly boot: readonly KernelOp[];
  readonly ops: readonly KernelOp[];
}

/** Reads a script, plain or gzip. @throws KopsError that names the line and what was expected */
export function parseKops(bytes: Uint8Array, name: string): KopsScript {
  const text = scriptText(bytes, name);
  const variables = new Map<string, { kind: ResultKind; line: number }>();
  const boot: KernelOp[] = [];
  const ops: KernelOp[] = [];
  for (const [i, raw] of text.split(/\r?\n/).entries()) {
    const words = raw.replace(/#.*$/, '').trim().split(/\s+/);
    if (words[0] === '') continue;
    const op = new LineParser(name, i + 1, words, variables).parse();
    const operation: Operation = OPERATIONS[op.name];
    if (operation.boot !== true) {
      ops.push(op);
      continue;
    }
    const first = ops[0];
    if (first !== undefined) {
      throw new KopsError(
        name,
        op.line,
        `${op.name} after line ${first.line}: mem_init() has retired the boot memory allocator; allowed: before all other operations`,
      );
    }
    boot.push(op);
  }
  return { name, boot, ops };
}

function scriptText(bytes: Uint8Array, name: string): string {
  let plain = bytes;
  if (bytes[0] === 0x1f && bytes[1] === 0x8b) {
    try {
      plain = gunzipSync(bytes, { maxOutputLength: SCRIPT_MAX });
    } catch {
      throw new KopsError(name, 0, 'damaged gzip data, or more than 64 MiB of text');
    }
  }
  if (plain.length > SCRIPT_MAX) throw new KopsError(name, 0, 'more than 64 MiB of text');
  if (plain.includes(0)) throw new KopsError(name, 0, 'no text: it has bytes of value 0');
  return new TextDecoder().decode(plain);
}

/** Reads one line. */
class LineParser {
  readonly #script: string;
  readonly #line: number;
  readonly #words: readonly string[];
  readonly #variables: Map<string, { kind: ResultKind; line: number }>;

  constructor(
    script: string,
    line: number,
    words: readonly string[],
    variables: Map<string, { kind: ResultKind; line: number }>,
  ) {
    this.#script = script;
    this.#line = line;
    this.#words = words;
    this.#variables = variables;
  }

  parse(): KernelOp {
    let words = this.#words;
    let variable: string | null = null;
    if ((words[0] as string).startsWith('$')) {
      variable = this.#target(words);
      words = words.slice(2);
    }
    const word = words[0];
    if (word === undefined) this.#fail('no operation after =; a line is: [$name =] operation operands');
    if (!Object.hasOwn(OPERATIONS, word)) {
      this.#fail(`unknown operation '${clip(word)}'; allowed: ${Object.keys(OPERATIONS).join(' ')}`);
    }
    const name = word as OperationName;
    const operation: Operation = OPERATIONS[name];
    if (variable !== null && operation.result === 'none')
      this.#fail(`${name} gives nothing to keep in $${variable}`);
    const operands = this.#operands(name, operation, words.slice(1));
    if (variable !== null) this.#variables.set(variable, { kind: operation.result, line: this.#line });
    return { line: this.#line, name, operands, variable, text: this.#words.join(' ') };
  }

  #target(words: readonly string[]): string {
    const name = (words[0] as string).slice(1);
    if (!/^[A-Za-z_]\w{0,63}$/.test(name)) {
      this.#fail(`'${clip(words[0] as string)}' is no name; expected $ and letters, digits or _, e.g. $a`);
    }
    if (words[1] !== '=') this.#fail(`expected = after $${name}, with blanks around it`);
    return name;
  }

  #operands(name: OperationName, operation: Operation, words: readonly string[]): Operand[] {
    const { operands: wanted, optional = [], many } = operation;
    const most = many === true ? Number.POSITIVE_INFINITY : wanted.length + optional.length;
    if (words.length < wanted.length || words.length > most) {
      const forms = [...wanted, ...optional.map((kind) => `[${kind}]`), ...(many === true ? ['…'] : [])];
      this.#fail(`${name} has ${words.length} operands; expected: ${name} ${forms.join(' ')}`);
    }
    const kinds = [...wanted, ...optional];
    let at = 0;
    return words.map((word) => {
      // ctor= and dtor tell by themselves what they are, so that those before them may be left out.
      if (word.startsWith('ctor=') && kinds.includes('ctor')) at = kinds.indexOf('ctor');
      if (word === 'dtor' && kinds.includes('dtor')) at = kinds.indexOf('dtor');
      const kind = kinds[Math.min(at++, kinds.length - 1)] as OperandKind;
      const operand = this.#operand(kind, word);
      return (
        operand ?? this.#fail(`${name}: '${clip(word)}' is not allowed here; expected ${OPERAND_HELP[kind]}`)
      );
    });
  }

  #operand(kind: OperandKind, word: string): Operand | null {
    const plain = (number: number | null): Operand | null =>
      number === null ? null : { kind, variable: null, number, text: word };
    if (word.startsWith('$')) return this.#reference(kind, word);
    switch (kind) {
      case 'gfp':
        return plain(parseFlags(word, GFP_NAMES));
      case 'slabFlags':
        return plain(parseFlags(word, SLAB_NAMES));
      case 'atomicType':
        return plain(Object.hasOwn(KM_NAMES, word) ? (KM_NAMES[word] as number) : parseNumber(word));
      case 'order': {
        const order = parseNumber(word);
        return plain(order !== null && order < 32 ? order : null);
      }
      case 'size':
      case 'number':
        return plain(parseNumber(word));
      case 'page':
        return word.startsWith('pfn:') ? plain(parseNumber(word.slice(4))) : null;
      case 'address':
        return /^0x/i.test(word) || word === '0' ? plain(parseNumber(word)) : null;
      case 'cache':
      case 'name':
        return /^[\w().-]{1,40}$/.test(word) ? plain(0) : null;
      case 'ctor': {
        const byte = parseNumber(word.replace(/^ctor=/, ''));
        return plain(word.startsWith('ctor=') && byte !== null && byte < 256 ? byte : null);
      }
      case 'dtor':
        return word === 'dtor' ? plain(1) : null;
      case 'dump':
        return (DUMPS as readonly string[]).includes(word) ? plain(0) : null;
    }
  }

  /** `$name`, `$name+16`, `$name-4`: the name must have been given, and fit. */
  #reference(kind: OperandKind, word: string): Operand | null {
    const match = /^\$([A-Za-z_]\w*)(?:([+-])(.+))?$/.exec(word);
    if (match === null) return null;
    const variable = match[1] as string;
    const known = this.#variables.get(variable);
    if (known === undefined)
      this.#fail(`$${clip(variable)} is not known here; expected a name that an earlier line gives`);
    const allowed = FITS[kind];
    if (allowed === undefined) return null;
    if (!allowed.includes(known.kind)) {
      this.#fail(
        `$${variable} holds ${WHAT[known.kind]} (line ${known.line}); expected ${OPERAND_HELP[kind]}`,
      );
    }
    const offset = match[3] === undefined ? 0 : parseNumber(match[3]);
    if (offset === null || (kind === 'cache' && match[3] !== undefined)) return null;
    return { kind, variable, number: match[2] === '-' ? -offset : offset, text: word };
  }

  #fail(message: string): never {
    throw new KopsError(this.#script, this.#line, message);
  }
}

/** What a name must hold to be an operand of a kind; other kinds take no names. */
const FITS: Partial<Record<OperandKind, readonly ResultKind[]>> = {
  page: ['page'],
  address: ['address', 'page'],
  cache: ['cache'],
  number: ['number', 'address'],
  size: ['number'],
};

const WHAT: Readonly<Record<ResultKind, string>> = {
  page: 'a page',
  address: 'an address',
  cache: 'a slab cache',
  number: 'a number',
  none: 'nothing',
};

/** A word of the script, short enough for a message. */
function clip(word: string): string {
  return word.length > 40 ? `${word.slice(0, 40)}…` : word;
}
