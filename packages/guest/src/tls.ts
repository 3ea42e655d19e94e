/** Thread-local storage: three descriptors of the GDT that each task fills as it likes. @linux sys_set_thread_area() */
import type { Kernel } from '@pagewalk/mm';
import type { TrapLayout } from './cpu/cpu.ts';
import { type GuestTask, TLS_ENTRIES } from './task.ts';

/** Number of the first of them in the GDT. @linux GDT_ENTRY_TLS_MIN */
export const TLS_FIRST = 6;

/** The descriptors in the GDT, which are the running task's. */
export class TlsDescriptors {
  private readonly kernel: Kernel;
  // Word index of the first descriptor.
  private readonly at: number;

  constructor(kernel: Kernel, layout: TrapLayout) {
    this.kernel = kernel;
    // The GDT's page is four frames before the end of the stack, see installTrapStubs.
    this.at = kernel.memory.base(layout.stackEnd / 4096 - 4) + 2 * TLS_FIRST;
  }

  /** Writes a task's descriptors into the GDT. */
  load(task: GuestTask): void {
    this.kernel.memory.words.set(task.tls, this.at);
  }

  /** What the CPU keeps of a segment whose selector is one of these: base, limit, access. */
  fillSegment(task: GuestTask, segment: number): void {
    const { registers } = task;
    const selector = registers.selectors[segment] as number;
    const entry = (selector >>> 3) - TLS_FIRST;
    if (selector < 4) {
      registers.isNull[segment] = 1;
      registers.bases[segment] = 0;
      return;
    }
    if (entry < 0 || entry >= TLS_ENTRIES) return;
    const low = task.tls[2 * entry] as number;
    const high = task.tls[2 * entry + 1] as number;
    registers.bases[segment] = ((low >>> 16) | ((high & 0xff) << 16) | (high & 0xff000000)) >>> 0;
    const limit = (low & 0xffff) | (high & 0xf0000);
    registers.limits[segment] = (high & 0x800000) !== 0 ? ((limit << 12) | 0xfff) >>> 0 : limit;
    registers.access[segment] = (high >>> 8) & 0xff;
    registers.isNull[segment] = 0;
  }
}
