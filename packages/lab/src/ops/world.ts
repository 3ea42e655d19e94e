/**
 * The machine on which scripts run: one process without privileges, four files, /dev/zero, and the memory of the
 * executor itself, a small static program. The executor's memory counts: `vm=` of a dump and RLIMIT_AS of `rlim_as` come
 * from the first field of /proc/PID/statm, which in 2.4 is the number of page table entries in use.
 */
import type { ExecImage, Kernel, Process } from '@pagewalk/mm';
import { ARENA, ARENA_PAGES, type Layout } from './layout.ts';
import { statmPages } from './maps.ts';
import { patternByte } from './pattern.ts';

const PAGE = 4096;
const NOBODY = 65534;
const MIB = 1 << 20;
/** RAM of the machine on which results were recorded, and its swap, in bytes. */
export const WORLD_MEMORY = 256 * MIB;
export const WORLD_SWAP_BYTES = 256 * MIB;

/** Resource numbers. */
export const RLIMIT_STACK = 3;
const RLIMIT_MEMLOCK = 8;
export const RLIMIT_AS = 9;
export const UNLIMITED = 0xffffffff;
/** RLIMIT_STACK at the start (bytes). */
export const STACK_LIMIT = 8 * MIB;

const DIRECTORY = '/tmp';
const O_RDWR = 2;

/**
 * Sizes of f0..f3 in bytes and how each is opened. They lie on a disk (ext2 on the recorded 2.4 machines): a read of a
 * hole fills the page cache, and a fault reads a cluster of pages, which tmpfs does not do.
 */
const FILES = [
  { size: 64 * PAGE, flags: 2 },
  { size: 16 * PAGE + 123, flags: 0 },
  { size: 8 * PAGE, flags: 1 },
  { size: 0, flags: 2 },
] as const;

/** The executor's program headers; `prot` is PROT_READ 1, PROT_WRITE 2, PROT_EXEC 4. */
const SEGMENTS = [
  { vaddr: 0x08048000, offset: 0x0000, filesz: 0x00d4, memsz: 0x00d4, prot: 1 },
  { vaddr: 0x08049000, offset: 0x1000, filesz: 0x302e, memsz: 0x302e, prot: 5 },
  { vaddr: 0x0804d000, offset: 0x5000, filesz: 0x052f, memsz: 0x052f, prot: 1 },
  { vaddr: 0x0804e000, offset: 0x0000, filesz: 0x0000, memsz: 0x4d9040, prot: 3 },
] as const;
const ENTRY = 0x08049039;
const PROGRAM_BYTES = 0x5e34;

/**
 * The executor's program and variables, in bytes. It runs through three pages of its text before the first op; the
 * fourth holds only the last instructions of the program, and nobody reads the page of the ELF header.
 */
const TEXT = { start: 0x08049000, end: 0x0804c000 } as const;
const CONSTANTS = 0x0804d000;
/** Buffer for /proc/self/status, two pages; the first dump is the first to use it, and the text fits in one page. */
export const STATUS_BUFFER = 0x0804e000;
/** From the buffer of getrusage to the end of the result buffer: all of it is written before the first op. */
const VARIABLES = { start: 0x08050000, end: 0x08127020 } as const;
/** Through this buffer the executor writes the files. */
const FILE_BUFFER = { start: 0x080c7000, size: 0x10000 } as const;
/** The script's text, read into here. */
const SCRIPT = { start: 0x08127040, size: 4 * MIB } as const;
/** Stack of the signal handlers, written again before each touch op. */
export const SIGNAL_STACK = { start: 0x080af000, end: 0x080b7000 } as const;

/** A machine that is ready for op 1. */
export interface World {
  readonly kernel: Kernel;
  readonly process: Process;
  readonly layout: Layout;
  /** Descriptors of f0..f3. */
  readonly files: readonly number[];
  /** Descriptor of /dev/zero. */
  readonly zero: number;
  /** First field of statm before op 1. */
  readonly startPages: number;
}

