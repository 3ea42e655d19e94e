import { boot, type Kernel, type Process } from '@pagewalk/mm';
import { describe, expect, it } from 'vitest';
import { Cpu, compileCpu, EXIT_SLICE } from '../src/cpu/cpu.ts';
import { REG, Registers } from '../src/cpu/registers.ts';
import { installTrapStubs } from '../src/cpu/trap-stubs.ts';
import { checkV86, loadCpuModule, readV86 } from '../src/cpu/v86-file.ts';
import { exportStackPointer } from '../src/cpu/wasm-patch.ts';

const PF = 14;
const CALL = 0x80;
/** Where code and data lie in these tests. */
const CODE = 0x10000000;
const DATA = 0x20000000;
const FIXED = 0x32;

interface Bench {
  readonly cpu: Cpu;
  readonly kernel: Kernel;
  readonly process: Process;
  /** Runs code at CODE with registers 0 but EBX = DATA; up to the first exit that is no slice. */
  begin(code: readonly number[]): number;
  /** Goes on. */
  go(): number;
  /** The entry that maps an address: see the i386 bits. */
  entry(addr: number): number;
}

function bench(jit: boolean): Bench {
  const cpu = new Cpu(loadCpuModule(), { jit });
  const kernel = boot({ memory: 16 * 2 ** 20, ram: (bytes) => cpu.allocate(bytes) });
  cpu.onMove = (ram) => kernel.memory.rebind(ram);
  cpu.start(kernel.mmu.cr3, installTrapStubs(kernel), { pse: true, pge: true });
  kernel.mmu.attached = cpu;
  const process = kernel.spawn('bench');
  process.mmap2(CODE, 8192, 7, FIXED, -1, 0);
  process.mmap2(DATA, 0x10000, 3, FIXED, -1, 0);
  const go = () => {
    for (let i = 0; i < 100; i++) {
      const vector = cpu.run(kernel.mmu.cr3);
      if (vector !== EXIT_SLICE) return vector;
    }
    return EXIT_SLICE;
  };
  return {
    cpu,
    kernel,
    process,
    go,
    begin: (code) => {
      code.forEach((byte, i) => {
        process.store8(CODE + i, byte);
      });
      cpu.dirtyAll();
      const registers = new Registers();
      cpu.resetFpu(registers);
      registers.start(CODE, DATA + 0x8000);
      registers.general[REG.ebx] = DATA;
      cpu.load(registers);
      return go();
    },
    entry: (addr) => kernel.vtop(addr).steps.at(-1)?.low ?? 0,
  };
}

/** A loop of 300000 rounds around an instruction, hot enough to be translated, then int 0x80. */
function hot(instruction: readonly number[]): number[] {
  const body = [...instruction, 0x49];
  return [0xb9, 0xe0, 0x93, 4, 0, ...body, 0x75, -(body.length + 2) & 0xff, 0xcd, 0x80];
}

describe('the module', () => {
  it('is refused with another checksum', () => {
    const bytes = readV86().slice();
    bytes[1000] = (bytes[1000] as number) ^ 1;
    expect(() => checkV86(bytes)).toThrow(/SHA-256 is [0-9a-f]{64}; v86 0\.5\.462 has aa0d0e14/);
  });

  it('is refused when it imports or exports something else', () => {
    // (module (memory 0) (global (mut i32)) (export "memory" (memory 0)))
    const other = Uint8Array.of(
      ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
      ...[5, 3, 1, 0, 1],
      ...[6, 6, 1, 0x7f, 1, 0x41, 0, 0x0b],
      ...[7, 10, 1, 6, 0x6d, 0x65, 0x6d, 0x6f, 0x72, 0x79, 2, 0],
    );
    expect(() => compileCpu(other)).toThrow(/its imports are not those that we know: env\.__indirect/);
  });

  it('gets one more export and loses its names', () => {
    const bytes = readV86();
    const patched = exportStackPointer(bytes);
    expect(patched.length).toBeLessThan(bytes.length);
    const names = (wasm: Uint8Array) =>
      WebAssembly.Module.exports(new WebAssembly.Module(wasm.slice())).map(({ name }) => name);
    expect(names(patched)).toEqual([...names(bytes), '__stack_pointer']);
  });

  it('leaves what boot counts alone', () => {
    const cpu = new Cpu(loadCpuModule());
    const config = { memory: 32 * 2 ** 20 };
    const attached = boot({ ...config, ram: (bytes) => cpu.allocate(bytes) });
    installTrapStubs(attached);
    const plain = boot(config);
    for (const file of ['meminfo', 'slabinfo']) expect(attached.proc(file)).toBe(plain.proc(file));
    expect(attached.bootLog).toEqual(plain.bootLog);
    attached.checkInvariants();
  });
});

