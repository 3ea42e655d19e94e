/** Faults, signals, fork and exec as 2.4.0 has them (sheet 7, section 9). */
import { describe, expect, it } from 'vitest';
import { doExecve } from '../../src/address-space/exec.ts';
import type { ExecImage } from '../../src/address-space/exec-image.ts';
import { AT } from '../../src/address-space/exec-tables.ts';
import { sysMadvise } from '../../src/address-space/madvise.ts';
import { sysMlockall } from '../../src/address-space/mlock.ts';
import type { MmStruct } from '../../src/address-space/mm-struct.ts';
import { MADV } from '../../src/address-space/mman.ts';
import { doPageFault, FAULT_RETRY } from '../../src/address-space/page-fault.ts';
import { type LeakySignals, MAX_QUEUED_SIGNALS } from '../../src/address-space/signal-queue.ts';
import { SEGV_ACCERR, SEGV_MAPERR, SIGBUS, SIGKILL, SIGSEGV } from '../../src/address-space/task.ts';
import { VM } from '../../src/address-space/vma.ts';
import { zeromapPageRange } from '../../src/address-space/zeromap.ts';
import { PG } from '../../src/physical/mem-map.ts';
import { addressSpaceRules } from '../../src/release/address-space-rules.ts';
import { FaultMachine, type MachineOptions } from './fault-machine.ts';

const RULES = addressSpaceRules('2.4.0');
const RW = VM.read | VM.write | VM.mayRead | VM.mayWrite;
const BASE = 0x40000000;

const machine = (options: MachineOptions = {}) => new FaultMachine({ rules: RULES, ...options });
const signals = (m: FaultMachine) => m.vm.signals as LeakySignals;

/** An area that shows `pages` pages of an empty file: each touch is beyond its end. */
function emptyFile(m: FaultMachine, pages: number): void {
  const file = m.file('/empty', 9, new Uint8Array(0));
  m.area(BASE, BASE + pages * 4096, RW, (vma) => {
    file.count++;
    vma.vmFile = file;
    vma.vmOps = { name: 'test', nopage: () => 0 };
  });
}

