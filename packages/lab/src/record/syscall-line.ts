/** A system call that valgrind reported as done. */
export interface Syscall {
  /** Without `sys_`: `mmap`, `clone`. */
  readonly name: string;
  /** Numbers; NaN for what is none. */
  readonly args: readonly number[];
  /** The text behind a pointer argument, as in `0x10a010(/bin/true)`, by argument. */
  readonly texts: ReadonlyMap<number, string>;
  /** The result; NaN when the call failed. */
  readonly result: number;
  /** The new process, when the call made one. */
  readonly child: number;
}

interface Pending {
  readonly name: string;
  readonly args: readonly number[];
  readonly texts: ReadonlyMap<number, string>;
  child: number;
}

/**
 * Puts valgrind's lines about system calls together. They come in these shapes:
 *
 * ```text
 * SYSCALL[2807,1](10) sys_mprotect ( 0x4a14000, 16384, 1 )[sync] --> Success(0x0)
 * SYSCALL[2807,1](12) sys_brk ( 0x0 ) --> [pre-success] Success(0x4035000)
 * SYSCALL[2807,1](28) sys_madvise ( 0x4a74000, 8192, 4 ) --> [async] ...
 * SYSCALL[2807,1](28) ... [async] --> Success(0x0)
 * SYSCALL[2807,1](56) sys_clone ( 1200011, 0x0, 0x0, 0x4a27a10, 0x0 )   clone(fork): process 2807 created child 2808
 *  --> [pre-success] Success(0xaf8)
 * SYSCALL[3609,1](59) sys_execve ( 0x10a010(/bin/true), 0x1fff000650, 0x1fff000798 )
 * ```
 *
 * A call that another thread's lines interrupt is found again by its thread number.
 */
export class SyscallAssembler {
  readonly #pending = new Map<number, Pending>();
  #lastThread = 0;

  /** Takes one line; the call that it completes, or null. */
  add(line: string): Syscall | null {
    if (!line.startsWith('SYSCALL[')) {
      // The rest of a call whose line was broken by a message.
      return line.startsWith(' --> ') ? this.#complete(this.#lastThread, line) : null;
    }
    const thread = Number(line.slice(line.indexOf(',') + 1, line.indexOf(']')));
    this.#lastThread = thread;
    const open = line.indexOf(')') + 1;
    const body = line.slice(open).trimStart();
    if (body.startsWith('...')) return this.#complete(thread, line);
    const match = /^(?:sys_|old_)?(\w+?)(?:\[[^\]]*\])? ?\( ?/.exec(body);
    if (match === null) {
      this.#pending.delete(thread);
      return null;
    }
    // clone's flags are in hex without 0x.
    const parsed = parseArguments(body, match[0].length, match[1] === 'clone');
    const child = /process \d+ created child (\d+)/.exec(body);
    this.#pending.set(thread, {
      name: nameOf(match[1]!, Number(line.slice(line.indexOf('(') + 1, open - 1))),
      args: parsed.args,
      texts: parsed.texts,
      child: child ? Number(child[1]) : 0,
    });
    return this.#complete(thread, body.slice(parsed.end));
  }

  /** The call that a thread is in: the one that never returned, when a process ends. */
  pending(
    name: string,
  ): { readonly args: readonly number[]; readonly texts: ReadonlyMap<number, string> } | null {
    for (const call of this.#pending.values()) if (call.name === name) return call;
    return null;
  }

  #complete(thread: number, rest: string): Syscall | null {
    const call = this.#pending.get(thread);
    const outcome = /--> .*?(Success|Failure)\(0x([0-9a-f]+)/.exec(rest);
    if (call === undefined || outcome === null) return null;
    this.#pending.delete(thread);
    const result = outcome[1] === 'Success' ? Number.parseInt(outcome[2]!, 16) : Number.NaN;
    return { ...call, result };
  }
}

/** Valgrind carries vfork out as fork and prints that name; only the number (x86-64, i386) tells. */
function nameOf(printed: string, number: number): string {
  return printed === 'fork' && (number === 58 || number === 190) ? 'vfork' : printed;
}

/**
 * Reads `0x4034bb0(/lib/x(1).so), 524288 )` from `at` on. A text may itself hold parentheses and commas; it ends
 * at the first `)` that is followed by the next argument or by ` )`.
 */
function parseArguments(
  body: string,
  at: number,
  hex: boolean,
): { args: number[]; texts: Map<number, string>; end: number } {
  const args: number[] = [];
  const texts = new Map<number, string>();
  while (at < body.length) {
    const number = /^\s*(-?(?:0x)?[0-9a-f]+)\b/.exec(body.slice(at, at + 32));
    if (number === null) break;
    at += number[0].length;
    const digits = number[1]!;
    args.push(
      hex || digits.startsWith('0x') || /[a-f]/.test(digits) ? Number.parseInt(digits, 16) : Number(digits),
    );
    if (body[at] === '(') {
      let close = at;
      do close = body.indexOf(')', close + 1);
      while (close >= 0 && !/^\)(, -?(0x)?[0-9a-f]+[,( ]| \))/.test(body.slice(close, close + 32)));
      if (close < 0) break;
      texts.set(args.length - 1, body.slice(at + 1, close));
      at = close + 1;
    }
    if (body[at] !== ',') break;
    at++;
  }
  const end = body.indexOf(')', at);
  return { args, texts, end: end < 0 ? body.length : end + 1 };
}
