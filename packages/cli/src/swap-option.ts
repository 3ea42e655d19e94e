import { closeSync, fstatSync, fsyncSync, openSync, readSync, writeSync } from 'node:fs';
import type { BlockStore, SwapConfig } from '@pagewalk/mm';
import { InvalidArgumentError } from 'commander';
import { sizeOf, sizeOption } from './parse/size.ts';

const SWAP_MIN = 40960;
const SWAP_MAX = 64 * 2 ** 30;

/** A file of this computer as a disk of the machine: bytes that are written there stay. */
class FileStore implements BlockStore {
  readonly size: number;
  private readonly fd: number;

  constructor(path: string) {
    this.fd = openSync(path, 'r+');
    const stat = fstatSync(this.fd);
    this.size = stat.size - (stat.size % 4096);
    if (!stat.isFile() || this.size < SWAP_MIN) {
      closeSync(this.fd);
      throw new InvalidArgumentError(
        `Allowed: a regular file of at least ${SWAP_MIN} bytes, made by mkswap.`,
      );
    }
  }

  read(offset: number, into: Uint8Array): boolean {
    return readSync(this.fd, into, 0, into.length, offset) === into.length;
  }

  write(offset: number, from: Uint8Array): boolean {
    try {
      return writeSync(this.fd, from, 0, from.length, offset) === from.length;
    } catch {
      // A full file system, say: to the machine that is a disk that cannot write there.
      return false;
    }
  }

  sync(): void {
    fsyncSync(this.fd);
  }
}

/** Collects `--swap SIZE|FILE[,prio=N]`, repeatable: each is a disk of its own. */
export function swapOption(text: string, previous: readonly SwapConfig[] = []): SwapConfig[] {
  const [what = '', ...rest] = text.split(',');
  const prio = rest.length === 0 ? {} : { prio: priorityOf(rest.join(',')) };
  if (sizeOf(what) !== null) {
    const size = sizeOption(SWAP_MIN, SWAP_MAX)(what);
    return [...previous, { size: size - (size % 4096), ...prio }];
  }
  try {
    return [...previous, { store: new FileStore(what), ...prio }];
  } catch (error) {
    if (error instanceof InvalidArgumentError) throw error;
    throw new InvalidArgumentError(
      `Allowed: a size, e.g. 128M, or a file made by mkswap (${(error as Error).message.replace(/,.*/, '')}).`,
    );
  }
}

function priorityOf(text: string): number {
  const match = /^prio=(\d+)$/.exec(text);
  if (match === null || Number(match[1]) > 32767) {
    throw new InvalidArgumentError('Allowed after the size or file: ,prio=N with N from 0 to 32767.');
  }
  return Number(match[1]);
}

/** Bytes of all areas together. */
export function swapBytes(areas: readonly SwapConfig[]): number {
  return areas.reduce((sum, { size, store }) => sum + (size ?? store?.size ?? 0), 0);
}
