/**
 * The CPU: v86's, as a bare 32-bit x86 processor and its MMU. This file owns the WebAssembly module; nothing else touches it.
 *
 * There is no guest kernel and no BIOS. A program runs in ring 3 until something happens that a kernel has to see: then the
 * CPU goes through its interrupt gate to a stub of one instruction, `hlt`, which ends {@link Cpu.run}. Our kernel is JavaScript
 * and runs while nothing of it is on the module's stack.
 *
 * ```
 *   run() -> main_loop() -> ring 3 ... #PF -> IDT[14] -> stub 14: hlt -> main_loop() returns -> vector 14
 * ```
 */
import type { AttachedCpu, Pfn, RamBuffer, Translation } from '@pagewalk/mm';
import { forEachTlbEntry, tlbEntry } from './cpu-tlb.ts';
import { type Registers, SEG, USER_SEGMENTS } from './registers.ts';
import {
  AT,
  EXPORTS,
  IMPORTS,
  TABLE_GENERATED,
  TABLE_OFFSET,
  TLB_SLOTS,
  type V86Exports,
} from './v86-abi.ts';
import { exportStackPointer } from './wasm-patch.ts';

/** Why {@link Cpu.run} came back, if not for a vector of the IDT (0 .. 255). */
export const EXIT_SLICE = -1;
/** The module panicked; the program cannot go on. */
export const EXIT_PANIC = -2;

/** CR0: PG, WP, NE, ET, MP, PE. */
const CR0 = 0x80010033;
/** CR4: TSD (rdtsc traps), OSFXSR, OSXMMEXCPT; PSE and PGE as the kernel says. */
const CR4 = 0x604;
const CR4_PSE = 0x10;
const CR4_PGE = 0x80;
/** The heap grows to this at once, so that it need not grow while a program runs. */
const HEAP_BYTES = 48 * 2 ** 20;
/** Vectors for which the CPU pushes an error code. */
const HAS_ERROR_CODE: ReadonlySet<number> = new Set([8, 10, 11, 12, 13, 14, 17]);

/** Linear addresses that the CPU needs to come to the kernel. */
export interface TrapLayout {
  readonly gdt: number;
  readonly gdtBytes: number;
  readonly idt: number;
  readonly tss: number;
  /** Eight bytes a vector. */
  readonly stubs: number;
  /** Physical address after the stack on which the CPU leaves its frame. */
  readonly stackEnd: number;
  /** Address of a page of zeros. */
  readonly zeros: number;
}

/** What {@link Cpu} can be told to do differently. */
export interface CpuOptions {
  /** Translate hot code (default). Without it all code is interpreted. */
  readonly jit?: boolean;
  /** What RDRAND gives: 32 bits. */
  readonly random?: () => number;
}

interface Compiled {
  readonly index: number;
  readonly start: number;
  readonly flags: number;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/**
 * Compiles v86.wasm.
 *
 * @throws Error if the module is not the one that we know: an import or an export differs
 */
export function compileCpu(wasm: Uint8Array): WebAssembly.Module {
  const module = new WebAssembly.Module(exportStackPointer(wasm));
  const imports = WebAssembly.Module.imports(module).map(({ module: from, name }) => `${from}.${name}`);
  const known = IMPORTS.map((name) => `env.${name}`);
  const odd = [
    ...imports.filter((name) => !known.includes(name)),
    ...known.filter((name) => !imports.includes(name)),
  ];
  if (odd.length > 0) throw new Error(`v86.wasm: its imports are not those that we know: ${odd.join(', ')}`);
  const exports = new Set(
    WebAssembly.Module.exports(module)
      .filter(({ kind }) => kind === 'function')
      .map(({ name }) => name),
  );
  const missing = EXPORTS.filter((name) => !exports.has(name));
  if (missing.length > 0) throw new Error(`v86.wasm: exports are missing: ${missing.join(', ')}`);
  return module;
}

/** One CPU with its RAM. */
export class Cpu implements AttachedCpu {
  /** Instructions that were executed. It is deterministic, but counts some twice that faulted. */
  instructions = 0;
  /** Panics of the module so far. */
  panics = 0;
  readonly tlbSlots = TLB_SLOTS;
  /** What the last panic said. */
  panicText = '';
  /** Called when RAM has moved to another buffer. */
  onMove: (ram: RamBuffer) => void = () => {};
  private readonly exports: V86Exports;
  private readonly table: WebAssembly.Table;
  private readonly generatedImports: WebAssembly.ModuleImports = {};
  private readonly compiled: Compiled[] = [];
  private readonly stackPointer: number;
  private buffer!: ArrayBuffer;
  private bytes!: Uint8Array;
  private words!: Int32Array;
  private ram = 0;
  private layout: TrapLayout | null = null;
  private time = 0;
  private counter = 0;
  // What the kernel asked of our TLB since the program ran last.
  private pendingFlush: 0 | 1 | 2 = 0;
  private readonly pendingPages: number[] = [];

