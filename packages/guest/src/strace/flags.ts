/** Numbers that have names, as strace prints them. */

/** A set of bits by name, or values of a field by name. */
export interface FlagTable {
  /** The part of the number that is one of {@link values}; 0: all is bits. */
  readonly mask: number;
  readonly values: Readonly<Record<number, string>>;
  /** In the order in which strace names them. */
  readonly bits: readonly (readonly [bit: number, name: string])[];
  /** What it prints behind a number that nothing is known of. */
  readonly unknown: string;
}

function bitsOf(prefix: string, unknown: string, bits: Readonly<Record<string, number>>): FlagTable {
  return {
    mask: 0,
    values: {},
    bits: Object.entries(bits).map(([name, bit]) => [bit, `${prefix}${name}`]),
    unknown,
  };
}
function valuesOf(prefix: string, unknown: string, names: string): FlagTable {
  const values: Record<number, string> = {};
  names.split(' ').forEach((name, i) => {
    if (name !== '-') values[i] = `${prefix}${name}`;
  });
  return { mask: 0xffffffff, values, bits: [], unknown };
}

const O_BITS = {
  CREAT: 0o100,
  EXCL: 0o200,
  NOCTTY: 0o400,
  TRUNC: 0o1000,
  APPEND: 0o2000,
  NONBLOCK: 0o4000,
  SYNC: 0o4010000,
  DSYNC: 0o10000,
  ASYNC: 0o20000,
  DIRECT: 0o40000,
  LARGEFILE: 0o100000,
  NOFOLLOW: 0o400000,
  CLOEXEC: 0o2000000,
  PATH: 0o10000000,
  TMPFILE: 0o20200000,
  DIRECTORY: 0o200000,
};

