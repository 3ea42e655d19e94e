import { describe, expect, it } from 'vitest';
import { CLONE } from '../../src/address-space/vfork.ts';
import { Errno } from '../../src/errno.ts';
import { boot } from '../../src/kernel.ts';
import { ConfigError } from '../../src/kernel-bug.ts';
import type { Process } from '../../src/process.ts';
import { cacheUsage } from '../../src/slab/check.ts';
import { BASE, DeviceWorld } from '../devices/device-world.ts';
import { elfProgram } from './programs.ts';

const STACK = 0xbffff800;

function setup(): DeviceWorld {
  const world = new DeviceWorld();
  world.kernel.fs.create('/p', { bytes: elfProgram(), mode: 0o755 });
  expect(world.anonymous(4)).toBe(BASE);
  world.store32(BASE, 1);
  return world;
}

function finish(world: DeviceWorld): void {
  for (const process of [...world.kernel.processes.values()].reverse()) process.exit(0);
  world.kernel.fs.unlink('/p');
  world.close();
}

function child(result: Process | number): Process {
  if (typeof result === 'number') throw new Error(`errno ${result}`);
  return result;
}

describe('vfork', () => {
  it('the child runs in the memory of its parent, stack included', () => {
    const world = setup();
    const { root } = world;
    world.store32(STACK, 10);
    const free = world.kernel.allocator.nrFreePages();
    const vforked = child(root.vfork());
    // Only the task_struct is new, two frames.
    expect(world.kernel.allocator.nrFreePages()).toBeGreaterThanOrEqual(free - 3);
    expect(vforked.task.mm).toBe(root.task.mm);
    expect(world.mm(vforked).mmUsers).toBe(2);
    world.kernel.checkInvariants();
    world.store32(BASE, 2, vforked);
    world.store32(STACK, 20, vforked);
    const area = world.anonymous(2, vforked);
    vforked.exit(0);
    expect(world.mm().mmUsers).toBe(1);
    expect([world.load32(BASE), world.load32(STACK)]).toEqual([2, 20]);
    expect(world.area(BASE).vmEnd).toBe(area + 2 * 4096);
    finish(world);
  });

  it.each([
    ['a load', (p: Process) => p.load8(BASE)],
    ['a system call', (p: Process) => p.brk(0)],
    ['fork', (p: Process) => p.fork()],
    ['exit', (p: Process) => p.exit(0)],
    ['being run', (_: Process, world: DeviceWorld) => world.kernel.run(world.root)],
  ])('meanwhile the parent sleeps: %s is refused, with the reason', (_name, call) => {
    const world = setup();
    const vforked = child(world.root.vfork());
    expect(() => call(world.root, world)).toThrow(ConfigError);
    expect(() => call(world.root, world)).toThrow(
      `process ${world.root.pid} sleeps until its vfork child ${vforked.pid} calls exec or exit`,
    );
    // It harms nobody.
    expect(world.load32(BASE, vforked)).toBe(1);
    vforked.exit(0);
    expect(world.load32(BASE)).toBe(1);
    finish(world);
  });

  it('exec gives the parent its memory back, and the child one of its own', () => {
    const world = setup();
    const { root } = world;
    const mm = world.mm();
    const vforked = child(root.vfork());
    expect(vforked.exec('/p', ['p'])).toBe(0);
    expect(world.mm(vforked)).not.toBe(mm);
    expect([world.mm(), mm.mmUsers, world.mm(vforked).mmUsers]).toEqual([mm, 1, 1]);
    expect([root.task.comm, vforked.task.comm]).toEqual(['test', 'p']);
    world.store32(BASE, 7);
    expect(vforked.load8(BASE)).toBe(-1);
    vforked.takeSignal();
    expect(world.load32(BASE)).toBe(7);
    world.kernel.checkInvariants();
    finish(world);
  });

  it('an exec that fails leaves both as they were', () => {
    const world = setup();
    const vforked = child(world.root.vfork());
    expect(vforked.exec('/none', ['p'])).toBe(-Errno.ENOENT);
    expect(vforked.task.mm).toBe(world.root.task.mm);
    expect(() => world.root.load8(BASE)).toThrow(ConfigError);
    vforked.exit(127);
    expect(world.load32(BASE)).toBe(1);
    finish(world);
  });

  it('a vforked child may vfork; each parent waits for its own', () => {
    const world = setup();
    const first = child(world.root.vfork());
    const second = child(first.vfork());
    expect(world.mm().mmUsers).toBe(3);
    expect(() => first.load8(BASE)).toThrow(ConfigError);
    expect(second.exec('/p', ['p'])).toBe(0);
    expect(first.load8(BASE)).toBe(1);
    expect(() => world.root.load8(BASE)).toThrow(ConfigError);
    first.exit(0);
    expect(world.load32(BASE)).toBe(1);
    expect(world.mm().mmUsers).toBe(1);
    finish(world);
  });

  it('another child ends while the parent sleeps: the parent does not run', () => {
    const world = setup();
    const other = child(world.root.fork());
    const vforked = child(world.root.vfork());
    other.exit(0);
    expect(world.kernel.vm.current).not.toBe(world.root.task);
    expect(vforked.load8(BASE)).toBe(1);
    vforked.exit(0);
    finish(world);
  });

  it('a fault of one serves the other', () => {
    const world = setup();
    const vforked = child(world.root.vfork());
    world.store32(BASE + 4096, 9, vforked);
    const { rss } = world.mm();
    vforked.exit(0);
    expect(world.load32(BASE + 4096)).toBe(9);
    expect([world.mm().rss, world.root.minFlt]).toEqual([rss, 1]);
    finish(world);
  });

  it('each allocation failing in turn: -ENOMEM, and nothing changed', () => {
    const world = setup();
    const free = world.freePages();
    let n = 1;
    for (; n < 40; n++) {
      world.kernel.allocator.failAlloc(n);
      const result = world.root.vfork();
      world.kernel.allocator.failAlloc(0);
      if (typeof result !== 'number') {
        result.exit(0);
        break;
      }
      expect(result).toBe(-Errno.ENOMEM);
      expect([world.mm().mmUsers, world.root.task.children.length, world.freePages()]).toEqual([1, 0, free]);
    }
    expect(n).toBeGreaterThan(1);
    finish(world);
  });
});

