import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { boot, mkfsTree, type TreeFile } from '@pagewalk/mm';
import { expect, it } from 'vitest';
import { readPressureRecordings } from '../../src/compare/pressure-recordings.ts';
import { IoCounters } from '../../src/workload/io-counters.ts';

const MIB = 2 ** 20;
const PAGE = 4096;
const recordings = readPressureRecordings(
  join(fileURLToPath(new URL('.', import.meta.url)), '../../recordings/pressure.json.gz'),
);

/** A file of zeroes on an ext2 with blocks of 4 kB, as the recorded machines had theirs. */
function diskWith(pages: number) {
  const size = pages * PAGE;
  const file: TreeFile = { kind: 'file', mode: 0o644, size, bytes: () => new Uint8Array(size) };
  return mkfsTree({ kind: 'directory', mode: 0o755, entries: new Map([['f', file]]) }, MIB);
}

// 31 blocks of block numbers and one of the directory: 128 kB, or 32 buffers, besides the file's pages.
it.each([
  '2.4.22',
  '2.4.20',
  '2.4.0',
])('%s: readhot from a real ext2 reads what the real kernel read, its metadata included', (release) => {
  const recording = recordings.find(
    (each) => each.release === release && each.name === 'readhot' && each.pageCluster === 3,
  );
  const [, , , pages, hot, loops, batch] = (recording?.command ?? '').split(' ').map(Number) as number[];
  const kernel = boot({ release, machine: 'qemu', memory: 64 * MIB, swap: [{ size: 256 * MIB }] });
  expect(kernel.mount('/data', kernel.paging.addDisk(diskWith(pages as number)).path)).toBe(0);
  const process = kernel.spawn('wl');
  const buffer = process.mmap2(0, PAGE, 3, 0x22, -1, 0);
  const area = process.mmap2(0, (hot as number) * PAGE, 3, 0x22, -1, 0);
  const io = new IoCounters(kernel);
  const fd = process.open('/data/f', 0);
  for (let page = 0; page < (hot as number); page++) process.touch(area + page * PAGE, true);
  let next = 0;
  for (let loop = 0; loop < (loops as number); loop++) {
    for (let page = 0; page < (pages as number); page++) {
      if (process.pread(fd, buffer, PAGE, page * PAGE) !== PAGE) throw new Error(`page ${page}`);
      if ((page + 1) % (batch as number) !== 0) continue;
      for (let i = 0; i < (batch as number); i++, next = (next + 1) % (hot as number))
        process.touch(area + next * PAGE, true);
    }
  }
  const unit = release === '2.4.0' ? 1 : 4;
  const { pgpgin, pswpin } = io.since();
  const real = recording?.runs.map((run) => run.pgpgin - unit * run.pswpin) ?? [];
  expect(real).toContain(pgpgin - unit * pswpin);
}, 60_000);
