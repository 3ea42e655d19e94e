import { describe, expect, it } from 'vitest';
import { parseScript, scriptArguments } from '../../src/address-space/binfmt-script.ts';
import { Errno } from '../../src/errno.ts';
import { DeviceWorld, O } from '../devices/device-world.ts';
import { argumentsOf, elfProgram, text } from './programs.ts';

describe('the line behind #!', () => {
  it.each([
    ['#!/bin/sh\n', '/bin/sh', null],
    ['#!/bin/sh', '/bin/sh', null],
    ['#! \t /bin/sh \t \necho', '/bin/sh', null],
    ['#!/bin/awk -f\n', '/bin/awk', '-f'],
    // All that follows is one argument, with its blanks.
    ['#!/usr/bin/env  perl -w -T  \nprint', '/usr/bin/env', 'perl -w -T'],
    ['#!/bin/sh -x\r\n', '/bin/sh', '-x\r'],
    ['#!/bin/sh\r\n', '/bin/sh\r', null],
    // Without a newline blanks behind the argument stay.
    ['#!/bin/sh -x  ', '/bin/sh', '-x  '],
    ['#!/bin/sh  ', '/bin/sh', null],
    ['#!sh\n', 'sh', null],
    // A NUL ends the line before the newline does.
    ['#!/bin/s\0h\n', '/bin/s', null],
    [`#!/${'x'.repeat(200)}\n`, `/${'x'.repeat(124)}`, null],
    [`#!/bin/sh ${'y'.repeat(200)}\n`, '/bin/sh', 'y'.repeat(117)],
    [`#!/bin/sh y${' '.repeat(200)}\n`, '/bin/sh', 'y'],
    [`#!/bin/sh ${'y'.repeat(116)} z\n`, '/bin/sh', 'y'.repeat(116)],
    [`#!/${'x'.repeat(123)}\n`, `/${'x'.repeat(123)}`, null],
  ])('%j', (contents, interpreter, argument) => {
    expect(parseScript(text(contents))).toEqual({ interpreter, argument });
  });

  it.each([
    '#!',
    '#!\n',
    '#! \t \n/bin/sh',
    '#!\0/bin/sh\n',
    `#!${' '.repeat(200)}/bin/sh\n`,
  ])('%j names nothing', (line) => {
    expect(parseScript(text(line))).toBe(null);
  });

  it.each([
    [['s', 'a', 'b'], '-f', ['/i', '-f', '/s', 'a', 'b']],
    [['s'], null, ['/i', '/s']],
    [[], null, ['/i', '/s']],
  ])('arguments %j with %j', (argv, argument, expected) => {
    expect(scriptArguments({ interpreter: '/i', argument }, '/s', argv)).toEqual(expected);
  });
});

/** A world with /bin/sh (an ELF program) and /s with these contents. */
function worldWith(script: string, mode = 0o755): DeviceWorld {
  const world = new DeviceWorld();
  world.kernel.fs.create('/bin/sh', { bytes: elfProgram(), mode: 0o755 });
  world.kernel.fs.create('/s', { bytes: text(script), mode });
  return world;
}

/** Removes all files, and checks that nobody uses them. */
function finish(world: DeviceWorld, paths: readonly string[]): void {
  for (const process of [...world.kernel.processes.values()].reverse()) process.exit(0);
  for (const path of paths) {
    const inode = world.kernel.fs.lookup(path);
    expect([path, inode?.users ?? 0, inode?.writecount ?? 0]).toEqual([path, 0, 0]);
    world.kernel.fs.unlink(path);
  }
  world.close();
}