describe('signals (sheet 7, 9.2)', () => {
  it('a SIGBUS arrives without code and address, and its record stays', () => {
    const m = machine();
    const task = m.spawn(2);
    emptyFile(m, 4);
    expect(m.read(BASE + 0x1004)).toBe(-SIGBUS);
    expect(m.vm.signals.take(task)).toEqual({ signo: SIGBUS, code: 0, addr: 0 });
    expect(m.vm.signals.take(task)).toBeNull();
    expect(signals(m).queued).toBe(1);
    m.exit(task);
    expect(signals(m).queued).toBe(0);
    m.expectNothingLeft();
  });

  it('one that is pending already takes no second record', () => {
    const m = machine();
    const task = m.spawn(2);
    emptyFile(m, 4);
    m.read(BASE);
    m.read(BASE + 4096);
    expect(signals(m).queued).toBe(1);
    expect(task.pending).toHaveLength(1);
  });

  it('a SIGSEGV arrives whole, and its record is free then', () => {
    const m = machine();
    const task = m.spawn(2);
    m.area(BASE, BASE + 4096, VM.read | VM.mayRead);
    expect(m.read(0x1234)).toBe(-SIGSEGV);
    expect(signals(m).queued).toBe(1);
    expect(m.vm.signals.take(task)).toEqual({ signo: SIGSEGV, code: SEGV_MAPERR, addr: 0x1234 });
    expect(signals(m).queued).toBe(0);
    expect(m.write(BASE, 1)).toBe(-SIGSEGV);
    expect(m.vm.signals.take(task)).toEqual({ signo: SIGSEGV, code: SEGV_ACCERR, addr: BASE });
  });

  it('sheet 7, 19 vector 14: from 1024 records on, a SIGSEGV is as bare; a child takes its own along', () => {
    const m = machine();
    const parent = m.spawn(2);
    emptyFile(m, MAX_QUEUED_SIGNALS);
    const touch = (page: number) => {
      expect(m.read(BASE + page * 4096)).toBe(-SIGBUS);
      expect(m.vm.signals.take(m.vm.current)).toEqual({ signo: SIGBUS, code: 0, addr: 0 });
    };
    const segfault = () => {
      m.read(0x1234);
      return m.vm.signals.take(m.vm.current);
    };
    for (let page = 0; page < MAX_QUEUED_SIGNALS - 1; page++) touch(page);
    expect(segfault()).toEqual({ signo: SIGSEGV, code: SEGV_MAPERR, addr: 0x1234 });

    const child = m.fork(3);
    m.run(child);
    touch(0);
    expect(signals(m).queued).toBe(MAX_QUEUED_SIGNALS);
    expect(segfault()).toEqual({ signo: SIGSEGV, code: 0, addr: 0 });
    m.exit(child);
    m.run(parent);
    expect(signals(m).queued).toBe(MAX_QUEUED_SIGNALS - 1);
    expect(segfault()?.code).toBe(SEGV_MAPERR);
    touch(MAX_QUEUED_SIGNALS - 1);
    expect(segfault()).toEqual({ signo: SIGSEGV, code: 0, addr: 0 });
    m.exit(parent);
    m.expectNothingLeft();
  });

  it('a SIGBUS of the kernel is sent too, before the fixup', () => {
    const m = machine();
    const task = m.spawn(2);
    emptyFile(m, 1);
    expect(doPageFault(m.vm, BASE, 0)).toBeLessThan(0);
    expect(m.vm.signals.take(task)).toEqual({ signo: SIGBUS, code: 0, addr: 0 });
  });

  it('without memory for a record the signal comes bare', () => {
    const m = machine();
    const task = m.spawn(2);
    m.vm.slab.kmemCacheAlloc = () => 0;
    m.read(0x1234);
    expect(m.vm.signals.take(task)).toEqual({ signo: SIGSEGV, code: 0, addr: 0 });
  });

  it('no memory kills pid 1 as well', () => {
    for (const [rules, killed] of [
      [RULES, SIGKILL],
      [addressSpaceRules('2.4.22'), -2],
    ] as const) {
      const m = machine({ rules });
      m.spawn(1);
      m.area(BASE, BASE + 4096, RW);
      m.allocator.allocPages = () => 0;
      expect(doPageFault(m.vm, BASE, 6)).toBe(killed);
    }
  });
});

describe.each([
  { pae: false },
  { pae: true },
])('addresses of the kernel (sheet 7, 9.1), pae $pae', (options) => {
  it('a present entry is bad for everybody; a missing one is copied, for a program too', () => {
    const m = machine(options);
    const task = m.spawn(2);
    const words = m.memory.words;
    const { pageTables } = m.vm;
    const slot = Math.floor(0xd0000000 / pageTables.pgdirSize) * pageTables.entryWords;
    const word = (pgd: number) => m.memory.base(pgd >>> 12) + ((pgd & 4095) >>> 2) + slot;
    const own = word((task.mm as MmStruct).pgd);
    const reference = word(pageTables.swapperPgDir);
    words[reference] = 0;
    words[own] = 0;
    expect(doPageFault(m.vm, 0xd0000000, 0)).toBeLessThan(0);
    expect(doPageFault(m.vm, 0xd0000000, 4)).toBe(SIGSEGV);
    words[reference] = 0x00123063;
    expect(doPageFault(m.vm, 0xd0000000, 4)).toBe(FAULT_RETRY);
    expect(words[own]).toBe(0x00123063);
    m.vm.signals.take(task);
    expect(doPageFault(m.vm, 0xd0000000, 4)).toBe(SIGSEGV);
    expect(doPageFault(m.vm, 0xd0000000, 0)).toBeLessThan(0);
  });
});

