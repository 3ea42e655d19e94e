import { describe, expect, it } from 'vitest';
import { Errno } from '../../src/errno.ts';
import { boot } from '../../src/kernel.ts';
import type { DirectoryInode, Dirent } from '../../src/page-cache/directory.ts';
import { O } from '../../src/page-cache/file-system.ts';
import type { ShmemInode } from '../../src/shmem/shmem-inode.ts';
import { settledFreePages } from '../kernel/settled.ts';

function setup(options = '', release = '2.4.22') {
  const kernel = boot({ memory: 16 << 20, release });
  const init = kernel.spawn('init');
  const task = kernel.spawn('task');
  const free = settledFreePages(kernel);
  expect(kernel.mountTmpfs('/tmp', options)).toBe(0);
  const buffer = task.mmap2(0x50000000, 65536, 3, 0x32, -1, 0);
  const names = (path: string) => {
    const fd = task.open(path, O.rdonly);
    const list: string[] = [];
    for (;;) {
      const some = task.getdents(fd, 64) as readonly Dirent[];
      if (some.length === 0) break;
      list.push(...some.map(({ name }) => name));
    }
    task.close(fd);
    return list;
  };
  const make = (path: string, text = '') => {
    const fd = task.open(path, O.rdwr | O.creat | O.excl, 0o644);
    if (fd < 0) return fd;
    for (let i = 0; i < text.length; i++) task.store8(buffer + i, text.charCodeAt(i));
    const written = text === '' ? 0 : task.pwrite(fd, buffer, text.length, 0);
    task.close(fd);
    return Math.min(written, 0);
  };
  const read = (path: string) => {
    const fd = task.open(path, O.rdonly);
    if (fd < 0) return fd;
    const bytes = task.pread(fd, buffer, 100, 0);
    task.close(fd);
    if (bytes < 0) return bytes;
    return Array.from({ length: bytes }, (_, i) => String.fromCharCode(task.load8(buffer + i))).join('');
  };
  const statfs = () => {
    const result = task.statfs('/tmp');
    if (typeof result === 'number') throw new Error(`statfs ${result}`);
    return result;
  };
  const inode = (path: string) => kernel.fs.namei.inode(path, false) as DirectoryInode;
  const end = () => {
    kernel.checkInvariants();
    task.munmap(buffer, 65536);
    expect(kernel.umount('/tmp')).toBe(0);
    kernel.checkInvariants();
    task.exit(0);
    init.munmap(0x50000000, 4096);
    expect(kernel.fs.lookup('/tmp')).toBe(null);
    return free;
  };
  return { kernel, task, init, buffer, names, make, read, statfs, inode, end };
}