describe('exec of a script', () => {
  it('runs its interpreter with the script as argument, and is named after the script', () => {
    const world = worldWith('#!/bin/sh -e -x\necho\n');
    expect(world.root.exec('/s', ['script', 'one', 'two'])).toBe(0);
    expect(argumentsOf(world.root)).toEqual(['/bin/sh', '-e -x', '/s', 'one', 'two']);
    expect(world.root.task.comm).toBe('s');
    expect(world.kernel.proc('maps', world.root.pid)).toContain('/bin/sh');
    // The name at the top of the stack is the script's.
    const top = [2, 1].map((n) => world.root.load8(0xc0000000 - 4 - 1 - n));
    expect(String.fromCharCode(...top)).toBe('/s');
    finish(world, ['/s', '/bin/sh']);
  });

  it('an interpreter that has an interpreter of its own', () => {
    const world = worldWith('#!/bin/dyn\n');
    world.kernel.fs.create('/bin/dyn', { bytes: elfProgram('/lib/ld.so'), mode: 0o755 });
    world.kernel.fs.create('/lib/ld.so', { bytes: elfProgram(), mode: 0o755 });
    // ld.so here is linked to the same address: the later mapping wins.
    expect(world.root.exec('/s', ['s'])).toBe(0);
    finish(world, ['/s', '/bin/sh', '/bin/dyn', '/lib/ld.so']);
  });

  it.each([
    ['no interpreter named', '#!  \n', -Errno.ENOEXEC],
    ['an interpreter that does not exist', '#!/bin/no\n', -Errno.ENOENT],
    ['a script of a script', '#!/s\n', -Errno.ENOEXEC],
    ['a device', '#!/dev/zero\n', -Errno.EACCES],
    ['an interpreter that may not be executed', '#!/data\n', -Errno.EACCES],
    ['an interpreter that is no program', '#!/junk\n', -Errno.ENOEXEC],
    ['an interpreter with a bad interpreter', '#!/bad\n', -80],
    ['an interpreter whose interpreter is missing', '#!/orphan\n', -Errno.ENOENT],
    ['no script, no ELF', 'echo\n', -Errno.ENOEXEC],
    ['a.out', '\x0b\x01\x64\x00', -Errno.ENOEXEC],
    ['an empty file', '', -Errno.ENOEXEC],
  ])('%s: %i %i, and the old program goes on', (_name, script, expected) => {
    const world = worldWith(script);
    const { fs } = world.kernel;
    fs.create('/data', { bytes: elfProgram() });
    fs.create('/junk', { bytes: text('junk'), mode: 0o755 });
    fs.create('/bad', { bytes: elfProgram('/junk'), mode: 0o755 });
    fs.create('/orphan', { bytes: elfProgram('/lib/none'), mode: 0o755 });
    const at = world.anonymous(1);
    world.store32(at, 5);
    expect(world.root.exec('/s', ['s'])).toBe(expected);
    expect([world.load32(at), world.root.task.comm]).toEqual([5, 'test']);
    finish(world, ['/s', '/bin/sh', '/data', '/junk', '/bad', '/orphan']);
  });

  it.each([
    ['of the script', '/s'],
    ['of the interpreter', '/bin/sh'],
  ])('-ETXTBSY while somebody writes to it: %s', (_name, path) => {
    const world = worldWith('#!/bin/sh\n');
    const fd = world.open(path, O.wronly);
    expect(world.root.exec('/s', ['s'])).toBe(-Errno.ETXTBSY);
    world.root.close(fd);
    expect(world.root.exec('/s', ['s'])).toBe(0);
    // The script itself is not executed: it may be written to meanwhile.
    expect(world.root.open('/s', O.wronly)).toBe(0);
    expect(world.root.open('/bin/sh', O.wronly)).toBe(-Errno.ETXTBSY);
    finish(world, ['/s', '/bin/sh']);
  });

  it('-EACCES without an execute bit, -ENOENT without the file', () => {
    const world = worldWith('#!/bin/sh\n', 0o644);
    expect(world.root.exec('/s', ['s'])).toBe(-Errno.EACCES);
    expect(world.root.exec('/none', ['s'])).toBe(-Errno.ENOENT);
    expect(world.root.exec('/dev/zero', ['s'])).toBe(-Errno.EACCES);
    finish(world, ['/s', '/bin/sh']);
  });

  it('with each allocation failing in turn, the exec or its process ends and nothing is left', () => {
    let n = 1;
    for (let failed = true; failed && n < 60; n++) {
      const world = worldWith('#!/bin/sh\n');
      world.kernel.allocator.failAlloc(n);
      const result = world.root.exec('/s', ['s', 'x'.repeat(6000)]);
      const signal = world.root.takeSignal();
      failed = result !== 0 || signal !== null || world.root.task.mm === null;
      world.kernel.allocator.failAlloc(0);
      if (result !== 0) expect([-Errno.ENOMEM, -Errno.EIO, -Errno.ENFILE]).toContain(result);
      finish(world, ['/s', '/bin/sh']);
    }
    expect(n).toBeGreaterThan(3);
  });
});