describe('pages (sheet 7, 9.3)', () => {
  it('anonymous pages are on no list', () => {
    const m = machine();
    const task = m.spawn(2);
    m.area(BASE, BASE + 0x4000, RW);
    m.write(BASE, 1);
    m.read(BASE + 0x1000);
    m.write(BASE + 0x1000, 2);
    const child = m.fork(3);
    m.write(BASE, 3);
    expect(m.pageCache.nrActivePages + m.pageCache.nrInactivePages).toBe(0);
    expect(m.vm.memMap.count[m.pfn(task, BASE)]).toBe(1);
    m.check();
    m.exit(child);
    m.exit(task);
    m.expectNothingLeft();
  });

  it('a reserved page with one reference is written to, not copied', () => {
    for (const [rules, copied] of [
      [RULES, false],
      [addressSpaceRules('2.4.22'), true],
    ] as const) {
      const m = machine({ rules });
      const task = m.spawn(2);
      const pfn = m.allocator.allocPages(0x1d2, 0);
      m.memMap.flags[pfn] = (m.memMap.flags[pfn] as number) | PG.reserved;
      m.area(BASE, BASE + 0x1000, RW);
      expect(zeromapPageRange(m.vm, BASE, 0x1000, 0x025)).toBe(0);
      m.vm.pageTables.setPte(m.vm.pageTables.pteOffset((task.mm as MmStruct).pgd, BASE), pfn, 0x025);
      expect(m.write(BASE, 1)).toBe(0);
      expect(m.pfn(task, BASE) !== pfn).toBe(copied);
    }
  });

  it('what the decision was is recorded with its operands', () => {
    const m = machine();
    m.spawn(2);
    m.area(BASE, BASE + 0x1000, RW);
    m.write(BASE, 1);
    m.fork(3);
    m.trace.on = true;
    m.write(BASE, 2);
    const reuse = [...m.trace.events()].find(({ name }) => name === 'cow_reuse_unshared');
    expect(reuse?.values).toMatchObject({ count: 2, locked: 0, slots: 0, outcome: 0 });
  });

  it('pages of a private mapping of /dev/zero come back as anonymous ones (9.5)', () => {
    const m = machine();
    const task = m.spawn(2);
    const zero = m.file('/dev/zero', 5, new Uint8Array(0));
    m.area(BASE, BASE + 0x2000, RW, (vma) => {
      zero.count++;
      vma.vmFile = zero;
    });
    expect(zeromapPageRange(m.vm, BASE, 0x2000, 0x025)).toBe(0);
    expect(m.read(BASE)).toBe(0);
    expect([task.minFlt, task.majFlt]).toEqual([0, 0]);
    expect(sysMadvise(m.vm, BASE, 0x2000, MADV.dontNeed)).toBe(0);
    expect(m.read(BASE)).toBe(0);
    m.write(BASE + 0x1000, 7);
    expect([task.minFlt, task.majFlt]).toEqual([2, 0]);
  });
});

describe('fork (sheet 7, 9.4)', () => {
  it('the child inherits mlockall(MCL_FUTURE) and the rss, and stands behind the parent in the list', () => {
    const m = machine();
    const parent = m.spawn(2);
    m.area(BASE, BASE + 0x2000, RW);
    m.area(BASE + 0x10000, BASE + 0x12000, RW | VM.dontCopy);
    for (const addr of [BASE, BASE + 0x10000, BASE + 0x11000]) m.write(addr, 1);
    expect(sysMlockall(m.vm, 2)).toBe(0);
    const child = m.fork(3);
    const [from, to] = [parent.mm as MmStruct, child.mm as MmStruct];
    expect([to.defFlags, to.lockedVm, to.rss, to.totalVm]).toEqual([VM.locked, 0, from.rss, from.totalVm]);
    expect(from.mmlistNext).toBe(to);
    m.check();
    m.exit(child);
    m.exit(parent);
    m.expectNothingLeft();
  });

  it('one that finds no memory leaves nothing', () => {
    const m = machine();
    const parent = m.spawn(2);
    m.area(BASE, BASE + 0x2000, RW);
    m.write(BASE, 1);
    m.allocator.failAlloc(4);
    expect(() => m.fork(3)).toThrow('fork failed: -12');
    m.check();
    m.exit(parent);
    m.expectNothingLeft();
  });
});

