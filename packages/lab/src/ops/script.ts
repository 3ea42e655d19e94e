/** Reading mmops scripts: one op a line, `<n> <op> <fields>`, lines that start with `#` are comments. */
import { gunzipSync } from 'node:zlib';
import { FIELD_HELP, type FieldKind, type Operand, parseOperand } from './operand.ts';
import { OpsError } from './ops-error.ts';

/** Fields of every op, in order. Those of `mmap`, `mremap` and `shmat` may be followed by a slot (`>v3`). */
export const OPS = {
  mmap: ['address', 'address', 'number', 'number', 'descriptor'],
  mmapo: ['address', 'address', 'number', 'number', 'descriptor', 'address'],
  munmap: ['address', 'address'],
  mprotect: ['address', 'address', 'number'],
  mremap: ['address', 'address', 'address', 'number', 'address'],
  brk: ['address'],
  madvise: ['address', 'address', 'signed'],
  mlock: ['address', 'address'],
  munlock: ['address', 'address'],
  mlock2: ['address', 'address', 'number'],
  mlockall: ['number'],
  munlockall: [],
  msync: ['address', 'address', 'number'],
  mincore: ['address', 'address'],
  rfp: ['address', 'address', 'number', 'number', 'number'],
  w: ['address', 'address', 'number'],
  r: ['address', 'address'],
  tr: ['address', 'address'],
  tw: ['address', 'address'],
  x: ['address'],
  pread: ['descriptor', 'address', 'address', 'number'],
  pwrite: ['descriptor', 'address', 'address', 'number'],
  ftruncate: ['descriptor', 'number'],
  rlim_as: ['limit'],
  rlim_stack: ['limit'],
  shmget: ['segment', 'number'],
  shmat: ['segment', 'address', 'number'],
  shmdt: ['address'],
  shmrm: ['segment'],
  fork: ['count'],
  forkp: ['count', 'count'],
  dump: [],
  hash: [],
} as const satisfies Record<string, readonly FieldKind[]>;

export type OpName = keyof typeof OPS;

const MAY_STORE: ReadonlySet<OpName> = new Set(['mmap', 'mremap', 'shmat']);

/** One line of a script. */
export interface Op {
  /** The op's number as written: the result line repeats it. */
  readonly number: string;
  readonly name: OpName;
  readonly operands: readonly Operand[];
  /** Slot that keeps a successful result; -1 = none. */
  readonly slot: number;
  /** Line of the script, from 1. */
  readonly line: number;
}

export interface OpsScript {
  /** Name for messages. */
  readonly name: string;
  readonly ops: readonly Op[];
  /** Bytes of the script's text: the executor keeps the text in its own memory. */
  readonly bytes: number;
}

function parseLine(script: string, line: number, words: readonly string[]): Op {
  const fail = (message: string): never => {
    throw new OpsError(script, line, message);
  };
  const number = words[0] as string;
  if (!/^[0-9]+$/.test(number)) fail(`'${number}' is not an op number; a line is: <number> <op> <fields>`);
  const word = words[1] ?? fail('no op after the number; a line is: <number> <op> <fields>');
  if (!Object.hasOwn(OPS, word)) fail(`unknown op '${word}'; allowed: ${Object.keys(OPS).join(' ')}`);
  const name = word as OpName;
  const kinds: readonly FieldKind[] = OPS[name];
  const fields = words.slice(2);
  const most = kinds.length + (MAY_STORE.has(name) ? 1 : 0);
  if (fields.length < kinds.length || fields.length > most) {
    const optional = most > kinds.length ? ' and an optional slot (>v3)' : '';
    fail(`${name} has ${fields.length} fields; it takes ${kinds.length}${optional}`);
  }
  const parse = (kind: FieldKind, i: number): Operand => {
    const text = fields[i] as string;
    return (
      parseOperand(kind, text) ??
      fail(
        `field ${i + 1} of ${name}: '${text}' is not ${kind === 'address' ? 'a value' : `a ${kind}`}; allowed: ${FIELD_HELP[kind]}`,
      )
    );
  };
  const operands = kinds.map(parse);
  const slot = fields.length > kinds.length ? parse('slot', kinds.length).offset : -1;
  return { number, name, operands, slot, line };
}

/** Ops that a fork op takes as its own: those of the parent (`forkp` only) and those of the child. */
export function forkCounts(op: Op): { readonly parent: number; readonly child: number } {
  const first = op.operands[0]?.offset ?? 0;
  return op.name === 'forkp'
    ? { parent: first, child: op.operands[1]?.offset ?? 0 }
    : { parent: 0, child: first };
}

/** Forks do not nest, and the ops that they take must exist. */
function checkForks(script: string, ops: readonly Op[]): void {
  let owner: Op | null = null;
  let end = 0;
  ops.forEach((op, i) => {
    if (op.name !== 'fork' && op.name !== 'forkp') return;
    if (i < end) {
      throw new OpsError(
        script,
        op.line,
        `${op.name} inside the ops of the ${owner?.name} in line ${owner?.line}; forks do not nest`,
      );
    }
    const { parent, child } = forkCounts(op);
    const left = ops.length - i - 1;
    if (parent + child > left) {
      throw new OpsError(
        script,
        op.line,
        `${op.name} takes the next ${parent + child} ops; only ${left} follow`,
      );
    }
    owner = op;
    end = i + 1 + parent + child;
  });
}

/**
 * Parses a script.
 * @param source text, or the bytes of a file: plain or gzip
 * @param name what messages call it, usually the file name
 * @throws OpsError for the first line that is wrong
 */
export function parseOps(source: string | Uint8Array, name: string): OpsScript {
  let text: string;
  let bytes: number;
  if (typeof source === 'string') {
    text = source;
    bytes = Buffer.byteLength(source);
  } else {
    let raw = source;
    if (source[0] === 0x1f && source[1] === 0x8b) {
      try {
        raw = gunzipSync(source);
      } catch (error) {
        throw new OpsError(name, 1, `damaged gzip file: ${(error as Error).message}`);
      }
    }
    text = new TextDecoder().decode(raw);
    bytes = raw.length;
  }
  const ops: Op[] = [];
  text.split('\n').forEach((content, i) => {
    const words = content.split(/[ \t\r]+/).filter((word) => word !== '');
    if (words.length === 0 || words[0]?.startsWith('#')) return;
    ops.push(parseLine(name, i + 1, words));
  });
  checkForks(name, ops);
  return { name, ops, bytes };
}
