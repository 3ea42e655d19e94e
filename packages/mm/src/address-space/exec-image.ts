import type { File } from '../page-cache/inode.ts';
import type { Addr } from '../types.ts';

/** A PT_LOAD segment. */
export interface ExecSegment {
  /** First byte in memory (before relocation of a dynamic image). */
  readonly vaddr: Addr;
  /** First byte in the file; congruent to `vaddr` modulo the page size. */
  readonly offset: number;
  /** Bytes from the file. */
  readonly filesz: number;
  /** Bytes in memory; the rest over `filesz` is zero (bss). */
  readonly memsz: number;
  /** PROT_* bits. */
  readonly prot: number;
}

/** What exec needs to know of a program file: its ELF headers, read by `elf.ts` or written down by hand. */
export interface ExecImage {
  readonly file: File;
  /** PT_LOAD segments in file order. */
  readonly segments: readonly ExecSegment[];
  /** Address of the first instruction (before relocation of a dynamic image). */
  readonly entry: Addr;
  /** ET_DYN: may be loaded anywhere. Default false for a program. An interpreter that is linked at 0 is one. */
  readonly dynamic?: boolean;
  /** The ELF interpreter (ld.so) that PT_INTERP names. */
  readonly interpreter?: ExecImage;
  /** An interpreter that exec refuses, which it finds only past the point of no return: the program dies of SIGSEGV. */
  readonly unloadable?: boolean;
  /** Offset of the program headers in the file. Default 52. */
  readonly phoff?: number;
  /** Number of program headers of any kind. Default: one a segment. */
  readonly phnum?: number;
}
