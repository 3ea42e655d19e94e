import { describe, expect, test } from 'vitest';
import { Snapshots, type SparseRam } from '../../src/machine/snapshot.ts';
import { choiceOf, TestPage } from './engine-host.ts';

const MIB = 2 ** 20;
const PAGE = 4096;

describe('a state that is kept', () => {
  test('counts what its objects take, not only its buffers', () => {
    const root = { list: Array.from({ length: 10_000 }, (_, i) => ({ i })) };
    const snapshots = new Snapshots(root);
    const first = snapshots.take();
    expect(snapshots.size).toBeGreaterThan(MIB);
    const second = snapshots.take();
    snapshots.drop(first);
    snapshots.drop(second);
    expect(snapshots.size).toBe(0);
  });

  test('has what boot left in memory that was free then', () => {
    const ram = new Uint8Array(6 * PAGE);
    const sparse: SparseRam = {
      buffer: ram.buffer,
      offset: 1,
      firstZero: 3,
      owner: new Int32Array(5),
      count: Int32Array.of(1, 0, 0, 0, 0),
    };
    const root = { ram, owner: sparse.owner, count: sparse.count };
    const snapshots = new Snapshots(root, sparse);
    const frame = (pfn: number) => ram.subarray((1 + pfn) * PAGE, (2 + pfn) * PAGE);
    const allocate = (pfn: number, byte: number) => {
      sparse.owner[pfn] = 1;
      sparse.count[pfn] = 1;
      frame(pfn).fill(byte);
    };
    ram.fill(9, 0, PAGE);
    frame(0).fill(1);
    frame(1).fill(2);
    snapshots.take();
    frame(0).fill(3);
    const second = snapshots.take();
    allocate(1, 7);
    allocate(2, 7);
    allocate(4, 7);
    ram.fill(8, 0, PAGE);
    frame(0).fill(4);
    snapshots.take();
    expect(snapshots.restore(second)).toBe(true);
    expect(Array.from({ length: 6 }, (_, i) => ram[i * PAGE])).toEqual([9, 3, 2, 0, 0, 0]);
    expect([...sparse.owner, ...sparse.count]).toEqual([0, 0, 0, 0, 0, 1, 0, 0, 0, 0]);
  });
});

test('a step back on a large machine leaves memory alone that it never used', async () => {
  const page = new TestPage();
  const choice = choiceOf({ kind: 'program', name: 'quicksort', args: ['4'] }, { memory: 2044 * MIB });
  await page.do({ type: 'start', choice, until: 400 });
  const hashes = await page.ask({ ask: 'state-hash' });
  await page.do({ type: 'seek', turn: 900 });
  const before = process.memoryUsage.rss();
  await page.do({ type: 'seek', turn: 400 });
  expect(process.memoryUsage.rss() - before).toBeLessThan(500 * MIB);
  expect(await page.ask({ ask: 'state-hash' })).toEqual(hashes);
});