describe.each([
  ['translated', true],
  ['interpreted', false],
])('sheet 5 section 2: paging, %s', (_how, jit) => {
  it.each([
    ['read, not present', [0x8b, 0x03], 4],
    ['write, not present', [0x89, 0x03], 6],
    ['read-modify-write', [0x01, 0x03], 6],
    ['lock cmpxchg', [0xf0, 0x0f, 0xb1, 0x0b], 6],
    ['xadd', [0x0f, 0xc1, 0x0b], 6],
    ['movdqu load', [0xf3, 0x0f, 0x6f, 0x03], 4],
    ['movdqu store', [0xf3, 0x0f, 0x7f, 0x03], 6],
    ['fld', [0xdd, 0x03], 4],
    ['jump', [0xff, 0xe3], 4],
  ])('%s: error code and CR2', (_name, code, errorCode) => {
    const { cpu, begin } = bench(jit);
    expect(begin(code)).toBe(PF);
    expect([cpu.errorCode, cpu.cr2]).toEqual([errorCode, DATA]);
  });

  it('write to a read-only page, and any access to the kernel: error codes 7 and 5', () => {
    const { cpu, process, begin } = bench(jit);
    process.store8(DATA, 1);
    process.mprotect(DATA, 4096, 1);
    expect(begin([0x8b, 0x03, 0x89, 0x03])).toBe(PF);
    expect([cpu.errorCode, cpu.cr2, cpu.eip]).toEqual([7, DATA, CODE + 2]);
    expect(begin([0xa1, 0, 0, 0x10, 0xc0])).toBe(PF);
    expect([cpu.errorCode, cpu.cr2]).toEqual([5, 0xc0100000]);
  });

  it('its TLB tells what it holds, and no longer what it was told to drop', () => {
    const { cpu, kernel, process, begin } = bench(jit);
    process.store8(DATA, 1);
    process.store8(DATA + 4096, 1);
    // mov [ebx], eax; mov eax, [ebx+4096]; int 0x80
    expect(begin([0x89, 0x03, 0x8b, 0x83, 0, 0x10, 0, 0, 0xcd, 0x80])).toBe(CALL);
    const pfn = kernel.mmu.pfnOf(DATA);
    const own = { user: true, global: false };
    expect(cpu.translationOf(DATA + 123)).toEqual({ address: DATA, stores: true, pfn, ...own });
    const other = kernel.mmu.pfnOf(DATA + 4096);
    expect(cpu.translationOf(DATA + 4096)).toMatchObject({ pfn: other, ...own });
    expect(cpu.translationOf(DATA + 8192)).toBeNull();
    const held = () => {
      const pages: number[] = [];
      cpu.forEachTranslation(({ address, user }) => {
        if (user) pages.push(address);
      });
      return pages.sort((a, b) => a - b);
    };
    expect(held()).toEqual([CODE, DATA, DATA + 4096]);
    cpu.invlpg(DATA);
    expect(held()).toEqual([CODE, DATA + 4096]);
    expect(cpu.translationOf(DATA)).toBeNull();
    cpu.flushNonGlobal();
    expect(held()).toEqual([]);
    let globals = 0;
    cpu.forEachTranslation(({ global }) => (globals += global ? 1 : 0));
    expect(globals).toBeGreaterThan(0);
    cpu.flushAll();
    cpu.forEachTranslation(() => expect.unreachable());
  });

  it('a hot loop faults where one access does, when its page is taken away', () => {
    const { cpu, process, begin, go } = bench(jit);
    process.store8(DATA, 1);
    expect(begin(hot([0xff, 0x03]))).toBe(CALL);
    expect(process.load8(DATA)).toBe((300_000 + 1) & 0xff);
    process.munmap(DATA, 4096);
    cpu.eip = CODE;
    expect(go()).toBe(PF);
    expect([cpu.errorCode, cpu.cr2, cpu.eip]).toEqual([6, DATA, CODE + 5]);
  });

  it('sets A when it reads and D when it writes', () => {
    const { kernel, process, begin, go, entry } = bench(jit);
    process.store8(DATA, 1);
    const at = kernel.vm.pageTables.pteOffset(process.task.mm?.pgd ?? 0, DATA);
    const clear = () => {
      kernel.memory.words[at] = (kernel.memory.words[at] as number) & ~0x60;
      kernel.tlb.flushTlbPage(process.task.mm?.pgd ?? 0, DATA);
    };
    clear();
    expect(begin([0x8b, 0x03, 0xcd, 0x80, 0x89, 0x03, 0xcd, 0x80])).toBe(CALL);
    expect(entry(DATA) & 0x60).toBe(0x20);
    expect(go()).toBe(CALL);
    expect(entry(DATA) & 0x60).toBe(0x60);
    // Without a flush the CPU does not look again, as on hardware.
    kernel.memory.words[at] = (kernel.memory.words[at] as number) & ~0x60;
    expect(begin([0x89, 0x03, 0xcd, 0x80])).toBe(CALL);
    expect(entry(DATA) & 0x60).toBe(0);
  });

  it('does not remember that a page was missing', () => {
    const { cpu, process, begin, go } = bench(jit);
    expect(begin([0x89, 0x03, 0xcd, 0x80])).toBe(PF);
    expect(process.pageFault(cpu.cr2, cpu.errorCode, cpu.reg(REG.esp))).toBe(true);
    expect(go()).toBe(CALL);
  });

  it('writes nothing of a store whose second page is missing', () => {
    const { cpu, process, begin, go } = bench(jit);
    process.store8(DATA, 0);
    // mov eax, -1; mov [ebx + 0xffe], eax
    expect(begin([0x83, 0xc8, 0xff, 0x89, 0x83, 0xfe, 0x0f, 0, 0, 0xcd, 0x80])).toBe(PF);
    expect([cpu.errorCode, cpu.cr2]).toEqual([6, DATA + 0x1000]);
    expect(process.load8(DATA + 0xffe)).toBe(0);
    process.pageFault(cpu.cr2, cpu.errorCode, cpu.reg(REG.esp));
    expect(go()).toBe(CALL);
    expect([0xffd, 0xffe, 0x1001, 0x1002].map((at) => process.load8(DATA + at))).toEqual([0, 255, 255, 0]);
  });

  it('goes on with rep movsd in the middle', () => {
    const { cpu, process, begin, go } = bench(jit);
    for (let i = 0; i < 8192; i += 97) process.store8(DATA + i, i);
    // mov esi, ebx; lea edi, [ebx + 0x4000]; mov ecx, 2048; rep movsd; int 0x80
    let vector = begin([
      ...[0x89, 0xde, 0x8d, 0xbb, 0, 0x40, 0, 0, 0xb9, 0, 8, 0, 0],
      ...[0xf3, 0xa5, 0xcd, 0x80],
    ]);
    const faults: number[] = [];
    while (vector === PF) {
      faults.push(cpu.cr2);
      process.pageFault(cpu.cr2, cpu.errorCode, cpu.reg(REG.esp));
      vector = go();
    }
    expect(vector).toBe(CALL);
    expect(faults).toEqual([DATA + 0x4000, DATA + 0x5000]);
    for (let i = 0; i < 8192; i += 97) expect(process.load8(DATA + 0x4000 + i)).toBe(i & 0xff);
  });

  it('runs what is in a frame now, not what was there before', () => {
    const { cpu, kernel, process, begin, go } = bench(jit);
    // A hot function at CODE + 0x1000 that adds 1, then 2, to EAX.
    const call = hot([0xe8, 0xf6, 0x0f, 0, 0]);
    [0x83, 0xc0, 1, 0xc3].forEach((byte, i) => {
      process.store8(CODE + 0x1000 + i, byte);
    });
    process.store8(DATA + 0x7fff, 0);
    expect(begin(call)).toBe(CALL);
    expect(cpu.reg(REG.eax)).toBe(300_000);
    process.store8(CODE + 0x1002, 2);
    cpu.mapped(kernel.mmu.pfnOf(CODE + 0x1000));
    cpu.eip = CODE;
    cpu.setReg(REG.eax, 0);
    expect(go()).toBe(CALL);
    expect(cpu.reg(REG.eax)).toBe(600_000);
  });
});