  constructor(module: WebAssembly.Module, options: CpuOptions = {}) {
    this.table = new WebAssembly.Table({
      element: 'anyfunc',
      initial: TABLE_OFFSET + TABLE_GENERATED,
    });
    const nothing = () => {};
    const random = options.random ?? (() => 0);
    const env: Record<(typeof IMPORTS)[number], WebAssembly.ImportValue> = {
      __indirect_function_table: this.table,
      codegen_finalize: (index: number, start: number, flags: number, at: number, length: number) => {
        this.retake();
        const from = at >>> 0;
        // The module holds a lock now: the code is installed later.
        this.compiled.push({ index, start, flags, bytes: this.bytes.slice(from, from + (length >>> 0)) });
      },
      console_log_from_wasm: (at: number, length: number) => {
        this.retake();
        const from = at >>> 0;
        this.panicText = new TextDecoder().decode(this.bytes.slice(from, from + (length >>> 0)));
      },
      cpu_event_halt: nothing,
      get_rand_int: () => random() | 0,
      // No devices: nobody answers.
      io_port_read8: () => 0xff,
      io_port_read16: () => 0xffff,
      io_port_read32: () => -1,
      io_port_write8: nothing,
      io_port_write16: nothing,
      io_port_write32: nothing,
      jit_clear_func: (index: number) => {
        this.table.set(index + TABLE_OFFSET, null);
      },
      // Time that moves at every look, so that each main_loop() is one slice.
      microtick: () => (this.time += 2),
      mmap_read8: () => 0xff,
      mmap_read32: () => -1,
      mmap_write8: nothing,
      mmap_write16: nothing,
      mmap_write32: nothing,
      mmap_write64: nothing,
      mmap_write128: nothing,
      run_hardware_timers: () => 100,
      stop_idling: nothing,
    };
    const instance = new WebAssembly.Instance(module, { env });
    this.exports = instance.exports as unknown as V86Exports;
    for (const [name, value] of Object.entries(instance.exports)) {
      if (!name.startsWith('_') && !name.startsWith('zstd') && !name.endsWith('_js')) {
        this.generatedImports[name === 'memory' ? 'm' : name] = value;
      }
    }
    this.exports.rust_init();
    this.stackPointer = this.exports.__stack_pointer.value;
    const heap = this.exports.v86_malloc(HEAP_BYTES);
    this.exports.v86_free(heap, HEAP_BYTES);
    if (options.jit === false) this.exports.set_jit_config(0, 1);
    this.retake();
  }

  /**
   * Allocates RAM; once.
   *
   * @param bytes 1 MiB .. 2047 MiB. Addresses above it read as ones
   */
  allocate(bytes: number): RamBuffer {
    if (this.ram !== 0) throw new Error('the CPU has its RAM already');
    if (bytes < 2 ** 20 || bytes > 2047 * 2 ** 20) {
      throw new RangeError(`RAM of the CPU: ${bytes} bytes; allowed are 1 MiB to 2047 MiB`);
    }
    this.retake();
    this.words[AT.memorySize >>> 2] = bytes;
    this.ram = this.exports.allocate_memory(bytes) >>> 0;
    this.exports.reset_cpu();
    this.retake();
    return { buffer: this.buffer, byteOffset: this.ram };
  }

