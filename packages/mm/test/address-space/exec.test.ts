import { describe, expect, it } from 'vitest';
import { doExecve, execEntry } from '../../src/address-space/exec.ts';
import type { ExecImage } from '../../src/address-space/exec-image.ts';
import { AT } from '../../src/address-space/exec-tables.ts';
import type { MmStruct } from '../../src/address-space/mm-struct.ts';
import { SIGKILL, SIGSEGV, type Task } from '../../src/address-space/task.ts';
import { Errno } from '../../src/errno.ts';
import type { File } from '../../src/page-cache/inode.ts';
import { FaultMachine } from './fault-machine.ts';

/** The program of Sheet 2 B17: text and data of /bin/cat, and its ld.so. */
function cat(machine: FaultMachine): { image: ExecImage; files: File[] } {
  const file = machine.file('/bin/cat', 4711, new Uint8Array(0x3c24).fill(0xcc));
  const ld = machine.file('/lib/ld-2.3.2.so', 4712, new Uint8Array(0x14d18).fill(0xdd));
  const interpreter: ExecImage = {
    file: ld,
    dynamic: true,
    entry: 0x1000,
    segments: [
      { vaddr: 0, offset: 0, filesz: 0x14a3c, memsz: 0x14a3c, prot: 5 },
      { vaddr: 0x15a40, offset: 0x14a40, filesz: 0x2d8, memsz: 0x5b8, prot: 3 },
    ],
  };
  const image: ExecImage = {
    file,
    entry: 0x08048e00,
    phnum: 6,
    interpreter,
    segments: [
      { vaddr: 0x08048000, offset: 0, filesz: 0x3a64, memsz: 0x3a64, prot: 5 },
      { vaddr: 0x0804ca64, offset: 0x3a64, filesz: 0x1c0, memsz: 0x1d80, prot: 3 },
    ],
  };
  return { image, files: [file, ld] };
}

/** Areas as start, end, flags, file offset in pages. */
function areas(task: Task): string[] {
  const hex = (value: number) => value.toString(16).padStart(8, '0');
  return (task.mm as MmStruct).index.map(
    (vma) =>
      `${hex(vma.vmStart)}-${hex(vma.vmEnd)} ${vma.vmFlags.toString(16)} ${hex(vma.vmPgoff * 4096)} ${vma.vmFile?.path ?? ''}`,
  );
}

