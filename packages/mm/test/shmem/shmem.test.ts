import { describe, expect, it } from 'vitest';
import type { Vma } from '../../src/address-space/vma.ts';
import { Errno } from '../../src/errno.ts';
import { O } from '../../src/page-cache/file-system.ts';
import { pageCacheRead } from '../../src/page-cache/filemap-nopage.ts';
import { readFile } from '../../src/page-cache/generic-file-read.ts';
import { writeFile } from '../../src/page-cache/generic-file-write.ts';
import { NOPAGE_OOM, NOPAGE_SIGBUS } from '../../src/page-cache/inode.ts';
import { fput, type OpenFile } from '../../src/page-cache/open-file.ts';
import { ftruncateFile } from '../../src/page-cache/truncate.ts';
import { PG } from '../../src/physical/mem-map.ts';
import { shmemRules } from '../../src/release/shmem-rules.ts';
import { SGP, shmemPath } from '../../src/shmem/shmem-index.ts';
import { SHMEM_MAX_BYTES, SHMEM_MAX_INDEX, type ShmemInode } from '../../src/shmem/shmem-inode.ts';
import { CacheMachine, type CacheMachineOptions, NO_LIMIT } from '../page-cache/cache-machine.ts';

function setup(options: CacheMachineOptions = {}) {
  const machine = new CacheMachine(options);
  machine.shmem.tmpfs.setSize(machine.shmem.tmpfs.maxBlocks, 100);
  machine.fs.create('/tmp/f', { kind: 'tmpfs' });
  const file = machine.open('/tmp/f', O.rdwr | O.largefile);
  const inode = file.inode as ShmemInode;
  const write = (page: number, length = 1) =>
    writeFile(file, page * 4096, length, machine.writer(new Uint8Array(length).fill(7)), NO_LIMIT);
  const close = () => {
    fput(file);
    machine.fs.unlink('/tmp/f');
    machine.expectAllFree();
  };
  return { machine, file, inode, write, close };
}

/** The fields of an area that a fault looks at. */
function area(file: OpenFile, pgoff = 0): Vma {
  return {
    vmStart: 0x40000000,
    vmEnd: 0x50000000,
    vmPgoff: pgoff,
    vmFile: file,
    vmOps: null,
  } as unknown as Vma;
}

describe('index of a shared-memory file (sheet 3 D1)', () => {
  it.each([
    [15, [15]],
    [16, [0, 0]],
    [1039, [0, 1023]],
    [1040, [1, 0]],
    [524303, [511, 1023]],
    [524304, [512, 0, 0]],
    [1572880, [513, 0, 0]],
    [537395215, [1023, 1023, 1023]],
  ])('page %i has its place at %j', (index, path) => {
    expect(shmemPath(index)).toEqual(path);
  });

  it('has room for 537395216 pages', () => {
    expect(SHMEM_MAX_INDEX).toBe(537395216);
    expect(SHMEM_MAX_BYTES).toBe(2201170804736);
  });

  it('ten free blocks, a write to page 16: root, vector and page -> 7 free, 24 blocks of 512 bytes', () => {
    const { machine, inode, write, close } = setup({ tmpfsPages: 10 });
    expect(write(16)).toBe(1);
    expect(machine.shmem.tmpfs.freeBlocks).toBe(7);
    expect(inode.blocks).toBe(24);
    expect(write(17)).toBe(1);
    expect(machine.shmem.tmpfs.freeBlocks).toBe(6);
    close();
  });

  it('page 524304 costs four, page 15 one', () => {
    const { machine, inode, write, close } = setup({ tmpfsPages: 10 });
    expect(write(524304)).toBe(1);
    expect(machine.shmem.tmpfs.freeBlocks).toBe(6);
    write(15);
    expect(inode.blocks).toBe(5 * 8);
    close();
  });

  it('2.4.20 does not charge index pages', () => {
    const rules = shmemRules('2.4.20');
    const { machine, inode, write, close } = setup({ tmpfsPages: 10, rules });
    expect(write(16)).toBe(1);
    expect(machine.shmem.tmpfs.freeBlocks).toBe(9);
    expect(inode.blocks).toBe(8);
    close();
  });

  it('no index page is taken unless a block for the page itself remains', () => {
    const { machine, inode, write, close } = setup({ tmpfsPages: 2 });
    expect(write(16)).toBe(-Errno.ENOSPC);
    // The root was taken while two were free; for the vector one is too few.
    expect(machine.shmem.tmpfs.freeBlocks).toBe(1);
    expect(inode.blocks).toBe(8);
    machine.check();
    expect(write(0)).toBe(1);
    expect(write(1)).toBe(-Errno.ENOSPC);
    close();
  });

  it.each([
    [[3, 16, 1039, 1040, 5000, 524303, 524304, 600000, 1572880, 2000000]],
    [[524304]],
    [[1572880, 16]],
  ])('truncate frees exactly the index pages that serve nothing any more: pages %j', (pages) => {
    const { machine, file, inode, write, close } = setup();
    for (const page of pages) expect(write(page)).toBe(1);
    for (const cut of [
      2000000, 1572881, 1572880, 600000, 524305, 524304, 524303, 5001, 1041, 1040, 1039, 17, 16, 3, 0,
    ]) {
      expect(ftruncateFile(machine.cache, file, cut * 4096, NO_LIMIT)).toBe(0);
      machine.check();
      const left = pages.filter((page) => page < cut);
      expect(inode.mapping.nrpages).toBe(left.length);
      const vectors = new Set(left.map((page) => shmemPath(page).slice(0, -1).join()));
      let indexPages = 0;
      machine.shmem.pages.index.forEachIndexPage(inode, () => indexPages++);
      // A vector whose first pages were cut from a file that went on stays until the cut reaches its start.
      expect(indexPages).toBeGreaterThanOrEqual(left.some((page) => page >= 16) ? vectors.size : 0);
    }
    expect(inode.blocks).toBe(0);
    close();
  });
});

