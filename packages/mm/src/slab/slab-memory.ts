import type { PhysicalMemory } from '../hardware/physical-memory.ts';

/** Where low memory appears in the kernel's addresses, as a signed word. */
const DIRECT_MAP = 0xc0000000 | 0;
/** A kernel address less {@link DIRECT_MAP}. */
const PHYSICAL = 0x3fffffff;

/**
 * Kernel structures in simulated low memory: words at physical addresses, and lists whose links are kernel virtual
 * addresses, as `struct list_head` (next, prev).
 */
export class SlabMemory {
  /** @internal */
  readonly memory: PhysicalMemory;
  /** Whether a frame's bytes lie at its own address: so on machines up to 4 GiB, see PhysicalMemory. */
  protected readonly flat: boolean;

  constructor(memory: PhysicalMemory) {
    this.memory = memory;
    this.flat = memory.frames * 4096 <= 2 ** 32;
  }

  /** @internal Index in `memory.words` of the word at a physical address of low memory. */
  word(at: number): number {
    // Short enough (27 bytes of bytecode) that V8 always builds it in.
    return this.flat ? at >>> 2 : this.sparseWord(at);
  }

  private sparseWord(at: number): number {
    return this.memory.base(at >>> 12) + ((at >>> 2) & 1023);
  }

  /** @internal The word at a physical address. */
  load(at: number): number {
    return this.memory.words[this.word(at)] as number;
  }

  /** @internal */
  store(at: number, value: number): void {
    this.memory.words[this.word(at)] = value;
  }

  /** @internal Fills whole words with one byte's value. */
  fill(at: number, bytes: number, byte: number): void {
    const value = Math.imul(byte, 0x01010101);
    for (let i = at; i < at + bytes; i += 4) this.store(i, value);
  }

  /** @internal */
  listAdd(entry: number, head: number): void {
    this.listInsert(entry, head, this.load(head) & PHYSICAL);
  }

  /** @internal */
  listAddTail(entry: number, head: number): void {
    this.listInsert(entry, this.load(head + 4) & PHYSICAL, head);
  }

  private listInsert(entry: number, before: number, after: number): void {
    const { words } = this.memory;
    words[this.word(after + 4)] = entry | DIRECT_MAP;
    words[this.word(entry)] = after | DIRECT_MAP;
    words[this.word(entry + 4)] = before | DIRECT_MAP;
    words[this.word(before)] = entry | DIRECT_MAP;
  }

  /** @internal */
  listDel(entry: number): void {
    const { words } = this.memory;
    const next = words[this.word(entry)] as number;
    const prev = words[this.word(entry + 4)] as number;
    words[this.word((next & PHYSICAL) + 4)] = prev;
    words[this.word(prev & PHYSICAL)] = next;
  }

  /** @internal Makes an empty list. */
  initList(head: number): void {
    this.store(head, head | DIRECT_MAP);
    this.store(head + 4, head | DIRECT_MAP);
  }
}
