import { bytes, count } from '../../app/format.ts';

/** Numbers of memory as the views write them. */

/** Bytes in a page frame of the i386. */
export const PAGE_BYTES = 4096;

/** `0x1a2f`: a page frame number. */
export function hexFrame(pfn: number): string {
  return `0x${pfn.toString(16)}`;
}

/** `1 page`, `2 pages`: a number with its noun. */
export function countOf(value: number, noun: string): string {
  return `${count(value)} ${noun}${value === 1 ? '' : 's'}`;
}

/** Pages as bytes: `64 kB`, `1.5 MB`. */
export function pagesAsBytes(pages: number): string {
  return bytes(pages * PAGE_BYTES);
}

/** A share of one: `12 %`, `0.4 %`; what is not nothing is never `0 %`. */
export function percent(share: number): string {
  const value = share * 100;
  if (value === 0) return '0 %';
  if (value < 0.1) return '< 0.1 %';
  return value < 10 ? `${value.toFixed(1)} %` : `${value.toFixed(0)} %`;
}
