/**
 * What a script holds. It guards the machine: a script may free only what it was given, and store only where no structure
 * of the kernel's own lies. A real kernel would not notice at once, and fail later in a way that nobody can foretell.
 */
import { type Addr, type Kernel, type Pfn, PG } from '@pagewalk/mm';
import { objectAt } from './slab-view.ts';

const PAGE = 4096;
const PAGE_OFFSET = 0xc0000000;

/** What a script was given and has not given back. */
export class Belongings {
  /** Order of each block, by its first frame. */
  readonly blocks = new Map<Pfn, number>();
  /** References to each block that are the script's own; vmap() takes others. */
  readonly references = new Map<Pfn, number>();
  /** Objects of slab caches, with the size that may be used. */
  readonly objects = new Map<Addr, number>();
  /** kmap() calls without kunmap(), by frame. */
  readonly kmaps = new Map<Pfn, number>();
  /** Ranges of boot memory: kernel addresses. */
  readonly boot: { readonly start: Addr; readonly end: Addr }[] = [];
  readonly #kernel: Kernel;
  readonly #heads = new Map<Pfn, Pfn>();

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
  }

  addBlock(pfn: Pfn, order: number): void {
    this.blocks.set(pfn, order);
    this.references.set(pfn, 1);
    for (let page = pfn; page < pfn + 2 ** order; page++) this.#heads.set(page, pfn);
  }

  dropBlock(pfn: Pfn): void {
    const order = this.blocks.get(pfn) ?? 0;
    this.blocks.delete(pfn);
    this.references.delete(pfn);
    for (let page = pfn; page < pfn + 2 ** order; page++) this.#heads.delete(page);
  }

  /** Whether a frame lies in a block of the script. */
  holdsFrame(pfn: Pfn): boolean {
    return this.#heads.has(pfn);
  }

  /** Why a store of `bytes` bytes must not be made; null: it may, or it will be an oops. */
  refusal(address: Addr, bytes: number): string | null {
    return this.#refusal(address) ?? (bytes > 1 ? this.#refusal((address + bytes - 1) >>> 0) : null);
  }

  #refusal(address: Addr): string | null {
    const kernel = this.#kernel;
    const walk = kernel.vtop(address, kernel.pageTables.swapperPgDir);
    // Where nothing is mapped the store itself finds out.
    if (walk.physical === null) return null;
    const pfn = Math.floor(walk.physical / PAGE);
    const { memMap } = kernel;
    if (pfn >= memMap.frames) return `${hex(address)} is no RAM`;
    if (this.boot.some(({ start, end }) => address >= start && address < end)) return null;
    if (this.holdsFrame(pfn)) return null;
    const flags = memMap.flags[pfn] as number;
    if ((flags & PG.slab) !== 0) return this.#inSlab(PAGE_OFFSET + walk.physical);
    if ((flags & PG.reserved) === 0 && memMap.count[pfn] === 0) return null;
    if (kernel.vmalloc.find(address) !== null) return null;
    return `${hex(address)} belongs to the kernel (page ${pfn.toString(16)})`;
  }

  #inSlab(address: Addr): string | null {
    const place = objectAt(this.#kernel.slab, address);
    if (place === null) return `${hex(address)} belongs to the kernel`;
    const { cache, index, object } = place;
    if (index < 0 || index >= cache.num)
      return `${hex(address)} is in the management of a slab of ${cache.name}`;
    if (place.free || this.objects.has(object) || this.objects.has(object + 4)) return null;
    return `${hex(address)} is in an object of ${cache.name} that the kernel uses`;
  }
}

/** An address in eight hexadecimal digits. */
export function hex(address: Addr): string {
  return (address >>> 0).toString(16).padStart(8, '0');
}
