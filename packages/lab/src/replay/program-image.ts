import type { ExecSegment } from '@pagewalk/mm';
import { PAGE } from './placement.ts';

/** Where i386 programs are linked to. */
export const PROGRAM_BASE = 0x08048000;
/** Above this the kernel puts mappings; a program must end below. */
export const UNMAPPED_BASE = 0x40000000;

/**
 * The program of an exec, put together from the events that follow it: the recording has a reservation and mappings
 * into it, the simulated kernel wants the segments of an ELF file, linked at {@link PROGRAM_BASE}.
 */
export class ProgramImage {
  /** Index of the file. */
  readonly file: number;
  readonly stack: number;
  readonly heap: number;
  /** Mapping of the image; -1 before it is known. */
  mapping = -1;
  private readonly parts: { vaddr: number; offset: number; filesz: number; memsz: number; prot: number }[] =
    [];

  constructor(file: number, stack: number, heap: number) {
    this.file = file;
    this.stack = stack;
    this.heap = heap;
  }

  /**
   * Adds a mapping of the image. Anonymous pages right behind file pages are the bss of that segment; the kernel puts
   * one bss only, behind the last segment, so anything else is a segment without bytes in the file.
   */
  add(page: number, pages: number, prot: number, filePage: number, anonymous: boolean): void {
    const vaddr = PROGRAM_BASE + page * PAGE;
    const bytes = pages * PAGE;
    const last = this.parts.at(-1);
    if (anonymous && last !== undefined && last.vaddr + last.memsz === vaddr && last.prot === prot) {
      last.memsz += bytes;
      return;
    }
    this.parts.push({
      vaddr,
      offset: anonymous ? 0 : filePage * PAGE,
      filesz: anonymous ? 0 : bytes,
      memsz: bytes,
      prot,
    });
  }

  /** The segments. A recording of a program that is no ELF file has none: one page of nothing stands for it. */
  get segments(): readonly ExecSegment[] {
    if (this.parts.length > 0) return this.parts;
    return [{ vaddr: PROGRAM_BASE, offset: 0, filesz: PAGE, memsz: PAGE, prot: 5 }];
  }
}
