/**
 * A machine and beside it a shadow of every byte that its processes may see. The shadow knows only what system calls mean;
 * which areas exist is read from the kernel (the address space's own tests check that), what is in them is not.
 */
import { expect } from 'vitest';
import { VM } from '../../src/address-space/vma.ts';
import { boot, Errno, type Kernel, type MachineConfig, type Process } from '../../src/index.ts';
import { settledFreePages } from './settled.ts';

const FILE_PAGES = 16;
/** Two pages of each process for the buffers of pread and pwrite. */
const SCRATCH = 0x30000;
/** Where the kernel puts mappings itself. */
const UNMAPPED_BASE = 0x40000;
const WINDOW_END = 0x21000;
const WINDOW_BEGIN = 0x20000;

/** What a file, a segment or shared anonymous memory holds. */
export class Contents {
  readonly bytes = new Uint8Array(FILE_PAGES * 4096);
  size: number;
  constructor(size: number) {
    this.size = size;
  }
  /** Whether a fault on the page finds it. */
  has(page: number): boolean {
    return page * 4096 < this.size;
  }
  page(page: number): Uint8Array {
    return this.bytes.subarray(page * 4096, page * 4096 + 4096);
  }
}

/** A System V segment. */
export class SegmentContents extends Contents {
  constructor(
    readonly id: number,
    size: number,
  ) {
    super(size);
  }
}

/** A page of an address space. */
export interface ShadowPage {
  readonly source: Contents | null;
  readonly index: number;
  readonly shared: boolean;
  /** The private copy, once there is one; anonymous memory without one is zero. */
  copy: Uint8Array | null;
}

export interface Actor {
  readonly process: Process;
  readonly pages: Map<number, ShadowPage>;
}

const ZEROES = new Uint8Array(4096);

function copyPages(pages: ReadonlyMap<number, ShadowPage>): Map<number, ShadowPage> {
  return new Map([...pages].map(([at, page]) => [at, { ...page, copy: page.copy?.slice() ?? null }]));
}

export class World {
  readonly kernel: Kernel;
  actors: Actor[] = [];
  readonly files: readonly Contents[];
  readonly segments: (SegmentContents | null)[] = [null, null];
  readonly #paths = ['/tmpfs-file', '/disk-file'];
  readonly #free: number;
  readonly #init: Process;
  #programs = 0;

