/**
 * What we rely on in v86.wasm: version, checksum, imports, exports, and where its CPU keeps its state.
 *
 * None of it is a public interface of v86, so it is pinned to one version and checked when it is loaded. The offsets are byte
 * offsets in the module's linear memory.
 */
export const V86_VERSION = '0.5.462';
/** SHA-256 of that version's build/v86.wasm. */
export const V86_SHA256 = 'aa0d0e149d6b60063b85de4871e78505637ce92821e14a9f9802c4008ba2336e';

/** Everything that the module imports from `env`, sorted. */
export const IMPORTS = [
  '__indirect_function_table',
  'codegen_finalize',
  'console_log_from_wasm',
  'cpu_event_halt',
  'get_rand_int',
  'io_port_read16',
  'io_port_read32',
  'io_port_read8',
  'io_port_write16',
  'io_port_write32',
  'io_port_write8',
  'jit_clear_func',
  'microtick',
  'mmap_read32',
  'mmap_read8',
  'mmap_write128',
  'mmap_write16',
  'mmap_write32',
  'mmap_write64',
  'mmap_write8',
  'run_hardware_timers',
  'stop_idling',
] as const;

/** The exports that we call. Generated code may import any other. */
export interface V86Exports {
  readonly memory: WebAssembly.Memory;
  /** Rust's stack pointer: exported by our patch, see wasm-patch.ts. */
  readonly __stack_pointer: WebAssembly.Global;
  rust_init(): void;
  allocate_memory(bytes: number): number;
  reset_cpu(): void;
  set_jit_config(key: number, value: number): void;
  main_loop(): number;
  update_state_flags(): void;
  get_eflags(): number;
  clear_tlb(): void;
  full_clear_tlb(): void;
  instr32_0F01_7_mem(addr: number): void;
  jit_dirty_cache(start: number, end: number): void;
  jit_clear_cache_js(): void;
  codegen_finalize_finished(index: number, start: number, flags: number): void;
  set_control_word(word: number): void;
  v86_malloc(bytes: number): number;
  v86_free(at: number, bytes: number): void;
}

/** Names of the functions in {@link V86Exports}. */
export const EXPORTS = [
  'rust_init',
  'allocate_memory',
  'reset_cpu',
  'set_jit_config',
  'main_loop',
  'update_state_flags',
  'get_eflags',
  'clear_tlb',
  'full_clear_tlb',
  'instr32_0F01_7_mem',
  'jit_dirty_cache',
  'jit_clear_cache_js',
  'codegen_finalize_finished',
  'set_control_word',
  'v86_malloc',
  'v86_free',
] as const satisfies readonly (keyof V86Exports)[];

/** Where the CPU's state lies. */
export const AT = {
  /** eax ecx edx ebx esp ebp esi edi */
  reg32: 64,
  flagsChanged: 100,
  flags: 120,
  /** Access bytes of es cs ss ds fs gs tr ldtr. */
  segmentAccess: 512,
  eip: 556,
  previousIp: 560,
  idtrSize: 564,
  idtrBase: 568,
  gdtrSize: 572,
  gdtrBase: 576,
  cr: 580,
  cpl: 612,
  inHlt: 616,
  lastVirtEip: 620,
  prefixes: 648,
  instructionCounter: 664,
  sreg: 668,
  segmentIsNull: 724,
  segmentBase: 736,
  segmentLimit: 768,
  protectedMode: 800,
  is32: 804,
  stackSize32: 808,
  memorySize: 812,
  fpuStackEmpty: 816,
  mxcsr: 824,
  xmm: 832,
  fpu: 1032,
  fpuControlWord: 1036,
  tssSize32: 1128,
  x87: 1152,
  /** How many pages {@link tlbPages} lists, their numbers (some twice), and an entry for each page of the address space. */
  tlbCount: 4243744,
  tlbPages: 4243748,
  tlb: 4283748,
} as const;

/** Translations that the TLB has room for. */
export const TLB_SLOTS = 10000;

/** Bits of a TLB entry; above are those of (address in the module's memory ^ address). */
export const TLB = { valid: 1, readOnly: 2, noUser: 4, notRam: 8, global: 16 } as const;

/** The function table: entries of the module itself, then those for generated code. */
export const TABLE_OFFSET = 1024;
export const TABLE_GENERATED = 900;
