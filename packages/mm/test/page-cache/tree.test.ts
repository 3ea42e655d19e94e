import { describe, expect, it } from 'vitest';
import { Errno } from '../../src/errno.ts';
import type { FileStatus } from '../../src/file-attributes.ts';
import { MemoryStore } from '../../src/hardware/block-store.ts';
import { boot, type Kernel } from '../../src/kernel.ts';
import { mountProc } from '../../src/kernel-procfs.ts';
import { mountDevfs, mountRamfs } from '../../src/mounts.ts';
import type { DirectoryInode, Dirent } from '../../src/page-cache/directory.ts';
import { mkfs } from '../../src/page-cache/disk-fs/mkfs.ts';
import type { OpenFile } from '../../src/page-cache/open-file.ts';
import type { Process } from '../../src/process.ts';

const O = {
  wronly: 1,
  rdwr: 2,
  creat: 0o100,
  excl: 0o200,
  trunc: 0o1000,
  directory: 0o200000,
  nofollow: 0o400000,
};

interface Machine {
  readonly kernel: Kernel;
  readonly process: Process;
}

/** A machine whose root is a file system with directories. */
function ramfs(release: string): Machine {
  const kernel = boot({ memory: 16 << 20, release });
  expect(mountRamfs(kernel, '/')).toBe(0);
  return { kernel, process: kernel.spawn('test') };
}

function ext2(release: string): Machine {
  const kernel = boot({ memory: 16 << 20, release });
  const store = new MemoryStore(4 << 20);
  mkfs(store);
  expect(kernel.mount('/', kernel.paging.addDisk(store).path)).toBe(0);
  return { kernel, process: kernel.spawn('test') };
}

function names({ process }: Machine, path: string): string[] {
  const fd = process.open(path, O.directory);
  const found = process.getdents(fd) as readonly Dirent[];
  process.close(fd);
  return found.map(({ name }) => name).filter((name) => !['.', '..', 'lost+found'].includes(name));
}

function status(result: FileStatus | number): FileStatus {
  if (typeof result === 'number') throw new Error(`stat: ${result}`);
  return result;
}

/** Ends the machine's work; nothing must be left behind. */
function end({ kernel, process }: Machine): void {
  process.exit(0);
  kernel.checkInvariants();
}