function check(condition: boolean, what: string): void {
  if (!condition) throw new Error(`the world of the script cannot be built: ${what}`);
}

/** The executor's program. Nobody looks at its text: only the layout and the size matter. */
function executorImage(kernel: Kernel): ExecImage {
  const path = `${DIRECTORY}/mmexec`;
  kernel.fs.create(path, { kind: 'disk', size: PROGRAM_BYTES, mode: 0o755 });
  const file = kernel.fs.open(path, 0);
  if (typeof file === 'number') throw new Error(`the executor's program cannot be opened: ${file}`);
  return { file, segments: SEGMENTS, entry: ENTRY, phnum: 5 };
}

const filePath = (k: number): string => `${DIRECTORY}/mmopsf${k}`;

function touchAll(process: Process, start: number, end: number, write: boolean): void {
  for (let page = start & -PAGE; page < end; page += PAGE) {
    check(process.touch(page, write), `no memory at ${page.toString(16)}`);
  }
}

/** Makes file `fk` as the executor does: with write calls, so that all of it is in the page cache. */
function writeFile(kernel: Kernel, process: Process, k: number, size: number): void {
  const path = filePath(k);
  kernel.fs.create(path, { kind: 'disk', mode: 0o666 });
  const fd = process.open(path, O_RDWR);
  check(fd >= 0, path);
  for (let done = 0; done < size; done += FILE_BUFFER.size) {
    const bytes = Math.min(size - done, FILE_BUFFER.size);
    for (let i = 0; i < bytes; i++) process.store8(FILE_BUFFER.start + i, patternByte(1000 + k, done + i));
    check(process.pwrite(fd, FILE_BUFFER.start, bytes, done) === bytes, `write ${path}`);
  }
  process.close(fd);
}

/**
 * Builds the world on a fresh machine.
 * @param scriptBytes length of the script's text: the executor has it in memory
 */
export function buildWorld(kernel: Kernel, scriptBytes: number): World {
  check(
    scriptBytes < SCRIPT.size,
    `the script is ${scriptBytes} bytes; the executor holds ${SCRIPT.size - 1}`,
  );
  const process = kernel.spawn('mmexec', { uid: NOBODY });
  const image = executorImage(kernel);
  check(process.exec(image, ['mmexec', 'script', DIRECTORY, 'x'], []) === 0, 'exec');
  kernel.fs.release(image.file);
  touchAll(process, TEXT.start, TEXT.end, false);
  touchAll(process, CONSTANTS, CONSTANTS + 1, false);
  if (scriptBytes > 0) touchAll(process, SCRIPT.start, SCRIPT.start + scriptBytes, true);
  FILES.forEach(({ size }, k) => {
    writeFile(kernel, process, k, size);
  });
  const files = FILES.map(({ flags }, k) => process.open(filePath(k), flags));
  const zero = process.open('/dev/zero', O_RDWR);
  for (const fd of [...files, zero]) check(fd >= 0, 'open');
  process.setrlimit(RLIMIT_MEMLOCK, 256 * PAGE, 256 * PAGE);
  process.setrlimit(RLIMIT_STACK, STACK_LIMIT, UNLIMITED);
  touchAll(process, VARIABLES.start, VARIABLES.end, true);

  const heap = ((process.brk(0) + PAGE - 1) & -PAGE) >>> 0;
  check(process.brk(heap) === heap, 'brk');
  const anchor = process.mmap2(0, 16 * PAGE, 0, 0x22, -1, 0);
  check(anchor >= 0, 'anchor');
  check(process.mmap2(ARENA, ARENA_PAGES * PAGE, 0, 0x22, -1, 0) === ARENA, 'the arena is not free');
  process.munmap(ARENA, ARENA_PAGES * PAGE);
  const startPages = statmPages(kernel.proc('statm', process.pid));
  return { kernel, process, layout: { heap, anchor }, files, zero, startPages };
}
