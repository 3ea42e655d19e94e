import { ReferenceFilter } from '../trace/filter.ts';
import { Access, ImageRole, MapFlag, NO_FILE, Prot } from '../trace/format.ts';
import type { FilterSettings } from '../trace/header.ts';
import type { TraceWriter } from '../trace/writer.ts';
import { AddressMap, HIDDEN, type MappingPart } from './address-map.ts';
import { DescriptorTable } from './descriptor-table.ts';
import { type ElfImage, readElf } from './elf-image.ts';
import { type FileTable, realpathOf } from './file-table.ts';
import { kernelTouch } from './kernel-touch.ts';
import type { LackeyHandler } from './lackey-parser.ts';
import { isTool, type MapsRegion } from './process-maps.ts';
import { type Syscall, SyscallAssembler } from './syscall-line.ts';

const PAGE = 4096;
/** Valgrind gives a program at most 16 MB of stack. */
const STACK_PAGES_MAX = 4096;
/** Where valgrind 3.x loads programs that can be anywhere, and the interpreter; used when a process was too quick. */
const USUAL_PROGRAM_BASE = 0x108000;
const USUAL_INTERPRETER_BASE = 0x4000000;
/** The page after the stack that valgrind gives to amd64 programs. */
const USUAL_STACK_TOP = 0x1fff001;
/** References after which the work is written even when nothing else happens. */
const WORK_MAX = 65536;
const MAP_FIXED_NOREPLACE = 0x100000;
const CLONE_VM = 0x100;
const CLONE_VFORK = 0x4000;
const CLONE_THREAD = 0x10000;

/** What the processes of one recording share. */
export interface RecordingContext {
  readonly writer: TraceWriter;
  readonly files: FileTable;
  readonly filter: FilterSettings;
  /** A process was made; its events follow those of its parent so far. */
  forked(child: RecordedProcess): void;
  /** Whether all that the process did has been read. */
  finished(pid: number): boolean;
  /** References that belong to no mapping of the program: valgrind's replacements of libc functions, mostly. */
  outside: number;
}

/** Follows one process through its log and writes its events. */
export class RecordedProcess implements LackeyHandler {
  readonly pid: number;
  /** Its number in the trace. */
  readonly index: number;
  #ended = false;
  readonly #context: RecordingContext;
  readonly #filter: ReferenceFilter;
  readonly #calls = new SyscallAssembler();
  readonly #map: AddressMap;
  readonly #descriptors: DescriptorTable;
  /** A call that waits for another process's log. */
  #held: Syscall | null = null;
  #work = 0;
  /** The log is at its start: does it continue a fork, or begin a program? */
  #fresh = false;
  #maps: readonly MapsRegion[] | null = null;
  #program: string;
  #signal = 0;
  #stack = HIDDEN;
  #stackPlaced = false;
  #heap = HIDDEN;
  /** Page of the first break; -1 before the first brk. */
  #heapBase = -1;