describe.each([
  ['ramfs of 2.4.22', () => ramfs('2.4.22')],
  ['ramfs of 2.4.0', () => ramfs('2.4.0')],
  ['ext2 of 2.4.22', () => ext2('2.4.22')],
  ['ext2 of 2.4.0', () => ext2('2.4.0')],
])('a tree: %s', (_name, make) => {
  it('has directories, files and links; paths begin at the working directory', () => {
    const machine = make();
    const { process } = machine;
    expect(process.mkdir('/a')).toBe(0);
    expect(process.mkdir('a/b', 0o700)).toBe(0);
    expect(process.chdir('a/b')).toBe(0);
    expect(process.getcwd()).toBe('/a/b');
    const fd = process.open('f', O.rdwr | O.creat, 0o666);
    expect(process.task.files[fd]?.path).toBe('/a/b/f');
    process.close(fd);
    expect(process.symlink('b/f', '../l')).toBe(0);
    expect(process.symlink('x'.repeat(100), 'long')).toBe(0);
    expect(process.readlink('/a/l')).toBe('b/f');
    expect(process.readlink('long')).toBe('x'.repeat(100));
    expect(process.link('f', '/g')).toBe(0);
    expect(status(process.stat('/a/l')).nlink).toBe(2);
    expect(status(process.stat('/a/l', false)).mode).toBe(0o120777);
    expect(status(process.stat('/a/b')).mode).toBe(0o040700);
    expect(status(process.stat('/a/../a/./b/f')).mode).toBe(0o100644);
    expect(names(machine, '..').sort()).toEqual(['b', 'l']);
    expect(process.rename('/a', '/c')).toBe(0);
    expect(process.getcwd()).toBe('/c/b');
    expect(process.rmdir('/c/b')).toBe(-Errno.ENOTEMPTY);
    for (const name of ['f', 'long', '/c/l', '/g']) expect(process.unlink(name)).toBe(0);
    expect(process.rmdir('/c/b')).toBe(0);
    expect(process.getcwd()).toBe(-Errno.ENOENT);
    expect(process.open('f', O.rdwr | O.creat)).toBe(-Errno.ENOENT);
    expect(process.chdir('/c')).toBe(0);
    expect(names(machine, '.')).toEqual([]);
    end(machine);
  });

  it('says what is wrong with a path', () => {
    const machine = make();
    const { process } = machine;
    process.mkdir('/d');
    process.close(process.open('/f', O.wronly | O.creat));
    process.symlink('loop', '/loop');
    process.symlink('f', '/link');
    process.symlink('nothing', '/dangling');
    expect(process.stat('/f/x')).toBe(-Errno.ENOTDIR);
    expect(process.stat('/none/x')).toBe(-Errno.ENOENT);
    expect(process.stat('/loop')).toBe(-Errno.ELOOP);
    expect(process.stat(`/${'n'.repeat(256)}`)).toBe(-Errno.ENAMETOOLONG);
    expect(process.stat('/f/')).toBe(-Errno.ENOTDIR);
    expect(process.stat('')).toBe(-Errno.ENOENT);
    expect(process.chdir('/f')).toBe(-Errno.ENOTDIR);
    expect(process.open('/d', O.rdwr)).toBe(-Errno.EISDIR);
    expect(process.open('/d', O.creat)).toBe(-Errno.EISDIR);
    expect(process.open('/f', O.directory)).toBe(-Errno.ENOTDIR);
    expect(process.open('/link', O.nofollow)).toBe(-Errno.ELOOP);
    expect(process.open('/link', O.creat | O.nofollow)).toBe(-Errno.ELOOP);
    expect(process.open('/link', O.creat | O.excl)).toBe(-Errno.EEXIST);
    expect(process.unlink('/d')).toBe(-Errno.EISDIR);
    expect(process.rmdir('/f')).toBe(-Errno.ENOTDIR);
    expect(process.mkdir('/d')).toBe(-Errno.EEXIST);
    expect(process.rename('/d', '/d/e')).toBe(-Errno.EINVAL);
    expect(process.link('/d', '/e')).toBe(-Errno.EPERM);
    // A link that leads nowhere: O_CREAT makes what it names.
    process.close(process.open('/dangling', O.creat | O.rdwr));
    expect(status(process.stat('/nothing')).size).toBe(0);
    end(machine);
  });

  it('keeps permission bits, owners and times', () => {
    const machine = make();
    const { process, kernel } = machine;
    expect(process.umask(0o077)).toBe(0o022);
    const fd = process.open('/f', O.wronly | O.creat, 0o666);
    expect(status(process.fstat(fd)).mode).toBe(0o100600);
    const made = status(process.fstat(fd)).mtime;
    kernel.clock.advance(5e9);
    expect(process.chmod('/f', 0o4755)).toBe(0);
    expect(status(process.fstat(fd))).toMatchObject({ mode: 0o104755, mtime: made });
    expect(status(process.fstat(fd)).ctime).toBeGreaterThanOrEqual(made + 5);
    expect(process.chown('/f', 7, -1)).toBe(0);
    expect(status(process.fstat(fd))).toMatchObject({ mode: 0o100755, uid: 7, gid: 0 });
    expect(process.utimes('/f', { atime: 1, mtime: null })).toBe(0);
    expect(status(process.fstat(fd))).toMatchObject({ atime: 1, mtime: made });
    expect(process.truncate('/f', 5000)).toBe(0);
    expect(status(process.stat('/f'))).toMatchObject({ size: 5000 });
    expect(status(process.stat('/f')).mtime).toBeGreaterThan(made);
    expect(process.truncate('/', 0)).toBe(-Errno.EISDIR);
    end(machine);
  });

  it('paths may begin at an open directory', () => {
    const machine = make();
    const { process } = machine;
    process.mkdir('/a');
    const fd = process.open('/a', O.directory);
    const from = process.task.files[fd] as OpenFile;
    expect(process.mkdir({ from, path: 'b' })).toBe(0);
    expect(process.stat({ from, path: '/b' })).toBe(-Errno.ENOENT);
    expect(process.fchdir(fd)).toBe(0);
    expect(status(process.stat('b')).mode).toBe(0o040755);
    process.close(fd);
    expect(process.getcwd()).toBe('/a');
    const child = process.fork() as Process;
    expect(child.chdir('b')).toBe(0);
    expect(child.getcwd()).toBe('/a/b');
    child.exit(0);
    expect(process.getcwd()).toBe('/a');
    end(machine);
  });

  it('a reader of a directory can go back', () => {
    const machine = make();
    const { process } = machine;
    for (const name of ['x', 'y']) process.mkdir(`/${name}`);
    const fd = process.open('/', O.directory);
    const all = process.getdents(fd);
    expect(process.getdents(fd)).toEqual([]);
    expect(process.lseek(fd, 0, 0)).toBe(0);
    expect(process.getdents(fd)).toEqual(all);
    expect(process.lseek(fd, 2, 0)).toBe(2);
    expect(process.getdents(fd)).toEqual((all as Dirent[]).slice(2));
    process.close(fd);
    end(machine);
  });
});

