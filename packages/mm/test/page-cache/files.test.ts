import { describe, expect, it } from 'vitest';
import { Errno } from '../../src/errno.ts';
import { O } from '../../src/page-cache/file-system.ts';
import { filemapNopage } from '../../src/page-cache/filemap-nopage.ts';
import { readFile } from '../../src/page-cache/generic-file-read.ts';
import { writeFile } from '../../src/page-cache/generic-file-write.ts';
import { NOPAGE_OOM, NOPAGE_SIGBUS } from '../../src/page-cache/inode.ts';
import { fput, type OpenFile } from '../../src/page-cache/open-file.ts';
import type { FileArea, FileSizeLimit } from '../../src/page-cache/ports.ts';
import { ftruncateFile } from '../../src/page-cache/truncate.ts';
import { filemapFdatasync, filemapFdatawait } from '../../src/page-cache/write-back.ts';
import { PG } from '../../src/physical/mem-map.ts';
import { CacheMachine, cachedPages, NO_LIMIT } from './cache-machine.ts';

const START = 0x40000000;

/** `pages` pages of `file` from page `pgoff` on, mapped at 1 GiB. */
function area(file: OpenFile, pages: number, pgoff = 0, vmFlags = 0): FileArea {
  return {
    vmStart: START,
    vmEnd: START + pages * 4096,
    vmPgoff: pgoff,
    vmFlags,
    vmFile: file,
    vmRaend: 0,
  };
}

function bytes(length: number, seed = 1): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (i * 7 + (i >> 8) * 13 + seed) & 255);
}

function close(machine: CacheMachine, file: OpenFile): void {
  fput(file);
  machine.fs.unlink(file.path);
  machine.expectAllFree();
}

describe('faults in mapped files (sheet 3 A7)', () => {
  function mapped(pages: number) {
    const machine = new CacheMachine();
    machine.cache.pageCluster = 3;
    machine.fs.create('/lib', { kind: 'disk', size: pages * 4096 });
    return { machine, file: machine.open('/lib', O.rdonly) };
  }

  it('a miss reads the aligned cluster around it: page 13 of 20 -> pages 8 to 15', () => {
    const { machine, file } = mapped(20);
    const pfn = filemapNopage(machine.cache, area(file, 20), START + 13 * 4096);
    expect(cachedPages(machine, file, 20)).toEqual([8, 9, 10, 11, 12, 13, 14, 15]);
    expect(machine.memMap.index[pfn]).toBe(13);
    // The cache's reference, that of the buffers, and ours.
    expect(machine.memMap.count[pfn]).toBe(3);
    expect(machine.cache.testFlags(pfn, PG.referenced)).toBe(true);
    expect(machine.disk.device.stats.sectorsRead).toBe(64);
    machine.allocator.putPage(pfn);
    close(machine, file);
  });

  it.each([31, -1])('vm.page-cluster has no range check: %i is one cluster of 2^31 pages', (cluster) => {
    const { machine, file } = mapped(20);
    machine.cache.pageCluster = cluster;
    machine.allocator.putPage(filemapNopage(machine.cache, area(file, 20), START + 13 * 4096));
    expect(cachedPages(machine, file, 20)).toHaveLength(20);
    close(machine, file);
  });

  it('a cluster ends where the area ends: pages 0 to 9 mapped, fault at 9 -> pages 8, 9', () => {
    const { machine, file } = mapped(20);
    machine.allocator.putPage(filemapNopage(machine.cache, area(file, 10), START + 9 * 4096));
    expect(cachedPages(machine, file, 20)).toEqual([8, 9]);
    close(machine, file);
  });

  it('MADV_RANDOM reads one page', () => {
    const { machine, file } = mapped(20);
    machine.allocator.putPage(filemapNopage(machine.cache, area(file, 20, 0, 0x10000), START + 9 * 4096));
    expect(cachedPages(machine, file, 20)).toEqual([9]);
    close(machine, file);
  });

  it('behind the last page of the file is SIGBUS; a debugger sees a page of zeroes', () => {
    const { machine, file } = mapped(3);
    ftruncateFile(machine.cache, machine.open('/lib', O.rdwr), 2 * 4096 + 1, NO_LIMIT);
    const vma = area(file, 8);
    expect(filemapNopage(machine.cache, vma, START + 3 * 4096)).toBe(NOPAGE_SIGBUS);
    const last = filemapNopage(machine.cache, vma, START + 2 * 4096);
    expect(last).toBeGreaterThan(0);
    const beyond = filemapNopage(machine.cache, vma, START + 3 * 4096, false);
    expect(machine.memory.words[machine.memory.base(beyond)]).toBe(0);
  });

  it('without memory it is NOPAGE_OOM', () => {
    const { machine, file } = mapped(3);
    machine.allocator.failAlloc(1);
    expect(filemapNopage(machine.cache, area(file, 3), START)).toBe(NOPAGE_OOM);
    close(machine, file);
  });

  it('a page that cannot be read is tried twice, then SIGBUS', () => {
    const machine = new CacheMachine();
    let tries = 0;
    machine.fs.create('/bad', {
      kind: 'disk',
      size: 4096,
      fill: () => {
        tries++;
        return false;
      },
    });
    const file = machine.open('/bad');
    expect(filemapNopage(machine.cache, area(file, 1), START)).toBe(NOPAGE_SIGBUS);
    // Once for the cluster, twice for the fault.
    expect(tries).toBe(3);
    expect(readFile(file, 0, 10, machine.reader(new Uint8Array(10)))).toBe(-Errno.EIO);
    close(machine, file);
  });

  it('MADV_SEQUENTIAL reads the next window when the fault is half-way, and syncs the one two behind', () => {
    const { machine, file } = mapped(400);
    const synced: number[] = [];
    machine.cache.ports = {
      ...machine.cache.ports,
      filemapSync: (_area, address, size) => synced.push((address - START) / 4096, size / 4096),
    };
    const vma = area(file, 400, 0, 0x8000);
    for (let page = 0; page < 200; page++) {
      machine.allocator.putPage(filemapNopage(machine.cache, vma, START + page * 4096));
      if (page === 15) expect(cachedPages(machine, file, 400).at(-1)).toBe(15);
      if (page === 16) expect(cachedPages(machine, file, 400).at(-1)).toBe(63);
    }
    expect(vma.vmRaend).toBe(224);
    expect(synced).toEqual([0, 32, 32, 32, 64, 32, 96, 32]);
    close(machine, file);
  });
});

