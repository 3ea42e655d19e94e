/** Arguments of system calls as strace prints them. */
import type { Guest } from '../guest.ts';
import { FLAGS, type FlagKind, flagText, signalName, signalSet } from './flags.ts';
import { settingsText } from './terminal-settings.ts';

/** A system call that is being printed. */
export interface TracedCall {
  readonly guest: Guest;
  readonly number: number;
  /** Six, unsigned. */
  readonly args: readonly number[];
  /** What it gave; null: it has not ended. */
  readonly result: number | null;
}

/** Bytes of a string or a buffer that are printed. */
const SHOWN = 32;
/** Elements of a vector that are printed. */
const SHOWN_ELEMENTS = 32;
const AT_FDCWD = -100;
const DATA_ESCAPES: Readonly<Record<number, string>> = {
  9: '\\t',
  10: '\\n',
  11: '\\v',
  12: '\\f',
  13: '\\r',
  34: '\\"',
  92: '\\\\',
};

/** A pointer: `NULL`, `0x8049000`. */
export function pointer(value: number): string {
  return value === 0 ? 'NULL' : hex(value);
}
function hex(value: number): string {
  return value === 0 ? '0' : `0x${(value >>> 0).toString(16)}`;
}
function octal(value: number): string {
  return value === 0 ? '000' : `0${value.toString(8).padStart(3, '0')}`;
}

/** Bytes in quotes: `"a\n\0"`, at most 32 of them, and `...` behind if there are more. */
export function quoted(bytes: Uint8Array, more = false): string {
  const shown = bytes.subarray(0, SHOWN);
  let text = '';
  shown.forEach((byte, i) => {
    const next = shown[i + 1] ?? 0;
    const digitFollows = next >= 0x30 && next <= 0x37;
    const escaped = DATA_ESCAPES[byte];
    if (escaped !== undefined) text += escaped;
    else if (byte >= 32 && byte < 127) text += String.fromCharCode(byte);
    else text += `\\${byte.toString(8).padStart(digitFollows ? 3 : 1, '0')}`;
  });
  return `"${text}"${more || bytes.length > SHOWN ? '...' : ''}`;
}

/** A string of the program, which ends in NUL. */
function text({ guest }: TracedCall, at: number, most: number): string {
  if (at === 0) return 'NULL';
  const string = guest.user.text(at, 4096);
  if (string === null) return pointer(at);
  const bytes = new TextEncoder().encode(string);
  return most === SHOWN ? quoted(bytes) : wholeQuoted(bytes);
}
function wholeQuoted(bytes: Uint8Array): string {
  let all = '';
  for (let i = 0; i < bytes.length; i += SHOWN) all += quoted(bytes.subarray(i, i + SHOWN)).slice(1, -1);
  return `"${all}"`;
}

function words(call: TracedCall, at: number, count: number): Uint32Array | null {
  return at === 0 ? null : call.guest.user.words(at, count);
}

/** A buffer: on the way in as long as the next argument says, on the way out as long as the result. */
function buffer(call: TracedCall, at: number, index: number): string {
  const length = call.result ?? call.args[index + 1] ?? 0;
  if (at === 0) return 'NULL';
  const bytes = call.guest.user.get(at, Math.min(length, SHOWN + 1));
  return bytes === null ? pointer(at) : quoted(bytes);
}

