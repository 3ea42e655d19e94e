import { describe, expect, it } from 'vitest';
import { type KernelRead, kernelReadOf, readElf } from '../../src/address-space/elf.ts';
import { doExecve } from '../../src/address-space/exec.ts';
import type { ExecImage } from '../../src/address-space/exec-image.ts';
import type { Vm } from '../../src/address-space/vm.ts';
import { Errno } from '../../src/errno.ts';
import { FileSystem, type InodeMakers } from '../../src/page-cache/file-system.ts';
import type { File } from '../../src/page-cache/inode.ts';
import { FileInode, type InodeOperations } from '../../src/page-cache/open-file.ts';
import { VfsObjects } from '../../src/page-cache/vfs-objects.ts';
import { DiskRig } from '../page-cache/disk-rig.ts';
import { FaultMachine } from './fault-machine.ts';

interface Phdr {
  readonly type: number;
  readonly offset?: number;
  readonly vaddr?: number;
  readonly filesz?: number;
  readonly memsz?: number;
  readonly flags?: number;
}

/** An ELF32 file with these program headers behind its header and `tail` at 0x400. */
function elf(phdrs: readonly Phdr[], type = 2, machine = 3, tail = ''): Uint8Array {
  const bytes = new Uint8Array(0x1000);
  const view = new DataView(bytes.buffer);
  bytes.set([0x7f, 0x45, 0x4c, 0x46, 1, 1, 1]);
  view.setUint16(16, type, true);
  view.setUint16(18, machine, true);
  view.setUint32(24, 0x08048123, true);
  view.setUint32(28, 52, true);
  view.setUint16(42, 32, true);
  view.setUint16(44, phdrs.length, true);
  phdrs.forEach((phdr, i) => {
    const { offset = 0, vaddr = 0, filesz = 0, memsz = filesz, flags = 0 } = phdr;
    [phdr.type, offset, vaddr, vaddr, filesz, memsz, flags, 4096].forEach((value, k) => {
      view.setUint32(52 + i * 32 + k * 4, value, true);
    });
  });
  bytes.set(new TextEncoder().encode(tail), 0x400);
  return bytes;
}

const TEXT: Phdr = { type: 1, vaddr: 0x08048000, filesz: 0x500, flags: 5 };
const DATA: Phdr = { type: 1, offset: 0x500, vaddr: 0x08049500, filesz: 0x20, memsz: 0x80, flags: 6 };
const INTERP: Phdr = { type: 3, offset: 0x400, filesz: 11 };

describe('readElf', () => {
  const machine = new FaultMachine();
  const contents = new Map<string, Uint8Array>();
  const read: KernelRead = (file, offset, length) =>
    (contents.get(file.path) as Uint8Array).subarray(offset, offset + length);
  const put = (path: string, bytes: Uint8Array): File => {
    contents.set(path, bytes);
    return machine.file(path, 1, bytes);
  };
  const open = (path: string) =>
    contents.has(path) ? put(path, contents.get(path) as Uint8Array) : -Errno.ENOENT;

  it('reads a program and its interpreter', () => {
    const ld = elf([{ type: 1, filesz: 0x100, flags: 5 }], 3);
    put('/lib/ld.so', ld);
    const file = put('/bin/p', elf([INTERP, TEXT, DATA, { type: 4 }], 2, 3, '/lib/ld.so'));
    const image = readElf(file, read, open) as ExecImage;
    expect(image).toMatchObject({ entry: 0x08048123, dynamic: false, phoff: 52, phnum: 4 });
    expect(image.segments).toEqual([
      { vaddr: 0x08048000, offset: 0, filesz: 0x500, memsz: 0x500, prot: 5 },
      { vaddr: 0x08049500, offset: 0x500, filesz: 0x20, memsz: 0x80, prot: 3 },
    ]);
    expect(image.interpreter?.file.path).toBe('/lib/ld.so');
    expect(image.interpreter).toMatchObject({ dynamic: true, phnum: 1 });
  });

  it.each([
    ['no ELF file', () => new Uint8Array(64), -Errno.ENOEXEC],
    ['an empty file', () => new Uint8Array(0), -Errno.ENOEXEC],
    ['an object file', () => elf([TEXT], 1), -Errno.ENOEXEC],
    ['another machine', () => elf([TEXT], 2, 62), -Errno.ENOEXEC],
    ['an interpreter that is not there', () => elf([{ ...INTERP, filesz: 5 }], 2, 3, '/none'), -Errno.ENOENT],
    ['an interpreter that is no ELF file', () => elf([INTERP], 2, 3, '/lib/script'), -Errno.ELIBBAD],
    ['a name that is too long', () => elf([{ ...INTERP, filesz: 4097 }]), -Errno.ENOMEM],
  ])('Sheet 2 B17: %s', (_what, make, errno) => {
    put('/lib/script', new TextEncoder().encode('#!/bin/sh\n'));
    expect(readElf(put('/bin/p', make()), read, open)).toBe(errno);
  });

  it('Sheet 2 B17: program headers of another size, or too many of them, are -ENOMEM', () => {
    for (const [at, value] of [
      [42, 56],
      [44, 2049],
    ] as const) {
      const bytes = elf([TEXT]);
      new DataView(bytes.buffer).setUint16(at, value, true);
      expect(readElf(put('/bin/p', bytes), read, open)).toBe(-Errno.ENOMEM);
    }
  });

  it('an interpreter for another machine is found out only when it is loaded', () => {
    put('/lib/ld.so', elf([TEXT], 3, 62));
    const image = readElf(put('/bin/p', elf([INTERP], 2, 3, '/lib/ld.so')), read, open) as ExecImage;
    expect(image.interpreter?.unloadable).toBe(true);
  });
});

it('kernelReadOf reads a file through the page cache', () => {
  const machine = new FaultMachine();
  const makers = {
    newDevZero: (ino: number, dev: number) =>
      new FileInode(ino, dev, 'chardev', 0o666, {} as InodeOperations),
  } as unknown as InodeMakers;
  const vfs = new VfsObjects({ ...machine.vm, mempages: 4096, euid: () => 0, now: () => 0 });
  const disk = new DiskRig({ cache: machine.pageCache, ...machine.vm, vfs });
  const fs = new FileSystem(machine.pageCache, makers, vfs, disk.diskFiles);
  const bytes = elf([TEXT, DATA]);
  fs.create('/bin/p', { kind: 'disk', bytes });
  const file = fs.open('/bin/p', 0) as File;
  const image = readElf(file, kernelReadOf(machine.vm), () => -Errno.ENOENT) as ExecImage;
  expect(image.segments).toHaveLength(2);
  expect(machine.pageCache.pageCacheSize).toBe(1);
  expect(doExecve(spawned(machine), image, ['p'])).toBe(0);
  expect(machine.read(0x08048000)).toBe(0x464c457f);
  machine.check();
});

function spawned(machine: FaultMachine): Vm {
  machine.spawn(2);
  return machine.vm;
}