describe('pages of a shared-memory file (sheet 3 D1)', () => {
  it('reading a hole gives the zero page and leaves the hole; a fault makes a page', () => {
    const { machine, file, inode, close } = setup();
    ftruncateFile(machine.cache, file, 100 * 4096, NO_LIMIT);
    const buffer = new Uint8Array(5000).fill(1);
    expect(readFile(file, 0, 5000, machine.reader(buffer))).toBe(5000);
    expect(buffer.every((byte) => byte === 0)).toBe(true);
    expect(inode.mapping.nrpages).toBe(0);
    expect(inode.blocks).toBe(0);
    const pfn = machine.shmem.nopage(area(file, 50), 0x40000000 + 4096);
    expect(machine.memMap.index[pfn]).toBe(51);
    expect(machine.memory.words[machine.memory.base(pfn)]).toBe(0);
    expect(machine.cache.testFlags(pfn, PG.referenced)).toBe(true);
    expect(machine.cache.testFlags(pfn, PG.dirty)).toBe(false);
    machine.allocator.putPage(pfn);
    close();
  });

  it('a fault on 2.4.20 does not mark the page', () => {
    const { machine, file } = setup({ rules: shmemRules('2.4.20') });
    ftruncateFile(machine.cache, file, 4096, NO_LIMIT);
    const pfn = machine.shmem.nopage(area(file), 0x40000000);
    expect(machine.cache.testFlags(pfn, PG.referenced)).toBe(false);
  });

  it('a fault behind the end is SIGBUS, without memory OOM, over the limit SIGBUS', () => {
    const { machine, file, close } = setup({ tmpfsPages: 1 });
    ftruncateFile(machine.cache, file, 2 * 4096, NO_LIMIT);
    expect(machine.shmem.nopage(area(file), 0x40000000 + 2 * 4096)).toBe(NOPAGE_SIGBUS);
    machine.allocator.failAlloc(1);
    expect(machine.shmem.nopage(area(file), 0x40000000)).toBe(NOPAGE_OOM);
    machine.check();
    machine.allocator.putPage(machine.shmem.nopage(area(file), 0x40000000));
    expect(machine.shmem.nopage(area(file), 0x40000000 + 4096)).toBe(NOPAGE_SIGBUS);
    close();
  });

  it('what getpage refuses', () => {
    const { machine, inode, close } = setup();
    expect(machine.shmem.getpage(inode, SHMEM_MAX_INDEX, SGP.write)).toBe(-Errno.EFBIG);
    expect(machine.shmem.getpage(inode, 0, SGP.read)).toBe(-Errno.EINVAL);
    expect(machine.shmem.getpage(inode, 0, SGP.cache)).toBe(-Errno.EINVAL);
    close();
  });

  it('a written page is dirty by its flag and referenced, and stays on the clean list', () => {
    const { machine, inode, write, close } = setup();
    write(0);
    const pfn = machine.cache.findPage(inode.mapping, 0);
    expect(machine.memMap.flags[pfn]).toBe(PG.uptodate | PG.dirty | PG.referenced | PG.lru);
    expect(machine.memMap.next[inode.mapping.cleanPages]).toBe(pfn);
    close();
  });

  it('read-ahead (MADV_WILLNEED) makes pages; one over the limit leaves the cache again', () => {
    const { machine, file, inode, close } = setup({ tmpfsPages: 1 });
    ftruncateFile(machine.cache, file, 3 * 4096, NO_LIMIT);
    expect(pageCacheRead(machine.cache, inode.mapping, 0)).toBe(0);
    expect(pageCacheRead(machine.cache, inode.mapping, 1)).toBe(-Errno.ENOSPC);
    expect(inode.mapping.nrpages).toBe(1);
    close();
  });
});

