import { access, type Kernel } from '@pagewalk/mm';
import { ContentError } from '../replay/replay-error.ts';
import { MappingRefused, type Runner } from './pattern-memory.ts';
import { IMAGE } from './program.ts';
import { WorkloadError } from './workload-error.ts';

const PAGE = 4096;

/** First word of a page of the scanned file: different for each. */
function fileWord(page: number): number {
  return Math.imul(page + 1, 0x9e3779b1);
}

/** Puts the file of a scan on the machine's disk, with nothing of it in memory. */
export function installFile(kernel: Kernel, path: string, pages: number): void {
  const inode = kernel.fs.create(path, {
    kind: 'disk',
    size: pages * PAGE,
    fill: (page, words) => {
      words[0] = fileWord(page);
      return true;
    },
  });
  if (typeof inode === 'number') throw new WorkloadError(`memory: none left for the file ${path}`);
}

/** A file that is read page by page, through a mapping or with pread. */
export class FileScan {
  readonly pages: number;
  private readonly runner: Runner;
  private readonly fd: number;
  /** Address of the mapping; -1: it is read with pread. */
  private readonly mapping: number;

  /** Opens the file, and maps it if `mapped`. @throws MappingRefused */
  constructor(runner: Runner, path: string, pages: number, mapped: boolean) {
    this.runner = runner;
    this.pages = pages;
    this.fd = runner.process.open(path, 0);
    if (this.fd < 0) throw new WorkloadError(`workload: ${path} cannot be opened on the simulated disk`);
    // PROT_READ, MAP_SHARED
    this.mapping = mapped ? runner.process.mmap2(0, pages * PAGE, 1, 1, this.fd, 0) : -1;
    if (mapped && this.mapping < 0) throw new MappingRefused(pages, this.mapping);
  }

  /** Reads a page of the file. */
  access(page: number): void {
    const { runner } = this;
    const { kernel, process } = runner;
    runner.turn();
    let byte: number;
    if (this.mapping >= 0) {
      byte = access.load8(kernel.vm, kernel.mmu, this.mapping + page * PAGE);
      if (byte < 0) runner.killed();
    } else {
      const result = process.pread(this.fd, IMAGE.readBuffer, PAGE, page * PAGE);
      if (result !== PAGE) throw new WorkloadError(`workload: pread of page ${page} gave ${result}`);
      byte = process.load8(IMAGE.readBuffer);
    }
    runner.accesses++;
    runner.turns++;
    if (byte !== (fileWord(page) & 255)) {
      throw new ContentError(`page ${page} of the file holds ${byte}, not ${fileWord(page) & 255}`);
    }
  }
}
