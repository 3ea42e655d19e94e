import { whyNotRunnable } from '@pagewalk/guest/browser';
import type { ProgramChoice } from '../protocol/choice.ts';
import { sha256 } from './sha256.ts';

/** Files that the user gave to the page, by their SHA-256, the last used at the end. They never leave it. */
const files = new Map<string, Uint8Array>();

/** More would not fit beside a machine. */
const BYTES_MAX = 256 * 2 ** 20;
/** Of more files in all those are forgotten that were not used for longest: a link asks for them again. */
const ALL_BYTES_MAX = 2 * BYTES_MAX;

export interface DroppedFile {
  readonly name: string;
  readonly sha256: string;
  readonly bytes: number;
  readonly kind: 'elf' | 'recording';
}

/** A file that the user gave; undefined: it is not there (any more). */
export function droppedFile(hash: string): Uint8Array | undefined {
  const bytes = files.get(hash);
  if (bytes !== undefined) keep(hash, bytes);
  return bytes;
}

/** Keeps a file, the last used, and forgets others if it must. */
function keep(hash: string, bytes: Uint8Array): void {
  files.delete(hash);
  files.set(hash, bytes);
  let all = 0;
  for (const { length } of files.values()) all += length;
  for (const [other, { length }] of files) {
    if (all <= ALL_BYTES_MAX) break;
    files.delete(other);
    all -= length;
  }
}

/**
 * Takes a file: an ELF program or a recording, told apart by their first bytes.
 *
 * @throws Error in one line when it is neither, or too large
 */
export async function takeFile(file: File): Promise<DroppedFile> {
  if (file.size > BYTES_MAX) {
    throw new Error(`${file.name}: ${file.size} bytes; at most ${BYTES_MAX} fit`);
  }
  const bytes = new Uint8Array(await file.arrayBuffer());
  const kind = kindOf(bytes);
  if (kind === null) {
    const empty = bytes.length === 0 ? 'an empty file, ' : '';
    throw new Error(
      `${file.name}: ${empty}neither a static 32-bit Linux program (ELF) nor a recording (pwt)`,
    );
  }
  const problem = kind === 'elf' ? whyNotRunnable(bytes, () => false) : null;
  if (problem !== null) throw new Error(`${file.name}: ${problem}`);
  const hash = await hashOf(bytes);
  keep(hash, bytes);
  return { name: file.name, sha256: hash, bytes: bytes.length, kind };
}

/** By the browser, which is many times quicker, where it does that: not for pages that came unencrypted from elsewhere. */
async function hashOf(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  // Its type does not know that it may be missing.
  const subtle = crypto.subtle as SubtleCrypto | undefined;
  if (subtle === undefined) return sha256(bytes);
  const digest = new Uint8Array(await subtle.digest('SHA-256', bytes));
  return [...digest].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

function kindOf(bytes: Uint8Array): DroppedFile['kind'] | null {
  const starts = (text: string): boolean => [...text].every((c, i) => bytes[i] === c.charCodeAt(0));
  if (starts('\x7fELF')) return 'elf';
  return starts('\x89PWT') ? 'recording' : null;
}

/** The program that a dropped file is. */
export function programOf(file: DroppedFile, args: readonly string[]): ProgramChoice {
  if (file.kind === 'elf') return { kind: 'elf', name: file.name, args, sha256: file.sha256 };
  return { kind: 'recording', name: file.name, sha256: file.sha256 };
}
