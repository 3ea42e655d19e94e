import { type Kernel, uaccess } from '@pagewalk/mm';
import type { Cpu } from './cpu/cpu.ts';

const PATH_MAX = 4096;
/** All arguments, or all of the environment, of a program are less. @linux MAX_ARG_PAGES */
const EXEC_BYTES = 32 * 4096;

/** The running program's memory, as system calls read and write it: a page that is not there is brought in. */
export class UserMemory {
  private readonly kernel: Kernel;
  private readonly cpu: Cpu;

  constructor(kernel: Kernel, cpu: Cpu) {
    this.kernel = kernel;
    this.cpu = cpu;
  }

  /** Writes bytes; false: -EFAULT, and perhaps some are written. */
  put(addr: number, bytes: Uint8Array): boolean {
    const left = uaccess.copyToUser(this.kernel.vm, this.kernel.mmu, addr, bytes);
    this.written(addr, bytes.length - left);
    return left === 0;
  }

  /** Writes 32-bit words; false: -EFAULT. */
  putWords(addr: number, ...words: readonly number[]): boolean {
    const bytes = new Uint8Array(4 * words.length);
    const view = new DataView(bytes.buffer);
    words.forEach((word, i) => {
      view.setUint32(4 * i, word >>> 0, true);
    });
    return this.put(addr, bytes);
  }

  /** Reads `length` bytes; null: -EFAULT. */
  get(addr: number, length: number): Uint8Array<ArrayBuffer> | null {
    const bytes = new Uint8Array(length);
    return this.read(bytes, addr) === 0 ? bytes : null;
  }

  /** Reads as many of `length` bytes as can be read. */
  getSome(addr: number, length: number): Uint8Array {
    const bytes = new Uint8Array(length);
    return bytes.subarray(0, length - this.read(bytes, addr));
  }

  /** Fills `bytes`; returns how many could not be read. */
  private read(bytes: Uint8Array, addr: number): number {
    return uaccess.copyFromUser(this.kernel.vm, this.kernel.mmu, bytes, addr);
  }

  /** Reads 32-bit words; null: -EFAULT. */
  words(addr: number, count: number): Uint32Array | null {
    const bytes = this.get(addr, 4 * count);
    return bytes === null ? null : new Uint32Array(bytes.buffer);
  }

  /** Reads a string that ends in NUL; null: -EFAULT, or it is longer than a path may be. */
  text(addr: number, most = PATH_MAX): string | null {
    const bytes = new Uint8Array(most);
    const length = uaccess.strncpyFromUser(this.kernel.vm, this.kernel.mmu, bytes, addr);
    if (length < 0 || length === most) return null;
    return new TextDecoder().decode(bytes.subarray(0, length));
  }

  /**
   * Reads an array of pointers to strings that ends in a null pointer, as exec takes it; null: -EFAULT. What is longer than exec
   * allows is cut off where that is certain.
   */
  texts(addr: number): string[] | null {
    const texts: string[] = [];
    let bytes = 0;
    for (let at = addr; addr !== 0 && bytes <= EXEC_BYTES; at += 4) {
      const pointer = this.words(at, 1)?.[0];
      if (pointer === undefined) return null;
      if (pointer === 0) break;
      const text = this.text(pointer, EXEC_BYTES);
      if (text === null) return null;
      bytes += text.length + 1;
      texts.push(text);
    }
    return texts;
  }

  /** Bytes were written by the kernel: they may be code that the CPU has translated. */
  written(addr: number, length: number): void {
    const last = addr + length - 1;
    for (let page = (addr & -4096) >>> 0; page <= last; page += 4096) {
      const pfn = this.kernel.mmu.pfnOf(page);
      if (pfn >= 0) this.cpu.mapped(pfn);
    }
  }
}