/** All tables, by the kind of argument. */
export const FLAGS = {
  open: {
    mask: 3,
    values: { 0: 'O_RDONLY', 1: 'O_WRONLY', 2: 'O_RDWR', 3: 'O_ACCMODE' },
    bits: Object.entries(O_BITS).map(([name, bit]) => [bit, `O_${name}`]),
    unknown: 'O_???',
  },
  pipe: bitsOf('O_', 'O_???', { NONBLOCK: 0o4000, CLOEXEC: 0o2000000 }),
  prot: {
    ...bitsOf('PROT_', 'PROT_???', {
      READ: 1,
      WRITE: 2,
      EXEC: 4,
      GROWSDOWN: 0x01000000,
      GROWSUP: 0x02000000,
    }),
    values: { 0: 'PROT_NONE' },
  },
  map: {
    mask: 3,
    values: { 0: 'MAP_FILE', 1: 'MAP_SHARED', 2: 'MAP_PRIVATE', 3: 'MAP_SHARED_VALIDATE' },
    bits: [
      [0x10, 'MAP_FIXED'],
      [0x20, 'MAP_ANONYMOUS'],
      [0x100, 'MAP_GROWSDOWN'],
      [0x800, 'MAP_DENYWRITE'],
      [0x1000, 'MAP_EXECUTABLE'],
      [0x2000, 'MAP_LOCKED'],
      [0x4000, 'MAP_NORESERVE'],
      [0x8000, 'MAP_POPULATE'],
      [0x10000, 'MAP_NONBLOCK'],
      [0x20000, 'MAP_STACK'],
      [0x100000, 'MAP_FIXED_NOREPLACE'],
    ],
    unknown: 'MAP_???',
  },
  clone: bitsOf('CLONE_', 'CLONE_???', {
    VM: 0x100,
    FS: 0x200,
    FILES: 0x400,
    SIGHAND: 0x800,
    PIDFD: 0x1000,
    PTRACE: 0x2000,
    VFORK: 0x4000,
    PARENT: 0x8000,
    THREAD: 0x10000,
    NEWNS: 0x20000,
    SYSVSEM: 0x40000,
    SETTLS: 0x80000,
    PARENT_SETTID: 0x100000,
    CHILD_CLEARTID: 0x200000,
    DETACHED: 0x400000,
    UNTRACED: 0x800000,
    CHILD_SETTID: 0x1000000,
  }),
  msync: bitsOf('MS_', 'MS_???', { ASYNC: 1, INVALIDATE: 2, SYNC: 4 }),
  mremap: bitsOf('MREMAP_', 'MREMAP_???', { MAYMOVE: 1, FIXED: 2, DONTUNMAP: 4 }),
  mlockall: bitsOf('MCL_', 'MCL_???', { CURRENT: 1, FUTURE: 2, ONFAULT: 4 }),
  madvise: valuesOf(
    'MADV_',
    'MADV_???',
    'NORMAL RANDOM SEQUENTIAL WILLNEED DONTNEED - - - FREE REMOVE DONTFORK DOFORK MERGEABLE UNMERGEABLE HUGEPAGE NOHUGEPAGE',
  ),
  wait: bitsOf('', 'W???', { WNOHANG: 1, WSTOPPED: 2, WEXITED: 4, WCONTINUED: 8, __WALL: 0x40000000 }),
  whence: valuesOf('SEEK_', 'SEEK_???', 'SET CUR END DATA HOLE'),
  access: { ...bitsOf('', '?_OK', { R_OK: 4, W_OK: 2, X_OK: 1 }), values: { 0: 'F_OK' } },
  at: bitsOf('AT_', 'AT_???', {
    SYMLINK_NOFOLLOW: 0x100,
    REMOVEDIR: 0x200,
    SYMLINK_FOLLOW: 0x400,
    NO_AUTOMOUNT: 0x800,
    EMPTY_PATH: 0x1000,
  }),
  statx: bitsOf('STATX_', 'STATX_???', { BASIC_STATS: 0x7ff, BTIME: 0x800, MNT_ID: 0x1000 }),
  fcntl: {
    ...valuesOf(
      'F_',
      'F_???',
      'DUPFD GETFD SETFD GETFL SETFL GETLK SETLK SETLKW SETOWN GETOWN SETSIG GETSIG GETLK64 SETLK64 SETLKW64',
    ),
    values: {
      ...valuesOf(
        'F_',
        '',
        'DUPFD GETFD SETFD GETFL SETFL GETLK SETLK SETLKW SETOWN GETOWN SETSIG GETSIG GETLK64 SETLK64 SETLKW64',
      ).values,
      1030: 'F_DUPFD_CLOEXEC',
    },
  },
  how: valuesOf('SIG_', 'SIG_???', 'BLOCK UNBLOCK SETMASK'),
  resource: valuesOf(
    'RLIMIT_',
    'RLIMIT_???',
    'CPU FSIZE DATA STACK CORE RSS NPROC NOFILE MEMLOCK AS LOCKS SIGPENDING MSGQUEUE NICE RTPRIO RTTIME',
  ),
  clock: valuesOf(
    'CLOCK_',
    'CLOCK_???',
    'REALTIME MONOTONIC PROCESS_CPUTIME_ID THREAD_CPUTIME_ID MONOTONIC_RAW REALTIME_COARSE MONOTONIC_COARSE BOOTTIME',
  ),
  timer: bitsOf('TIMER_', 'TIMER_???', { ABSTIME: 1 }),
  random: bitsOf('GRND_', 'GRND_???', { NONBLOCK: 1, RANDOM: 2 }),
  itimer: valuesOf('ITIMER_', 'ITIMER_???', 'REAL VIRTUAL PROF'),
  who: valuesOf('PRIO_', 'PRIO_???', 'PROCESS PGRP USER'),
  sigaction: bitsOf('SA_', 'SA_???', {
    RESTORER: 0x04000000,
    ONSTACK: 0x08000000,
    RESTART: 0x10000000,
    INTERRUPT: 0x20000000,
    NODEFER: 0x40000000,
    RESETHAND: 0x80000000,
    NOCLDSTOP: 1,
    NOCLDWAIT: 2,
    SIGINFO: 4,
  }),
  poll: bitsOf('POLL', 'POLL???', {
    IN: 1,
    PRI: 2,
    OUT: 4,
    ERR: 8,
    HUP: 16,
    NVAL: 32,
    RDNORM: 64,
    WRNORM: 256,
  }),
  futex: {
    mask: 127,
    values: valuesOf(
      'FUTEX_',
      '',
      'WAIT WAKE FD REQUEUE CMP_REQUEUE WAKE_OP LOCK_PI UNLOCK_PI TRYLOCK_PI WAIT_BITSET WAKE_BITSET',
    ).values,
    bits: [
      [128, 'FUTEX_PRIVATE_FLAG'],
      [256, 'FUTEX_CLOCK_REALTIME'],
    ],
    unknown: 'FUTEX_???',
  },
  swap: bitsOf('SWAP_FLAG_', 'SWAP_FLAG_???', { PREFER: 0x8000, DISCARD: 0x10000 }),
} satisfies Record<string, FlagTable>;