describe('the directory of devices', () => {
  it('has a node for every driver, also a later one, and takes other files besides', () => {
    const machine = ramfs('2.4.22');
    const { kernel, process } = machine;
    process.mkdir('/dev');
    expect(mountDevfs(kernel, '/dev')).toBe(0);
    kernel.registerDevice('/dev/mine', {});
    expect(names(machine, '/dev')).toEqual(['full', 'kmem', 'mem', 'mine', 'null', 'zero']);
    expect(status(process.stat('/dev/null'))).toMatchObject({ mode: 0o020666, rdev: 0x0103 });
    expect(process.unlink('/dev/null')).toBe(-Errno.EPERM);
    expect(process.symlink('zero', '/dev/nought')).toBe(0);
    expect(process.open('/dev/nought', 0)).toBe(0);
    expect(process.mkdir('/dev/shm')).toBe(0);
    expect(names(machine, '/dev')).toContain('shm');
    expect(status(process.stat('/dev/..')).ino).toBe((kernel.fs.lookup('/') as DirectoryInode).ino);
    end(machine);
  });
});

describe('a file system that is mounted read-only', () => {
  it('changes nothing', () => {
    const kernel = boot({ memory: 16 << 20 });
    const store = new MemoryStore(1 << 20);
    mkfs(store);
    const disk = kernel.paging.addDisk(store).path;
    expect(mountRamfs(kernel, '/')).toBe(0);
    const process = kernel.spawn('test');
    process.mkdir('/m');
    expect(kernel.mount('/m', disk)).toBe(0);
    process.close(process.open('/m/f', O.wronly | O.creat));
    expect(kernel.umount('/m')).toBe(0);
    expect(kernel.mount('/m', disk, { readonly: true })).toBe(0);
    expect(process.open('/m/f', O.wronly)).toBe(-Errno.EROFS);
    expect(process.open('/m/f', O.trunc)).toBe(-Errno.EROFS);
    expect(process.open('/m/g', O.creat)).toBe(-Errno.EROFS);
    expect(process.open('/m/f', 0)).toBe(0);
    expect(process.mkdir('/m/d')).toBe(-Errno.EROFS);
    expect(process.unlink('/m/f')).toBe(-Errno.EROFS);
    expect(process.rename('/m/f', '/m/g')).toBe(-Errno.EROFS);
    expect(process.chmod('/m/f', 0)).toBe(-Errno.EROFS);
    expect(process.truncate('/m/f', 0)).toBe(-Errno.EROFS);
    end({ kernel, process });
  });
});

describe('descriptors', () => {
  it('go up to the limit: dup, dup2 and F_DUPFD', () => {
    const machine = ramfs('2.4.22');
    const { process } = machine;
    const fd = process.open('/f', O.rdwr | O.creat);
    expect(process.dup(fd)).toBe(1);
    expect(process.dup(fd, 100)).toBe(100);
    expect(process.dup(fd, 100)).toBe(101);
    expect(process.dup2(fd, 1023)).toBe(1023);
    expect(process.task.filesStruct.maxFds).toBe(1024);
    expect(process.dup2(fd, 1024)).toBe(-Errno.EBADF);
    expect(process.dup(fd, 1024)).toBe(-Errno.EINVAL);
    expect(process.dup(50)).toBe(-Errno.EBADF);
    expect(process.dup2(100, 1)).toBe(1);
    expect(process.task.files[0]?.count).toBe(5);
    expect(process.open('/f', 0)).toBe(2);
    end(machine);
  });
});

