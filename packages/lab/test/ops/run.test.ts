import { boot, type Kernel } from '@pagewalk/mm';
import { describe, expect, it } from 'vitest';
import { parseOps, runOps, WORLD_MEMORY, WORLD_SWAP_BYTES } from '../../src/ops/index.ts';

const machine = (): Kernel => boot({ memory: WORLD_MEMORY, swap: [{ size: WORLD_SWAP_BYTES }] });

/** Result lines of a script between the first and the last, after checking the machine. */
function results(...ops: string[]): string[] {
  const kernel = machine();
  const lines: string[] = [];
  const script = parseOps(ops.map((op, i) => `${i + 1} ${op}\n`).join(''), 'test.ops');
  runOps(kernel, script, (line) => lines.push(line));
  kernel.checkInvariants();
  expect(kernel.processes.size).toBe(0);
  expect(lines[0]).toBe('# mmops-result v1 bits=32 release=2.4.22 machine=i686');
  expect(lines.at(-1)).toBe('# end');
  return lines.slice(1, -1);
}

describe('ops', () => {
  it('keep results in slots', () => {
    expect(results('mmap 0 8192 3 0x22 - >v2', 'w v2+1ffe 2 7', 'w v2+1fff 2 7', 'munmap v2 8192')).toEqual([
      '1 t+10000',
      '2 ok',
      '3 1 SIGSEGV/1@t+12000',
      '4 0',
    ]);
  });

  it('leave a slot as it was when the call fails', () => {
    expect(results('mmap 0 4096 3 0x22 - >v1', 'mmap 0 ~1 3 0x22 - >v1', 'tw v1 1')).toEqual([
      '1 t+10000',
      '2 -EINVAL',
      '3 1 ok flt=1',
    ]);
  });

  it('call a return instruction, and nothing else', () => {
    expect(
      results(
        'mmap a+0 8192 3 0x32 -',
        'w a+0 1 1419',
        'x a+0',
        'x a+1000',
        'mprotect a+0 4096 0x0',
        'x a+0',
      ),
    ).toEqual(['1 a+0', '2 ok', '3 ok', '4 noret', '5 0', '6 SIGSEGV/2@a+0']);
  });

  it('map with a byte offset through the old call when it is not page aligned', () => {
    expect(results('mmapo a+0 4096 1 0x2 f1 4096', 'mmapo a+0 4096 1 0x2 f1 1')).toEqual([
      '1 a+0',
      '2 -EINVAL',
    ]);
  });

  it('count shared memory segments by their own numbers', () => {
    expect(
      results(
        'shmget 1 5000',
        'shmget 1 5000',
        'shmat 1 a+0 0',
        'shmat 2 a+0 0',
        'tw a+0 3',
        'dump',
        'shmdt a+0',
      ),
    ).toEqual([
      '1 ok',
      '2 busy',
      '3 a+0',
      '4 -EINVAL',
      '5 2 SIGSEGV/1@a+2000 flt=0',
      '6 dump',
      'm a+0 2 rw-s shm1 0',
      'm t-0 16 ---p anon -',
      'k vm=2 lck=0',
      '7 0',
    ]);
  });

  it('know no calls of later kernels', () => {
    expect(
      results('mlock2 a+0 4096 1', 'rfp a+0 4096 0 0 0', 'mmap a+0 4096 3 0x100022 -', 'madvise a+0 4096 8'),
    ).toEqual(['1 -ENOSYS', '2 -ENOSYS', '3 a+0', '4 -EINVAL']);
  });

  it('report the signal that a fault inside a system call sends', () => {
    // The buffer lies behind the end of the file that it maps: the copy fails with SIGBUS beside -EFAULT.
    const last = results('mmapo a+0 8192 3 0x11 f3 0', 'pread f0 a+0 100 0').at(-1);
    expect(last).toBe('2 -EFAULT +SIGBUS/2@a+0');
  });
});

describe('forks', () => {
  it('run the child first, with its own slots, memory and prefix', () => {
    expect(
      results(
        'mmap a+0 4096 3 0x32 - >v0',
        'fork 3',
        'w v0 4 1',
        'mmap a+1000 4096 3 0x32 - >v0',
        'dump',
        'r a+0 1',
        'tw v0 2',
      ),
    ).toEqual([
      '1 a+0',
      '2 fork',
      'c3 ok',
      'c4 a+1000',
      'c5 dump',
      'cm a+0 2 rw-p anon -',
      'cm t-0 16 ---p anon -',
      'ck vm=1 lck=0',
      'cexit',
      '6 h=50c5d1f',
      '7 1 SIGSEGV/1@a+1000 flt=1',
    ]);
  });

  it('of the second kind run the parent first, but copy its state from before', () => {
    expect(
      results(
        'mmap 0 4096 3 0x22 - >v0',
        'forkp 2 1',
        'mmap 0 4096 3 0x22 - >v0',
        'munmap t+10000 4096',
        'tw v0 2',
        'tw v0 2',
      ),
    ).toEqual([
      '1 t+10000',
      '2 fork',
      '3 t+11000',
      '4 0',
      'c5 1 SIGSEGV/1@t+11000 flt=1',
      'cexit',
      '6 1 SIGSEGV/1@t+12000 flt=1',
    ]);
  });
});

describe('the page count of a dump', () => {
  it('counts the buffer for /proc/self/status from the second dump of a process on', () => {
    const counts = (lines: string[]) => lines.filter((line) => /^c?k /.test(line));
    expect(counts(results('dump', 'dump', 'fork 1', 'dump', 'dump'))).toEqual([
      'k vm=0 lck=0',
      'k vm=1 lck=0',
      'ck vm=1 lck=0',
      'k vm=1 lck=0',
    ]);
  });
});

describe('memory', () => {
  it('is all free again when the files are gone', () => {
    const kernel = machine();
    const run = (): void => {
      const ops =
        '1 mmap a+0 40960 3 0x31 -\n2 tw a+0 10\n3 fork 2\n4 shmget 0 8192\n5 tw b+0 1\n6 mmapo a+0 4096 3 0x11 f0 0\n7 tw a+0 1\n';
      runOps(kernel, parseOps(ops, 'test.ops'), () => {});
      for (const name of ['mmexec', 'mmopsf0', 'mmopsf1', 'mmopsf2', 'mmopsf3'])
        kernel.fs.unlink(`/tmp/${name}`);
    };
    // The second run finds the slabs that buffer heads and file structs keep.
    run();
    run();
    const free = kernel.allocator.nrFreePages();
    run();
    expect(kernel.allocator.nrFreePages()).toBe(free);
    kernel.checkInvariants();
  });
});