describe('a mounted tmpfs (sheet 3 D2)', () => {
  it('has room for half of RAM in pages and inodes, and its root costs an inode', () => {
    const { kernel, statfs, inode, end } = setup();
    const half = kernel.physical.totals.totalram >>> 1;
    expect(statfs()).toEqual({
      type: 0x01021994,
      bsize: 4096,
      blocks: half,
      bfree: half,
      bavail: half,
      files: half,
      ffree: half - 1,
      namelen: 255,
    });
    const root = inode('/tmp');
    expect([root.kind, root.mode, root.nlink, root.size]).toEqual(['directory', 0o1777, 2, 40]);
    end();
  });

  it('options reach the root and the limits', () => {
    const { statfs, inode, end } = setup('size=40k,nr_inodes=5,mode=750,uid=7,gid=8');
    expect([statfs().blocks, statfs().files]).toEqual([10, 5]);
    const root = inode('/tmp');
    expect([root.mode, root.uid, root.gid]).toEqual([0o750, 7, 8]);
    end();
  });

  it('a bad option, or no inode for the root: -EINVAL; a place that is taken: -EBUSY; below a file: -ENOTDIR', () => {
    const { kernel, make, end } = setup();
    const lines = kernel.bootLog.length;
    expect(kernel.mountTmpfs('/mnt', 'size')).toBe(-Errno.EINVAL);
    expect(kernel.bootLog.slice(lines).map(({ text }) => text)).toEqual([
      "tmpfs: No value for mount option 'size'",
    ]);
    expect(kernel.mountTmpfs('/mnt', 'nr_inodes=0')).toBe(-Errno.EINVAL);
    expect(kernel.mountTmpfs('/tmp/nothing')).toBe(-Errno.ENOENT);
    expect(make('/tmp/file')).toBe(0);
    expect(kernel.mountTmpfs('/tmp/file')).toBe(-Errno.ENOTDIR);
    kernel.fs.create('/plain', { size: 1 });
    expect(kernel.mountTmpfs('/plain')).toBe(-Errno.ENOTDIR);
    expect(kernel.umount('/mnt')).toBe(-Errno.EINVAL);
    end();
  });

  it('remount changes the limits, but not below what is used', () => {
    const { kernel, statfs, make, end } = setup('nr_blocks=10,nr_inodes=10');
    expect(make('/tmp/a', 'x')).toBe(0);
    expect(kernel.remountTmpfs('/tmp', 'nr_blocks=1,nr_inodes=2')).toBe(0);
    expect([statfs().bfree, statfs().ffree]).toEqual([0, 0]);
    expect(kernel.remountTmpfs('/tmp', 'nr_blocks=0')).toBe(-Errno.EINVAL);
    expect(kernel.remountTmpfs('/tmp', 'nr_inodes=1')).toBe(-Errno.EINVAL);
    expect(kernel.remountTmpfs('/tmp', 'size=x')).toBe(-Errno.EINVAL);
    expect(kernel.remountTmpfs('/tmp', 'mode=rubbish')).toBe(0);
    expect([statfs().blocks, statfs().files]).toEqual([1, 2]);
    expect(kernel.remountTmpfs('/', 'nr_blocks=5')).toBe(-Errno.EINVAL);
    end();
  });

  it('no inode left: -ENOSPC for every kind of name; a hard link needs none', () => {
    const { task, make, statfs, end } = setup('nr_inodes=3');
    expect([make('/tmp/a'), task.mkdir('/tmp/d')]).toEqual([0, 0]);
    expect(statfs().ffree).toBe(0);
    expect(make('/tmp/b')).toBe(-Errno.ENOSPC);
    expect(task.mkdir('/tmp/e')).toBe(-Errno.ENOSPC);
    expect(task.symlink('a', '/tmp/s')).toBe(-Errno.ENOSPC);
    expect(task.link('/tmp/a', '/tmp/b')).toBe(0);
    expect(task.rmdir('/tmp/d')).toBe(0);
    expect(task.symlink('a', '/tmp/s')).toBe(0);
    end();
  });

  it('writes up to the limit are short, then -ENOSPC; a hole costs nothing; reading beyond the end gives 0', () => {
    const { task, buffer, statfs, end } = setup('nr_blocks=3');
    const fd = task.open('/tmp/f', O.rdwr | O.creat);
    expect(task.pwrite(fd, buffer, 4 * 4096, 4096)).toBe(3 * 4096);
    expect(statfs().bfree).toBe(0);
    expect(task.pwrite(fd, buffer, 1, 0)).toBe(-Errno.ENOSPC);
    expect(task.pread(fd, buffer, 1, 0)).toBe(1);
    expect(task.pread(fd, buffer, 1, 4 * 4096)).toBe(0);
    expect(task.ftruncate(fd, 4096)).toBe(0);
    expect(statfs().bfree).toBe(3);
    task.close(fd);
    end();
  });

  it('2.4.20 makes a page of every hole that is read, and -ENOSPC when there is no room', () => {
    const { task, buffer, statfs, end } = setup('nr_blocks=2', '2.4.20');
    const fd = task.open('/tmp/f', O.rdwr | O.creat);
    expect(task.ftruncate(fd, 3 * 4096)).toBe(0);
    expect(task.pread(fd, buffer, 1, 0)).toBe(1);
    expect(statfs().bfree).toBe(1);
    expect(task.pread(fd, buffer, 1, 4096)).toBe(1);
    expect(task.pread(fd, buffer, 1, 8192)).toBe(-Errno.ENOSPC);
    task.close(fd);
    end();
  });

  it('umount takes everything along, but not while a file is open, mapped, or another mount is below', () => {
    const { kernel, task, make, end } = setup();
    expect(task.mkdir('/tmp/d')).toBe(0);
    expect(make('/tmp/d/f', 'hello')).toBe(0);
    const fd = task.open('/tmp/d/f', O.rdwr);
    expect(kernel.umount('/tmp')).toBe(-Errno.EBUSY);
    const at = task.mmap2(0, 4096, 3, 1, fd, 0);
    task.close(fd);
    expect(kernel.umount('/tmp')).toBe(-Errno.EBUSY);
    task.munmap(at, 4096);
    expect(kernel.mountTmpfs('/tmp/d')).toBe(0);
    expect(make('/tmp/d/other')).toBe(0);
    expect(kernel.fs.lookup('/tmp/d/f')).toBe(null);
    expect(kernel.umount('/tmp')).toBe(-Errno.EBUSY);
    expect(task.rmdir('/tmp/d')).toBe(-Errno.EBUSY);
    expect(task.rename('/tmp/d', '/tmp/e')).toBe(-Errno.EBUSY);
    expect(kernel.umount('/tmp/d')).toBe(0);
    expect(kernel.fs.lookup('/tmp/d/f')).not.toBe(null);
    end();
  });

  it('nothing leaks: free pages after the end of a whole tree are as before', () => {
    const kernel = boot({ memory: 16 << 20 });
    const task = kernel.spawn('init');
    const fill = () => {
      expect(kernel.mountTmpfs('/m')).toBe(0);
      for (let i = 0; i < 20; i++) {
        expect(task.mkdir(`/m/directory-with-a-long-name-${i}`)).toBe(0);
        kernel.fs.create(`/m/directory-with-a-long-name-${i}/f`, {
          bytes: new Uint8Array(20 * 4096).fill(i),
        });
        expect(task.symlink('x'.repeat(200), `/m/link${i}`)).toBe(0);
      }
      kernel.checkInvariants();
      expect(kernel.umount('/m')).toBe(0);
    };
    fill();
    const free = settledFreePages(kernel);
    fill();
    kernel.checkInvariants();
    expect(settledFreePages(kernel)).toBe(free);
  });
});