  /**
   * Switches to protected mode with paging, without having been in any other.
   *
   * @param cr3 physical address of page tables in which all of `layout` is mapped
   */
  start(cr3: number, layout: TrapLayout, paging: { readonly pse: boolean; readonly pge: boolean }): void {
    this.layout = layout;
    const { words, bytes } = this;
    words[AT.cr >>> 2] = CR0 | 0;
    words[(AT.cr >>> 2) + 3] = cr3;
    words[(AT.cr >>> 2) + 4] = CR4 | (paging.pse ? CR4_PSE : 0) | (paging.pge ? CR4_PGE : 0);
    bytes[AT.protectedMode] = 1;
    bytes[AT.is32] = 1;
    bytes[AT.stackSize32] = 1;
    bytes[AT.tssSize32] = 1;
    words[AT.gdtrBase >>> 2] = layout.gdt;
    words[AT.gdtrSize >>> 2] = layout.gdtBytes - 1;
    words[AT.idtrBase >>> 2] = layout.idt;
    words[AT.idtrSize >>> 2] = 256 * 8 - 1;
    words[(AT.segmentBase >>> 2) + SEG.tr] = layout.tss;
    words[(AT.segmentLimit >>> 2) + SEG.tr] = 0x67;
    // Instructions that look at a descriptor of the LDT must find readable zeros.
    words[(AT.segmentBase >>> 2) + SEG.ldtr] = layout.zeros;
    words[(AT.segmentLimit >>> 2) + SEG.ldtr] = 0;
    this.exports.full_clear_tlb();
    this.counter = words[AT.instructionCounter >>> 2] as number;
  }

  /**
   * Runs the program until something happens.
   *
   * @param cr3 its page tables
   * @returns the vector (its frame is popped: see {@link load} for the state, {@link errorCode}), {@link EXIT_SLICE} after
   *   100003 instructions or more, or {@link EXIT_PANIC}
   */
  run(cr3: number): number {
    this.flushPending(cr3);
    this.exports.update_state_flags();
    this.bytes[AT.inHlt] = 0;
    try {
      // A vector may be taken with the last instruction of a slice: its stub still has to stop the CPU.
      do this.exports.main_loop();
      while (this.bytes[AT.inHlt] === 0 && this.inStub());
    } catch (error) {
      if (!(error instanceof WebAssembly.RuntimeError || error instanceof RangeError)) throw error;
      this.recover();
      return EXIT_PANIC;
    }
    this.retake();
    this.installCompiled();
    this.count();
    if (this.bytes[AT.inHlt] === 0) return EXIT_SLICE;
    return this.leaveStub();
  }

  /** The error code that the last vector came with; 0 for one without. */
  errorCode = 0;

  /** The address of the last page fault. */
  get cr2(): number {
    return (this.words[(AT.cr >>> 2) + 2] as number) >>> 0;
  }

  get eip(): number {
    return (this.words[AT.eip >>> 2] as number) >>> 0;
  }
  set eip(value: number) {
    this.words[AT.eip >>> 2] = value;
    // The CPU keeps a translation of the page that it is in.
    this.words[AT.lastVirtEip >>> 2] = -1;
  }

  /** A general register, 0 .. 2^32 - 1. @param index see REG */
  reg(index: number): number {
    return (this.words[(AT.reg32 >>> 2) + index] as number) >>> 0;
  }
  setReg(index: number, value: number): void {
    this.words[(AT.reg32 >>> 2) + index] = value;
  }

  /** Takes the running program's registers, x87 and SSE state included. */
  save(into: Registers): void {
    const { words, bytes } = this;
    for (let i = 0; i < 8; i++) into.general[i] = words[(AT.reg32 >>> 2) + i] as number;
    into.eip = this.eip;
    into.eflags = this.exports.get_eflags() >>> 0;
    const view = new DataView(this.buffer);
    for (let i = 0; i < USER_SEGMENTS; i++) {
      into.selectors[i] = view.getUint16(AT.sreg + 2 * i, true);
      into.bases[i] = words[(AT.segmentBase >>> 2) + i] as number;
      into.limits[i] = words[(AT.segmentLimit >>> 2) + i] as number;
      into.access[i] = bytes[AT.segmentAccess + i] as number;
      into.isNull[i] = bytes[AT.segmentIsNull + i] as number;
    }
    let at = 0;
    for (const [start, length] of FPU_PARTS) {
      into.fpu.set(bytes.subarray(start, start + length), at);
      at += length;
    }
  }