describe('/proc as files', () => {
  const view = { task: () => null, fileName: () => null };
  /** Reads a file through a process's memory. */
  function text({ kernel, process }: Machine, path: string): string {
    const fd = process.open(path, 0);
    if (fd < 0) throw new Error(`${path}: ${fd}`);
    const at = process.mmap2(0, 8192, 3, 0x22, -1, 0);
    let all = '';
    for (let got = process.read(fd, at, 100); got > 0; got = process.read(fd, at, 100)) {
      for (let i = 0; i < got; i++) all += String.fromCharCode(process.load8(at + i));
    }
    process.munmap(at, 8192);
    process.close(fd);
    kernel.checkInvariants();
    return all;
  }
  function machine(release = '2.4.22'): Machine {
    const made = ramfs(release);
    made.process.mkdir('/proc');
    expect(mountProc(made.kernel, '/proc', view)).toBe(0);
    return made;
  }

  it('says what the library says, and of every task where it is', () => {
    const it = machine();
    const { kernel, process } = it;
    expect(text(it, '/proc/iomem')).toBe(kernel.proc('iomem'));
    expect(text(it, '/proc/sys/vm/page-cluster')).toBe('2\n');
    expect(process.readlink('/proc/self')).toBe(String(process.pid));
    expect(process.readlink('/proc/self/cwd')).toBe('/');
    process.chdir('/proc');
    expect(process.readlink('/proc/self/cwd')).toBe('/proc');
    expect(text(it, 'self/mounts')).toBe('rootfs / ramfs rw 0 0\nnone /proc proc rw 0 0\n');
    expect(text(it, 'uptime')).toMatch(/^\d+\.\d\d \d+\.\d\d\n$/);
    expect(text(it, 'self/stat').split(' ').slice(0, 4)).toEqual([String(process.pid), '(test)', 'R', '1']);
    expect(text(it, 'self/stat').split(' ')).toHaveLength(39);
    expect(text(it, '4/status')).toContain('Name:\tkswapd\nState:\tS (sleeping)\n');
    expect(names(it, '/proc').filter((name) => /^\d+$/.test(name))).toEqual([
      '1',
      '2',
      '3',
      '4',
      '5',
      '6',
      '7',
    ]);
    const fd = process.open('/proc/meminfo', 0);
    expect(process.readlink(`/proc/self/fd/${fd}`)).toBe('/proc/meminfo');
    process.close(fd);
    expect(process.stat(`/proc/self/fd/${fd}`)).toBe(-Errno.ENOENT);
    expect(process.stat('/proc/99')).toBe(-Errno.ENOENT);
    process.chdir('/');
    end(it);
  });

  it('settings can be written, all else cannot', () => {
    const it = machine('2.4.0');
    const { kernel, process } = it;
    const at = process.mmap2(0, 4096, 3, 0x22, -1, 0);
    process.store8(at, 0x37);
    process.store8(at + 1, 0x78);
    const fd = process.open('/proc/sys/vm/page-cluster', O.wronly | O.trunc);
    expect(process.write(fd, at, 1)).toBe(1);
    expect(kernel.pageCache.pageCluster).toBe(7);
    expect(process.write(fd, at, 2)).toBe(-Errno.EINVAL);
    expect(process.write(fd, 8, 1)).toBe(-Errno.EFAULT);
    expect(process.ftruncate(fd, 0)).toBe(0);
    process.close(fd);
    const meminfo = process.open('/proc/meminfo', O.wronly);
    expect(process.write(meminfo, at, 1)).toBe(-Errno.EINVAL);
    process.close(meminfo);
    expect(process.unlink('/proc/meminfo')).toBe(-Errno.EPERM);
    expect(process.open('/proc/mine', O.creat)).toBe(-Errno.EACCES);
    expect(process.mmap2(0, 4096, 1, 2, process.open('/proc/version', 0), 0)).toBe(-Errno.ENODEV);
    end(it);
  });
});
