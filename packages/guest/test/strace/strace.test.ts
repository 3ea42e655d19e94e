import { describe, expect, it } from 'vitest';
import { quoted } from '../../src/strace/arguments.ts';
import { callName } from '../../src/strace/call-names.ts';
import { CALLS } from '../../src/strace/calls.ts';
import { errorText } from '../../src/strace/error-texts.ts';
import { FLAGS, flagText, signalName, signalSet } from '../../src/strace/flags.ts';
import { SYSTEM_CALLS } from '../../src/syscalls/table.ts';
import { testGuest } from '../run-guest.ts';

/** The lines of a program's run. */
function linesOf(program: string, ...args: readonly string[]): string[] {
  const lines: string[] = [];
  testGuest({ strace: (line) => lines.push(line) }).run(program, ...args);
  return lines;
}

/** What does not depend on where things are. */
const shapes = (lines: readonly string[]) =>
  lines.map((line) => line.replace(/0x[0-9a-f]+/g, 'ADDR').replace(/ +=/, ' ='));

/** What is expected is what the real one prints for the same program: `strace -f packages/guest/programs/mapfile 8`. */
describe('strace', () => {
  it('prints a line for each call, as the program of that name does', () => {
    expect(linesOf('hello')).toEqual([
      'write(1, "hello from ring 3:", 18)      = 18',
      'write(1, " ", 1)                        = 1',
      'write(1, "hello", 5)                    = 5',
      'write(1, "\\n", 1)                       = 1',
      'exit(0)                                 = ?',
      '+++ exited with 0 +++',
    ]);
  });

  it('names memory, files and their flags', () => {
    const words = (at: number) =>
      Array.from({ length: 8 }, (_, i) => `\\${i}${at === 0 ? '\\0' : `\\${at}`}\\0\\0`).join('');
    const turned = (at: number) =>
      Array.from({ length: 8 }, (_, i) => `\\37${7 - i}\\${(0xff - at).toString(8)}\\377\\377`).join('');
    expect(shapes(linesOf('mapfile', '8'))).toEqual([
      'open("/mapfile.data", O_RDWR|O_CREAT, 0644) = 3',
      `write(3, "${words(0)}"..., 4096) = 4096`,
      `write(3, "${words(4)}"..., 4096) = 4096`,
      'mmap2(NULL, 8192, PROT_READ|PROT_WRITE, MAP_SHARED, 3, 0) = ADDR',
      'lseek(3, 0, SEEK_SET) = 0',
      `read(3, "${turned(0)}"..., 4096) = 4096`,
      `read(3, "${turned(4)}"..., 4096) = 4096`,
      'lseek(3, 4096, SEEK_SET) = 4096',
      'write(3, "seen at once", 12) = 12',
      'munmap(ADDR, 8192) = 0',
      'close(3) = 0',
      'unlink("/mapfile.data") = 0',
      'write(1, "2", 1) = 1',
      'write(1, " pages, ", 8) = 8',
      'write(1, "0", 1) = 1',
      'write(1, " words wrong\\n", 13) = 13',
      'exit(0) = ?',
      '+++ exited with 0 +++',
    ]);
  });

  it('tells processes apart: a call that waits is unfinished, and resumed', () => {
    expect(shapes(linesOf('forkstorm', '1', '1'))).toEqual([
      'mmap2(NULL, 1024, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = ADDR',
      'fork() = 8',
      'strace: Process 8 attached',
      '[pid     7] wait4(-1,  <unfinished ...>',
      '[pid     8] exit(1) = ?',
      '[pid     8] +++ exited with 1 +++',
      '<... wait4 resumed>[{WIFEXITED(s) && WEXITSTATUS(s) == 1}], 0, NULL) = 8',
      'write(1, "1", 1) = 1',
      'write(1, " children, every word right\\n", 28) = 28',
      'exit(0) = ?',
      '+++ exited with 0 +++',
    ]);
  });

  it('names signals, faults and ends by them', () => {
    const lines = shapes(linesOf('checks'));
    const all = lines.join('\n');
    expect(all).toContain('--- SIGSEGV {si_signo=SIGSEGV, si_code=SEGV_MAPERR, si_addr=NULL} ---');
    expect(all).toContain('+++ killed by SIGSEGV +++');
    expect(all).toMatch(/^--- SIGUSR1 \{si_signo=SIGUSR1, si_code=SI_USER, si_pid=7, si_uid=0\} ---$/m);
    expect(all).toMatch(
      /si_code=CLD_KILLED, si_pid=\d+, si_uid=0, si_status=SIGKILL|sigreturn\(\{mask=\[\]\}\)/,
    );
    expect(all).toContain('+++ killed by SIGKILL +++');
    expect(all).toMatch(
      /rt_sigaction\(SIG\w+, \{sa_handler=ADDR, sa_mask=\[\], sa_flags=[\w|]+\}, NULL, 8\) = 0/,
    );
  });

  it('changes nothing of what a program does', () => {
    const [plain, traced] = [undefined, () => {}].map((strace) => {
      const { run, text, guest } = testGuest({
        memory: 8,
        swap: 32,
        ...(strace === undefined ? {} : { strace }),
      });
      run('forkstorm', '4', '1024');
      return { text: text(), instructions: guest.counts.instructions, now: guest.kernel.clock.now };
    });
    expect(traced).toEqual(plain);
  });
});