describe('files without a name (sheet 3 D3)', () => {
  it('are deleted from the start and go with their last user', () => {
    const { machine, close } = setup();
    const file = machine.shmem.fileSetup('dev/zero', 3 * 4096) as OpenFile;
    expect([file.path, file.inode.nlink, file.inode.size]).toEqual(['/dev/zero', 0, 3 * 4096]);
    machine.allocator.putPage(machine.shmem.nopage(area(file), 0x40000000));
    machine.check();
    fput(file);
    close();
  });

  it('too large is -EINVAL, too much -ENOMEM, no inode -ENOSPC', () => {
    const { machine, close } = setup();
    expect(machine.shmem.fileSetup('x', SHMEM_MAX_BYTES + 1)).toBe(-Errno.EINVAL);
    machine.enoughMemory = false;
    expect(machine.shmem.fileSetup('x', 1)).toBe(-Errno.ENOMEM);
    machine.enoughMemory = true;
    const { internal } = machine.shmem;
    internal.setSize(internal.maxBlocks, 1);
    expect(machine.shmem.fileSetup('x', 1)).toBe(-Errno.ENOSPC);
    close();
  });

  it('zeroSetup backs an area, and lets the file go that it had', () => {
    const { machine, file, close } = setup();
    file.count++;
    const vma = area(file);
    expect(machine.shmem.zeroSetup(vma)).toBe(0);
    expect(file.count).toBe(1);
    expect(vma.vmFile?.inode.size).toBe(0x10000000);
    expect(vma.vmOps).toBe(machine.shmem.vmOps);
    fput(vma.vmFile as OpenFile);
    close();
  });
});

describe('tmpfs (sheet 3 D2)', () => {
  it('has as many inodes as it says, one of them its root directory', () => {
    const machine = new CacheMachine({ tmpfsPages: 3 });
    expect(typeof machine.fs.create('/a', { kind: 'tmpfs' })).toBe('object');
    expect(typeof machine.fs.create('/b', { kind: 'tmpfs' })).toBe('object');
    expect(machine.fs.create('/c', { kind: 'tmpfs' })).toBe(-Errno.ENOSPC);
    expect(machine.fs.unlink('/a')).toBe(0);
    expect(typeof machine.fs.create('/c', { kind: 'tmpfs' })).toBe('object');
    machine.fs.unlink('/b');
    machine.fs.unlink('/c');
    machine.expectAllFree();
  });

  it('a write over the limit is short, then -ENOSPC; remounting below the use is refused', () => {
    const { machine, write, close } = setup({ tmpfsPages: 3 });
    expect(write(0, 5 * 4096)).toBe(3 * 4096);
    expect(write(3)).toBe(-Errno.ENOSPC);
    expect(machine.shmem.tmpfs.setSize(2, 10)).toBe(false);
    expect(machine.shmem.tmpfs.setSize(4, 10)).toBe(true);
    expect(write(3)).toBe(1);
    close();
  });

  it('contents that do not fit are refused as a whole', () => {
    const machine = new CacheMachine({ tmpfsPages: 3 });
    expect(machine.fs.create('/big', { kind: 'tmpfs', bytes: new Uint8Array(4 * 4096) })).toBe(-Errno.ENOSPC);
    machine.expectAllFree();
  });
});

describe('/dev/zero', () => {
  it('reads as zeroes and swallows what is written', () => {
    const { machine, close } = setup();
    const zero = machine.open('/dev/zero');
    const buffer = new Uint8Array(10000).fill(1);
    expect(readFile(zero, 12345, 10000, machine.reader(buffer))).toBe(10000);
    expect(buffer.every((byte) => byte === 0)).toBe(true);
    expect(readFile(zero, 0, 20000, machine.reader(buffer))).toBe(10000);
    expect(readFile(zero, 0, 1, machine.reader(new Uint8Array(0)))).toBe(-Errno.EFAULT);
    expect(writeFile(zero, 0, 7, machine.writer(buffer), NO_LIMIT)).toBe(7);
    expect(ftruncateFile(machine.cache, zero, 0, NO_LIMIT)).toBe(-Errno.EINVAL);
    fput(zero);
    close();
  });
});
