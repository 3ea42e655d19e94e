/** Indices of the general registers. */
export const REG = { eax: 0, ecx: 1, edx: 2, ebx: 3, esp: 4, ebp: 5, esi: 6, edi: 7 } as const;
/** Indices of the segment registers. */
export const SEG = { es: 0, cs: 1, ss: 2, ds: 3, fs: 4, gs: 5, tr: 6, ldtr: 7 } as const;
/** Segment registers that a program has. */
export const USER_SEGMENTS = 6;
/** Bytes of the x87 and SSE state: see Cpu.saveFpu. */
export const FPU_BYTES = 8 + 4 + 128 + 32 + 128;

/** Selectors. @linux 2.4.22 include/asm-i386/segment.h */
export const SELECTOR = { kernelCs: 0x10, kernelDs: 0x18, userCs: 0x23, userDs: 0x2b, tss: 0x60 } as const;
/** EFLAGS of a new program: interrupts on. */
export const NEW_FLAGS = 0x202;
/** Flags that a program may change: CF PF AF ZF SF TF DF OF, AC, ID. */
export const USER_FLAGS = 0x240dd5;

/** The registers of a task that does not run. @linux struct pt_regs, struct thread_struct */
export class Registers {
  readonly general = new Uint32Array(8);
  eip = 0;
  eflags = NEW_FLAGS;
  readonly selectors = new Uint16Array(USER_SEGMENTS);
  readonly bases = new Uint32Array(USER_SEGMENTS);
  readonly limits = new Uint32Array(USER_SEGMENTS);
  readonly access = new Uint8Array(USER_SEGMENTS);
  readonly isNull = new Uint8Array(USER_SEGMENTS);
  readonly fpu = new Uint8Array(FPU_BYTES);

  /** What a program starts with, but for the x87 and SSE state. */
  start(eip: number, esp: number): void {
    this.general.fill(0);
    this.general[REG.esp] = esp;
    this.eip = eip >>> 0;
    this.eflags = NEW_FLAGS;
    this.bases.fill(0);
    this.limits.fill(0xffffffff);
    this.access.fill(0xf3);
    this.isNull.fill(0);
    this.selectors.fill(SELECTOR.userDs);
    this.selectors[SEG.cs] = SELECTOR.userCs;
    this.access[SEG.cs] = 0xfb;
    for (const segment of [SEG.fs, SEG.gs]) {
      this.selectors[segment] = 0;
      this.isNull[segment] = 1;
    }
  }

  /** Becomes equal to `other`. */
  copy(other: Registers): void {
    this.general.set(other.general);
    this.eip = other.eip;
    this.eflags = other.eflags;
    this.selectors.set(other.selectors);
    this.bases.set(other.bases);
    this.limits.set(other.limits);
    this.access.set(other.access);
    this.isNull.set(other.isNull);
    this.fpu.set(other.fpu);
  }
}
