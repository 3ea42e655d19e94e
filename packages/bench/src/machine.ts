/** The machine and the process that most rows measure. */
import { boot, type Process } from '@pagewalk/mm';

/** Bytes. */
export const PAGE = 4096;
const RW = 3;
const PRIVATE_ANON = 0x22;

/** A process on a freshly booted machine of `memory` bytes. */
export function machine(memory: number, contentFree = false): Process {
  return boot({ memory, contentFree }).spawn('bench');
}

/** Maps anonymous memory. */
export function map(process: Process, pages: number): number {
  const address = process.mmap2(0, pages * PAGE, RW, PRIVATE_ANON, -1, 0);
  if (address < 0) throw new Error(`bench: mmap of ${pages} pages: ${address}`);
  return address;
}

/** One access to each page. */
export function touch(process: Process, address: number, pages: number, write: boolean): void {
  for (let i = 0; i < pages; i++) process.touch(address + i * PAGE, write);
}

/** Bytes of RAM of the machine that rows about processes run on. */
export const MEMORY = 2 ** 29;
/** Pages of a row whose memory shall be in no CPU cache: 256 MiB. */
export const COLD_PAGES = 65536;
/** 64 MiB. */
export const SMALL_PAGES = 16384;
