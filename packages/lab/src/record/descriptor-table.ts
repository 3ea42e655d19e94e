import { resolve } from 'node:path';
import type { Syscall } from './syscall-line.ts';

/** AT_FDCWD, as valgrind prints it. */
const AT_FDCWD = 4294967196;
const F_DUPFD = 0;
const F_DUPFD_CLOEXEC = 1030;

/** Which file each descriptor of a process is, as far as it was opened by name. */
export class DescriptorTable {
  readonly #paths: Map<number, string>;
  #directory: string;

  constructor(directory: string, paths: ReadonlyMap<number, string> = new Map()) {
    this.#directory = directory;
    this.#paths = new Map(paths);
  }

  /** A copy for a forked child. */
  clone(): DescriptorTable {
    return new DescriptorTable(this.#directory, this.#paths);
  }

  /** The path of the file, or a made-up name when it has none. */
  path(descriptor: number): string {
    return this.#paths.get(descriptor) ?? `descriptor ${descriptor}`;
  }

  /** Resolves a name that a system call got. */
  resolve(name: string, directory = AT_FDCWD): string {
    const base = directory === AT_FDCWD ? this.#directory : this.#paths.get(directory);
    return resolve(base ?? this.#directory, name);
  }

  /** Follows a call that succeeded. */
  apply(call: Syscall): void {
    const [first = 0, second = 0] = call.args;
    switch (call.name) {
      case 'open':
      case 'creat':
        this.#open(call.result, call.texts.get(0), AT_FDCWD);
        break;
      case 'openat':
        this.#open(call.result, call.texts.get(1), first);
        break;
      case 'close':
        this.#paths.delete(first);
        break;
      case 'dup':
      case 'dup2':
      case 'dup3':
        this.#copy(first, call.result);
        break;
      case 'fcntl':
        if (second === F_DUPFD || second === F_DUPFD_CLOEXEC) this.#copy(first, call.result);
        break;
      case 'pipe':
      case 'pipe2':
      case 'socket':
        this.#paths.delete(call.result);
        break;
      case 'chdir': {
        const name = call.texts.get(0);
        if (name !== undefined) this.#directory = this.resolve(name);
        break;
      }
      case 'fchdir':
        this.#directory = this.#paths.get(first) ?? this.#directory;
        break;
    }
  }

  #open(descriptor: number, name: string | undefined, directory: number): void {
    if (name !== undefined) this.#paths.set(descriptor, this.resolve(name, directory));
  }

  #copy(from: number, to: number): void {
    const path = this.#paths.get(from);
    if (path === undefined) this.#paths.delete(to);
    else this.#paths.set(to, path);
  }
}
