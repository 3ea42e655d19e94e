/** System V shared memory as 2.4.0 answers (sheet 7, section 11). */
import { beforeEach, describe, expect, it } from 'vitest';
import { Errno } from '../../src/errno.ts';
import { boot, type Kernel } from '../../src/kernel.ts';
import type { Process } from '../../src/process.ts';
import { IPC, SHM, SHMCTL } from '../../src/shmem/sysv-shm.ts';

const NEW = IPC.creat | 0o600;
const AT = 0x20000000;
const PRIVATE_FIXED = 0x32;

let kernel: Kernel;
let root: Process;
let user: Process;

beforeEach(() => {
  kernel = boot({ memory: 16 * 2 ** 20, release: '2.4.0' });
  root = kernel.spawn('root');
  user = kernel.spawn('user', { uid: 1000 });
});

describe('shmat and shmdt of 2.4.0', () => {
  it('sheet 7, 19 vector 13: a stale id attaches the segment that has its slot', () => {
    expect(root.shmget(0, 4096, NEW)).toBe(0);
    expect(root.shmctl(0, SHMCTL.rmid)).toBe(0);
    expect(root.shmget(0, 8192, NEW)).toBe(32768);
    expect(root.shmat(0, AT, 0)).toBe(AT);
    expect(kernel.proc('maps', root.pid)).toMatch(/20000000-20002000 .* 32768 +\/SYSV00000000 \(deleted\)/);
    expect(root.shmctl(0, SHMCTL.rmid)).toBe(-Errno.EIDRM);
    kernel.checkInvariants();
  });

  it('what is mapped at the address is replaced, beside the stack too', () => {
    const id = root.shmget(0, 8192, NEW);
    expect(root.mmap2(AT + 4096, 8192, 3, PRIVATE_FIXED, -1, 0)).toBe(AT + 4096);
    expect(root.store8(AT + 8192, 5)).toBe(true);
    expect(root.shmat(id, AT, 0)).toBe(AT);
    expect(root.load8(AT + 8192)).toBe(5);
    expect(root.load8(AT + 4096)).toBe(0);
    const belowStack = 0xbffff000 - 8192;
    expect(root.shmat(id, belowStack, 0)).toBe(belowStack);
    expect(root.shmat(id, 0, SHM.remap)).toBe(0x40000000);
    kernel.checkInvariants();
  });

  it('shmdt never fails', () => {
    const id = root.shmget(0, 8192, NEW);
    expect(root.shmdt(0x1000)).toBe(0);
    expect(root.shmat(id, AT, 0)).toBe(AT);
    expect(root.munmap(AT, 4096)).toBe(0);
    expect(root.shmdt(AT)).toBe(0);
    expect(root.load8(AT + 4096)).toBe(-1);
    kernel.checkInvariants();
  });

  it('errors in their order', () => {
    const id = root.shmget(0, 4096, NEW);
    expect(root.shmat(-1, AT + 1, 0)).toBe(-Errno.EINVAL);
    expect(user.shmat(id, AT + 1, 0)).toBe(-Errno.EINVAL);
    expect(user.shmat(7, AT, 0)).toBe(-Errno.EINVAL);
    expect(user.shmat(id, AT, 0)).toBe(-Errno.EACCES);
    expect(root.shmat(id, 0xc0000000, 0)).toBe(-Errno.EINVAL);
    expect(root.shmat(id, AT + 1, SHM.rnd)).toBe(AT);
  });

  it('anyone may remove a segment', () => {
    const id = root.shmget(0, 4096, NEW);
    expect(user.shmctl(id, SHMCTL.rmid)).toBe(0);
    expect(root.shmctl(id, SHMCTL.rmid)).toBe(-Errno.EINVAL);
  });
});
