/** What is told of a signal besides its number. @linux siginfo_t */

/** Bytes of a siginfo. */
export const SIGINFO_BYTES = 128;
/** Values of si_code for signals that no fault sent. */
export const SI = { user: 0, kernel: 0x80, queue: -1, timer: -2, tkill: -6 } as const;
/** si_code of SIGCHLD: how the child ended. */
export const CLD = { exited: 1, killed: 2, stopped: 5, continued: 6 } as const;

/**
 * ```
 *   signo | errno (0) | code | words: what the code says
 *     kill, tkill:      pid | uid          sigqueue:   pid | uid | value
 *     fault:            address            SIGCHLD:    pid | uid | status | user ticks | system ticks
 * ```
 */
export interface SignalInfo {
  readonly signo: number;
  readonly code: number;
  readonly words: readonly number[];
}

/** The kernel sent it. */
export function fromKernel(signo: number): SignalInfo {
  return { signo, code: SI.kernel, words: [] };
}

/** A program sent it by kill or tkill. */
export function fromProgram(signo: number, code: number, pid: number): SignalInfo {
  return { signo, code, words: [pid, 0] };
}

/** An instruction caused it. */
export function fromFault(signo: number, code: number, addr: number): SignalInfo {
  return { signo, code, words: [addr] };
}

/** The bytes of a siginfo. */
export function siginfoBytes(info: SignalInfo): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(SIGINFO_BYTES);
  const view = new DataView(bytes.buffer);
  view.setInt32(0, info.signo, true);
  view.setInt32(8, info.code, true);
  info.words.forEach((word, i) => {
    view.setUint32(12 + 4 * i, word >>> 0, true);
  });
  return bytes;
}
