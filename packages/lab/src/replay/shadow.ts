import type { Process } from '@pagewalk/mm';
import { AddressMap } from '../record/address-map.ts';
import { PAGE } from './placement.ts';
import { ContentError } from './replay-error.ts';

/** What is below the private pages of a range. */
interface Backing {
  /** Key of the pages that all users of the backing share; null: private anonymous memory, i.e. zeroes. */
  readonly key: string | null;
  /** Whether a store goes to the shared pages. */
  readonly shared: boolean;
}

const ZEROES = new Uint8Array(PAGE);

/** Pages of files and of shared memory, for all processes of a machine. */
export class SharedPages {
  readonly #pages = new Map<string, Uint8Array>();
  readonly backings: Backing[] = [];

  /** Contents of a page that all see. Fresh pages of a file are {@link fileByte}s, others zero. */
  page(key: string, page: number): Uint8Array {
    const name = `${key}:${page}`;
    let bytes = this.#pages.get(name);
    if (bytes === undefined) {
      bytes = new Uint8Array(PAGE);
      if (key.startsWith('file')) fillFile(bytes, key, page);
      this.#pages.set(name, bytes);
    }
    return bytes;
  }
}

/** Byte `offset` of page `page` of a file while nobody has written to it: different for each page. */
function fileByte(file: number, page: number, offset: number): number {
  return (
    (Math.imul(file + 1, 0x9e3779b1) ^
      Math.imul(page + 1, 0x85ebca6b) ^
      Math.imul(offset + 1, 0x27d4eb2f)) >>>
    24
  );
}

/** The contents that a file of the recording gets on the machine: a recording has none. Behind the end are zeroes. */
export function fileContents(file: number, bytes: number): Uint8Array {
  const contents = new Uint8Array(bytes);
  for (let i = 0; i < bytes; i++) contents[i] = fileByte(file, i >>> 12, i & 4095);
  return contents;
}

function fillFile(bytes: Uint8Array, key: string, page: number): void {
  const [, file, size] = key.split(' ').map(Number) as [number, number, number];
  const valid = Math.max(0, Math.min(PAGE, size - page * PAGE));
  for (let i = 0; i < valid; i++) bytes[i] = fileByte(file, page, i);
}

/**
 * What the memory of one process must hold, byte for byte: a model that knows nothing of page tables, faults or copies on
 * write. Private pages are plain copies from the first store on, a fork copies them all.
 */
export class ShadowMemory {
  readonly #shared: SharedPages;
  readonly #ranges: AddressMap;
  /** Private pages that were stored to, by page number. */
  readonly #own = new Map<number, Uint8Array>();
  /** Pages that were accessed, to be compared in the end. */
  readonly #seen = new Set<number>();
  bytesCompared = 0;

