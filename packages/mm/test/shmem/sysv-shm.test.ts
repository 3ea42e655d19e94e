import { beforeEach, describe, expect, it } from 'vitest';
import { Errno } from '../../src/errno.ts';
import { boot, type Kernel } from '../../src/kernel.ts';
import type { Process } from '../../src/process.ts';
import { IPC, SHM, SHMCTL, type ShmctlBuffer } from '../../src/shmem/sysv-shm.ts';
import { settledFreePages } from '../kernel/settled.ts';

const NEW = IPC.creat | 0o600;
const AT = 0x20000000;

let kernel: Kernel;
let root: Process;
let user: Process;

beforeEach(() => {
  kernel = boot({ memory: 16 * 2 ** 20, swap: [{ size: 1_000_002 * 4096 }] });
  root = kernel.spawn('root');
  user = kernel.spawn('user', { uid: 1000 });
  kernel.run(root);
});

const ctl = (process: Process, id: number, cmd: number, buffer?: ShmctlBuffer) => {
  kernel.run(process);
  return kernel.shm.shmctl(id, cmd, buffer);
};
const stat = (id: number) => {
  const buffer: ShmctlBuffer = {};
  expect(ctl(root, id, SHMCTL.stat, buffer)).toBe(0);
  return buffer.stat as NonNullable<ShmctlBuffer['stat']>;
};

describe('shmget (sheet 3 D4)', () => {
  it('ids count creations and slots: 0, 32769, 65538; slot 0 again: 98304', () => {
    expect([0, 1, 2].map(() => root.shmget(0, 4096, NEW))).toEqual([0, 32769, 65538]);
    expect(root.shmctl(0, SHMCTL.rmid)).toBe(0);
    expect(root.shmget(0, 4096, NEW)).toBe(98304);
    kernel.checkInvariants();
  });

  it('errors in their order', () => {
    expect(root.shmget(5, 4096, 0o600)).toBe(-Errno.ENOENT);
    const id = root.shmget(5, 5000, NEW);
    expect(root.shmget(5, 99999, NEW | IPC.excl)).toBe(-Errno.EEXIST);
    expect(user.shmget(5, 5001, 0o600)).toBe(-Errno.EINVAL);
    expect(user.shmget(5, 5000, 0o600)).toBe(-Errno.EACCES);
    expect(root.shmget(5, 0, 0)).toBe(id);
    expect(root.shmget(0, 0, NEW)).toBe(-Errno.EINVAL);
    expect(root.shmget(0, 0x2000001, NEW)).toBe(-Errno.EINVAL);
    expect(root.shmget(0, 0x2000000, NEW)).toBe(32769);
  });

  it('shmall counts as reached when it is exactly used up', () => {
    kernel.shm.shmall = 10;
    expect(root.shmget(0, 8 * 4096 + 1, NEW)).toBe(0);
    expect(root.shmget(0, 1, NEW)).toBe(-Errno.ENOSPC);
  });

  it('one segment more than shmmni fits', () => {
    kernel.shm.shmmni = 4;
    for (let i = 0; i < 5; i++) expect(root.shmget(0, 1, NEW)).toBe(i * 32769);
    expect(root.shmget(0, 1, NEW)).toBe(-Errno.ENOSPC);
    kernel.checkInvariants();
  });

  it('memory that is not there is -ENOMEM', () => {
    kernel = boot({ memory: 16 * 2 ** 20 });
    expect(kernel.spawn('p').shmget(0, 0x2000000, NEW)).toBe(-Errno.ENOMEM);
  });
});