describe('vfork with two CPUs', () => {
  it("the parent's CPU idles on the shared memory until the child lets go of it", () => {
    const world = new DeviceWorld({ cpus: 2 });
    const { kernel, root } = world;
    world.anonymous(1);
    world.store32(BASE, 1);
    const vforked = child(root.vfork());
    expect([vforked.task.processor !== root.task.processor, kernel.cpu]).toEqual([
      true,
      vforked.task.processor,
    ]);
    for (let i = 0; i < 4; i++) expect(kernel.nextProcess()).toBe(vforked);
    world.store32(BASE, 2, vforked);
    kernel.checkInvariants();
    vforked.exit(0);
    expect(kernel.nextProcess()).toBe(root);
    expect(world.load32(BASE)).toBe(2);
    kernel.checkInvariants();
    root.exit(0);
    kernel.checkInvariants();
  });
});

describe('clone', () => {
  it('CLONE_VM: two tasks, one memory, both run', () => {
    const world = setup();
    const { root } = world;
    const thread = child(root.clone(CLONE.vm | CLONE.fs | CLONE.sigHand | 17, 0x40001000));
    expect([thread.task.esp, thread.task.tgid, world.mm().mmUsers]).toEqual([0x40001000, thread.pid, 2]);
    for (let n = 0; n < 10; n++) {
      world.store32(BASE, n, n % 2 === 0 ? thread : root);
      expect(world.load32(BASE, n % 2 === 0 ? root : thread)).toBe(n);
    }
    world.kernel.checkInvariants();
    root.munmap(BASE, 4096);
    expect(thread.load8(BASE)).toBe(-1);
    thread.takeSignal();
    finish(world);
  });

  it('the memory goes with the last of them', () => {
    const world = setup();
    const thread = child(world.root.clone(CLONE.vm));
    world.root.exit(0);
    expect(world.mm(thread).mmUsers).toBe(1);
    expect(world.load32(BASE, thread)).toBe(1);
    world.kernel.checkInvariants();
    finish(world);
  });

  it('CLONE_FILES, CLONE_FS and CLONE_SIGHAND share one struct each, whoever ends first', () => {
    const world = setup();
    const { root, kernel } = world;
    const { files, fs, sigact } = kernel.caches;
    const used = () => [files, fs, sigact].map((cache) => cacheUsage(kernel.slab, cache).activeObjects);
    const before = used();
    const flags = CLONE.vm | CLONE.files | CLONE.fs | CLONE.sigHand | CLONE.thread;
    const threads = [1, 2].map(() => child(root.clone(flags)));
    expect(used()).toEqual(before);
    const fd = (threads[0] as Process).open('/p', 0);
    expect(root.lseek(fd, 100, 0)).toBe(100);
    expect((threads[1] as Process).lseek(fd, 1, 1)).toBe(101);
    kernel.checkInvariants();
    (threads[0] as Process).exit(0);
    expect(root.lseek(fd, 0, 1)).toBe(101);
    expect((threads[1] as Process).close(fd)).toBe(0);
    expect(root.lseek(fd, 0, 1)).toBe(-Errno.EBADF);
    kernel.checkInvariants();
    finish(world);
  });

  it.each([
    ['2.4.22', false],
    ['2.4.20', true],
    ['2.4.0', true],
  ])('%s: exec leaves a shared table of descriptors shared: %s', (release, shared) => {
    const kernel = boot({ memory: 16 * 2 ** 20, release });
    const root = kernel.spawn('root');
    kernel.fs.create('/p', { bytes: elfProgram(), mode: 0o755 });
    const other = child(root.clone(CLONE.files | CLONE.sigHand));
    expect(root.exec('/p', ['p'])).toBe(0);
    kernel.checkInvariants();
    const fd = root.open('/p', 0);
    expect(other.lseek(fd, 0, 0)).toBe(shared ? 0 : -Errno.EBADF);
    other.exit(0);
    root.exit(0);
    kernel.checkInvariants();
  });

  it('an exec that finds no memory leaves all shared', () => {
    const world = setup();
    const { root, kernel } = world;
    const other = child(root.clone(CLONE.files | CLONE.sigHand));
    let failures = 0;
    for (let n = 1; failures >= 0; n++) {
      kernel.allocator.failAlloc(n);
      const result = root.exec('/p', ['p']);
      kernel.allocator.failAlloc(0);
      if (result === 0 || root.ended !== null) break;
      failures++;
      expect(root.task.filesStruct).toBe(other.task.filesStruct);
      expect(root.task.signalStruct).toBe(other.task.signalStruct);
      kernel.checkInvariants();
    }
    // Among them the one of the page directory, when all else is there.
    expect(failures).toBeGreaterThanOrEqual(2);
    finish(world);
  });

  it('CLONE_PARENT makes a sibling', () => {
    const world = setup();
    const first = child(world.root.fork());
    const second = child(first.clone(CLONE.parent));
    expect(second.task.parent).toBe(world.root.task);
    expect(world.root.task.children).toContain(second.task);
    world.kernel.checkInvariants();
    finish(world);
  });

  it('a thread takes the pid of its leader when that has ended', () => {
    const world = setup();
    const { root, kernel } = world;
    const thread = child(root.clone(CLONE.vm | CLONE.thread));
    const { pid } = root;
    expect(() => thread.takePid(pid)).toThrow(ConfigError);
    root.exit(0);
    thread.takePid(pid);
    expect([thread.pid, kernel.processes.get(pid)]).toEqual([pid, thread]);
    kernel.checkInvariants();
    finish(world);
  });

  it('exec in one of them leaves the other its memory', () => {
    const world = setup();
    const thread = child(world.root.clone(CLONE.vm));
    expect(world.root.exec('/p', ['p'])).toBe(0);
    expect(world.load32(BASE, thread)).toBe(1);
    finish(world);
  });

  it('without CLONE_VM it is fork; with CLONE_VFORK alone the parent sleeps over its own copy', () => {
    const world = setup();
    const copy = child(world.root.clone(CLONE.vfork));
    expect(copy.task.mm).not.toBe(world.root.task.mm);
    expect(() => world.root.load8(BASE)).toThrow(ConfigError);
    world.store32(BASE, 5, copy);
    // Its memory is its own already, but exec still tells the parent.
    expect(copy.exec('/p', ['p'])).toBe(0);
    expect(world.load32(BASE)).toBe(1);
    finish(world);
  });

  it('CLONE_THREAD joins the thread group, which exec leaves', () => {
    const world = setup();
    const thread = child(world.root.clone(CLONE.vm | CLONE.sigHand | CLONE.thread));
    expect(thread.task.tgid).toBe(world.root.pid);
    thread.exec('/p', ['p']);
    expect(thread.task.tgid).toBe(thread.pid);
    finish(world);
  });

  it.each([
    ['CLONE_PID', CLONE.pid, -Errno.EPERM],
    ['CLONE_NEWNS with CLONE_FS', CLONE.newNs | CLONE.fs, -Errno.EINVAL],
  ])('%s: %i', (_name, flags, errno) => {
    const world = setup();
    expect(world.root.clone(flags)).toBe(errno);
    finish(world);
  });

  it.each([CLONE.ptrace, CLONE.newNs, 0x100000])('flags %i are not there', (flags) => {
    const world = setup();
    expect(() => world.root.clone(flags)).toThrow(ConfigError);
    finish(world);
  });
});
