import { expect, it } from 'vitest';
import { Errno } from '../../src/errno.ts';
import { DeviceWorld, MAP, PROT } from '../devices/device-world.ts';
import { elfProgram } from './programs.ts';

function setup(): DeviceWorld {
  const world = new DeviceWorld();
  world.kernel.fs.create('/p', { bytes: elfProgram(), mode: 0o755 });
  return world;
}

function finish(world: DeviceWorld): void {
  for (const process of [...world.kernel.processes.values()].reverse()) process.exit(0);
  world.kernel.fs.unlink('/p');
  world.close();
}

it('exec closes what is marked, and nothing else', () => {
  const world = setup();
  const { root } = world;
  const fds = ['/dev/null', '/dev/zero', '/dev/full', '/dev/mem'].map((path) => world.open(path));
  expect([root.setCloseOnExec(1, true), root.setCloseOnExec(3, true), root.setCloseOnExec(2, true)]).toEqual([
    0, 0, 0,
  ]);
  expect(root.setCloseOnExec(2, false)).toBe(0);
  expect(fds.map((fd) => root.getCloseOnExec(fd))).toEqual([0, 1, 0, 1]);
  expect(root.exec('/p', ['p'])).toBe(0);
  expect(fds.map((fd) => root.getCloseOnExec(fd))).toEqual([0, -Errno.EBADF, 0, -Errno.EBADF]);
  expect(root.task.files.map((file) => file?.path ?? null)).toEqual(['/dev/null', null, '/dev/full', null]);
  expect(world.kernel.fs.lookup('/dev/mem')?.users).toBe(0);
  finish(world);
});

it('a descriptor that is opened anew stays open; the mark of a closed one is gone', () => {
  const world = setup();
  const { root } = world;
  const fd = world.open('/dev/null');
  root.setCloseOnExec(fd, true);
  root.close(fd);
  expect(world.open('/dev/zero')).toBe(fd);
  expect(root.getCloseOnExec(fd)).toBe(0);
  expect([root.setCloseOnExec(7, true), root.getCloseOnExec(7), root.setCloseOnExec(-1, true)]).toEqual([
    -Errno.EBADF,
    -Errno.EBADF,
    -Errno.EBADF,
  ]);
  finish(world);
});

it('an exec that fails closes nothing; a child has its own marks', () => {
  const world = setup();
  const { root } = world;
  const fd = world.open('/dev/null');
  root.setCloseOnExec(fd, true);
  expect(root.exec('/none', ['p'])).toBe(-Errno.ENOENT);
  const child = root.fork();
  if (typeof child === 'number') throw new Error('fork');
  expect(child.getCloseOnExec(fd)).toBe(1);
  child.setCloseOnExec(fd, false);
  expect(root.getCloseOnExec(fd)).toBe(1);
  expect(child.exec('/p', ['p'])).toBe(0);
  expect([child.getCloseOnExec(fd), root.getCloseOnExec(fd)]).toEqual([0, 1]);
  finish(world);
});

it('a file that only a mapping of the old program held goes with it', () => {
  const world = setup();
  const { root, kernel } = world;
  const inode = kernel.fs.create('/tmp/x', { bytes: new Uint8Array(4096).fill(3) });
  if (typeof inode === 'number') throw new Error('create');
  const fd = world.open('/tmp/x');
  const at = world.map(fd, 1, 0, PROT.r, MAP.private);
  expect(root.load8(at)).toBe(3);
  root.setCloseOnExec(fd, true);
  kernel.fs.unlink('/tmp/x');
  expect(inode.users).toBe(1);
  expect(root.exec('/p', ['p'])).toBe(0);
  expect(inode.users).toBe(0);
  finish(world);
});
