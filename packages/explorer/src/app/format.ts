/** Numbers as the page writes them. */

/** With a separator between thousands: `1,234,567`. */
export function count(value: number): string {
  // Views write hundreds of numbers a picture: toLocaleString() would take most of its time.
  const digits = String(Math.round(value));
  return digits.length < 4 ? digits : digits.replace(/\B(?=(\d{3})+$)/g, ',');
}

/** `16 MB`, `1.5 GB`, `4 kB`: powers of 1024, as the kernel counts. */
export function bytes(value: number): string {
  const units = ['bytes', 'kB', 'MB', 'GB', 'TB'];
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${Number.isInteger(value) ? value : value.toFixed(1)} ${units[unit]}`;
}

/** Virtual time, ns: `1.234 s`, `12.3 ms`, `450 ns`. */
export function time(ns: number): string {
  if (ns < 1e3) return `${ns} ns`;
  if (ns < 1e6) return `${(ns / 1e3).toFixed(1)} µs`;
  if (ns < 1e9) return `${(ns / 1e6).toFixed(1)} ms`;
  if (ns < 6e10) return `${(ns / 1e9).toFixed(3)} s`;
  const seconds = ns / 1e9;
  return `${Math.floor(seconds / 60)} min ${(seconds % 60).toFixed(1)} s`;
}

/** `1.2 M/s`. */
export function rate(perSecond: number): string {
  if (perSecond >= 1e6) return `${(perSecond / 1e6).toFixed(1)} M/s`;
  if (perSecond >= 1e4) return `${(perSecond / 1e3).toFixed(0)} k/s`;
  return `${Math.round(perSecond)} /s`;
}

/** Eight hexadecimal digits. */
export function address(value: number): string {
  return value.toString(16).padStart(8, '0');
}

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
