import { describe, expect, it } from 'vitest';
import { SyscallAssembler } from '../../src/record/syscall-line.ts';

/** All completed calls of the lines, as `name(args)=result`. */
function calls(...lines: string[]): string[] {
  const assembler = new SyscallAssembler();
  return lines.flatMap((line) => {
    const call = assembler.add(line);
    if (call === null) return [];
    const texts = [...call.texts].map(([index, text]) => ` ${index}:${text}`).join('');
    return [
      `${call.name}(${call.args.join()})=${call.result}${texts}${call.child ? ` child ${call.child}` : ''}`,
    ];
  });
}

describe('lines about system calls, as valgrind 3.19 writes them', () => {
  it.each([
    [
      'done at once',
      ['SYSCALL[2807,1](10) sys_mprotect ( 0x4a14000, 16384, 1 )[sync] --> Success(0x0) '],
      ['mprotect(77676544,16384,1)=0'],
    ],
    [
      'done before',
      ['SYSCALL[2807,1](12) sys_brk ( 0x0 ) --> [pre-success] Success(0x4035000) '],
      [`brk(0)=${0x4035000}`],
    ],
    [
      'in two lines, with another thread between',
      [
        'SYSCALL[9,1](28) sys_madvise ( 0x1000, 8192, 4 ) --> [async] ... ',
        'SYSCALL[9,2](3) sys_close ( 4 )[sync] --> Success(0x0) ',
        'SYSCALL[9,1](28) ... [async] --> Success(0x0) ',
      ],
      ['close(4)=0', 'madvise(4096,8192,4)=0'],
    ],
    [
      'failed',
      ['SYSCALL[9,1](21) sys_access ( 0x402a2a0(/etc/ld.so.preload), 4 )[sync] --> Failure(0x2) '],
      ['access(67281568,4)=NaN 0:/etc/ld.so.preload'],
    ],
    [
      'with a name that has parentheses and commas',
      [
        'SYSCALL[9,1](257) sys_openat ( 4294967196, 0x10(/a (1), b/c), 524288 ) --> [async] ... ',
        'SYSCALL[9,1](257) ... [async] --> Success(0x4) ',
      ],
      ['openat(4294967196,16,524288)=4 1:/a (1), b/c'],
    ],
    [
      'with an empty name',
      ['SYSCALL[9,1](262) sys_newfstatat ( 4, 0x40(), 0x1ffeffecb0 )[sync] --> Success(0x0) '],
      [`newfstatat(4,64,${0x1ffeffecb0})=0 1:`],
    ],
    [
      'clone, whose flags are hex without 0x',
      [
        'SYSCALL[7,1](56) sys_clone ( 1200011, 0x0, 0x0, 0x4a27a10, 0x0 )   clone(fork): process 7 created child 8',
        ' --> [pre-success] Success(0x8) ',
      ],
      [`clone(${0x1200011},0,0,${0x4a27a10},0)=8 child 8`],
    ],
    [
      'vfork, which valgrind prints as fork',
      ['SYSCALL[7,1](58) sys_fork ( )   fork: process 7 created child 8', ' --> [pre-success] Success(0x8) '],
      ['vfork()=8 child 8'],
    ],
    [
      'with an argument in brackets',
      ["SYSCALL[7,1](72) sys_fcntl[ARG3=='arg'] ( 3, 1030, 10 )[sync] --> Success(0xa) "],
      ['fcntl(3,1030,10)=10'],
    ],
    [
      'not known to valgrind',
      [
        'SYSCALL[7,1](334) unimplemented (by the kernel) syscall: 334! (ni_syscall)',
        ' --> [pre-fail] Failure(0x26) ',
      ],
      ['unimplemented()=NaN'],
    ],
  ])('%s', (_, lines, want) => {
    expect(calls(...lines)).toEqual(want);
  });

  it('keeps an execve that never returned', () => {
    const assembler = new SyscallAssembler();
    expect(assembler.add('SYSCALL[3,1](59) sys_execve ( 0x10a010(/bin/true), 0x1, 0x2 )')).toBeNull();
    expect(assembler.pending('execve')?.texts.get(0)).toBe('/bin/true');
    expect(assembler.pending('fork')).toBeNull();
  });
});