describe('exec (sheet 7, 9.4)', () => {
  const program = (m: FaultMachine, interpreted: boolean, more: Partial<ExecImage> = {}): ExecImage => {
    const file = m.file('/a', 1, new Uint8Array(0x2000));
    const ld = m.file('/ld.so', 2, new Uint8Array(0x1000));
    const segments = [{ vaddr: 0, offset: 0, filesz: 0x1000, memsz: 0x1000, prot: 5 }];
    return {
      file,
      entry: 0x08048100,
      segments: [{ vaddr: 0x08048000, offset: 0, filesz: 0x1000, memsz: 0x1000, prot: 5 }],
      ...(interpreted ? { interpreter: { file: ld, dynamic: true, entry: 0x10, segments } } : {}),
      ...more,
    };
  };

  /** The words from the stack pointer up to the end of the auxiliary vector: [argc, argv.., 0, envp.., 0, pairs]. */
  const stack = (m: FaultMachine, esp: number) => {
    const words: number[] = [];
    for (let at = esp; words.length < 64; at += 4) {
      const pfn = m.pfn(m.vm.current, at);
      words.push((m.memory.words[m.memory.base(pfn) + ((at & 4095) >>> 2)] as number) >>> 0);
      const pairsAt = words.length - 4;
      if (pairsAt > 0 && pairsAt % 2 === 0 && words.at(-2) === AT.null) break;
    }
    const pairs: number[] = [];
    for (let i = 4; i < words.length; i += 2) pairs.push(words[i] as number);
    return { argc: words[0], envp: words[3], keys: pairs };
  };

  it.each([
    [
      'dynamic',
      true,
      0xbfffff58,
      [
        AT.phdr,
        AT.phent,
        AT.phnum,
        AT.base,
        AT.flags,
        AT.entry,
        AT.uid,
        AT.euid,
        AT.gid,
        AT.egid,
        AT.hwcap,
        AT.pagesz,
        AT.clktck,
        AT.platform,
        AT.null,
      ],
    ],
    ['static', false, 0xbfffffa0, [AT.hwcap, AT.pagesz, AT.clktck, AT.platform, AT.null]],
  ] as const)('sheet 7, 19 vector 19: the stack of a %s program', (_name, interpreted, esp, keys) => {
    const m = machine();
    const task = m.spawn(2);
    expect(doExecve(m.vm, program(m, interpreted), ['/a'])).toBe(0);
    expect(task.esp.toString(16)).toBe(esp.toString(16));
    expect(stack(m, task.esp)).toEqual({ argc: 1, envp: 0, keys });
    expect(m.pageCache.nrActivePages).toBeLessThanOrEqual(interpreted ? 2 : 1);
    m.check();
  });

  it('nothing is mapped for the bss of a segment that is not the last one', () => {
    const segments = [
      { vaddr: 0x08048000, offset: 0, filesz: 0x800, memsz: 0x3000, prot: 3 },
      { vaddr: 0x08050000, offset: 0x1000, filesz: 0x1000, memsz: 0x1000, prot: 5 },
    ];
    const areasOf = (rules: typeof RULES) => {
      const m = machine({ rules });
      const task = m.spawn(2);
      expect(doExecve(m.vm, program(m, false, { segments }), ['/a'])).toBe(0);
      return (task.mm as MmStruct).index.map((vma) => vma.vmStart.toString(16));
    };
    expect(areasOf(RULES)).toEqual(['8048000', '8050000', 'bffff000']);
    expect(areasOf(addressSpaceRules('2.4.22'))).toEqual(['8048000', '8049000', '8050000', 'bffff000']);
  });

  it('a program that may lie anywhere is moved by 80000000', () => {
    const segments = [{ vaddr: 0x1000, offset: 0, filesz: 0x1000, memsz: 0x1000, prot: 5 }];
    const first = (rules: typeof RULES) => {
      const m = machine({ rules });
      const task = m.spawn(2);
      const image = program(m, false, { segments, dynamic: true, entry: 0x1010 });
      expect(doExecve(m.vm, image, ['/a'])).toBe(0);
      return (task.mm as MmStruct).index[0]?.vmStart.toString(16);
    };
    expect(first(RULES)).toBe('80001000');
    expect(first(addressSpaceRules('2.4.22'))).toBe('80000000');
  });
});
