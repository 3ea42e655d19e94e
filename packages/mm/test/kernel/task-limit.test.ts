import { describe, expect, it } from 'vitest';
import { boot, Errno, type Kernel, type Process } from '../../src/index.ts';

const MIB = 2 ** 20;

/** Forks until the kernel refuses: the children, and what it said. */
function forkAll(parent: Process): { children: Process[]; refused: number } {
  const children: Process[] = [];
  for (;;) {
    const child = parent.fork();
    if (typeof child === 'number') return { children, refused: child };
    children.push(child);
  }
}

/**
 * Processes and threads of a machine of one CPU, without its idle task. With 8 MiB the kernel finds 2016 frames: a thread for each 16
 * of them, in 2.4.0 for each 4.
 */
const threads = (kernel: Kernel) => kernel.tasks.length - 1;

describe('as many tasks as do_fork() allows', () => {
  it.each(['2.4.20', '2.4.22'])('%s: root has all that a machine of this size may have', (release) => {
    const kernel = boot({ memory: 8 * MIB, release });
    const parent = kernel.spawn('root');
    const { children, refused } = forkAll(parent);
    expect([refused, threads(kernel)]).toEqual([-Errno.EAGAIN, 126]);
    const free = kernel.allocator.nrFreePages();
    expect(parent.fork()).toBe(-Errno.EAGAIN);
    expect(parent.vfork()).toBe(-Errno.EAGAIN);
    expect(kernel.allocator.nrFreePages()).toBe(free);
    expect(() => kernel.spawn('more')).toThrow(/no more than the 126/);
    kernel.checkInvariants();
    children[0]?.exit(0);
    expect(parent.fork()).not.toBeTypeOf('number');
    expect(parent.fork()).toBe(-Errno.EAGAIN);
    kernel.checkInvariants();
  });

  it('2.4.0: more of them in all, but root has no more than RLIMIT_NPROC, kernel threads and the idle task among them', () => {
    const kernel = boot({ memory: 8 * MIB, release: '2.4.0' });
    const { refused } = forkAll(kernel.spawn('root'));
    expect([refused, threads(kernel) + 1]).toEqual([-Errno.EAGAIN, 252]);
    kernel.checkInvariants();
  });

  it.each([
    ['2.4.22', 63],
    ['2.4.0', 252],
  ] as const)('%s: a user has half of them, and each user his own', (release, most) => {
    const kernel = boot({ memory: 8 * MIB, release });
    const parent = kernel.spawn('user', { uid: 1000 });
    const { children, refused } = forkAll(parent);
    expect([refused, children.length + 1]).toEqual([-Errno.EAGAIN, most]);
    const other = kernel.spawn('other', { uid: 1001 });
    const child = other.fork();
    if (typeof child === 'number') throw new Error(`errno ${child}`);
    kernel.checkInvariants();
    for (const each of [...children, child, other]) each.exit(0);
    expect(parent.fork()).not.toBeTypeOf('number');
    kernel.checkInvariants();
  });

  it('several CPUs: their idle tasks are no processes', () => {
    const kernel = boot({ memory: 16 * MIB, cpus: 2 });
    forkAll(kernel.spawn('root'));
    expect(kernel.tasks.length - 2).toBe(254);
    kernel.checkInvariants();
  });
});
