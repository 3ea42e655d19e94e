import { describe, expect, it } from 'vitest';
import { store8, touch } from '../../src/address-space/access.ts';
import type { MmStruct } from '../../src/address-space/mm-struct.ts';
import { SIGSEGV, Task } from '../../src/address-space/task.ts';
import { VM } from '../../src/address-space/vma.ts';
import { swapEntry } from '../../src/arch/i386.ts';
import type { File } from '../../src/page-cache/inode.ts';
import { mapsText } from '../../src/proc/pid-maps.ts';
import { statmText } from '../../src/proc/pid-statm.ts';
import { statusText } from '../../src/proc/pid-status.ts';
import { FaultMachine } from '../address-space/fault-machine.ts';

const PRIVATE = VM.mayRead | VM.mayWrite | VM.mayExec;
const RX = VM.read | VM.exec | PRIVATE;
const RW = VM.read | VM.write | PRIVATE;
const RWX = RX | VM.write;

const mmOf = (task: Task) => task.mm as MmStruct;

/** The address space of sheet 2 B17's ELF vector, without its pages. */
function elfMachine() {
  const machine = new FaultMachine();
  const task = machine.spawn(7);
  task.comm = 'cat';
  const cat = machine.file('/bin/cat', 4711, new Uint8Array(5 * 4096));
  const ld = machine.file('/lib/ld-2.3.2.so', 4712, new Uint8Array(22 * 4096));
  const map = (start: number, end: number, flags: number, file: File | null, pgoff = 0) =>
    machine.area(start, end, flags, (vma) => {
      vma.vmFile = file;
      vma.vmPgoff = pgoff;
    });
  const exe = VM.denyWrite | VM.executable;
  map(0x08048000, 0x0804c000, RX | exe, cat);
  map(0x0804c000, 0x0804d000, RW | exe, cat, 3);
  map(0x0804d000, 0x0804f000, RWX, null);
  map(0x40000000, 0x40015000, RX | VM.denyWrite, ld);
  map(0x40015000, 0x40016000, RW | VM.denyWrite, ld, 20);
  return { machine, task };
}

describe('/proc/PID/maps', () => {
  it('sheet 2 B17: the ELF vector', () => {
    const { task } = elfMachine();
    expect(mapsText(task)).toBe(
      `08048000-0804c000 r-xp 00000000 03:01 4711       /bin/cat
0804c000-0804d000 rw-p 00003000 03:01 4711       /bin/cat
0804d000-0804f000 rwxp 00000000 00:00 0
40000000-40015000 r-xp 00000000 03:01 4712       /lib/ld-2.3.2.so
40015000-40016000 rw-p 00014000 03:01 4712       /lib/ld-2.3.2.so
bffff000-c0000000 rwxp 00000000 00:00 0
`,
    );
  });

  it('sheet 2 B19: a stack grown by one page has a negative offset', () => {
    const { machine, task } = elfMachine();
    task.esp = 0xbfffe800;
    expect(store8(machine.vm, machine.mmu, 0xbfffe900, 1)).toBe(true);
    expect(mapsText(task).split('\n').at(-2)).toBe('bfffe000-c0000000 rwxp fffff000 00:00 0');
  });

  it('sheet 2 B19: shared mappings and deleted files', () => {
    const machine = new FaultMachine();
    const task = machine.spawn(2, false);
    const zero = machine.file('/dev/zero', 9, new Uint8Array(4096));
    zero.inode.nlink = 0;
    machine.area(0x40000000, 0x40001000, VM.read | VM.shared | VM.mayShare, (vma) => {
      vma.vmFile = zero;
    });
    machine.area(0x40002000, 0x40003000, VM.mayShare);
    expect(mapsText(task)).toBe(
      `40000000-40001000 r--s 00000000 03:01 9          /dev/zero (deleted)
40002000-40003000 ---s 00000000 00:00 0
`,
    );
  });

  it('is empty for a kernel thread', () => {
    expect(mapsText(new Task(3, null, 'kswapd'))).toBe('');
  });
});