describe.each(['ramfs', 'tmpfs', 'disk'] as const)('files of %s', (kind) => {
  function setup(contents: Uint8Array, flags: number = O.rdwr) {
    const machine = new CacheMachine();
    machine.fs.create('/f', { kind, bytes: contents });
    const file = machine.open('/f', flags);
    const read = (position: number, count: number, room = count) => {
      const buffer = new Uint8Array(room);
      const result = readFile(file, position, count, machine.reader(buffer));
      return result < 0 ? result : buffer.slice(0, result);
    };
    const write = (position: number, data: Uint8Array, count = data.length, limit = NO_LIMIT) =>
      writeFile(file, position, count, machine.writer(data), limit);
    return { machine, file, read, write };
  }

  it('reads what is there, short at the end, and nothing behind', () => {
    const contents = bytes(10000);
    const { machine, file, read } = setup(contents);
    expect(read(0, 10000)).toEqual(contents);
    expect(read(4090, 20)).toEqual(contents.slice(4090, 4110));
    expect(read(9990, 100)).toEqual(contents.slice(9990));
    expect(read(10000, 1)).toEqual(new Uint8Array(0));
    expect(read(50000, 1)).toEqual(new Uint8Array(0));
    close(machine, file);
  });

  it('a buffer that turns bad gives a partial count, one that is bad from the start -EFAULT', () => {
    const { machine, file, read, write } = setup(bytes(10000));
    expect(read(0, 10000, 5000)).toEqual(bytes(10000).slice(0, 5000));
    expect(read(0, 100, 0)).toBe(-Errno.EFAULT);
    // Within the second page: the copy counts byte by byte on tmpfs, page by page elsewhere.
    expect(write(0, bytes(5000, 9), 10000)).toBe(kind === 'tmpfs' ? 5000 : 4096);
    expect(write(0, bytes(0), 100)).toBe(-Errno.EFAULT);
    close(machine, file);
  });

  it('a write past the end that fails with -EFAULT leaves the file longer', () => {
    const { machine, file, write } = setup(bytes(100));
    expect(write(8000, bytes(0), 1000)).toBe(-Errno.EFAULT);
    expect(file.inode.size).toBe(8192);
    close(machine, file);
  });

  it('a write behind the end leaves a hole of zeroes', () => {
    const { machine, file, read, write } = setup(bytes(100));
    expect(write(9000, bytes(10))).toBe(10);
    const expected = new Uint8Array(9010);
    expected.set(bytes(100));
    expected.set(bytes(10), 9000);
    expect(read(0, 20000)).toEqual(expected);
    close(machine, file);
  });

  it('truncate zeroes the end of the last page: growing again shows no old bytes', () => {
    const { machine, file, read } = setup(bytes(10000));
    expect(ftruncateFile(machine.cache, file, 5000, NO_LIMIT)).toBe(0);
    expect(ftruncateFile(machine.cache, file, 10000, NO_LIMIT)).toBe(0);
    const expected = new Uint8Array(10000);
    expected.set(bytes(10000).slice(0, 5000));
    expect(read(0, 10000)).toEqual(expected);
    close(machine, file);
  });

  it('truncate unmaps the areas behind the new end, private ones first', () => {
    const { machine, file } = setup(bytes(40960));
    const unmapped: [string, number, number][] = [];
    const named = (name: string, start: number, pages: number, pgoff: number) => ({
      vmStart: start,
      vmEnd: start + pages * 4096,
      vmPgoff: pgoff,
      name,
    });
    machine.cache.ports = {
      ...machine.cache.ports,
      unmapMappingRange: (vma, address, size) =>
        unmapped.push([(vma as { name?: string }).name ?? '', address, size]),
    };
    const { iMmap, iMmapShared } = file.inode.mapping;
    iMmap.push(named('whole', 0x1000000, 2, 6), named('before', 0x2000000, 3, 0));
    iMmapShared.push(named('across', 0x3000000, 4, 2));
    expect(ftruncateFile(machine.cache, file, 3 * 4096 + 1, NO_LIMIT)).toBe(0);
    expect(unmapped).toEqual([
      ['whole', 0x1000000, 2 * 4096],
      ['across', 0x3000000 + 2 * 4096, 2 * 4096],
    ]);
    iMmap.length = 0;
    iMmapShared.length = 0;
    close(machine, file);
  });

  it('RLIMIT_FSIZE clips a write, refuses one that begins there, and growth by truncate', () => {
    let signals = 0;
    const limit: FileSizeLimit = { fsizeLimit: 5000, sendSigxfsz: () => signals++ };
    const { machine, file, write } = setup(bytes(0));
    expect(write(4000, bytes(2000), 2000, limit)).toBe(1000);
    expect(signals).toBe(0);
    expect(write(5000, bytes(1), 1, limit)).toBe(-Errno.EFBIG);
    expect(signals).toBe(1);
    expect(ftruncateFile(machine.cache, file, 5001, limit)).toBe(-Errno.EFBIG);
    expect(signals).toBe(2);
    expect(ftruncateFile(machine.cache, file, 100, limit)).toBe(0);
    close(machine, file);
  });

  it('beyond 2 GiB only O_LARGEFILE goes', () => {
    const { machine, file, write } = setup(bytes(0));
    let signals = 0;
    const limit = { fsizeLimit: 0xffffffff, sendSigxfsz: () => signals++ };
    expect(write(0x7ffffffe, bytes(5), 5, limit)).toBe(1);
    expect(write(0x7fffffff, bytes(5), 5, limit)).toBe(-Errno.EFBIG);
    expect(signals).toBe(1);
    expect(ftruncateFile(machine.cache, file, 0x80000000, limit)).toBe(-Errno.EINVAL);
    const large = machine.open('/f', O.rdwr | O.largefile);
    expect(writeFile(large, 0x7fffffff, 5, machine.writer(bytes(5)), limit)).toBe(5);
    fput(large);
    close(machine, file);
  });

  it('the access mode decides: -EBADF, ftruncate -EINVAL', () => {
    const { machine, file, write } = setup(bytes(10), O.rdonly);
    expect(write(0, bytes(1))).toBe(-Errno.EBADF);
    expect(ftruncateFile(machine.cache, file, 0, NO_LIMIT)).toBe(-Errno.EINVAL);
    const writeOnly = machine.open('/f', O.wronly);
    expect(readFile(writeOnly, 0, 1, machine.reader(new Uint8Array(1)))).toBe(-Errno.EBADF);
    fput(writeOnly);
    expect(readFile(file, -1, 1, machine.reader(new Uint8Array(1)))).toBe(-Errno.EINVAL);
    close(machine, file);
  });

  it('O_APPEND writes at the end', () => {
    const { machine, file, read, write } = setup(bytes(100), O.rdwr | O.append);
    expect(write(0, bytes(5, 3))).toBe(5);
    expect(read(100, 10)).toEqual(bytes(5, 3));
    close(machine, file);
  });

  it('a deleted file lives until its last user', () => {
    const { machine, file, read } = setup(bytes(100));
    file.count++;
    expect(machine.fs.unlink('/f')).toBe(0);
    expect(machine.fs.unlink('/f')).toBe(-Errno.ENOENT);
    expect(machine.fs.open('/f', 0)).toBe(-Errno.ENOENT);
    fput(file);
    expect(read(0, 100)).toEqual(bytes(100));
    fput(file);
    machine.expectAllFree();
  });

  it('the N-th allocation fails, for every N of a scenario: an errno or a short count, and nothing leaks', () => {
    for (let n = 1; n < 20; n++) {
      const { machine, file, read, write } = setup(bytes(20000));
      machine.allocator.failAlloc(n);
      const written = write(30000, bytes(9000));
      expect(written === -Errno.ENOMEM || (written > 0 && written <= 9000)).toBe(true);
      const result = read(0, 40000);
      expect(typeof result === 'number' ? result : 0).toBeLessThanOrEqual(0);
      machine.check();
      machine.allocator.failAlloc(0);
      close(machine, file);
    }
  });
});

