import { PAGE_OFFSET } from '../arch/i386.ts';
import type { PhysicalMemory } from '../hardware/physical-memory.ts';
import type { Addr } from '../types.ts';

/** What an area was made by. @linux 2.4.22 include/linux/vmalloc.h VM_IOREMAP, VM_ALLOC */
export const VM_IOREMAP = 1;
export const VM_ALLOC = 2;

/** sizeof(struct vm_struct), bytes. */
export const VM_STRUCT_BYTES = 16;

/** Word offsets in a struct vm_struct. */
const FLAGS = 0;
const ADDR = 1;
const SIZE = 2;
const NEXT = 3;

/** An area as {@link VmStructs.read} tells it. */
export interface VmArea {
  /** Address of its struct vm_struct, a kmalloc object. */
  readonly descriptor: Addr;
  /** {@link VM_IOREMAP} or {@link VM_ALLOC}; what vmap() was given. */
  readonly flags: number;
  /** First byte. */
  readonly addr: Addr;
  /** Bytes, one guard page of 4096 included. */
  readonly size: number;
}

/**
 * Reads and writes struct vm_struct where it is: 16 bytes of a kmalloc object. A descriptor is named by its kernel address;
 * 0 is NULL.
 *
 * ```
 *   +0 flags | +4 addr | +8 size | +12 next
 * ```
 * @linux 2.4.22 include/linux/vmalloc.h struct vm_struct
 */
export class VmStructs {
  private readonly memory: PhysicalMemory;

  constructor(memory: PhysicalMemory) {
    this.memory = memory;
  }

  flags(area: Addr): number {
    return this.get(area, FLAGS);
  }

  addr(area: Addr): Addr {
    return this.get(area, ADDR);
  }

  size(area: Addr): number {
    return this.get(area, SIZE);
  }

  next(area: Addr): Addr {
    return this.get(area, NEXT);
  }

  setNext(area: Addr, next: Addr): void {
    this.memory.words[this.word(area) + NEXT] = next;
  }

  /** Fills in a new one. */
  write(area: Addr, flags: number, addr: Addr, size: number, next: Addr): void {
    const at = this.word(area);
    const words = this.memory.words;
    words[at + FLAGS] = flags;
    words[at + ADDR] = addr;
    words[at + SIZE] = size;
    words[at + NEXT] = next;
  }

  /** All fields at once. */
  read(area: Addr): VmArea {
    return { descriptor: area, flags: this.flags(area), addr: this.addr(area), size: this.size(area) };
  }

  private get(area: Addr, field: number): number {
    return (this.memory.words[this.word(area) + field] as number) >>> 0;
  }

  /** Index of its first word: kmalloc objects lie in the direct map. */
  private word(area: Addr): number {
    const phys = area - PAGE_OFFSET;
    return this.memory.base(phys >>> 12) + ((phys & 4095) >>> 2);
  }
}