describe('/proc/PID/status', () => {
  /** /proc/1/status as a real 2.4.22 kernel (64 MiB, QEMU) printed it. */
  const RECORDED = `Name:	init
State:	R (running)
Tgid:	1
Pid:	1
PPid:	0
TracerPid:	0
Uid:	0	0	0	0
Gid:	0	0	0	0
FDSize:	32
Groups:	
VmSize:	     132 kB
VmLck:	       0 kB
VmRSS:	      60 kB
VmData:	      64 kB
VmStk:	       4 kB
VmExe:	      44 kB
VmLib:	       0 kB
SigPnd:	0000000000000000
SigBlk:	0000000000000000
SigIgn:	0000000000000000
SigCgt:	0000000000000000
CapInh:	0000000000000000
CapPrm:	00000000ffffffff
CapEff:	00000000fffffeff
`;
  /** Its maps in the same recording. */
  const RECORDED_MAPS = `08048000-08049000 r--p 00000000 03:00 25         /init
08049000-08054000 r-xp 00001000 03:00 25         /init
08054000-08056000 r--p 0000c000 03:00 25         /init
08056000-08058000 rw-p 0000d000 03:00 25         /init
08058000-08068000 rwxp 00000000 00:00 0
bffff000-c0000000 rwxp 00000000 00:00 0
`;

  it('and maps equal what a real 2.4.22 printed for its init', () => {
    const machine = new FaultMachine();
    const task = machine.spawn(1);
    task.comm = 'init';
    const file = machine.file('/init', 25, new Uint8Array(16 * 4096));
    Object.assign(file.inode, { dev: 0x300 });
    const map = (start: number, end: number, flags: number, pgoff: number) =>
      machine.area(start, end, flags | PRIVATE | VM.denyWrite | VM.executable, (vma) => {
        vma.vmFile = file;
        vma.vmPgoff = pgoff;
      });
    map(0x08048000, 0x08049000, VM.read, 0);
    map(0x08049000, 0x08054000, VM.read | VM.exec, 1);
    map(0x08054000, 0x08056000, VM.read, 12);
    map(0x08056000, 0x08058000, VM.read | VM.write, 13);
    machine.area(0x08058000, 0x08068000, RWX);
    mmOf(task).totalVm = 33;
    mmOf(task).rss = 15;
    expect(statusText(task)).toBe(RECORDED);
    expect(mapsText(task)).toBe(RECORDED_MAPS);
  });

  it('sheet 2 B19: the ELF vector', () => {
    const { task } = elfMachine();
    mmOf(task).totalVm = 30;
    mmOf(task).rss = 12;
    const lines = statusText(task).split('\n');
    expect(lines.filter((line) => line.startsWith('Vm'))).toEqual([
      'VmSize:\t     120 kB',
      'VmLck:\t       0 kB',
      'VmRSS:\t      48 kB',
      'VmData:\t       8 kB',
      'VmStk:\t       4 kB',
      'VmExe:\t      16 kB',
      'VmLib:\t      84 kB',
    ]);
  });

  it('a kernel thread has no Vm lines, a zombie no files; names are escaped and cut', () => {
    const task = new Task(3, null, 'a\\b\nc and more than that');
    task.uid = 500;
    task.capEffective = 0;
    const text = statusText(task, false);
    expect(text).not.toContain('Vm');
    expect(text.split('\n').slice(0, 2)).toEqual(['Name:\ta\\\\b\\nc and more ', 'State:\tS (sleeping)']);
    expect(text).toContain('Uid:\t500\t500\t500\t500\n');
    expect(text).toContain('CapPrm:\t0000000000000000\nCapEff:\t0000000000000000\n');
    task.dead = true;
    expect(statusText(task)).toContain('State:\tZ (zombie)\n');
    expect(statusText(task)).toContain('FDSize:\t0\n');
  });

  it('shows pending signals, the parent, and a larger descriptor table', () => {
    const parent = new Task(40, null, 'sh');
    const task = new Task(41, parent, 'x');
    task.pending.push({ signo: SIGSEGV, code: 1, addr: 0 });
    task.filesStruct.maxFds = 2048;
    const text = statusText(task);
    expect(text).toContain('SigPnd:\t0000000000000400\n');
    expect(text).toContain('PPid:\t40\n');
    expect(text).toContain('FDSize:\t2048\n');
    parent.dead = true;
    expect(statusText(task)).toContain('PPid:\t1\n');
  });
});

describe.each([
  ['two levels', false],
  ['PAE', true],
])('/proc/PID/statm, %s', (_name, pae) => {
  it('sheet 2 B19: counts by entries: touched, present, shared, by kind of area, dirty', () => {
    const machine = new FaultMachine({ pae });
    const task = machine.spawn(2);
    const { vm, mmu } = machine;
    expect(statmText(vm, task)).toBe('0 0 0 0 0 0 0\n');
    // An area over the border of two page tables, below the border of libraries.
    machine.area(0x103fe000, 0x10403000, RW);
    machine.area(0x70000000, 0x70004000, RW);
    machine.area(0x20000000, 0x20004000, RW | VM.executable);
    touch(vm, mmu, 0x103ff000, true);
    touch(vm, mmu, 0x10400000, true);
    // The zero page is reserved: touched, but not resident.
    touch(vm, mmu, 0x10402000, false);
    touch(vm, mmu, 0xbffff000, true);
    touch(vm, mmu, 0x70000000, true);
    touch(vm, mmu, 0x20000000, true);
    touch(vm, mmu, 0x20001000, true);
    //                           size resident share trs lrs drs dt
    expect(statmText(vm, task)).toBe('7 6 0 2 1 3 6\n');
    const child = machine.fork(3);
    // The fork shares every page and clears no dirty bits in private areas.
    expect(statmText(vm, task)).toBe('7 6 6 2 1 3 6\n');
    expect(statmText(vm, child)).toBe('7 6 6 2 1 3 6\n');
    // A page that went to swap counts in the size only.
    const entry = vm.pageTables.pteAlloc(mmOf(task).pgd, 0x70003000);
    vm.pageTables.setSwapPte(entry, swapEntry(0, 1));
    expect(statmText(vm, task)).toBe('8 6 6 2 1 3 6\n');
    vm.pageTables.clearPte(entry);
    machine.exit(child);
    machine.exit(task);
    machine.expectNothingLeft();
  });

  it('is all zero for a kernel thread', () => {
    const machine = new FaultMachine({ pae });
    expect(statmText(machine.vm, new Task(3, null, 'kswapd'))).toBe('0 0 0 0 0 0 0\n');
  });
});
