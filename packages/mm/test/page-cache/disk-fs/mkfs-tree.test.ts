import { describe, expect, it } from 'vitest';
import { boot } from '../../../src/kernel.ts';
import type { TreeDirectory, TreeNode } from '../../../src/page-cache/disk-fs/file-tree.ts';
import { mkfsTree } from '../../../src/page-cache/disk-fs/mkfs-tree.ts';
import { DiskImage } from './disk-image.ts';
import { pattern } from './disk-world.ts';

function directory(entries: Readonly<Record<string, TreeNode>>, mode = 0o755): TreeDirectory {
  return { kind: 'directory', mode, mtime: 1_000_000, entries: new Map(Object.entries(entries)) };
}
function file(bytes: Uint8Array, mode = 0o644): TreeNode {
  return { kind: 'file', mode, mtime: 2_000_000, size: bytes.length, bytes: () => bytes };
}

function imageOf(tree: TreeDirectory, room?: number): Uint8Array {
  const store = mkfsTree(tree, room);
  const bytes = new Uint8Array(store.size);
  store.read(0, bytes);
  return bytes;
}

describe('a disk that is made with files on it', () => {
  const twice = file(pattern(5000));
  const many = Object.fromEntries(
    Array.from({ length: 300 }, (_, i) => [`file number ${i}`, file(pattern(i))]),
  );
  const tree = directory({
    empty: directory({}),
    bin: directory(
      { prog: file(pattern(12345), 0o755), twice, short: { kind: 'symlink', target: 'prog' } },
      0o700,
    ),
    again: twice,
    nothing: file(new Uint8Array(0)),
    long: { kind: 'symlink', target: `/${'far/'.repeat(30)}` },
    big: file(pattern(6_000_123)),
    many: directory(many),
    'name with ümlaut': file(pattern(1)),
  });

  it('has them all, and its books are right', () => {
    const image = new DiskImage(imageOf(tree));
    expect(image.faults).toEqual([]);
    expect(image.files.size).toBe(300 + 8);
    expect(Buffer.compare(image.files.get('/big') as Uint8Array, pattern(6_000_123))).toBe(0);
    expect(Buffer.compare(image.files.get('/many/file number 299') as Uint8Array, pattern(299))).toBe(0);
    expect(image.files.get('/again')).toEqual(image.files.get('/bin/twice'));
  });

  it('more than the blocks of one group', () => {
    const image = new DiskImage(imageOf(directory({ f: file(pattern(1 << 20)) }), 300 << 20));
    expect(image.faults).toEqual([]);
    const wide = directory(
      Object.fromEntries(Array.from({ length: 3000 }, (_, i) => [`f${i}`, file(pattern(9))])),
    );
    expect(new DiskImage(imageOf(wide, 1 << 20)).faults).toEqual([]);
  });

  it('can be mounted, read and written to', () => {
    const kernel = boot({ memory: 16 << 20 });
    const store = mkfsTree(tree);
    expect(kernel.mount('/', kernel.paging.addDisk(store).path)).toBe(0);
    const process = kernel.spawn('test');
    expect(process.stat('/bin/prog')).toMatchObject({ mode: 0o100755, size: 12345, mtime: 2_000_000 });
    expect(process.stat('/bin')).toMatchObject({ mode: 0o040700, mtime: 1_000_000, nlink: 2 });
    expect(process.stat('/again')).toMatchObject({ nlink: 2 });
    expect(process.readlink('/long')).toBe(`/${'far/'.repeat(30)}`);
    expect(process.stat('/bin/short')).toMatchObject({ size: 12345 });
    const at = process.mmap2(0, 1 << 20, 3, 0x22, -1, 0);
    const fd = process.open('/big', 2);
    expect(process.pread(fd, at, 4096, 5_999_616)).toBe(507);
    expect(process.load8(at + 506)).toBe(pattern(6_000_123).at(-1));
    expect(process.pwrite(fd, at, 1 << 20, 6_000_123)).toBe(1 << 20);
    process.close(fd);
    expect(process.mkdir('/bin/new')).toBe(0);
    expect(process.unlink('/again')).toBe(0);
    process.exit(0);
    kernel.checkInvariants();
    expect(kernel.umount('/')).toBe(0);
    const bytes = new Uint8Array(store.size);
    store.read(0, bytes);
    expect(new DiskImage(bytes).faults).toEqual([]);
  });
});
