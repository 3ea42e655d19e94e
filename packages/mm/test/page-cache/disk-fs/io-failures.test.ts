import { describe, expect, it } from 'vitest';
import { Errno } from '../../../src/errno.ts';
import { DiskWorld, O_CREAT, O_RDWR, O_SYNC, pattern } from './disk-world.ts';

const BYTES = pattern(400_000);

/** What a scenario's calls returned. */
function scenario(it: DiskWorld): number[] {
  const { process, kernel } = it;
  const results: number[] = [process.mkdir('/mnt/d', 0o755)];
  const fd = process.open('/mnt/d/f', O_RDWR | O_CREAT, 0o644);
  results.push(fd);
  if (fd < 0) return results;
  results.push(it.write(fd, BYTES, 0), process.fsync(fd));
  it.squeeze();
  for (let at = 0; at < BYTES.length; at += 65536) {
    const read = it.read(fd, 65536, at);
    results.push(typeof read === 'number' ? read : read.length);
  }
  results.push(process.ftruncate(fd, 150_001), process.fdatasync(fd), process.sync());
  const address = process.mmap2(0, 8192, 3, 1, fd, 2);
  results.push(process.store8(address, 1) ? 0 : -Errno.EFAULT);
  process.takeSignal();
  results.push(process.msync(address, 8192, 4), process.munmap(address, 8192));
  results.push(process.close(fd), process.unlink('/mnt/d/f'), process.rmdir('/mnt/d'));
  kernel.checkInvariants();
  return results;
}

describe('I/O that fails', () => {
  it.each([
    'error',
    'short',
  ] as const)('%s: each request of a scenario: an errno at worst, the machine recounts right, and can unmount', (failure) => {
    const good = new DiskWorld(2 << 20, { blockSize: 1024 }, 16 << 20);
    expect(scenario(good).filter((result) => result < 0)).toEqual([]);
    expect(good.umount()).toBe(0);
    for (let n = 1; n < 400; n += n < 40 ? 1 : 7) {
      const it = new DiskWorld(2 << 20, { blockSize: 1024 }, 16 << 20);
      const { ioFailures } = it.kernel.paging;
      ioFailures.failIo(n, failure);
      for (const result of scenario(it)) {
        if (result < 0) {
          expect([-Errno.EIO, -Errno.ENOENT, -Errno.EEXIST, -Errno.ENOTEMPTY, -Errno.EFAULT]).toContain(
            result,
          );
        }
      }
      const over = ioFailures.pending > 0;
      it.kernel.checkInvariants();
      expect(it.umount()).toBe(0);
      ioFailures.failIo(0);
      it.kernel.checkInvariants();
      if (over) break;
    }
  }, 120_000);

  it('fsync and O_SYNC tell of a write that failed', () => {
    const it = new DiskWorld();
    const fd = it.open('/mnt/f');
    it.write(fd, pattern(100_000), 0);
    it.kernel.paging.ioFailures.failIo(1);
    expect(it.process.fsync(fd)).toBe(-Errno.EIO);
    expect(it.process.fsync(fd)).toBe(0);
    it.process.close(fd);
    const sync = it.open('/mnt/g', O_RDWR | O_CREAT | O_SYNC);
    expect(it.write(sync, pattern(2000), 0)).toBe(2000);
    const before = it.kernel.paging.disks[0]?.device.stats.writes ?? 0;
    expect(it.write(sync, pattern(2000, 1), 0)).toBe(2000);
    expect(it.kernel.paging.disks[0]?.device.stats.writes).toBeGreaterThan(before);
    it.process.close(sync);
  });

  it('a page that could not be read stays bad for read, as PG_error stays; a fault tries once more', () => {
    const it = new DiskWorld();
    const fd = it.open('/mnt/f');
    it.write(fd, pattern(4096), 0);
    it.process.close(fd);
    it.umount();
    it.mount();
    const again = it.open('/mnt/f', O_RDWR);
    it.kernel.paging.ioFailures.failIo(1);
    expect(it.read(again, 4096, 0)).toBe(-Errno.EIO);
    expect(it.read(again, 4096, 0)).toBe(-Errno.EIO);
    const address = it.process.mmap2(0, 4096, 1, 1, again, 0);
    expect(it.process.load8(address + 9)).toBe(pattern(10)[9]);
    expect(it.read(again, 4096, 0)).toEqual(pattern(4096));
    it.process.munmap(address, 4096);
    it.process.close(again);
  });
});