describe('names of a tmpfs', () => {
  it('directories: links, sizes, order of names', () => {
    const { task, make, names, inode, end } = setup();
    expect(task.mkdir('/tmp/d', 0o777)).toBe(0);
    expect(inode('/tmp/d').mode).toBe(0o755);
    expect([inode('/tmp').nlink, inode('/tmp/d').nlink, inode('/tmp').size]).toEqual([3, 2, 60]);
    for (const name of ['one', 'two', 'three']) expect(make(`/tmp/d/${name}`)).toBe(0);
    expect(names('/tmp/d')).toEqual(['.', '..', 'three', 'two', 'one']);
    expect(inode('/tmp/d').size).toBe(100);
    expect(task.rmdir('/tmp/d')).toBe(-Errno.ENOTEMPTY);
    for (const name of ['one', 'two', 'three']) expect(task.unlink(`/tmp/d/${name}`)).toBe(0);
    expect(task.rmdir('/tmp/d')).toBe(0);
    expect([inode('/tmp').nlink, inode('/tmp').size]).toEqual([2, 40]);
    end();
  });

  it('errors of mkdir, rmdir and unlink', () => {
    const { task, make, end } = setup();
    make('/tmp/f');
    task.mkdir('/tmp/d');
    expect(task.mkdir('/tmp/d')).toBe(-Errno.EEXIST);
    expect(task.mkdir('/tmp')).toBe(-Errno.EEXIST);
    expect(task.mkdir('/tmp/d/.')).toBe(-Errno.EEXIST);
    expect(task.mkdir('/tmp/no/d')).toBe(-Errno.ENOENT);
    expect(task.mkdir('/tmp/f/d')).toBe(-Errno.ENOTDIR);
    expect(task.mkdir('/elsewhere')).toBe(-Errno.EPERM);
    expect(task.mkdir('')).toBe(-Errno.ENOENT);
    expect(task.mkdir(`/tmp/${'x'.repeat(256)}`)).toBe(-Errno.ENAMETOOLONG);
    expect(task.mkdir(`/tmp/${'x'.repeat(255)}`)).toBe(0);
    expect(task.mkdir(`/${'x/'.repeat(2048)}`)).toBe(-Errno.ENAMETOOLONG);
    expect(task.rmdir('/tmp/f')).toBe(-Errno.ENOTDIR);
    expect(task.rmdir('/tmp/no')).toBe(-Errno.ENOENT);
    expect(task.rmdir('/tmp/d/.')).toBe(-Errno.EINVAL);
    expect(task.rmdir('/tmp/d/..')).toBe(-Errno.ENOTEMPTY);
    expect(task.rmdir('/tmp')).toBe(-Errno.EBUSY);
    expect(task.unlink('/tmp/d')).toBe(-Errno.EISDIR);
    expect(task.unlink('/tmp/f/')).toBe(-Errno.ENOTDIR);
    expect(task.unlink('/tmp/no')).toBe(-Errno.ENOENT);
    expect(task.unlink('/tmp/..')).toBe(-Errno.EISDIR);
    expect(task.open('/tmp/d', O.rdwr)).toBe(-Errno.EISDIR);
    expect(task.open('/tmp/f/', O.rdonly)).toBe(-Errno.ENOTDIR);
    expect(task.open('/tmp/f', O.creat | O.excl)).toBe(-Errno.EEXIST);
    end();
  });

  it('a directory cannot be read, written, mapped or truncated', () => {
    const { task, buffer, end } = setup();
    const fd = task.open('/tmp', O.rdonly);
    expect(task.pread(fd, buffer, 1, 0)).toBe(-Errno.EISDIR);
    expect(task.pwrite(fd, buffer, 1, 0)).toBe(-Errno.EBADF);
    expect(task.mmap2(0, 4096, 1, 2, fd, 0)).toBe(-Errno.ENODEV);
    expect(task.ftruncate(fd, 0)).toBe(-Errno.EINVAL);
    expect(task.getdents(fd, 11)).toBe(-Errno.EINVAL);
    expect(task.getdents(99)).toBe(-Errno.EBADF);
    task.close(fd);
    end();
  });

  it('hard links share the file; it goes with the last one', () => {
    const { task, make, read, inode, statfs, end } = setup();
    make('/tmp/a', 'text');
    expect(task.link('/tmp/a', '/tmp/b')).toBe(0);
    expect(inode('/tmp/a').nlink).toBe(2);
    expect(task.unlink('/tmp/a')).toBe(0);
    expect(read('/tmp/b')).toBe('text');
    const used = statfs().bfree;
    task.mkdir('/tmp/d');
    expect(task.link('/tmp/d', '/tmp/e')).toBe(-Errno.EPERM);
    expect(task.link('/tmp/b', '/tmp/d')).toBe(-Errno.EEXIST);
    expect(task.link('/tmp/b', '/plain')).toBe(-Errno.EXDEV);
    expect(task.link('/tmp/no', '/tmp/c')).toBe(-Errno.ENOENT);
    expect(task.unlink('/tmp/b')).toBe(0);
    expect(statfs().bfree).toBe(used + 1);
    end();
  });

  it('rename replaces files and empty directories, and moves', () => {
    const { task, make, read, names, inode, end } = setup();
    make('/tmp/a', 'A');
    make('/tmp/b', 'B');
    expect(task.rename('/tmp/a', '/tmp/b')).toBe(0);
    expect(read('/tmp/b')).toBe('A');
    expect(names('/tmp')).toEqual(['.', '..', 'b']);
    task.mkdir('/tmp/d');
    task.mkdir('/tmp/e');
    expect(task.rename('/tmp/b', '/tmp/d/c')).toBe(0);
    expect(read('/tmp/d/c')).toBe('A');
    expect(task.rename('/tmp/d/c', '/tmp/e')).toBe(-Errno.EISDIR);
    expect(task.rename('/tmp/e', '/tmp/d/c')).toBe(-Errno.ENOTDIR);
    expect(task.rename('/tmp/e', '/tmp/d')).toBe(-Errno.ENOTEMPTY);
    expect(task.rename('/tmp/d', '/tmp/d/x')).toBe(-Errno.EINVAL);
    expect(task.rename('/tmp/d', '/tmp/e')).toBe(0);
    expect([inode('/tmp').nlink, names('/tmp')]).toEqual([3, ['.', '..', 'e']]);
    task.mkdir('/tmp/f');
    expect(task.rename('/tmp/e', '/tmp/f/g')).toBe(0);
    expect([inode('/tmp').nlink, inode('/tmp/f').nlink]).toEqual([3, 3]);
    expect(read('/tmp/f/g/c')).toBe('A');
    expect(read('/tmp/f/g/../../f/g/./c')).toBe('A');
    expect(task.rename('/tmp/f/g/c', '/tmp/f/g/c')).toBe(0);
    expect(task.rename('/tmp/f/.', '/tmp/x')).toBe(-Errno.EBUSY);
    expect(task.rename('/tmp/no', '/tmp/x')).toBe(-Errno.ENOENT);
    expect(task.rename('/tmp/f', '/plain')).toBe(-Errno.EXDEV);
    end();
  });

  it('symbolic links: short ones in the inode, long ones in a page', () => {
    const { task, make, read, statfs, inode, end } = setup();
    make('/tmp/target', 'found');
    const { bfree } = statfs();
    expect(task.symlink('target', '/tmp/short')).toBe(0);
    expect(task.readlink('/tmp/short')).toBe('target');
    expect(inode('/tmp/short').size).toBe(6);
    expect(task.symlink('x'.repeat(91), '/tmp/fits')).toBe(0);
    expect(statfs().bfree).toBe(bfree);
    expect(task.symlink('y'.repeat(92), '/tmp/long')).toBe(0);
    expect(statfs().bfree).toBe(bfree - 1);
    expect(task.readlink('/tmp/long')).toBe('y'.repeat(92));
    expect(task.symlink('z'.repeat(4095), '/tmp/longest')).toBe(0);
    expect(task.symlink('z'.repeat(4096), '/tmp/too-long')).toBe(-Errno.ENAMETOOLONG);
    expect(read('/tmp/short')).toBe('found');
    expect(task.readlink('/tmp/target')).toBe(-Errno.EINVAL);
    expect(task.symlink('a', '/tmp/short')).toBe(-Errno.EEXIST);
    expect(task.symlink('', '/tmp/empty')).toBe(-Errno.ENOENT);
    expect(task.unlink('/tmp/long')).toBe(0);
    expect(task.unlink('/tmp/longest')).toBe(0);
    expect(statfs().bfree).toBe(bfree);
    end();
  });

  it('2.4.20 has room for 107 bytes in the inode', () => {
    const { task, statfs, end } = setup('', '2.4.20');
    const { bfree } = statfs();
    task.symlink('x'.repeat(107), '/tmp/fits');
    expect(statfs().bfree).toBe(bfree);
    task.symlink('x'.repeat(108), '/tmp/long');
    expect(statfs().bfree).toBe(bfree - 1);
    end();
  });

  it('links are followed on the way, at the end, out of the mount; circles are -ELOOP', () => {
    const { kernel, task, make, read, names, end } = setup();
    task.mkdir('/tmp/d');
    make('/tmp/d/f', 'deep');
    task.symlink('d', '/tmp/rel');
    task.symlink('/tmp/d', '/tmp/abs');
    task.symlink('../../tmp/rel/f', '/tmp/d/up');
    expect([read('/tmp/rel/f'), read('/tmp/abs/f'), read('/tmp/d/up')]).toEqual(['deep', 'deep', 'deep']);
    expect(names('/tmp/rel')).toEqual(['.', '..', 'up', 'f']);
    kernel.fs.create('/etc/passwd', { bytes: new TextEncoder().encode('root') });
    task.symlink('/etc/passwd', '/tmp/out');
    task.symlink('/etc', '/tmp/outside');
    expect([read('/tmp/out'), read('/tmp/outside/passwd')]).toEqual(['root', 'root']);
    task.symlink('b', '/tmp/a');
    task.symlink('a', '/tmp/b');
    expect(read('/tmp/a')).toBe(-Errno.ELOOP);
    expect(task.open('/tmp/a', O.rdwr | O.creat)).toBe(-Errno.ELOOP);
    // Five links inside each other are followed, six are not.
    task.symlink('f0', '/tmp/f1');
    make('/tmp/f0', 'end');
    for (let i = 2; i <= 6; i++) task.symlink(`f${i - 1}`, `/tmp/f${i}`);
    expect([read('/tmp/f5'), read('/tmp/f6')]).toEqual(['end', -Errno.ELOOP]);
    // A link to nothing: O_CREAT makes what it names.
    task.symlink('fresh', '/tmp/dangling');
    expect(read('/tmp/dangling')).toBe(-Errno.ENOENT);
    const fd = task.open('/tmp/dangling', O.rdwr | O.creat);
    expect(fd).toBeGreaterThanOrEqual(0);
    task.close(fd);
    expect(names('/tmp')[2]).toBe('fresh');
    // 2.4 links what a symbolic link leads to.
    expect(task.link('/tmp/rel/f', '/tmp/hard')).toBe(0);
    expect(read('/tmp/hard')).toBe('deep');
    end();
  });

  it('an unlinked open file lives on; a removed open directory gives no names', () => {
    const { task, make, buffer, end } = setup();
    make('/tmp/f', 'alive');
    const fd = task.open('/tmp/f', O.rdwr);
    expect(task.unlink('/tmp/f')).toBe(0);
    expect(task.pread(fd, buffer, 5, 0)).toBe(5);
    task.close(fd);
    task.mkdir('/tmp/d');
    const dir = task.open('/tmp/d', O.rdonly);
    expect(task.rmdir('/tmp/d')).toBe(0);
    expect(task.getdents(dir)).toBe(-Errno.ENOENT);
    task.close(dir);
    end();
  });

  it('names that come and go while a directory is read', () => {
    const { task, make, end } = setup();
    for (const name of ['a', 'b', 'c', 'd']) make(`/tmp/${name}`);
    const fd = task.open('/tmp', O.rdonly);
    // Room for `.`, `..` and one name: 12 + 16 + 12 bytes.
    expect((task.getdents(fd, 40) as Dirent[]).map(({ name }) => name)).toEqual(['.', '..', 'd']);
    task.unlink('/tmp/c');
    make('/tmp/e');
    expect((task.getdents(fd, 4096) as Dirent[]).map(({ name }) => name)).toEqual(['b', 'a']);
    expect(task.getdents(fd, 4096)).toEqual([]);
    task.close(fd);
    end();
  });

  it('files keep their bytes through a mapping and are shared memory like any other', () => {
    const { task, make, read, kernel, end } = setup();
    make('/tmp/f', 'abc');
    const fd = task.open('/tmp/f', O.rdwr);
    const at = task.mmap2(0, 4096, 3, 1, fd, 0);
    task.store8(at + 1, 'X'.charCodeAt(0));
    expect(read('/tmp/f')).toBe('aXc');
    const inode = kernel.fs.lookup('/tmp/f') as ShmemInode;
    expect(inode.blocks).toBe(8);
    expect(kernel.proc('maps', task.pid)).toContain('/tmp/f');
    task.munmap(at, 4096);
    task.close(fd);
    end();
  });

  it('each allocation of a tree can fail: an errno comes out, nothing leaks', () => {
    const run = (n: number): boolean => {
      const kernel = boot({ memory: 16 << 20 });
      const task = kernel.spawn('init');
      expect(kernel.mountTmpfs('/m')).toBe(0);
      expect(kernel.umount('/m')).toBe(0);
      task.close(task.open('/dev/zero', 0));
      const free = settledFreePages(kernel);
      kernel.allocator.failAlloc(n);
      const results = [
        kernel.mountTmpfs('/m'),
        task.mkdir('/m/d'),
        task.symlink('x'.repeat(300), '/m/d/a-long-name-for-a-link'),
        task.link('/m/d', '/m/e'),
        task.rename('/m/d', '/m/another-long-name-of-a-directory'),
      ];
      const done = kernel.allocator.failAllocPending > 0;
      kernel.allocator.failAlloc(0);
      for (const result of results) expect(result).toBeLessThanOrEqual(0);
      kernel.checkInvariants();
      if (kernel.fs.lookup('/m') !== null) expect(kernel.umount('/m')).toBe(0);
      kernel.checkInvariants();
      expect(settledFreePages(kernel)).toBe(free);
      return done;
    };
    let n = 1;
    while (!run(n)) n++;
    expect(n).toBeGreaterThan(4);
  });
});

