import { describe, expect, it } from 'vitest';
import { boot, type Kernel, MemoryStore, mkfs, type Process } from '../../src/index.ts';

const MIB = 2 ** 20;
const PAGE = 4096;
const PAGES = 2400;

/** A machine of 8 MiB with swap, and a process with more pages than that. */
function setup(release: string): { kernel: Kernel; root: Process; base: number } {
  const kernel = boot({ memory: 8 * MIB, release, swap: [{ size: 32 * MIB }] });
  const root = kernel.spawn('root');
  const base = root.mmap2(0, PAGES * PAGE, 3, 0x22, -1, 0);
  for (let i = 0; i < PAGES; i++) expect(root.store8(base + i * PAGE, i)).toBe(true);
  return { kernel, root, base };
}

function readAll(root: Process, base: number): void {
  for (let i = 0; i < PAGES; i++) {
    const got = root.load8(base + i * PAGE);
    if (got !== (i & 255)) throw new Error(`page ${i} holds ${got}`);
  }
}

/** Plugs in a scheduler that lets `other` run once whenever the running process waits. */
function plugIn(kernel: Kernel, root: Process, other: () => boolean): () => number {
  let times = 0;
  kernel.runOthersWith(() => {
    // The other one may have to wait, too.
    if (kernel.vm.current !== root.task) return false;
    times++;
    const ran = other();
    if (root.ended === null) kernel.run(root);
    return ran;
  });
  return () => times;
}

describe.each(['2.4.22', '2.4.20', '2.4.0'])('while a task waits for a disk, on %s', (release) => {
  it('nothing is different when nobody else can run', () => {
    const [asked, alone] = [true, false].map((plugged) => {
      const { kernel, root, base } = setup(release);
      const times = plugged ? plugIn(kernel, root, () => false) : () => 0;
      readAll(root, base);
      kernel.checkInvariants();
      return { times: times(), hash: kernel.stateHash(), now: kernel.clock.now };
    });
    expect(asked?.times).toBeGreaterThan(100);
    expect({ ...asked, times: 0 }).toEqual(alone);
  });

  it('others touch, write and free memory of their own, and no byte is lost', () => {
    const { kernel, root, base } = setup(release);
    const other = kernel.spawn('other');
    const own = other.mmap2(0, 1000 * PAGE, 3, 0x22, -1, 0);
    let turn = 0;
    const times = plugIn(kernel, root, () => {
      const at = own + (turn % 1000) * PAGE;
      const before = other.load8(at);
      expect(before).toBe(turn < 1000 ? 0 : (turn - 1000) & 255);
      other.store8(at, turn++);
      return turn % 3 !== 0;
    });
    for (let round = 0; round < 3; round++) {
      readAll(root, base);
      kernel.checkInvariants();
    }
    expect(times()).toBeGreaterThan(300);
    other.exit(0);
    kernel.checkInvariants();
    root.exit(0);
    kernel.checkInvariants();
  });

  it('another takes its swap away: it finds the page in memory', () => {
    const { kernel, root, base } = setup(release);
    const admin = kernel.spawn('admin');
    expect(root.munmap(base + 1200 * PAGE, (PAGES - 1200) * PAGE)).toBe(0);
    let result = 1;
    plugIn(kernel, root, () => {
      if (result === 1) result = admin.swapoff('/dev/hdb');
      return true;
    });
    for (let i = 0; i < 1200; i++) expect(root.load8(base + i * PAGE)).toBe(i & 255);
    expect(result).toBe(0);
    kernel.checkInvariants();
  });

  it('another cuts the file off that it reads', () => {
    const kernel = boot({ memory: 16 * MIB, release });
    const root = kernel.spawn('root');
    const other = kernel.spawn('other');
    const store = new MemoryStore(4 * MIB);
    mkfs(store);
    const disk = kernel.paging.addDisk(store).path;
    expect(kernel.mount('/d', disk)).toBe(0);
    const buffer = root.mmap2(0, 40 * PAGE, 3, 0x22, -1, 0);
    for (let i = 0; i < 40; i++) root.store8(buffer + i * PAGE, 7);
    const out = root.open('/d/f', 0o102);
    expect(root.write(out, buffer, 40 * PAGE)).toBe(40 * PAGE);
    root.close(out);
    expect(kernel.umount('/d')).toBe(0);
    expect(kernel.mount('/d', disk)).toBe(0);
    const [fd, cutter] = [root.open('/d/f', 0), other.open('/d/f', 2)];
    const base = root.mmap2(0, 40 * PAGE, 1, 2, fd, 0);
    let left = 40;
    const times = plugIn(kernel, root, () => {
      left = Math.max(0, left - 15);
      expect(other.ftruncate(cutter, left * PAGE)).toBe(0);
      return true;
    });
    for (let i = 0; i < 40; i++) {
      const got = root.load8(base + i * PAGE);
      if (got < 0) expect(root.takeSignal()?.signo).toBe(7);
      else expect(got).toBe(7);
      kernel.checkInvariants();
    }
    expect(times()).toBeGreaterThan(0);
    root.exit(0);
    other.exit(0);
    kernel.checkInvariants();
  });

  it('who is killed then ends when it comes back', () => {
    const { kernel, root, base } = setup(release);
    const other = kernel.spawn('other');
    let done = false;
    plugIn(kernel, root, () => {
      if (done) return false;
      done = true;
      kernel.vm.signals.force(root.task, 9, 0, 0);
      other.mmap2(0, PAGE, 3, 0x22, -1, 0);
      expect(root.task.dead).toBe(false);
      return true;
    });
    for (let i = 0; i < PAGES && root.ended === null; i++) root.load8(base + i * PAGE);
    expect(root.ended).toEqual({ code: 0, signal: 9 });
    kernel.checkInvariants();
  });
});
