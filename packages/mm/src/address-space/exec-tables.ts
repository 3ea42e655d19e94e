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
  /** It has an interpreter. */
  readonly interpreted: boolean;
}

/**
 * Writes what a program finds on its stack, and sets where arguments and environment lie.
 *
 * @param p address of the first argument's string; the strings follow each other, arguments then environment
 * @returns the program's first stack pointer
 */
export type CreateElfTables = (
  vm: Vm,
  p: Addr,
  argv: readonly Uint8Array[],
  envp: readonly Uint8Array[],
  tables: ElfTables,
) => Addr;

type Pairs = readonly (readonly [number, number])[];

/** What the auxiliary vector tells of the machine. */
const MACHINE: Pairs = [
  [AT.hwcap, ELF_HWCAP],
  [AT.pagesz, 4096],
  [AT.clktck, 100],
];

/** And of the program. */
function programPairs(vm: Vm, tables: ElfTables): Pairs {
  const task = vm.current;
  return [
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
}

/**
 * ```
 *   esp (16-byte aligned)                                              p = arg_start
 *   argc | argv[0..n] 0 | envp[0..n] 0 | 13 auxv pairs | AT_PLATFORM | AT_NULL | .. "i686" | strings
 * ```
 * @linux 2.4.22 fs/binfmt_elf.c create_elf_tables()
 */
export const createElfTables: CreateElfTables = (vm, p, argv, envp, tables) => {
  const platform = putPlatform(vm, p);
  const pairs = [...MACHINE, ...programPairs(vm, tables)];
  const words = 2 + 2 + pairs.length * 2 + envp.length + 1 + argv.length + 1 + 1;
  let sp = platform & ~15;
  sp -= (sp - words * 4) & 15;
  sp = putPair(vm, sp >>> 0, AT.null, 0);
  sp = putPair(vm, sp, AT.platform, platform);
  return putArguments(vm, putPairs(vm, sp, pairs), p, argv, envp);
};

/**
 * Without an interpreter the program learns of the machine only. The room that is reckoned with is not that which is used, so
 * that the stack pointer of a program with an interpreter is 8 above a multiple of 16.
 *
 * ```
 *   argc | argv[0..n] 0 | envp[0..n] 0 | 10 auxv pairs | 3 auxv pairs | AT_PLATFORM | AT_NULL | 16 bytes .. "i686" | strings
 * ```
 * @linux 2.4.0 fs/binfmt_elf.c create_elf_tables()
 */
export const createElfTablesForInterpreter: CreateElfTables = (vm, p, argv, envp, tables) => {
  const platform = putPlatform(vm, p);
  const room = (tables.interpreted ? 26 : 4) + 2 + envp.length + 1 + argv.length + 1 + 1;
  let sp = (platform & ~15) - 16;
  sp -= (sp - room * 4) & 15;
  sp = putPair(vm, sp >>> 0, AT.null, 0);
  sp = putPair(vm, sp, AT.platform, platform);
  sp = putPairs(vm, sp, MACHINE);
  if (tables.interpreted) sp = putPairs(vm, sp, programPairs(vm, tables));
  return putArguments(vm, sp, p, argv, envp);
};

/** Writes the platform's name below the strings. */
function putPlatform(vm: Vm, p: Addr): Addr {
  const platform = p - PLATFORM.length;
  writeUser(vm, platform, PLATFORM, PLATFORM.length);
  return platform;
}

/** Pushes an entry of the auxiliary vector. */
function putPair(vm: Vm, sp: Addr, key: number, value: number): Addr {
  sp -= 8;
  putWord(vm, sp, key);
  putWord(vm, sp + 4, value);
  return sp;
}

/** Pushes entries that lie in the order of `pairs`. */
function putPairs(vm: Vm, sp: Addr, pairs: Pairs): Addr {
  sp -= pairs.length * 8;
  pairs.forEach(([key, value], i) => {
    putPair(vm, sp + (i + 1) * 8, key, value);
  });
  return sp;
}

/** Pushes the pointers to environment and arguments, and argc. */
function putArguments(
  vm: Vm,
  sp: Addr,
  p: Addr,
  argv: readonly Uint8Array[],
  envp: readonly Uint8Array[],
): Addr {
  const mm = vm.current.mm as MmStruct;
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
