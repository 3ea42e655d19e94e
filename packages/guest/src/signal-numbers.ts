/** Signals 1 .. 64. @linux include/asm-i386/signal.h */
export const SIGNALS = 64;
export const SIG = {
  hup: 1,
  int: 2,
  quit: 3,
  ill: 4,
  trap: 5,
  abrt: 6,
  bus: 7,
  fpe: 8,
  kill: 9,
  usr1: 10,
  segv: 11,
  usr2: 12,
  pipe: 13,
  alrm: 14,
  term: 15,
  chld: 17,
  cont: 18,
  stop: 19,
  tstp: 20,
  ttin: 21,
  ttou: 22,
  urg: 23,
  xcpu: 24,
  xfsz: 25,
  vtalrm: 26,
  prof: 27,
  winch: 28,
  sys: 31,
  /** The first that is queued as often as it is sent. */
  rtMin: 32,
} as const;

/** Those that do nothing to a program that asked for nothing. */
export const IGNORED_BY_DEFAULT: ReadonlySet<number> = new Set([SIG.chld, SIG.cont, SIG.urg, SIG.winch]);

/** Those that an instruction causes: they are delivered before all others. @linux SYNCHRONOUS_MASK */
export const SYNCHRONOUS: ReadonlySet<number> = new Set([
  SIG.segv,
  SIG.bus,
  SIG.ill,
  SIG.trap,
  SIG.fpe,
  SIG.sys,
]);