  /** Gives the CPU a program's registers, in ring 3. */
  load(from: Registers): void {
    const { words, bytes } = this;
    for (let i = 0; i < 8; i++) words[(AT.reg32 >>> 2) + i] = from.general[i] as number;
    const view = new DataView(this.buffer);
    for (let i = 0; i < USER_SEGMENTS; i++) {
      view.setUint16(AT.sreg + 2 * i, from.selectors[i] as number, true);
      words[(AT.segmentBase >>> 2) + i] = from.bases[i] as number;
      words[(AT.segmentLimit >>> 2) + i] = from.limits[i] as number;
      bytes[AT.segmentAccess + i] = from.access[i] as number;
      bytes[AT.segmentIsNull + i] = from.isNull[i] as number;
    }
    let at = 0;
    for (const [start, length] of FPU_PARTS) {
      bytes.set(from.fpu.subarray(at, at + length), start);
      at += length;
    }
    this.exports.set_control_word(view.getUint16(AT.fpuControlWord, true));
    this.setFlags(from.eflags);
    this.eip = from.eip;
    bytes[AT.cpl] = 3;
  }

  /** The x87 and SSE state of a program that has used neither. */
  resetFpu(registers: Registers): void {
    registers.fpu.fill(0);
    // All eight x87 registers are empty; control word 0x37f; MXCSR 0x1f80.
    const view = new DataView(registers.fpu.buffer);
    let at = 0;
    for (const [start, length] of FPU_PARTS) {
      if (start === AT.fpuStackEmpty) view.setUint8(at, 0xff);
      if (start === AT.mxcsr) view.setUint32(at, 0x1f80, true);
      if (start === AT.fpu) view.setUint16(at + AT.fpuControlWord - AT.fpu, 0x37f, true);
      at += length;
    }
  }

  /** Code that was translated from these bytes of RAM is out of date. */
  dirty(start: number, end: number): void {
    this.exports.jit_dirty_cache(start, end);
  }

  /** All translated code is out of date. */
  dirtyAll(): void {
    this.exports.jit_clear_cache_js();
  }

  invlpg(addr: number): void {
    if (this.pendingFlush === 0) this.pendingPages.push(addr);
  }

  flushNonGlobal(): void {
    if (this.pendingFlush === 0) this.pendingFlush = 1;
    this.pendingPages.length = 0;
  }

  flushAll(): void {
    this.pendingFlush = 2;
    this.pendingPages.length = 0;
  }

  mapped(pfn: Pfn): void {
    this.dirty(pfn * 4096, pfn * 4096 + 4096);
  }

  translationOf(addr: number): Translation | null {
    const entry = tlbEntry(this.words, this.ram, addr);
    return entry === null || this.isStale(entry) ? null : entry;
  }

  forEachTranslation(visit: (entry: Translation) => void): void {
    forEachTlbEntry(this.words, this.ram, (entry) => {
      if (!this.isStale(entry)) visit(entry);
    });
  }

  /** The entry will be gone before the program runs again. */
  private isStale({ address, global }: Translation): boolean {
    if (this.pendingFlush !== 0) return this.pendingFlush === 2 || !global;
    return this.pendingPages.some((addr) => addr >>> 12 === address >>> 12);
  }

  private setFlags(eflags: number): void {
    this.words[AT.flags >>> 2] = eflags;
    this.words[AT.flagsChanged >>> 2] = 0;
  }

