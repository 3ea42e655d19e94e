/**
 * The small static programs that run on the machine of a workload: an init that sleeps, and the workload's own. They are
 * images without code; what counts is which of their pages a running program uses.
 */
import type { Kernel, Process } from '@pagewalk/mm';
import { WorkloadError } from './workload-error.ts';

const PAGE = 4096;
/** Where i386 programs are linked to. */
const BASE = 0x08048000;

/** Pages of a small static program. */
const TEXT_PAGES = 12;
const DATA_PAGES = 1;
const BSS_PAGES = 12;

/** Where the image's parts are. */
export const IMAGE = {
  text: BASE,
  /** The page of text that holds the inner loop. */
  loop: BASE + PAGE,
  data: BASE + TEXT_PAGES * PAGE,
  /** The counters and the generator's state. */
  counters: BASE + (TEXT_PAGES + DATA_PAGES) * PAGE,
  /** Text buffers, in which what /proc says is kept. */
  textBuffers: BASE + (TEXT_PAGES + DATA_PAGES + 1) * PAGE,
  /** The buffer of pread. */
  readBuffer: BASE + (TEXT_PAGES + DATA_PAGES + BSS_PAGES - 1) * PAGE,
} as const;

/** Pages that start-up code runs through, of {@link TEXT_PAGES}. */
const STARTUP_TEXT = [0, 1, 2, 4, 6, 9];

/** Puts the program's file on the machine's disk. */
export function installProgram(kernel: Kernel, path: string): void {
  const size = (TEXT_PAGES + DATA_PAGES) * PAGE;
  const inode = kernel.fs.create(path, { kind: 'disk', size, mode: 0o755 });
  if (typeof inode === 'number') throw new WorkloadError(`memory: none left for the program ${path}`);
}

/** Runs the program in a process, up to where its main loop begins. @throws WorkloadError when memory does not suffice */
export function startProgram(kernel: Kernel, process: Process, path: string, argv: readonly string[]): void {
  const file = kernel.fs.open(path, 0);
  if (typeof file === 'number') throw new WorkloadError(`memory: none left to open ${path}`);
  const text = TEXT_PAGES * PAGE;
  const result = process.exec(
    {
      file,
      entry: BASE,
      segments: [
        { vaddr: BASE, offset: 0, filesz: text, memsz: text, prot: 5 },
        {
          vaddr: IMAGE.data,
          offset: text,
          filesz: DATA_PAGES * PAGE,
          memsz: (DATA_PAGES + BSS_PAGES) * PAGE,
          prot: 3,
        },
      ],
    },
    argv,
    [],
  );
  kernel.fs.release(file);
  if (result < 0) throw new WorkloadError('memory: none left to run the workload');
  for (const page of STARTUP_TEXT) process.touch(IMAGE.text + page * PAGE, false);
  process.touch(IMAGE.data, true);
  process.touch(IMAGE.counters, true);
  process.touch(IMAGE.textBuffers, true);
  process.touch(process.task.esp, true);
}

/** Pages of text that library calls run through: fflush and fork, waitpid, and _exit. */
const CALL_TEXT = { fork: [0, 4, 6], wait: [9, 0], exit: [2, 10] } as const;

/** A library call: its text is used, and the stack. */
export function touchCall(process: Process, call: keyof typeof CALL_TEXT): void {
  for (const page of CALL_TEXT[call]) process.touch(IMAGE.text + page * PAGE, false);
  process.touch(process.task.esp, true);
}

/** What the inner loop uses besides the pages of the pattern. False: the process got no page. */
export function touchOwnPages(process: Process): boolean {
  return (
    process.touch(IMAGE.loop, false) &&
    process.touch(IMAGE.counters, true) &&
    process.touch(process.task.esp, true)
  );
}
