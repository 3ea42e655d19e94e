import type { Addr } from '../types.ts';
import type { MmStruct } from './mm-struct.ts';
import { putWord, writeUser } from './user-write.ts';
import type { Vm } from './vm.ts';

/** Keys of the auxiliary vector. @linux 2.4.22 include/linux/elf.h */
export const AT = {
  null: 0,
  phdr: 3,
  phent: 4,
  phnum: 5,
  pagesz: 6,
  base: 7,
  flags: 8,
  entry: 9,
  uid: 11,
  euid: 12,
  gid: 13,
  egid: 14,
  platform: 15,
  hwcap: 16,
  clktck: 17,
} as const;

/** CPU features as CPUID reports them: a Pentium III. @linux ELF_HWCAP, boot_cpu_data.x86_capability[0] */
export const ELF_HWCAP = 0x0383fbff;
const PLATFORM = new TextEncoder().encode('i686\0');

/** What the auxiliary vector tells of the program. */
export interface ElfTables {
  /** Address of its program headers. */
  readonly phdr: Addr;
  readonly phnum: number;
  /** Where the interpreter was loaded, 0 = none. */
  readonly base: Addr;
  /** The program's own entry point. */
  readonly entry: Addr;
}

/**
 * Writes what a program finds on its stack, and sets where arguments and environment lie.
 *
 * ```
 *   esp (16-byte aligned)                                              p = arg_start
 *   argc | argv[0..n] 0 | envp[0..n] 0 | 13 auxv pairs | AT_PLATFORM | AT_NULL | .. "i686" | strings
 * ```
 * @param p address of the first argument's string; the strings follow each other, arguments then environment
 * @returns the program's first stack pointer
 * @linux 2.4.22 fs/binfmt_elf.c create_elf_tables()
 */
export function createElfTables(
  vm: Vm,
  p: Addr,
  argv: readonly Uint8Array[],
  envp: readonly Uint8Array[],
  tables: ElfTables,
): Addr {
  const task = vm.current;
  const mm = task.mm as MmStruct;
  const platform = p - PLATFORM.length;
  writeUser(vm, platform, PLATFORM, PLATFORM.length);
  const pairs: readonly (readonly [number, number])[] = [
    [AT.hwcap, ELF_HWCAP],
    [AT.pagesz, 4096],
    [AT.clktck, 100],
    [AT.phdr, tables.phdr],
    [AT.phent, 32],
    [AT.phnum, tables.phnum],
    [AT.base, tables.base],
    [AT.flags, 0],
    [AT.entry, tables.entry],
    [AT.uid, task.uid],
    [AT.euid, task.uid],
    [AT.gid, task.gid],
    [AT.egid, task.gid],
  ];
  const words = 2 + 2 + pairs.length * 2 + envp.length + 1 + argv.length + 1 + 1;
  let sp = platform & ~15;
  sp -= (sp - words * 4) & 15;
  sp >>>= 0;

  const pair = (at: Addr, key: number, value: number) => {
    putWord(vm, at, key);
    putWord(vm, at + 4, value);
  };
  pair((sp -= 8), AT.null, 0);
  pair((sp -= 8), AT.platform, platform);
  sp -= pairs.length * 8;
  pairs.forEach(([key, value], i) => {
    pair(sp + i * 8, key, value);
  });
  sp -= (envp.length + 1) * 4;
  const envpAt = sp;
  sp -= (argv.length + 1) * 4;
  const argvAt = sp;
  putWord(vm, (sp -= 4), argv.length);
  mm.argStart = p;
  const argEnd = putPointers(vm, argvAt, argv, p);
  mm.argEnd = argEnd;
  mm.envStart = argEnd;
  mm.envEnd = putPointers(vm, envpAt, envp, argEnd);
  return sp;
}

/** Writes the addresses of strings that follow each other from `p` on, and a null pointer. Returns the end of the strings. */
function putPointers(vm: Vm, at: Addr, strings: readonly Uint8Array[], p: Addr): Addr {
  for (const text of strings) {
    putWord(vm, at, p);
    at += 4;
    p += text.length + 1;
  }
  putWord(vm, at, 0);
  return p;
}