describe.each([{ pae: false }, { pae: true }])('exec, pae $pae', (options) => {
  it('Sheet 2 B17 ELF vector', () => {
    const machine = new FaultMachine(options);
    const task = machine.spawn(2);
    machine.area(0x50000000, 0x50001000, 0x73);
    machine.write(0x50000000, 1);
    const { image, files } = cat(machine);
    expect(doExecve(machine.vm, image, ['/bin/cat'])).toBe(0);
    const mm = task.mm as MmStruct;
    expect(areas(task)).toEqual([
      '08048000-0804c000 1875 00000000 /bin/cat',
      '0804c000-0804d000 1873 00003000 /bin/cat',
      '0804d000-0804f000 77 00000000 ',
      '40000000-40015000 875 00000000 /lib/ld-2.3.2.so',
      '40015000-40016000 873 00014000 /lib/ld-2.3.2.so',
      'bffff000-c0000000 177 00000000 ',
    ]);
    expect({
      brk: mm.brk,
      startBrk: mm.startBrk,
      startCode: mm.startCode,
      endCode: mm.endCode,
      startData: mm.startData,
      endData: mm.endData,
      totalVm: mm.totalVm,
      rss: mm.rss,
      majFlt: task.majFlt,
    }).toEqual({
      brk: 0x0804e7e4,
      startBrk: 0x0804e7e4,
      startCode: 0x08048000,
      endCode: 0x0804ba64,
      startData: 0x0804ca64,
      endData: 0x0804cc24,
      totalVm: 30,
      rss: 3,
      majFlt: 2,
    });
    expect([task.comm, execEntry(task)]).toEqual(['cat', 0x40001000]);
    // The end of the data page is zero, the data before it is the file's.
    expect(machine.read(0x0804cc20) >>> 0).toBe(0xcccccccc);
    expect(machine.read(0x0804cc24)).toBe(0);
    expect(files.map((file) => [file.count, file.inode.writecount])).toEqual([
      [3, -2],
      [3, -2],
    ]);
    machine.check();
    machine.exit(task);
    expect(files.map((file) => [file.count, file.inode.writecount])).toEqual([
      [1, 0],
      [1, 0],
    ]);
    for (const file of files) machine.dropFile(file);
    machine.expectNothingLeft();
  });

  it('Sheet 2 B17 initial stack vector', () => {
    const machine = new FaultMachine(options);
    const task = machine.spawn(2);
    const file = machine.file('/a', 1, new Uint8Array(0x1000));
    const image: ExecImage = {
      file,
      entry: 0x08048080,
      segments: [{ vaddr: 0x08048000, offset: 0, filesz: 0x1000, memsz: 0x1000, prot: 5 }],
    };
    expect(doExecve(machine.vm, image, ['/a'])).toBe(0);
    const mm = task.mm as MmStruct;
    expect([mm.argStart, mm.argEnd, mm.envStart, mm.envEnd, mm.startStack, task.esp]).toEqual([
      0xbffffff6, 0xbffffff9, 0xbffffff9, 0xbffffff9, 0xbfffff60, 0xbfffff60,
    ]);
    expect(machine.pte(task, 0xbffff000)).toBe(0x067);
    const words = Array.from({ length: 34 }, (_, i) => machine.read(0xbfffff60 + i * 4) >>> 0);
    expect(words.slice(0, 4)).toEqual([1, 0xbffffff6, 0, 0]);
    const auxv = new Map<number, number>();
    for (let i = 4; i < 34; i += 2) auxv.set(words[i] as number, words[i + 1] as number);
    expect(auxv.get(AT.phdr)).toBe(0x08048034);
    expect(auxv.get(AT.phent)).toBe(32);
    expect(auxv.get(AT.phnum)).toBe(1);
    expect(auxv.get(AT.base)).toBe(0);
    expect(auxv.get(AT.entry)).toBe(0x08048080);
    expect(auxv.get(AT.pagesz)).toBe(4096);
    expect(auxv.get(AT.platform)).toBe(0xbffffff1);
    expect([words[30], words[32], words[33]]).toEqual([AT.platform, AT.null, 0]);
    expect(auxv.size).toBe(15);
    const bytes = [];
    for (let addr = 0xbffffff1; addr < 0xc0000000; addr++) {
      const word = machine.read((addr & ~3) >>> 0);
      bytes.push((word >>> ((addr & 3) * 8)) & 0xff);
    }
    expect(String.fromCharCode(...bytes)).toBe('i686\0/a\0/a\0\0\0\0\0');
    machine.check();
    machine.exit(task);
    machine.dropFile(file);
    machine.expectNothingLeft();
  });

  it('arguments over several pages, environment, and too many of them', () => {
    const machine = new FaultMachine(options);
    const task = machine.spawn(2);
    const { image, files } = cat(machine);
    const argv = ['cat', 'x'.repeat(9000)];
    const envp = ['HOME=/', 'TERM=vt100'];
    expect(doExecve(machine.vm, image, argv, envp)).toBe(0);
    const mm = task.mm as MmStruct;
    expect([mm.argEnd - mm.argStart, mm.envEnd - mm.envStart]).toEqual([4 + 9001, 7 + 11]);
    expect(task.esp % 16).toBe(0);
    expect(machine.read(task.esp)).toBe(2);
    expect([mm.argStart, mm.argStart + 4]).toEqual([1, 2].map((i) => machine.read(task.esp + i * 4) >>> 0));
    expect(machine.read(task.esp + 16) >>> 0).toBe(mm.envStart);
    expect(mm.index.at(-1)?.vmStart).toBe(0xbfffd000);
    machine.check();

    const before = areas(task);
    const free = machine.allocator.nrFreePages();
    expect(doExecve(machine.vm, image, ['x'.repeat(131072)])).toBe(-Errno.E2BIG);
    expect(areas(task)).toEqual(before);
    expect(machine.allocator.nrFreePages()).toBe(free);
    machine.exit(task);
    for (const file of files) machine.dropFile(file);
    machine.expectNothingLeft();
  });

  it('a file that is open for writing is -ETXTBSY; one that cannot be mapped is -ENOEXEC', () => {
    const machine = new FaultMachine(options);
    const task = machine.spawn(2);
    const { image, files } = cat(machine);
    const [program, ld] = files as [File, File];
    for (const busy of [program, ld]) {
      busy.inode.writecount = 1;
      expect(doExecve(machine.vm, image, ['cat'])).toBe(-Errno.ETXTBSY);
      busy.inode.writecount = 0;
    }
    expect(doExecve(machine.vm, { ...image, file: { ...program, mmapKind: null } }, ['cat'])).toBe(
      -Errno.ENOEXEC,
    );
    expect(files.map((file) => [file.count, file.inode.writecount])).toEqual([
      [1, 0],
      [1, 0],
    ]);
    expect((task.mm as MmStruct).totalVm).toBe(1);
    machine.exit(task);
    machine.expectNothingLeft();
  });

  it('an interpreter that is none kills the program, too late to go back', () => {
    const machine = new FaultMachine(options);
    const task = machine.spawn(2);
    const { image, files } = cat(machine);
    const interpreter = { ...(image.interpreter as ExecImage), unloadable: true };
    expect(doExecve(machine.vm, { ...image, interpreter }, ['cat'])).toBe(-Errno.ENOEXEC);
    expect(task.pending.map((signal) => signal.signo)).toEqual([SIGSEGV]);
    machine.check();
    machine.exit(task);
    for (const file of files) machine.dropFile(file);
    machine.expectNothingLeft();
  });

  it('a thread that execs gets an address space of its own; a dynamic program goes to 0x80000000', () => {
    const machine = new FaultMachine(options);
    const parent = machine.spawn(2);
    const thread = machine.fork(3, true);
    machine.run(thread);
    const { image, files } = cat(machine);
    const { interpreter, ...rest } = image;
    const dynamic = {
      ...rest,
      dynamic: true,
      entry: 0x500,
      segments: (interpreter as ExecImage).segments,
      file: (interpreter as ExecImage).file,
    };
    expect(doExecve(machine.vm, dynamic, ['ld.so'])).toBe(0);
    expect(thread.mm).not.toBe(parent.mm);
    expect((parent.mm as MmStruct).mmUsers).toBe(1);
    const mm = thread.mm as MmStruct;
    expect([mm.mmap?.vmStart, mm.startCode, mm.brk, execEntry(thread)]).toEqual([
      0x80000000, 0x80000000, 0x80015ff8, 0x80000500,
    ]);
    machine.check();
    machine.exit(thread);
    machine.exit(parent);
    for (const file of files) machine.dropFile(file);
    machine.expectNothingLeft();
  });

  it('a segment after one with bss: its bss is mapped and zeroed first', () => {
    const machine = new FaultMachine(options);
    const task = machine.spawn(2);
    const file = machine.file('/b', 1, new Uint8Array(0x3000).fill(0xee));
    const image: ExecImage = {
      file,
      entry: 0x08048000,
      segments: [
        { vaddr: 0x08048000, offset: 0, filesz: 0x100, memsz: 0x2100, prot: 3 },
        { vaddr: 0x08060000, offset: 0x1000, filesz: 0x1000, memsz: 0x1000, prot: 5 },
      ],
    };
    expect(doExecve(machine.vm, image, ['b'])).toBe(0);
    expect(areas(task).slice(0, 3)).toEqual([
      '08048000-08049000 1873 00000000 /b',
      '08049000-0804b000 77 00000000 ',
      '08060000-08061000 1875 00001000 /b',
    ]);
    expect(machine.read(0x080480fc) >>> 0).toBe(0xeeeeeeee);
    expect(machine.read(0x08048100)).toBe(0);
    machine.exit(task);
    machine.dropFile(file);
    machine.expectNothingLeft();
  });

  it('each allocation of fork, copy on write and exec can fail: an errno or a signal, nothing leaks', () => {
    let done = false;
    const outcomes = new Set<string>();
    for (let n = 1; !done; n++) {
      const machine = new FaultMachine(options);
      const { image, files } = cat(machine);
      const parent = machine.spawn(2);
      machine.area(0x40000000, 0x40002000, 0x73);
      machine.write(0x40000000, 1);
      machine.allocator.failAlloc(n);
      let child: Task | null = null;
      try {
        child = machine.fork(3);
      } catch {
        outcomes.add('fork fails');
      }
      if (child !== null) {
        machine.run(child);
        const wrote = machine.write(0x40000000, 2);
        if (wrote === -SIGKILL) outcomes.add('copy killed');
        machine.check();
        const result = doExecve(machine.vm, image, ['/bin/cat', 'y'.repeat(5000)]);
        const signals = child.pending.map((signal) => signal.signo);
        if (result === -Errno.ENOMEM) outcomes.add('exec refused');
        // There was no memory for the interpreter's headers.
        else if (result === -Errno.ENOEXEC) expect(signals.at(-1)).toBe(SIGSEGV);
        else expect(result).toBe(0);
        done = machine.allocator.failAllocPending !== 0;
        machine.check();
        machine.exit(child);
      }
      machine.allocator.failAlloc(0);
      machine.run(parent);
      expect(machine.read(0x40000000)).toBe(1);
      machine.check();
      machine.exit(parent);
      for (const file of files) {
        expect([file.count, file.inode.writecount]).toEqual([1, 0]);
        machine.dropFile(file);
      }
      machine.expectNothingLeft();
    }
    expect([...outcomes].sort()).toEqual(['copy killed', 'exec refused', 'fork fails']);
  });

  it('each allocation of the exec of a thread can fail: refused, or killed when its stack gets no area or page table', () => {
    const outcomes: string[] = [];
    for (let n = 1; outcomes.at(-1) !== 'done'; n++) {
      const machine = new FaultMachine(options);
      const { image, files } = cat(machine);
      const parent = machine.spawn(2);
      const thread = machine.fork(3, true);
      machine.run(thread);
      machine.allocator.failAlloc(n);
      const result = doExecve(machine.vm, image, ['cat']);
      const injected = machine.allocator.failAllocPending === 0;
      machine.allocator.failAlloc(0);
      const killed = thread.pending.some((signal) => signal.signo === SIGKILL);
      if (killed) outcomes.push(result === 0 ? 'killed' : 'killed without a stack');
      else if (result === -Errno.ENOMEM) outcomes.push('refused');
      else if (result === -Errno.ENOEXEC) outcomes.push('interpreter refused');
      else outcomes.push(injected ? 'goes on' : 'done');
      expect(thread.mm === parent.mm).toBe(outcomes.at(-1) === 'refused');
      machine.check();
      machine.exit(thread);
      machine.exit(parent);
      for (const file of files) {
        expect([file.count, file.inode.writecount]).toEqual([1, 0]);
        machine.dropFile(file);
      }
      machine.expectNothingLeft();
    }
    const refused = outcomes.lastIndexOf('refused');
    expect(outcomes[0]).toBe('refused');
    expect(outcomes[refused + 1]).toBe('killed');
    expect(new Set(outcomes.slice(refused + 2))).toEqual(new Set(['interpreter refused', 'goes on', 'done']));
  });
});