  constructor(config: MachineConfig) {
    this.kernel = boot(config);
    // The table of segments grows with the first one, and stays.
    const before = this.kernel.spawn('before');
    before.shmctl(before.shmget(0, 4096, 0o600), 0);
    before.exit(0);
    this.#free = settledFreePages(this.kernel);
    const bytes = Uint8Array.from({ length: 10_000 }, (_, i) => (i * 7) & 255 || 1);
    this.files = this.#paths.map((path, i) => {
      const made = this.kernel.fs.create(path, { bytes: bytes.slice(), kind: i === 0 ? 'tmpfs' : 'disk' });
      if (typeof made === 'number') throw new Error(`create: ${made}`);
      const contents = new Contents(bytes.length);
      contents.bytes.set(bytes);
      return contents;
    });
    // The first process may not be killed; it stays outside.
    this.#init = this.kernel.spawn('init');
    const actor: Actor = { process: this.kernel.spawn('first'), pages: new Map() };
    this.actors.push(actor);
    for (const path of this.#paths) actor.process.open(path, 2);
    this.#mapScratch(actor);
  }

  #mapScratch(actor: Actor): void {
    const { allocator } = this.kernel;
    const pending = allocator.failAllocPending;
    allocator.failAlloc(0);
    expect(actor.process.mmap2(SCRATCH * 4096, 8192, 3, 0x32, -1, 0)).toBe(SCRATCH * 4096);
    allocator.failAlloc(pending);
    this.#place(actor, SCRATCH, 2, null, 0, false);
  }

  #place(actor: Actor, at: number, len: number, source: Contents | null, index: number, shared: boolean) {
    for (let i = 0; i < len; i++) actor.pages.set(at + i, { source, index: index + i, shared, copy: null });
  }

  #vmaOf(actor: Actor, page: number) {
    const address = page * 4096;
    return actor.process.task.mm?.index.find((vma) => vma.vmStart <= address && address < vma.vmEnd) ?? null;
  }

  #bytesOf(page: ShadowPage): Uint8Array {
    return page.copy ?? page.source?.page(page.index) ?? ZEROES;
  }

  /** 0: may be accessed; else the signal. */
  #signalOf(actor: Actor, at: number, write: boolean): number {
    const vma = this.#vmaOf(actor, at);
    if (vma === null) return 11;
    if ((vma.vmFlags & (write ? VM.write : VM.read | VM.exec)) === 0) return 11;
    const page = actor.pages.get(at) as ShadowPage;
    return page.copy === null && page.source !== null && !page.source.has(page.index) ? 7 : 0;
  }

  #write(page: ShadowPage, offset: number, bytes: Uint8Array): void {
    if (page.shared) {
      page.source?.page(page.index).set(bytes, offset);
      return;
    }
    page.copy ??= this.#bytesOf(page).slice();
    page.copy.set(bytes, offset);
  }

  /** Runs an access. True: it went through, as it had to. */
  #access(actor: Actor, want: number, access: () => boolean): boolean {
    const armed = this.kernel.allocator.failAllocPending > 0;
    const done = access();
    if (done) {
      expect(want, 'no signal came').toBe(0);
      return true;
    }
    const signal = actor.process.takeSignal()?.signo;
    const failed = armed && this.kernel.allocator.failAllocPending === 0;
    if (failed && signal === 9) {
      this.exit(actor);
      return false;
    }
    // A shared page that could not be had for want of memory is a bus error.
    if (failed && signal === 7) return false;
    expect(signal).toBe(want);
    return false;
  }

  load(actor: Actor, address: number): void {
    const page = address >>> 12;
    let value = -1;
    const done = this.#access(actor, this.#signalOf(actor, page, false), () => {
      value = actor.process.load8(address);
      return value >= 0;
    });
    if (!done) return;
    expect(value).toBe(this.#bytesOf(actor.pages.get(page) as ShadowPage)[address & 4095]);
  }

  store(actor: Actor, address: number, value: number): void {
    const page = address >>> 12;
    const done = this.#access(actor, this.#signalOf(actor, page, true), () =>
      actor.process.store8(address, value),
    );
    if (done) this.#write(actor.pages.get(page) as ShadowPage, address & 4095, Uint8Array.of(value));
  }

  mmap(actor: Actor, at: number, len: number, prot: number, kind: number, pgoff: number): void {
    const shared = kind === 1 || kind === 4 || kind === 6;
    const fd = kind < 3 ? -1 : kind < 5 ? 0 : 1;
    const flags = (shared ? 1 : 2) | 0x10 | (fd < 0 ? 0x20 : 0);
    const result = actor.process.mmap2(at * 4096, len * 4096, prot, flags, fd, fd < 0 ? 0 : pgoff);
    if (result < 0 && result > -4096) return;
    expect(result).toBe(at * 4096);
    if (fd >= 0) this.#place(actor, at, len, this.files[fd] as Contents, pgoff, shared);
    else this.#place(actor, at, len, shared ? new Contents(len * 4096) : null, 0, shared);
  }

  mremap(actor: Actor, at: number, len: number, newLen: number, flags: number, to: number): void {
    const { process, pages } = actor;
    const old = Array.from({ length: len }, (_, i) => pages.get(at + i));
    const result = process.mremap(at * 4096, len * 4096, newLen * 4096, flags, to * 4096);
    if (result < 0 && result > -4096) return;
    const target = result >>> 12;
    if (target !== at) for (let i = 0; i < len; i++) pages.delete(at + i);
    const [first] = old;
    for (let i = 0; i < newLen; i++) {
      // Shrinking in place asks for no area: there may be none, or several.
      const page = i < len ? old[i] : first && { ...first, index: first.index + i, copy: null };
      if (page !== undefined) pages.set(target + i, page);
    }
    this.#adoptCopies(actor);
  }

  dontneed(actor: Actor, at: number, len: number): void {
    const locked = new Set<number>();
    for (const vma of actor.process.task.mm?.index ?? []) {
      if ((vma.vmFlags & VM.locked) === 0) continue;
      for (let page = vma.vmStart / 4096; page < vma.vmEnd / 4096; page++) locked.add(page);
    }
    actor.process.madvise(at * 4096, len * 4096, 4);
    for (let page = at; page < at + len; page++) {
      if (locked.has(page)) break;
      const shadow = actor.pages.get(page);
      if (shadow !== undefined) shadow.copy = null;
    }
  }

  mlock(actor: Actor, at: number, len: number): void {
    actor.process.mlock(at * 4096, len * 4096);
    this.#adoptCopies(actor);
  }

  /** Locking writes to private pages ahead of the program: what the file holds now is what they keep. */
  #adoptCopies(actor: Actor): void {
    for (const [at, page] of actor.pages) {
      if (page.shared || page.copy !== null || page.source === null) continue;
      const vma = this.#vmaOf(actor, at);
      if (vma === null || (vma.vmFlags & VM.locked) === 0) continue;
      const frame = this.#frameOf(actor, at);
      if (frame === 0 || this.kernel.memMap.mapping[frame] !== 0) continue;
      page.copy = page.source.page(page.index).slice();
    }
  }

  pwrite(actor: Actor, fd: number, position: number, len: number, value: number): void {
    const { process, pages } = actor;
    for (let page = 0; page < 2; page++) {
      this.store(actor, (SCRATCH + page) * 4096 + (value & 63), value);
      if (!this.actors.includes(actor)) return;
    }
    const done = process.pwrite(fd, SCRATCH * 4096, len, position);
    if (done <= 0) return;
    const contents = this.files[fd] as Contents;
    for (let i = 0; i < done; i++) {
      const page = pages.get(SCRATCH + (i >>> 12)) as ShadowPage;
      contents.bytes[position + i] = this.#bytesOf(page)[i & 4095] as number;
    }
    contents.size = Math.max(contents.size, position + done);
  }

  pread(actor: Actor, fd: number, position: number, len: number): void {
    const armed = this.kernel.allocator.failAllocPending > 0;
    const contents = this.files[fd] as Contents;
    const done = actor.process.pread(fd, SCRATCH * 4096, len, position);
    if (!armed) expect(done).toBe(Math.max(0, Math.min(len, contents.size - position)));
    for (let i = 0; i < done; i += 4096) {
      const chunk = contents.bytes.subarray(position + i, position + Math.min(done, i + 4096));
      this.#write(actor.pages.get(SCRATCH + (i >>> 12)) as ShadowPage, 0, chunk.slice());
    }
  }

  ftruncate(actor: Actor, fd: number, size: number): void {
    const contents = this.files[fd] as Contents;
    const armed = this.kernel.allocator.failAllocPending > 0;
    if (actor.process.ftruncate(fd, size) !== 0) return;
    // Nobody is told when there was no memory to zero the end of the last block; the next ftruncate does it.
    if (armed && this.kernel.allocator.failAllocPending === 0) actor.process.ftruncate(fd, size);
    if (size <= contents.size) {
      contents.bytes.fill(0, size);
      for (const other of this.actors) {
        for (const page of other.pages.values()) {
          if (page.source === contents && page.index >= Math.ceil(size / 4096)) page.copy = null;
        }
      }
    }
    contents.size = size;
  }

  shmget(actor: Actor, slot: number): void {
    if (this.segments[slot] !== null) return;
    const size = (slot + 2) * 4096;
    const id = actor.process.shmget(0, size, 0o600);
    if (id >= 0) this.segments[slot] = new SegmentContents(id, size);
  }

  shmrm(actor: Actor, slot: number): void {
    const segment = this.segments[slot];
    if (!segment) return;
    expect(actor.process.shmctl(segment.id, 0)).toBe(0);
    this.segments[slot] = null;
  }

  shmat(actor: Actor, at: number, slot: number, readOnly: boolean): void {
    const segment = this.segments[slot];
    if (!segment) return;
    const result = actor.process.shmat(segment.id, at * 4096, readOnly ? 0o10000 : 0);
    if (result < 0 && result > -4096) return;
    expect(result).toBe(at * 4096);
    this.#place(actor, at, segment.size / 4096, segment, 0, true);
  }

  fork(actor: Actor): void {
    const child = actor.process.fork();
    if (typeof child === 'number') {
      expect([-Errno.ENOMEM, -Errno.EAGAIN]).toContain(child);
      return;
    }
    this.actors.push({ process: child, pages: copyPages(actor.pages) });
  }

  exit(actor: Actor): void {
    actor.process.exit(0);
    this.actors = this.actors.filter((other) => other !== actor);
  }

  /** A new program, of one page. */
  exec(actor: Actor): void {
    const path = `/program${this.#programs++}`;
    const { fs } = this.kernel;
    const pending = this.kernel.allocator.failAllocPending;
    this.kernel.allocator.failAlloc(0);
    fs.create(path, { bytes: new Uint8Array(4096), kind: 'disk', mode: 0o755 });
    const file = fs.open(path, 0);
    if (typeof file === 'number') throw new Error(`open: ${file}`);
    this.kernel.allocator.failAlloc(pending);
    const segment = { vaddr: 0x08048000, offset: 0, filesz: 4096, memsz: 12_288, prot: 7 };
    const result = actor.process.exec({ file, segments: [segment], entry: 0x08048000 }, [path]);
    fs.unlink(path);
    fs.release(file);
    const signal = actor.process.takeSignal();
    if (signal !== null) {
      this.exit(actor);
      return;
    }
    if (result !== 0) return;
    actor.pages.clear();
    this.#mapScratch(actor);
  }

  /** Forgets the pages that the kernel has no area for, and demands that it has none without a shadow. */
  settle(): void {
    for (const actor of this.actors) {
      for (const page of [...actor.pages.keys()]) {
        if (this.#vmaOf(actor, page) === null) actor.pages.delete(page);
      }
      for (const vma of actor.process.task.mm?.index ?? []) {
        for (let page = vma.vmStart / 4096; page < vma.vmEnd / 4096; page++) {
          const ours =
            (page >= WINDOW_BEGIN && page < WINDOW_END) || (page >= UNMAPPED_BASE && page < 0x80000);
          if (ours && !actor.pages.has(page))
            throw new Error(`area at ${page.toString(16)}000 came from nowhere`);
        }
      }
    }
  }

  /** Frame of a page that is present, else 0. */
  #frameOf(actor: Actor, page: number): number {
    const { pageTables, memory } = this.kernel;
    const entry = pageTables.pteOffset(actor.process.task.mm?.pgd as number, page * 4096);
    if (entry === 0 || ((memory.words[entry] as number) & 0x81) === 0) return 0;
    return pageTables.ptePfn(entry);
  }

  /** Compares every byte that is mapped, and recounts the machine. */
  check(): void {
    this.kernel.checkInvariants();
    const { memory } = this.kernel;
    for (const { process, pages } of this.actors) {
      for (const [at, page] of pages) {
        const frame = this.#frameOf({ process, pages }, at);
        if (frame === 0) continue;
        const start = memory.base(frame as never) * 4;
        const actual = memory.bytes.subarray(start, start + 4096);
        const want = this.#bytesOf(page);
        for (let i = 0; i < 4096; i++) {
          if (actual[i] !== want[i]) {
            throw new Error(
              `pid ${process.pid}, ${(at * 4096 + i).toString(16)}: ${actual[i]} in frame ${frame}, must be ${want[i]}`,
            );
          }
        }
      }
    }
  }

  /** Ends all processes and removes all files: every page must be free again. */
  end(): void {
    for (const actor of [...this.actors]) {
      for (const [at] of [...actor.pages]) this.load(actor, at * 4096 + 17);
    }
    const [last] = this.actors;
    if (last !== undefined) for (let slot = 0; slot < 2; slot++) this.shmrm(last, slot);
    else for (const segment of this.segments) if (segment) this.#init.shmctl(segment.id, 0);
    for (const { process } of [...this.actors]) process.exit(0);
    this.#init.exit(0);
    for (const path of this.#paths) this.kernel.fs.unlink(path);
    this.kernel.checkInvariants();
    expect(settledFreePages(this.kernel)).toBe(this.#free);
  }
}