  constructor(shared: SharedPages, parent?: ShadowMemory) {
    this.#shared = shared;
    this.#ranges = parent === undefined ? new AddressMap() : parent.#ranges.clone();
    if (parent === undefined) return;
    for (const [page, bytes] of parent.#own) this.#own.set(page, bytes.slice());
    for (const page of parent.#seen) this.#seen.add(page);
  }

  /** New contents at `address`: of a file (index and size) from `filePage` on, or zeroes. */
  map(
    address: number,
    pages: number,
    shared: boolean,
    file: number,
    fileBytes: number,
    filePage: number,
  ): void {
    const start = address / PAGE;
    this.unmap(address, pages);
    const id = this.#shared.backings.length;
    const key = file >= 0 ? `file ${file} ${fileBytes}` : shared ? `anonymous ${id}` : null;
    this.#shared.backings.push({ key, shared });
    this.#ranges.insert({ start, end: start + pages, mapping: id, origin: start - filePage, down: false });
  }

  unmap(address: number, pages: number): void {
    const start = address / PAGE;
    this.#ranges.remove(start, start + pages);
    this.forget(address, pages);
  }

  /** Drops private contents: MADV_DONTNEED, or a mapping that is gone. */
  forget(address: number, pages: number): void {
    const start = address / PAGE;
    const each = (
      collection: { delete(page: number): boolean; keys(): Iterable<number> },
      size: number,
    ): void => {
      if (size < pages) {
        for (const page of [...collection.keys()])
          if (page >= start && page < start + pages) collection.delete(page);
      } else {
        for (let page = start; page < start + pages; page++) collection.delete(page);
      }
    };
    each(this.#own, this.#own.size);
    each(this.#seen, this.#seen.size);
  }

  /** mremap: contents go along, new pages go on where the backing goes on. */
  move(from: number, pages: number, to: number, newPages: number): void {
    const range = this.#ranges.find(from / PAGE);
    if (range === null) return;
    const kept = Math.min(pages, newPages);
    const own: [number, Uint8Array][] = [];
    const seen: number[] = [];
    for (let i = 0; i < kept; i++) {
      const bytes = this.#own.get(from / PAGE + i);
      if (bytes !== undefined) own.push([to / PAGE + i, bytes]);
      if (this.#seen.has(from / PAGE + i)) seen.push(to / PAGE + i);
    }
    const origin = range.origin + (to - from) / PAGE;
    this.unmap(from, pages);
    this.unmap(to, newPages);
    const start = to / PAGE;
    this.#ranges.insert({ start, end: start + newPages, mapping: range.mapping, origin, down: false });
    for (const [page, bytes] of own) this.#own.set(page, bytes);
    for (const page of seen) this.#seen.add(page);
  }

  /** Remembers that `value` was stored. */
  store(address: number, value: number): void {
    const page = Math.floor(address / PAGE);
    this.#seen.add(page);
    const range = this.#ranges.find(page);
    if (range === null) return;
    const backing = this.#shared.backings[range.mapping] as Backing;
    if (backing.shared && backing.key !== null) {
      this.#shared.page(backing.key, page - range.origin)[address % PAGE] = value;
      return;
    }
    let bytes = this.#own.get(page);
    if (bytes === undefined) {
      bytes = this.#page(page).slice();
      this.#own.set(page, bytes);
    }
    bytes[address % PAGE] = value;
  }

  /** Compares a byte that was loaded. @throws ContentError when it is another one */
  expect(address: number, value: number): void {
    const page = Math.floor(address / PAGE);
    if (this.#ranges.find(page) === null) return;
    this.#seen.add(page);
    this.bytesCompared++;
    const wanted = this.#page(page)[address % PAGE];
    if (value !== wanted) {
      throw new ContentError(
        `address ${address.toString(16)} holds ${value}, but ${wanted} was stored there`,
      );
    }
  }

  /** Compares every byte of each page of the range that was accessed. Pages that may not be read are left out. */
  verify(process: Process, address = 0, pages = 0xc0000): void {
    const first = address / PAGE;
    for (const page of [...this.#seen]) {
      if (page < first || page >= first + pages || this.#ranges.find(page) === null) continue;
      const wanted = this.#page(page);
      for (let i = 0; i < PAGE; i++) {
        const value = process.load8(page * PAGE + i);
        if (value < 0) {
          process.takeSignal();
          break;
        }
        if (value !== wanted[i]) {
          throw new ContentError(
            `address ${(page * PAGE + i).toString(16)} holds ${value}, but ${wanted[i]} was stored there`,
          );
        }
        this.bytesCompared++;
      }
    }
  }

  /** Takes over what the kernel itself wrote at an exec (arguments and environment on the stack). */
  adopt(process: Process, start: number, end: number): void {
    for (let address = start; address < end; address += PAGE) {
      const bytes = new Uint8Array(PAGE);
      for (let i = 0; i < PAGE; i++) bytes[i] = process.load8(address + i);
      this.#own.set(address / PAGE, bytes);
    }
  }

  /** Forgets everything: exec. */
  clear(): void {
    this.#ranges.clear();
    this.#own.clear();
    this.#seen.clear();
  }

  #page(page: number): Uint8Array {
    const own = this.#own.get(page);
    if (own !== undefined) return own;
    const range = this.#ranges.find(page);
    const key = range === null ? null : (this.#shared.backings[range.mapping] as Backing).key;
    return range === null || key === null ? ZEROES : this.#shared.page(key, page - range.origin);
  }
}