function random(call: TracedCall, at: number): string {
  const bytes = call.guest.user.get(at, Math.min(call.result ?? 0, SHOWN));
  if (bytes === null) return pointer(at);
  const digits = [...bytes].map((byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join('');
  return `"${digits}"${(call.result ?? 0) > SHOWN ? '...' : ''}`;
}

function time(call: TracedCall, at: number, fraction: string, wide: boolean): string {
  const found = words(call, at, wide ? 4 : 2);
  if (found === null) return pointer(at);
  return `{tv_sec=${(found[0] as number) | 0}, ${fraction}=${found[wide ? 2 : 1]}}`;
}

function status(call: TracedCall, at: number): string {
  const found = call.result === 0 ? undefined : words(call, at, 1)?.[0];
  if (found === undefined) return pointer(at);
  const signal = found & 0x7f;
  if (found === 0xffff) return '[{WIFCONTINUED(s)}]';
  if (signal === 0x7f) return `[{WIFSTOPPED(s) && WSTOPSIG(s) == ${signalName((found >>> 8) & 0xff)}}]`;
  if (signal !== 0) return `[{WIFSIGNALED(s) && WTERMSIG(s) == ${signalName(signal)}}]`;
  return `[{WIFEXITED(s) && WEXITSTATUS(s) == ${(found >>> 8) & 0xff}}]`;
}

const FILE_TYPES: Readonly<Record<number, string>> = {
  1: 'S_IFIFO',
  2: 'S_IFCHR',
  4: 'S_IFDIR',
  6: 'S_IFBLK',
  8: 'S_IFREG',
  10: 'S_IFLNK',
  12: 'S_IFSOCK',
};
function fileMode(mode: number): string {
  const type = FILE_TYPES[mode >>> 12];
  return type === undefined ? octal(mode) : `${type}|${octal(mode & 0o7777)}`;
}

/** st_mode, and st_size, or the number of a device. */
function statText(mode: number, size: number, device: number): string {
  const type = mode >>> 12;
  if (type === 2 || type === 6) {
    const major = (device >>> 8) & 0xfff;
    const minor = (device & 0xff) | ((device >>> 12) & 0xfff00);
    return `{st_mode=${fileMode(mode)}, st_rdev=makedev(${hex(major)}, ${hex(minor)}), ...}`;
  }
  return `{st_mode=${fileMode(mode)}, st_size=${size}, ...}`;
}
function stat(call: TracedCall, at: number, kind: 'stat' | 'stat64' | 'statx'): string {
  const bytes = at === 0 ? null : call.guest.user.get(at, kind === 'stat' ? 64 : kind === 'stat64' ? 96 : 64);
  if (bytes === null) return pointer(at);
  const view = new DataView(bytes.buffer);
  const word = (offset: number) => view.getUint32(offset, true);
  if (kind === 'stat') return statText(view.getUint16(8, true), word(20), view.getUint16(16, true));
  if (kind === 'stat64') return statText(word(16), word(44) + word(48) * 2 ** 32, word(32));
  const size = word(40) + word(44) * 2 ** 32;
  return `{stx_mask=${flagText(FLAGS.statx, word(0))}, stx_attributes=${hex(word(8))}, stx_mode=${fileMode(view.getUint16(28, true))}, stx_size=${size}, ...}`;
}

/** @param words of the mask; handler | mask | flags | restorer, or handler | flags | restorer | mask of two words */
function action(call: TracedCall, at: number, maskWords: number): string {
  const found = words(call, at, maskWords === 1 ? 4 : 5);
  if (found === null) return pointer(at);
  const [handler = 0, flags = 0, restorer = 0] =
    maskWords === 1 ? [found[0], found[2], found[3]] : [found[0], found[1], found[2]];
  const mask =
    maskWords === 1
      ? signalSet(found[1] as number, 0, 1)
      : signalSet(found[3] as number, found[4] as number, 2);
  const tail = (flags & 0x04000000) !== 0 ? `, sa_restorer=${pointer(restorer)}` : '';
  return `{sa_handler=${handlerText(handler)}, sa_mask=${mask}, sa_flags=${flagText(FLAGS.sigaction, flags)}${tail}}`;
}

/** What a signal does: `SIG_DFL`, `SIG_IGN`, or an address. */
export function handlerText(handler: number): string {
  return handler === 0 ? 'SIG_DFL' : handler === 1 ? 'SIG_IGN' : pointer(handler);
}

function limitValue(value: number, infinity: boolean): string {
  if (infinity) return 'RLIM_INFINITY';
  return value > 1024 && value % 1024 === 0 ? `${value / 1024}*1024` : String(value);
}
function limit(call: TracedCall, at: number, wide: boolean): string {
  const found = words(call, at, wide ? 4 : 2);
  if (found === null) return pointer(at);
  const value = (i: number) => {
    const low = found[wide ? 2 * i : i] as number;
    const high = wide ? (found[2 * i + 1] as number) : 0;
    const infinity = low === 0xffffffff && (!wide || high === 0xffffffff);
    return limitValue(low + high * 2 ** 32, infinity);
  };
  return `{rlim_cur=${value(0)}, rlim_max=${value(1)}}`;
}

function vector(call: TracedCall, at: number): string {
  const strings = call.guest.user.texts(at);
  if (strings === null || at === 0) return pointer(at);
  const shown = strings.slice(0, SHOWN_ELEMENTS).map((string) => quoted(new TextEncoder().encode(string)));
  if (strings.length > SHOWN_ELEMENTS) shown.push('...');
  return `[${shown.join(', ')}]`;
}
function environment(call: TracedCall, at: number): string {
  const count = call.guest.user.texts(at)?.length ?? 0;
  return at === 0 ? 'NULL' : `${pointer(at)} /* ${count} var${count === 1 ? '' : 's'} */`;
}

function pieces(call: TracedCall, at: number, count: number): string {
  const found = words(call, at, 2 * Math.min(count, SHOWN_ELEMENTS));
  if (found === null) return pointer(at);
  let left = call.result ?? Infinity;
  const shown: string[] = [];
  for (let i = 0; i < found.length; i += 2) {
    const [base = 0, length = 0] = [found[i], found[i + 1]];
    const bytes = call.guest.user.get(base, Math.min(length, left, SHOWN + 1));
    left -= Math.min(length, left);
    shown.push(`{iov_base=${bytes === null ? pointer(base) : quoted(bytes)}, iov_len=${length}}`);
  }
  return `[${shown.join(', ')}]`;
}

function polled(call: TracedCall, at: number, count: number): string {
  const found = words(call, at, 2 * Math.min(count, SHOWN_ELEMENTS));
  if (found === null) return pointer(at);
  const shown: string[] = [];
  for (let i = 0; i < found.length; i += 2) {
    const events = flagText(FLAGS.poll, (found[i + 1] as number) & 0xffff);
    shown.push(`{fd=${(found[i] as number) | 0}, events=${events}}`);
  }
  return `[${shown.join(', ')}]`;
}

/** What poll found, behind its result: ` ([{fd=0, revents=POLLIN}])`. */
export function pollResult(call: TracedCall): string {
  const [at = 0, count = 0] = call.args;
  if (call.result === 0) return ' (Timeout)';
  const found = words(call, at, 2 * Math.min(count, SHOWN_ELEMENTS));
  if (found === null) return '';
  const shown: string[] = [];
  for (let i = 0; i < found.length; i += 2) {
    const happened = (found[i + 1] as number) >>> 16;
    if (happened !== 0)
      shown.push(`{fd=${(found[i] as number) | 0}, revents=${flagText(FLAGS.poll, happened)}}`);
  }
  return ` ([${shown.join(', ')}])`;
}

/** A segment for thread-local storage. */
function userDescriptor(call: TracedCall, at: number): string {
  const found = words(call, at, 4);
  if (found === null) return pointer(at);
  const [, base = 0, limitOf = 0, flags = 0] = found;
  const bit = (n: number) => (flags >>> n) & 1;
  return (
    `{entry_number=-1, base_addr=${hex(base)}, limit=0x${limitOf.toString(16).padStart(6, '0')}, seg_32bit=${bit(0)}, ` +
    `contents=${(flags >>> 1) & 3}, read_exec_only=${bit(3)}, limit_in_pages=${bit(4)}, seg_not_present=${bit(5)}, useable=${bit(6)}}`
  );
}

function names(call: TracedCall, at: number): string {
  const bytes = call.guest.user.get(at, 130);
  if (bytes === null) return pointer(at);
  const field = (i: number) =>
    new TextDecoder().decode(bytes.subarray(65 * i, 65 * i + 65)).replace(/\0.*$/s, '');
  return `{sysname="${field(0)}", nodename="${field(1)}", ...}`;
}

type Printer = (call: TracedCall, value: number, index: number) => string;

const PRINTERS: Readonly<Record<string, Printer>> = {
  int: (_call, value) => String(value | 0),
  uint: (_call, value) => String(value),
  hex: (_call, value) => hex(value),
  mode: (_call, value) => octal(value),
  mknod: (_call, value) => fileMode(value),
  ptr: (_call, value) => pointer(value),
  fd: (_call, value) => String(value | 0),
  dirfd: (_call, value) => ((value | 0) === AT_FDCWD ? 'AT_FDCWD' : String(value | 0)),
  path: (call, value) => text(call, value, 4096),
  str: (call, value) => text(call, value, SHOWN),
  signal: (_call, value) => signalName(value),
  handler: (_call, value) => handlerText(value),
  bytes: buffer,
  randombytes: random,
  argv: vector,
  envp: environment,
  status,
  stat: (call, value) => stat(call, value, 'stat'),
  stat64: (call, value) => stat(call, value, 'stat64'),
  statx: (call, value) =>
    call.number === 383 && value < 0x10000 ? flagText(FLAGS.statx, value) : stat(call, value, 'statx'),
  atx: (_call, value) =>
    ['AT_STATX_SYNC_AS_STAT', ...(value === 0 ? [] : [flagText(FLAGS.at, value)])].join('|'),
  timespec: (call, value) => time(call, value, 'tv_nsec', false),
  timespec64: (call, value) => time(call, value, 'tv_nsec', true),
  timeval: (call, value) => time(call, value, 'tv_usec', false),
  timer2: (call, value) =>
    value === 0
      ? 'NULL'
      : `{it_interval=${time(call, value, 'tv_usec', false)}, it_value=${time(call, value + 8, 'tv_usec', false)}}`,
  word: (call, value) => {
    const found = words(call, value, 1);
    return found === null ? pointer(value) : `[${(found[0] as number) | 0}]`;
  },
  pair: (call, value) => {
    const found = words(call, value, 2);
    return found === null ? pointer(value) : `[${found.join(', ')}]`;
  },
  longlong: (call, value) => {
    const found = words(call, value, 2);
    return found === null ? pointer(value) : `[${(found[0] as number) + (found[1] as number) * 2 ** 32}]`;
  },
  tms: (call, value) => {
    const found = words(call, value, 4);
    if (found === null) return pointer(value);
    return `{tms_utime=${found[0]}, tms_stime=${found[1]}, tms_cutime=${found[2]}, tms_cstime=${found[3]}}`;
  },
  rlimit: (call, value) => limit(call, value, false),
  rlimit64: (call, value) => limit(call, value, true),
  action: (call, value) => action(call, value, 2),
  oldaction: (call, value) => action(call, value, 1),
  sigset: (call, value) => {
    const found = words(call, value, 2);
    return found === null ? pointer(value) : signalSet(found[0] as number, found[1] as number, 2);
  },
  sigset1: (call, value) => {
    const found = call.number === 72 ? [value] : words(call, value, 1);
    return found === null ? pointer(value) : signalSet(found[0] as number, 0, 1);
  },
  iovec: (call, value, index) => pieces(call, value, call.args[index + 1] ?? 0),
  pollfds: (call, value, index) => polled(call, value, call.args[index + 1] ?? 0),
  userdesc: userDescriptor,
  uname: names,
  sysinfo: (call, value) => {
    const found = words(call, value, 6);
    if (found === null) return pointer(value);
    const [uptime, one, five, fifteen, total, free] = found;
    return `{uptime=${uptime}, loads=[${one}, ${five}, ${fifteen}], totalram=${total}, freeram=${free}, ...}`;
  },
  window: (call, value) => {
    const found = words(call, value, 2);
    if (found === null) return pointer(value);
    const [size = 0, dots = 0] = found;
    return `{ws_row=${size & 0xffff}, ws_col=${size >>> 16}, ws_xpixel=${dots & 0xffff}, ws_ypixel=${dots >>> 16}}`;
  },
  termios: (call, value) => {
    const bytes = value === 0 ? null : call.guest.user.get(value, 36);
    return bytes === null ? pointer(value) : settingsText(bytes);
  },
  flush: (_call, value) => ['TCIFLUSH', 'TCOFLUSH', 'TCIOFLUSH'][value] ?? hex(value),
  dents: (call, value) => `${pointer(value)} /* ${(call.result ?? 0) > 0 ? 'some' : 0} entries */`,
  pageoffset: (_call, value) => hex(value * 4096),
};

/** One argument. */
export function argumentText(call: TracedCall, kind: string, value: number, index: number): string {
  const printer = PRINTERS[kind];
  if (printer !== undefined) return printer(call, value, index);
  const table = FLAGS[kind as FlagKind];
  return table === undefined ? hex(value) : flagText(table, value);
}