  /** Brings the CPU's TLB up to date. */
  private flushPending(cr3: number): void {
    const { words } = this;
    if ((words[(AT.cr >>> 2) + 3] as number) >>> 0 !== cr3) {
      words[(AT.cr >>> 2) + 3] = cr3;
      if (this.pendingFlush === 0) this.pendingFlush = 1;
    }
    if (this.pendingFlush === 2) this.exports.full_clear_tlb();
    else if (this.pendingFlush === 1) this.exports.clear_tlb();
    else if (this.pendingPages.length > 0) {
      // The instruction asks for ring 0.
      const cpl = this.bytes[AT.cpl] as number;
      this.bytes[AT.cpl] = 0;
      for (const addr of this.pendingPages) this.exports.instr32_0F01_7_mem(addr | 0);
      this.bytes[AT.cpl] = cpl;
    }
    this.pendingFlush = 0;
    this.pendingPages.length = 0;
  }

  private inStub(): boolean {
    this.retake();
    return this.bytes[AT.cpl] === 0;
  }

  /** The program was left through the stub of a vector: takes the frame off, so that the CPU is in ring 3 again. */
  private leaveStub(): number {
    const { stubs, stackEnd } = this.layout as TrapLayout;
    const vector = (this.eip - 1 - stubs) >>> 3;
    if (vector > 255) throw new Error(`the CPU stopped at ${this.eip.toString(16)}, which is no stub`);
    // Never by way of ESP, which some instructions spoil: the frame is always at the stack's top.
    const view = new DataView(this.buffer, this.ram + stackEnd - 24, 24);
    this.errorCode = HAS_ERROR_CODE.has(vector) ? view.getUint32(0, true) : 0;
    const { bytes, words } = this;
    this.setReg(4, view.getUint32(16, true));
    this.setFlags(view.getUint32(12, true));
    const registers = new DataView(this.buffer);
    this.userSegment(registers, SEG.cs, view.getUint16(8, true), 0xfb);
    this.userSegment(registers, SEG.ss, view.getUint16(20, true), 0xf3);
    bytes[AT.cpl] = 3;
    words[AT.is32 >>> 2] = 1;
    bytes[AT.stackSize32] = 1;
    this.eip = view.getUint32(4, true);
    return vector;
  }

  private userSegment(view: DataView, segment: number, selector: number, access: number): void {
    view.setUint16(AT.sreg + 2 * segment, selector, true);
    this.words[(AT.segmentBase >>> 2) + segment] = 0;
    this.words[(AT.segmentLimit >>> 2) + segment] = -1;
    this.bytes[AT.segmentAccess + segment] = access;
    this.bytes[AT.segmentIsNull + segment] = 0;
  }

  private installCompiled(): void {
    for (const { index, start, flags, bytes } of this.compiled) {
      const instance = new WebAssembly.Instance(new WebAssembly.Module(bytes), { e: this.generatedImports });
      this.table.set(index + TABLE_OFFSET, instance.exports.f ?? null);
      this.exports.codegen_finalize_finished(index, start, flags);
    }
    if (this.compiled.length > 0) this.retake();
    this.compiled.length = 0;
  }

  /** After a panic: what it left on the module's stack is dropped. */
  private recover(): void {
    this.panics++;
    this.exports.__stack_pointer.value = this.stackPointer;
    this.retake();
    this.bytes[AT.prefixes] = 0;
    this.installCompiled();
    this.count();
  }

  private count(): void {
    const counter = this.words[AT.instructionCounter >>> 2] as number;
    this.instructions += (counter - this.counter) >>> 0;
    this.counter = counter;
  }

  /** Takes new views if the module's memory has grown. */
  private retake(): void {
    if (this.exports.memory.buffer === this.buffer) return;
    this.buffer = this.exports.memory.buffer;
    this.bytes = new Uint8Array(this.buffer);
    this.words = new Int32Array(this.buffer);
    if (this.ram !== 0) this.onMove({ buffer: this.buffer, byteOffset: this.ram });
  }
}

/** Start and length of the pieces of the x87 and SSE state. */
const FPU_PARTS: readonly (readonly [start: number, length: number])[] = [
  [AT.fpuStackEmpty, 8],
  [AT.mxcsr, 4],
  [AT.xmm, 128],
  [AT.fpu, 32],
  [AT.x87, 128],
];
