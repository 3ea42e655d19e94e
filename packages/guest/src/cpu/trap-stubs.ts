/**
 * What the CPU needs to come from ring 3 to the kernel: descriptor tables, a task state segment, a stub for each vector, a stack.
 *
 * They lie in frames that belong to the kernel's image in any case (its text, which our kernel does not need), and are mapped
 * in the fixmap's page table below all of its slots. So nothing that boot counts is different with a CPU.
 *
 * ```
 *   FFC00000  page 0: GDT, at 800 IDT        page 2: stubs, 8 bytes a vector: hlt; iret
 *             page 1: TSS                    page 3: stack          page 4: the zero page
 * ```
 */
import type { Kernel, Pfn } from '@pagewalk/mm';
import type { TrapLayout } from './cpu.ts';
import { SELECTOR } from './registers.ts';

/** Where the pages are mapped: the begin of the fixmap's page table. */
const LINEAR = 0xffc00000;
const PAGES = 4;
/** From the begin of the image's text; the first frames hold the page tables of boot. */
const TEXT_OFFSET = 0x10000;
/** Present, writable, accessed, dirty, global; supervisor only. */
const STUB_FLAGS = 0x163;
const ZERO_FLAGS = 0x161;
const GDT_ENTRIES = 16;
const IDT_OFFSET = 0x800;
/** Vectors that a program may raise itself: breakpoint, overflow, system call. */
const USER_VECTORS: ReadonlySet<number> = new Set([3, 4, 0x80]);

/**
 * Writes and maps the pages.
 *
 * @param kernel booted with page tables of two levels
 */
export function installTrapStubs(kernel: Kernel): TrapLayout {
  const { memory, physical } = kernel;
  const first = (physical.config.machine.image.text + TEXT_OFFSET) >>> 12;
  const table = memory.base(physical.pageTables.fixmap);
  for (let i = 0; i < PAGES; i++) memory.words[table + i] = ((first + i) << 12) | STUB_FLAGS;
  memory.words[table + PAGES] = (physical.pageTables.emptyZeroPage << 12) | ZERO_FLAGS;
  const page = (index: number): DataView => viewOf(kernel, first + index);

  const descriptors = page(0);
  const segment = (selector: number, low: number, high: number) => {
    descriptors.setUint32(selector & ~7, low, true);
    descriptors.setUint32((selector & ~7) + 4, high, true);
  };
  segment(SELECTOR.kernelCs, 0x0000ffff, 0x00cf9b00);
  segment(SELECTOR.kernelDs, 0x0000ffff, 0x00cf9300);
  segment(SELECTOR.userCs, 0x0000ffff, 0x00cffb00);
  segment(SELECTOR.userDs, 0x0000ffff, 0x00cff300);
  const tss = LINEAR + 0x1000;
  segment(
    SELECTOR.tss,
    ((tss & 0xffff) << 16) | 0x67,
    ((tss & 0xff000000) | 0x8b00 | ((tss >>> 16) & 0xff)) >>> 0,
  );

  const stubs = LINEAR + 0x2000;
  const code = page(2);
  for (let vector = 0; vector < 256; vector++) {
    const at = stubs + vector * 8;
    const privilege = USER_VECTORS.has(vector) ? 0xee00 : 0x8e00;
    descriptors.setUint32(IDT_OFFSET + vector * 8, (SELECTOR.kernelCs << 16) | (at & 0xffff), true);
    descriptors.setUint32(IDT_OFFSET + vector * 8 + 4, ((at & 0xffff0000) | privilege) >>> 0, true);
    code.setUint16(vector * 8, 0xcff4, true);
  }

  const task = page(1);
  task.setUint32(4, LINEAR + 0x4000, true);
  task.setUint16(8, SELECTOR.kernelDs, true);
  // No map of ports: a program may use none.
  task.setUint16(0x66, 0x68, true);

  return {
    gdt: LINEAR,
    gdtBytes: GDT_ENTRIES * 8,
    idt: LINEAR + IDT_OFFSET,
    tss,
    stubs,
    stackEnd: (first + PAGES) * 4096,
    zeros: LINEAR + PAGES * 4096,
  };
}

function viewOf(kernel: Kernel, pfn: Pfn): DataView {
  const { words } = kernel.memory;
  return new DataView(words.buffer, words.byteOffset + kernel.memory.base(pfn) * 4, 4096);
}
