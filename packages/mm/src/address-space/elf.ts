import { Errno } from '../errno.ts';
import { readFile } from '../page-cache/generic-file-read.ts';
import type { File } from '../page-cache/inode.ts';
import type { ExecImage, ExecSegment } from './exec-image.ts';
import { PROT } from './mman.ts';
import type { Vm } from './vm.ts';

/** Bytes of a file that exec looks at first. @linux BINPRM_BUF_SIZE */
const HEAD_BYTES = 128;
const PHDR_BYTES = 32;
const PATH_MAX = 4096;
const ET = { exec: 2, dyn: 3 } as const;
const EM = { i386: 3, i486: 6 } as const;
const PT = { load: 1, interp: 3 } as const;
const PF = { x: 1, w: 2, r: 4 } as const;

/** Reads `length` bytes of a file from `offset` on: the bytes (fewer at the end of the file), or -errno. */
export type KernelRead = (file: File, offset: number, length: number) => Uint8Array | number;
/** Opens the interpreter named in a program: the file, or -errno. */
export type OpenInterpreter = (path: string) => File | number;

/**
 * Reads files through the page cache into a buffer of the kernel. A content-free machine has no bytes to read: every file is
 * zeros there, so that no program is an ELF file; describe its image by hand.
 *
 * @linux 2.4.22 fs/exec.c kernel_read()
 */
export function kernelReadOf(vm: Vm): KernelRead {
  const { memory } = vm;
  return (file, position, length) => {
    const buffer = new Uint8Array(length);
    const read = readFile(file, position, length, (pfn, offset, bytes, done) => {
      if (memory.contentFree) return 0;
      const from = memory.base(pfn) * 4 + offset;
      buffer.set(memory.bytes.subarray(from, from + bytes), done);
      return 0;
    });
    return read < 0 ? read : buffer.subarray(0, read);
  };
}

/**
 * Reads a program's ELF headers, and its interpreter's, with exactly the checks that the kernel makes.
 *
 * @returns the image, or -ENOEXEC (no ELF program for i386), -ENOMEM (odd program headers), -ELIBBAD (the interpreter is none), or an errno of
 *   reading or opening
 * @linux 2.4.22 fs/binfmt_elf.c load_elf_binary()
 */
export function readElf(file: File, read: KernelRead, open: OpenInterpreter): ExecImage | number {
  const head = readPadded(read, file, 0, HEAD_BYTES);
  if (typeof head === 'number') return head;
  if (!isElf(head) || !hasRightType(head)) return -Errno.ENOEXEC;
  if (file.mmapKind === null) return -Errno.ENOEXEC;
  const phnum = head.getUint16(44, true);
  if (head.getUint16(42, true) !== PHDR_BYTES || phnum > 65536 / PHDR_BYTES) return -Errno.ENOMEM;
  const phoff = head.getUint32(28, true);
  const headers = readPadded(read, file, phoff, phnum * PHDR_BYTES);
  if (typeof headers === 'number') return headers;
  const image = describe(file, head, headers);

  for (let i = 0; i < phnum; i++) {
    if (headers.getUint32(i * PHDR_BYTES, true) !== PT.interp) continue;
    const interpreter = readInterpreter(file, headers, i * PHDR_BYTES, read, open);
    return typeof interpreter === 'number' ? interpreter : { ...image, interpreter };
  }
  return image;
}

function readInterpreter(
  file: File,
  headers: DataView,
  at: number,
  read: KernelRead,
  open: OpenInterpreter,
): ExecImage | number {
  const offset = headers.getUint32(at + 4, true);
  const size = headers.getUint32(at + 16, true);
  if (size > PATH_MAX) return -Errno.ENOMEM;
  const name = read(file, offset, size);
  if (typeof name === 'number') return name;
  const end = name.indexOf(0);
  const interpreter = open(new TextDecoder().decode(end < 0 ? name : name.subarray(0, end)));
  if (typeof interpreter === 'number') return interpreter;
  const head = readPadded(read, interpreter, 0, HEAD_BYTES);
  if (typeof head === 'number') return head;
  if (!isElf(head)) return -Errno.ELIBBAD;
  // What else is wrong with it shows only when it is loaded, after the old program is gone.
  const unloadable = { file: interpreter, segments: [], entry: 0, unloadable: true };
  const phnum = head.getUint16(44, true);
  if (!hasRightType(head) || head.getUint16(42, true) !== PHDR_BYTES || phnum * PHDR_BYTES > 4096) {
    return unloadable;
  }
  const interpreterHeaders = readPadded(read, interpreter, head.getUint32(28, true), phnum * PHDR_BYTES);
  return typeof interpreterHeaders === 'number'
    ? unloadable
    : describe(interpreter, head, interpreterHeaders);
}

function isElf(head: DataView): boolean {
  return head.getUint32(0) === 0x7f454c46;
}

function hasRightType(head: DataView): boolean {
  const type = head.getUint16(16, true);
  const machine = head.getUint16(18, true);
  return (type === ET.exec || type === ET.dyn) && (machine === EM.i386 || machine === EM.i486);
}

function describe(file: File, head: DataView, headers: DataView): ExecImage {
  const phnum = head.getUint16(44, true);
  const segments: ExecSegment[] = [];
  for (let at = 0; at < phnum * PHDR_BYTES; at += PHDR_BYTES) {
    if (headers.getUint32(at, true) !== PT.load) continue;
    const flags = headers.getUint32(at + 24, true);
    segments.push({
      offset: headers.getUint32(at + 4, true),
      vaddr: headers.getUint32(at + 8, true),
      filesz: headers.getUint32(at + 16, true),
      memsz: headers.getUint32(at + 20, true),
      prot: (flags & PF.r ? PROT.read : 0) | (flags & PF.w ? PROT.write : 0) | (flags & PF.x ? PROT.exec : 0),
    });
  }
  return {
    file,
    segments,
    entry: head.getUint32(24, true),
    dynamic: head.getUint16(16, true) === ET.dyn,
    phoff: head.getUint32(28, true),
    phnum,
  };
}

/** A file that ends early reads as zeros: the kernel would look at whatever is in its buffer. */
function readPadded(read: KernelRead, file: File, offset: number, length: number): DataView | number {
  const bytes = read(file, offset, length);
  if (typeof bytes === 'number') return bytes;
  const padded = new Uint8Array(length);
  padded.set(bytes.subarray(0, length));
  return new DataView(padded.buffer);
}