/** A kind of flags. */
export type FlagKind = keyof typeof FLAGS;

/** A number in names: `O_RDWR|O_CREAT`, `PROT_NONE`, `0x40 /* MAP_??? *\/`. */
export function flagText(table: FlagTable, value: number): string {
  const names: string[] = [];
  const field = value & table.mask;
  let rest = value >>> 0;
  if (table.mask !== 0 || value === 0) {
    const name = table.values[field >>> 0];
    if (name !== undefined) {
      names.push(name);
      rest = (rest & ~table.mask) >>> 0;
    }
  }
  for (const [bit, name] of table.bits) {
    if (bit === 0 || (rest & bit) >>> 0 !== bit >>> 0) continue;
    names.push(name);
    rest = (rest & ~bit) >>> 0;
  }
  if (names.length === 0) return value === 0 ? '0' : `0x${(value >>> 0).toString(16)} /* ${table.unknown} */`;
  if (rest !== 0) names.push(`0x${rest.toString(16)}`);
  return names.join('|');
}

const SIGNAL_NAMES =
  'HUP INT QUIT ILL TRAP ABRT BUS FPE KILL USR1 SEGV USR2 PIPE ALRM TERM STKFLT CHLD CONT STOP TSTP TTIN TTOU URG XCPU XFSZ VTALRM PROF WINCH IO PWR SYS'.split(
    ' ',
  );
const FIRST_REAL_TIME = 32;
const SIGNAL_COUNT = 64;

/** A signal without its `SIG`: `INT`, `RTMIN`, `RT_1`. */
function shortSignal(signal: number): string {
  if (signal < FIRST_REAL_TIME) return SIGNAL_NAMES[signal - 1] ?? String(signal);
  return signal === FIRST_REAL_TIME ? 'RTMIN' : `RT_${signal - FIRST_REAL_TIME}`;
}

/** `SIGINT`; a number that is no signal as a number. */
export function signalName(signal: number): string {
  return signal >= 1 && signal <= SIGNAL_COUNT ? `SIG${shortSignal(signal)}` : String(signal | 0);
}

/** A set of signals: `[INT CHLD]`, `[]`, or what is not in it, if most are: `~[RTMIN RT_1]`. */
export function signalSet(low: number, high: number, words: number): string {
  const count = words === 1 ? FIRST_REAL_TIME : SIGNAL_COUNT;
  const has = (signal: number) =>
    (((signal <= FIRST_REAL_TIME ? low : high) >>> ((signal - 1) & 31)) & 1) === 1;
  const all = Array.from({ length: count }, (_, i) => i + 1);
  const inSet = all.filter(has);
  const most = inSet.length > (count * 2) / 3;
  const named = most ? all.filter((signal) => !has(signal)) : inSet;
  return `${most ? '~' : ''}[${named.map(shortSignal).join(' ')}]`;
}