describe('the words of strace', () => {
  it.each([
    [FLAGS.open, 0o100102, 'O_RDWR|O_CREAT|O_LARGEFILE'],
    [FLAGS.open, 0, 'O_RDONLY'],
    [FLAGS.prot, 0, 'PROT_NONE'],
    [FLAGS.prot, 5, 'PROT_READ|PROT_EXEC'],
    [FLAGS.map, 0x22, 'MAP_PRIVATE|MAP_ANONYMOUS'],
    [FLAGS.access, 0, 'F_OK'],
    [FLAGS.access, 5, 'R_OK|X_OK'],
    [FLAGS.whence, 9, '0x9 /* SEEK_??? */'],
    [FLAGS.futex, 0x81, 'FUTEX_WAKE|FUTEX_PRIVATE_FLAG'],
    [FLAGS.wait, 3, 'WNOHANG|WSTOPPED'],
  ])('flags %#', (table, value, text) => {
    expect(flagText(table, value)).toBe(text);
  });

  it('strings have C escapes, and at most 32 bytes', () => {
    expect(quoted(Buffer.from('a"b\\\n\t\0'))).toBe('"a\\"b\\\\\\n\\t\\0"');
    expect(quoted(Uint8Array.of(1, 0x31, 0xff, 0x39))).toBe('"\\0011\\3779"');
    expect(quoted(Buffer.from('x'.repeat(33)))).toBe(`"${'x'.repeat(32)}"...`);
  });

  it('signals and sets of them', () => {
    expect([signalName(2), signalName(32), signalName(34), signalName(99)]).toEqual([
      'SIGINT',
      'SIGRTMIN',
      'SIGRT_2',
      '99',
    ]);
    expect(signalSet(0, 0, 2)).toBe('[]');
    expect(signalSet(0x10002, 0, 2)).toBe('[INT CHLD]');
    expect(signalSet(0x7fffffff, 0xfffffffe, 2)).toBe('~[RTMIN RT_1]');
  });

  it('calls and errors by their number', () => {
    expect([callName(3), callName(122), callName(240), callName(252), callName(403)]).toEqual([
      'read',
      'uname',
      'futex',
      'exit_group',
      'clock_gettime64',
    ]);
    expect(callName(9999)).toBe('syscall_0x270f');
    expect(errorText(2)).toBe('-1 ENOENT (No such file or directory)');
    expect(errorText(38)).toBe('-1 ENOSYS (Function not implemented)');
  });
});

describe('the table of calls', () => {
  it('knows the arguments of every call that the machine has', () => {
    const unknown = Object.keys(SYSTEM_CALLS).filter((number) => CALLS[Number(number)] === undefined);
    expect(unknown.map((number) => callName(Number(number)))).toEqual([]);
  });
});
