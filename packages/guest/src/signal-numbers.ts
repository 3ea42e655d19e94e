/** Signals 1 .. 32. @linux include/asm-i386/signal.h */
export const SIGNALS = 32;
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
  winch: 28,
} as const;

/** Those that do nothing to a program that asked for nothing. */
export const IGNORED_BY_DEFAULT: ReadonlySet<number> = new Set([SIG.chld, SIG.cont, SIG.urg, SIG.winch]);

/** A signal's bit in a mask. */
export function signalBit(signal: number): number {
  return (1 << (signal - 1)) >>> 0;
}