describe('names outside of mounts', () => {
  it('are renamed, linked and unlinked as plain names', () => {
    const kernel = boot({ memory: 16 << 20 });
    const task = kernel.spawn('init');
    const inode = kernel.fs.create('/a', { bytes: new Uint8Array(10) });
    expect(task.rename('/a', '/b')).toBe(0);
    expect([kernel.fs.lookup('/a'), kernel.fs.lookup('/b')]).toEqual([null, inode]);
    expect(task.link('/b', '/c')).toBe(0);
    expect(task.unlink('/b')).toBe(0);
    expect(kernel.fs.lookup('/c')).toBe(inode);
    expect(task.statfs('/c')).toBe(-Errno.ENOSYS);
    expect(task.mkdir('/d')).toBe(-Errno.EPERM);
    expect(task.symlink('/c', '/d')).toBe(-Errno.EPERM);
    expect(task.rmdir('/c')).toBe(-Errno.ENOTDIR);
    expect(task.rename('/none', '/c')).toBe(-Errno.ENOENT);
    kernel.fs.create('/e', { bytes: new Uint8Array(5) });
    expect(task.rename('/c', '/e')).toBe(0);
    expect(kernel.fs.lookup('/e')).toBe(inode);
    expect(task.unlink('/e')).toBe(0);
    kernel.checkInvariants();
  });
});