describe('shmat and shmdt (sheet 3 D4)', () => {
  it('two processes see the same bytes', () => {
    const id = root.shmget(0, 8192, IPC.creat | 0o666);
    expect(root.shmat(id, AT, 0)).toBe(AT);
    const there = user.shmat(id, 0, 0);
    expect(there).toBeGreaterThan(0x40000000 - 1);
    expect(root.store8(AT + 5000, 77)).toBe(true);
    expect(user.load8(there + 5000)).toBe(77);
    expect(stat(id).nattch).toBe(2);
    kernel.checkInvariants();
    expect(user.shmdt(there)).toBe(0);
    expect(root.shmdt(AT)).toBe(0);
    expect(root.shmdt(AT)).toBe(-Errno.EINVAL);
    expect(stat(id).nattch).toBe(0);
    expect(root.load8(AT)).toBe(-1);
    kernel.checkInvariants();
  });

  it('errors in their order', () => {
    const id = root.shmget(0, 8192, NEW);
    expect(root.shmat(-1, 0, 0)).toBe(-Errno.EINVAL);
    expect(root.shmat(id, AT + 1, 0)).toBe(-Errno.EINVAL);
    expect(root.shmat(id, 0, SHM.remap)).toBe(-Errno.EINVAL);
    expect(root.shmat(1, 0, 0)).toBe(-Errno.EINVAL);
    expect(root.shmat(id + 32768, 0, 0)).toBe(-Errno.EIDRM);
    expect(user.shmat(id, 0, 0)).toBe(-Errno.EACCES);
    expect(root.shmat(id, AT + 0xfff, SHM.rnd)).toBe(AT);
    expect(root.shmat(id, AT + 4096, 0)).toBe(-Errno.EINVAL);
    expect(root.shmat(id, AT + 4096, SHM.remap)).toBe(AT + 4096);
    expect(stat(id).nattch).toBe(2);
    kernel.checkInvariants();
  });

  it('leaves the stack room to grow', () => {
    const id = root.shmget(0, 4096, NEW);
    const stack = root.task.mm?.startStack as number;
    expect(root.shmat(id, stack - 6 * 4096 + 4096, 0)).toBe(-Errno.EINVAL);
    expect(root.shmat(id, stack - 6 * 4096, 0)).toBe(stack - 6 * 4096);
  });

  it('SHM_RDONLY cannot be written', () => {
    const id = root.shmget(0, 4096, NEW);
    expect(root.shmat(id, AT, SHM.rdonly)).toBe(AT);
    expect(root.load8(AT)).toBe(0);
    expect(root.store8(AT, 1)).toBe(false);
  });

  it('maps shows the key, the id as inode number, and that the file is deleted', () => {
    root.shmget(0, 1, NEW);
    const id = root.shmget(0xabcd, 4096, NEW);
    root.shmat(id, AT, 0);
    expect(kernel.proc(`${root.pid}/maps`)).toContain(`20000000-20001000 rw-s 00000000 00:04 ${id}`);
    expect(kernel.proc(`${root.pid}/maps`)).toContain('/SYSV0000abcd (deleted)');
  });

  it('a split counts twice, a fork too, and shmdt takes all parts', () => {
    const id = root.shmget(0, 3 * 4096, NEW);
    root.shmat(id, AT, 0);
    root.munmap(AT + 4096, 4096);
    expect(stat(id).nattch).toBe(2);
    const child = root.fork() as Process;
    expect(stat(id).nattch).toBe(4);
    child.exit(0);
    expect(stat(id).nattch).toBe(2);
    expect(root.shmdt(AT + 4096)).toBe(-Errno.EINVAL);
    expect(root.shmdt(AT)).toBe(0);
    expect(stat(id).nattch).toBe(0);
    kernel.checkInvariants();
  });
});