describe('open', () => {
  it('O_CREAT, O_EXCL, O_TRUNC and a file that is executed', () => {
    const machine = new CacheMachine();
    const created = machine.open('/new', O.rdwr | O.creat);
    expect(machine.fs.open('/new', O.rdwr | O.creat | O.excl)).toBe(-Errno.EEXIST);
    writeFile(created, 0, 5, machine.writer(bytes(5)), NO_LIMIT);
    const second = machine.open('/new', O.wronly | O.trunc);
    expect(created.inode.size).toBe(0);
    expect(created.inode.writecount).toBe(2);
    fput(second);
    fput(created);
    (machine.fs.lookup('/new') as { writecount: number }).writecount = -1;
    expect(machine.fs.open('/new', O.rdwr)).toBe(-Errno.ETXTBSY);
    machine.fs.unlink('/new');
    machine.expectAllFree();
  });

  it('what makes no sense is refused with a message', () => {
    const machine = new CacheMachine();
    expect(() => machine.fs.create('/a', { fill: () => true })).toThrow(/fill is for kind 'disk'/);
    expect(() => machine.fs.create('/a', { size: -1 })).toThrow(/size -1/);
  });
});

describe('writing back (sheet 3 A3)', () => {
  it('fdatasync takes the oldest first and moves all to the locked list, fdatawait back to the clean one', () => {
    const machine = new CacheMachine();
    machine.fs.create('/f', { kind: 'ramfs', size: 3 * 4096 });
    const file = machine.open('/f');
    const { cache, memMap } = machine;
    const { mapping } = file.inode;
    const pfns = [0, 1, 2].map((page) => {
      const pfn = filemapNopage(cache, area(file, 3), START + page * 4096);
      machine.allocator.putPage(pfn);
      return pfn;
    });
    for (const pfn of pfns) cache.setPageDirty(pfn);
    cache.clearFlags(pfns[1] as number, PG.dirty);
    expect(filemapFdatasync(cache, mapping)).toBe(0);
    expect(memMap.next[mapping.dirtyPages]).toBe(mapping.dirtyPages);
    const locked: number[] = [];
    for (
      let p = memMap.next[mapping.lockedPages] as number;
      p !== mapping.lockedPages;
      p = memMap.next[p] as number
    ) {
      locked.push(p);
    }
    expect(locked).toEqual([...pfns].reverse());
    // A file in memory cannot get rid of its dirt.
    expect(pfns.map((pfn) => cache.testFlags(pfn, PG.dirty))).toEqual([true, false, true]);
    expect(filemapFdatawait(cache, mapping)).toBe(0);
    expect(memMap.next[mapping.lockedPages]).toBe(mapping.lockedPages);
    expect(memMap.next[mapping.cleanPages]).toBe(pfns[0]);
    close(machine, file);
  });
});