  constructor(
    context: RecordingContext,
    pid: number,
    index: number,
    start: { readonly program: string; readonly directory: string } | RecordedProcess,
  ) {
    this.#context = context;
    this.pid = pid;
    this.index = index;
    this.#filter = new ReferenceFilter(context.filter);
    if (start instanceof RecordedProcess) {
      this.#map = start.#map.clone();
      this.#descriptors = start.#descriptors.clone();
      this.#program = start.#program;
      this.#stack = start.#stack;
      this.#stackPlaced = start.#stackPlaced;
      this.#heap = start.#heap;
      this.#heapBase = start.#heapBase;
    } else {
      this.#map = new AddressMap();
      this.#descriptors = new DescriptorTable(start.directory);
      this.#program = start.program;
    }
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** A log begins: the first of a process, or the one after an exec. */
  beginLog(maps: readonly MapsRegion[] | null): void {
    const exec = this.#calls.pending('execve')?.texts.get(0);
    if (exec !== undefined) this.#program = this.#descriptors.resolve(exec);
    this.#maps = maps;
    this.#fresh = true;
  }

  reference(page: number, access: Access): void {
    if (this.#fresh) this.#beginProgram();
    this.#work++;
    if (this.#filter.admit(page, access)) this.#record(page, access);
  }

  line(text: string): boolean {
    if (this.#fresh && text.startsWith(' --> ')) {
      // The end of the fork, seen by the child.
      this.#fresh = false;
      return true;
    }
    if (text.startsWith('==')) {
      const signal = /default action of signal (\d+)/.exec(text);
      if (signal !== null) this.#signal = Number(signal[1]);
      return true;
    }
    const call = this.#held ?? this.#calls.add(text);
    this.#held = null;
    if (call === null) return true;
    if (call.name === 'wait4' && call.result > 0 && !this.#context.finished(call.result)) {
      this.#held = call;
      return false;
    }
    this.#apply(call);
    return true;
  }

  /** Writes the references counted since the last time; needed before another process's turn. */
  flushWork(): void {
    if (this.#work === 0) return;
    this.#context.writer.switchTo(this.index);
    this.#context.writer.work(this.#work);
    this.#work = 0;
  }

  /** A part of the log was read. `alone`: no other process is recorded at present. */
  endSlice(alone: boolean): void {
    if (!alone || this.#work >= WORK_MAX) this.flushWork();
  }

  /** The process is gone. Without a status: as the log's last words have it. */
  end(status = this.#signal === 0 ? 0 : 128 + this.#signal): void {
    if (this.#ended) return;
    this.#turn().exit(status);
    this.#ended = true;
    this.#map.clear();
  }

  /** The writer, at this process and with the work so far: to be used for every event but a reference. */
  #turn(): TraceWriter {
    this.flushWork();
    this.#context.writer.switchTo(this.index);
    return this.#context.writer;
  }

  #record(page: number, access: Access): void {
    let range = this.#map.find(page);
    if (range === null && !this.#stackPlaced && access !== Access.Execute) {
      this.#placeStack(page);
      range = this.#map.find(page);
    }
    if (range === null || range.mapping === HIDDEN) {
      this.#context.outside++;
      return;
    }
    const writer = this.#context.writer;
    writer.switchTo(this.index);
    writer.reference(range.mapping, range.down ? range.origin - page : page - range.origin, access);
  }

  #apply(call: Syscall): void {
    if (Number.isNaN(call.result)) return;
    if (call.child !== 0) {
      this.#fork(call);
      return;
    }
    this.#descriptors.apply(call);
    const [a = 0, b = 0, c = 0, d = 0] = call.args;
    switch (call.name) {
      case 'mmap':
        this.#mmap(call, (call.args[5] ?? 0) / PAGE);
        break;
      case 'mmap2':
        this.#mmap(call, call.args[5] ?? 0);
        break;
      case 'munmap':
        for (const part of this.#changed(a, b)) this.#turn().unmap(part.mapping, part.page, part.pages);
        this.#map.remove(pageOf(a), pageAfter(a, b));
        break;
      case 'mprotect':
        for (const part of this.#changed(a, b)) this.#turn().protect(part.mapping, part.page, part.pages, c);
        break;
      case 'madvise':
        for (const part of this.#changed(a, b)) this.#turn().advise(part.mapping, part.page, part.pages, c);
        break;
      case 'brk':
        this.#brk(call.result);
        break;
      case 'mremap':
        this.#mremap(a, b, c, d, call.result);
        break;
      case 'exit_group':
        this.end(a);
        break;
      default: {
        const touch = kernelTouch(call);
        if (touch === null) break;
        const last = pageOf(touch.address + touch.bytes - 1);
        for (let page = pageOf(touch.address); page <= last; page++) this.reference(page, touch.access);
      }
    }
  }

  /** The program's own parts of a byte range whose mappings change; the filter forgets all pages. */
  #changed(address: number, bytes: number): MappingPart[] {
    this.#filter.flush();
    const parts = this.#map.parts(pageOf(address), pageAfter(address, bytes));
    return parts.filter((part) => part.mapping !== HIDDEN);
  }

  #mmap(call: Syscall, filePage: number): void {
    const [, bytes = 0, prot = 0, flags = 0, descriptor = 0] = call.args;
    const start = pageOf(call.result);
    const end = pageAfter(call.result, bytes);
    const anonymous = (flags & MapFlag.Anonymous) !== 0;
    const path = anonymous ? '' : this.#descriptors.path(descriptor);
    if (isTool(path)) {
      this.#map.insert({ start, end, mapping: HIDDEN, origin: start, down: false });
      return;
    }
    const file =
      anonymous || path === '/dev/zero' ? NO_FILE : this.#context.files.id(path, filePage * PAGE + bytes);
    const kept = flags & ~(MapFlag.Fixed | MAP_FIXED_NOREPLACE);
    this.#filter.flush();
    const writer = this.#turn();
    let at = start;
    // Over its own mappings the call keeps their ids; the gaps between them become new mappings.
    if ((flags & MapFlag.Fixed) !== 0) {
      for (const part of this.#map.parts(start, end)) {
        if (part.start > at) this.#newMapping(at, part.start, prot, kept, file, filePage + at - start);
        at = part.start + part.pages;
        if (part.mapping === HIDDEN) continue;
        writer.mapFixed(part.mapping, part.page, part.pages, prot, kept, file, filePage + part.start - start);
      }
    }
    if (at < end) this.#newMapping(at, end, prot, kept, file, filePage + at - start);
  }

  #newMapping(start: number, end: number, prot: number, flags: number, file: number, filePage: number): void {
    const mapping = this.#context.writer.map(
      end - start,
      prot,
      flags >>> 0,
      file,
      file === NO_FILE ? 0 : filePage,
    );
    this.#map.insert({ start, end, mapping, origin: start, down: false });
  }

  #brk(end: number): void {
    const page = Math.ceil(end / PAGE);
    if (this.#heapBase < 0) this.#heapBase = page;
    const range = this.#map.find(this.#heapBase);
    const old = range === null || range.mapping !== this.#heap ? 0 : range.end - this.#heapBase;
    const pages = Math.max(0, page - this.#heapBase);
    if (pages === old) return;
    this.#filter.flush();
    this.#turn().break(this.#heap, pages);
    this.#map.remove(this.#heapBase, this.#heapBase + Math.max(old, pages));
    if (pages === 0) return;
    const start = this.#heapBase;
    this.#map.insert({ start, end: start + pages, mapping: this.#heap, origin: start, down: false });
  }

  #mremap(address: number, bytes: number, newBytes: number, flags: number, result: number): void {
    const part = this.#changed(address, bytes)[0];
    // An old size of 0 duplicates a shared mapping; its references count as outside.
    if (part === undefined) return;
    const newPages = pageAfter(0, newBytes);
    const start = pageOf(result);
    const moved = result !== address;
    const mapping = this.#turn().remap(part.mapping, part.page, part.pages, newPages, flags, moved);
    this.#map.remove(part.start, part.start + part.pages);
    this.#map.insert({ start, end: start + newPages, mapping, origin: start, down: false });
  }

  #fork(call: Syscall): void {
    const flags = call.name === 'clone' ? (call.args[0] ?? 0) : call.name === 'vfork' ? CLONE_VFORK : 0;
    if ((flags & CLONE_THREAD) !== 0) return;
    this.#filter.flush();
    const vfork = (flags & CLONE_VFORK) !== 0 && (call.name === 'vfork' || (flags & CLONE_VM) !== 0);
    const index = this.#turn().fork(vfork);
    this.#context.forked(new RecordedProcess(this.#context, call.child, index, this));
  }

  #beginProgram(): void {
    this.#fresh = false;
    this.#filter.flush();
    this.#map.clear();
    this.#stackPlaced = false;
    this.#heapBase = -1;
    const writer = this.#turn();
    const program = programOf(this.#maps) ?? realpathOf(this.#program);
    const elf = readElf(program);
    const { stack, heap } = writer.exec(this.#context.files.id(program, 0));
    this.#stack = stack;
    this.#heap = heap;
    if (elf === null) return;
    this.#mapImage(ImageRole.Program, program, elf, elf.relocatable ? USUAL_PROGRAM_BASE : 0);
    if (elf.interpreter === null) return;
    const interpreter = realpathOf(elf.interpreter);
    const image = readElf(interpreter);
    if (image !== null) this.#mapImage(ImageRole.Interpreter, interpreter, image, USUAL_INTERPRETER_BASE);
  }

  /** What the kernel does to load an ELF file, with the references that it makes itself. */
  #mapImage(role: ImageRole, path: string, elf: ElfImage, usualBase: number): void {
    const segments = elf.segments;
    if (segments.length === 0) return;
    const low = Math.min(...segments.map((segment) => pageOf(segment.address)));
    const high = Math.max(...segments.map((segment) => pageAfter(segment.address, segment.memoryBytes)));
    const region = this.#maps?.find((candidate) => candidate.path === path);
    const start = region !== undefined ? pageOf(region.start) : low + pageOf(usualBase);
    const writer = this.#context.writer;
    const file = this.#context.files.id(path, 0);
    const mapping = writer.image(role, high - low);
    this.#map.insert({ start, end: start + high - low, mapping, origin: start, down: false });
    const flags = MapFlag.Private | MapFlag.DenyWrite;
    for (const { address, fileBytes, memoryBytes, offset, prot } of segments) {
      const page = pageOf(address) - low;
      const filePages = fileBytes === 0 ? 0 : pageAfter(address, fileBytes) - pageOf(address);
      const pages = pageAfter(address, memoryBytes) - pageOf(address);
      if (filePages > 0) writer.mapFixed(mapping, page, filePages, prot, flags, file, pageOf(offset));
      if (pages > filePages) {
        const anonymous = MapFlag.Private | MapFlag.Anonymous;
        writer.mapFixed(mapping, page + filePages, pages - filePages, prot, anonymous);
      }
      // The rest of the last file page belongs to the bss: the kernel clears it, which copies the page.
      const clears =
        memoryBytes > fileBytes && (address + fileBytes) % PAGE !== 0 && (prot & Prot.Write) !== 0;
      if (clears && filePages > 0) this.reference(start + page + filePages - 1, Access.Write);
    }
  }

  /** The first push of a program shows where its stack is. The pages above were written by the kernel's exec. */
  #placeStack(page: number): void {
    this.#stackPlaced = true;
    const at = page * PAGE;
    const region = this.#maps?.find((candidate) => at >= candidate.start && at < candidate.end);
    if (region !== undefined && (region.path !== '' || !region.writable)) return;
    const usual = page < USUAL_STACK_TOP && page >= USUAL_STACK_TOP - STACK_PAGES_MAX;
    const top = region !== undefined ? pageOf(region.end) : usual ? USUAL_STACK_TOP : page + 1;
    const origin = top - 1;
    this.#map.insert({ start: top - STACK_PAGES_MAX, end: top, mapping: this.#stack, origin, down: true });
    for (let written = origin; written > page; written--) this.reference(written, Access.Write);
  }
}

/** The program among the regions: the first file that asks for an interpreter, else the first file. */
function programOf(maps: readonly MapsRegion[] | null): string | null {
  let first: string | null = null;
  for (const { path } of maps ?? []) {
    if (!path.startsWith('/') || isTool(path)) continue;
    first ??= path;
    if (readElf(path)?.interpreter != null) return path;
  }
  return first;
}

function pageOf(address: number): number {
  return Math.floor(address / PAGE);
}

/** The page after the last one of a byte range. */
function pageAfter(address: number, bytes: number): number {
  return Math.ceil((address + bytes) / PAGE);
}