describe('shmctl (sheet 3 D4)', () => {
  it('a removed segment lives until the last detach, without its key, and can still be attached', () => {
    // The table of segments grows with the first one, and stays.
    root.shmctl(root.shmget(0, 4096, 0o600), SHMCTL.rmid);
    const free = settledFreePages(kernel);
    const id = root.shmget(9, 4096, NEW);
    root.shmat(id, AT, 0);
    root.store8(AT, 1);
    expect(root.shmctl(id, SHMCTL.rmid)).toBe(0);
    expect(root.shmget(9, 4096, 0)).toBe(-Errno.ENOENT);
    expect(stat(id).perm.mode).toBe(0o1600);
    expect(root.shmat(id, AT + 0x10000, 0)).toBe(AT + 0x10000);
    expect(root.load8(AT + 0x10000)).toBe(1);
    root.shmdt(AT);
    expect(stat(id).nattch).toBe(1);
    root.shmdt(AT + 0x10000);
    expect(ctl(root, id, SHMCTL.stat, {})).toBe(-Errno.EINVAL);
    expect(kernel.shm.total).toBe(0);
    kernel.checkInvariants();
    // What is left are page tables, which munmap keeps while their 4 MiB neighbourhood is in use.
    expect(free - settledFreePages(kernel)).toBeLessThanOrEqual(1);
  });

  it('an exit detaches', () => {
    const id = user.shmget(0, 4096, NEW);
    user.shmat(id, AT, 0);
    expect(user.shmctl(id, SHMCTL.rmid)).toBe(0);
    user.exit(0);
    kernel.run(root);
    expect(kernel.shm.ids.inUse).toBe(0);
    kernel.checkInvariants();
  });

  it('errors in their order', () => {
    const id = root.shmget(0, 4096, NEW);
    expect(ctl(root, -1, 0)).toBe(-Errno.EINVAL);
    expect(ctl(root, id, 99)).toBe(-Errno.EINVAL);
    expect(ctl(user, 5, SHMCTL.lock)).toBe(-Errno.EPERM);
    expect(ctl(root, 5, SHMCTL.lock)).toBe(-Errno.EINVAL);
    expect(ctl(root, 32768, SHMCTL.lock)).toBe(-Errno.EIDRM);
    expect(ctl(user, id, SHMCTL.stat, {})).toBe(-Errno.EACCES);
    expect(ctl(root, id, SHMCTL.stat)).toBe(-Errno.EFAULT);
    expect(ctl(user, id, SHMCTL.rmid)).toBe(-Errno.EPERM);
    expect(ctl(user, id, SHMCTL.set)).toBe(-Errno.EFAULT);
    expect(ctl(user, id, SHMCTL.set, { set: { uid: 1, gid: 1, mode: 0 } })).toBe(-Errno.EPERM);
    expect(ctl(root, 32768, SHMCTL.rmid)).toBe(-Errno.EIDRM);
  });

  it('IPC_SET, SHM_LOCK, SHM_STAT, IPC_INFO and SHM_INFO', () => {
    root.shmget(0, 4096, NEW);
    const id = root.shmget(0, 5000, NEW);
    expect(ctl(root, id, SHMCTL.set, { set: { uid: 1000, gid: 7, mode: 0o7640 } })).toBe(0);
    expect(stat(id).perm).toMatchObject({ uid: 1000, gid: 7, cuid: 0, mode: 0o640 });
    expect(ctl(root, id, SHMCTL.lock)).toBe(0);
    expect(stat(id).perm.mode).toBe(0o2640);
    expect(ctl(root, id, SHMCTL.unlock)).toBe(0);
    const buffer: ShmctlBuffer = {};
    expect(ctl(root, 1, SHMCTL.shmStat, buffer)).toBe(id);
    expect(buffer.stat?.segsz).toBe(5000);
    // The new structures' flag on the command changes nothing.
    expect(ctl(root, 0, SHMCTL.ipcInfo | 0x100, buffer)).toBe(1);
    expect(buffer.limits).toEqual({
      shmmax: 0x2000000,
      shmmin: 1,
      shmmni: 4096,
      shmseg: 4096,
      shmall: 2097152,
    });
    root.shmat(id, AT, 0);
    root.store8(AT, 1);
    expect(ctl(root, 0, SHMCTL.shmInfo, buffer)).toBe(1);
    expect(buffer.info).toEqual({ usedIds: 2, shmTot: 3, shmRss: 1, shmSwp: 0 });
    expect(ctl(user, id, SHMCTL.rmid)).toBe(0);
  });

  it('tells of segments and their areas in tracepoints', () => {
    kernel.trace.on = true;
    const id = root.shmget(0x55, 4096, NEW);
    root.shmat(id, AT, 0);
    root.shmctl(id, SHMCTL.rmid);
    root.shmdt(AT);
    const names = ['shm_newseg', 'shm_open', 'shm_close', 'shm_destroy'];
    expect(names.map((name) => kernel.trace.count(name))).toEqual([1, 1, 1, 1]);
  });
});

describe('/proc/sysvipc/shm (sheet 3 D4)', () => {
  it('has a header and a line a segment', () => {
    const id = root.shmget(0x1234, 5000, IPC.creat | 0o640);
    root.shmat(id, AT, 0);
    expect(kernel.proc('sysvipc/shm')).toBe(
      '       key      shmid perms       size  cpid  lpid nattch   uid   gid  cuid  cgid      atime      dtime      ctime\n' +
        '      4660          0   640       5000     7     7      1     0     0     0     0          0          0          0\n',
    );
  });
});
