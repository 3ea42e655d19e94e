import { Errno, errnoName, type Kernel, type Process } from '@pagewalk/mm';
import type { EventHub } from '../events/event-hub.ts';
import { Access, EventKind, ImageRole, MapFlag, NO_FILE } from '../trace/format.ts';
import type { TraceReader } from '../trace/reader.ts';
import { FaultCounter } from './fault-counter.ts';
import { MappingCalls, mebibytes, PROT_MASK } from './mapping-calls.ts';
import { Peaks } from './peaks.ts';
import { PAGE, Placement, TASK_SIZE } from './placement.ts';
import { PROGRAM_BASE, ProgramImage, UNMAPPED_BASE } from './program-image.ts';
import { ReferenceRow } from './reference-row.ts';
import { ReplayError } from './replay-error.ts';
import { type ReplayReport, reportZones, type StopReport } from './report.ts';
import { fileContents, ShadowMemory, SharedPages } from './shadow.ts';
import { Workload } from './workload.ts';

/** What a recorded program's reference costs apart from the memory manager: one cycle at 1 GHz. */
const REFERENCE_NS = 1;
const SIGKILL = 9;
/** Largest file whose contents a verified replay makes up, in bytes. */
const VERIFIED_FILE_MAX = 256 * 2 ** 20;

/** How to replay. */
export interface ReplayOptions {
  /** Store data with every write, and compare all memory with a model of what it must hold. Needs page contents. */
  readonly verify?: boolean;
  /** Called after each event of the recording. */
  readonly afterEvent?: () => void;
}

/**
 * Replays a recording on a booted machine: its system calls with the recorded arguments, its references at the addresses
 * that this kernel hands out.
 *
 * ```ts
 * const replay = new Replay(kernel, openTrace(path), hub);
 * while (replay.step(100_000)) progress(replay.references);
 * const report = replay.report();
 * ```
 */
export class Replay {
  private readonly kernel: Kernel;
  private readonly recording: TraceReader;
  private readonly options: ReplayOptions;
  private readonly faults: FaultCounter;
  private readonly peaks: Peaks;
  private readonly calls: MappingCalls;
  /** By their number in the recording. */
  private readonly all: Workload[] = [];
  private readonly shared: SharedPages | null;
  /** Path of each file on the simulated machine, by its number in the recording. */
  private readonly paths: string[] = [];
  private readonly takenPaths = new Set<string>();
  private image: ProgramImage | null = null;
  private interpreter = -1;
  private stopped: StopReport | null = null;
  private done = false;
  private made = 0;
  private refusedReferences = 0;
  private refusedCalls = 0;
  private firstRefusal: string | null = null;
  private bytesVerified = 0;
  // What is left of the event's references: how many, where, how far from one to the next, and whose.
  private left = 0;
  private nextAddress = 0;
  private stride = 0;
  private write = false;
  private of: Workload | null = null;
  private readonly row = new ReferenceRow();

  /**
   * @param kernel a booted machine, nothing running on it
   * @param trace at its first event; it is read to its end, or closed when the replay stops early
   * @param hub the machine's events
   */
  constructor(kernel: Kernel, trace: TraceReader, hub: EventHub, options: ReplayOptions = {}) {
    this.kernel = kernel;
    this.recording = trace;
    this.options = options;
    this.shared = options.verify === true ? new SharedPages() : null;
    this.faults = new FaultCounter(kernel.trace);
    hub.add(this.faults.listen);
    this.peaks = new Peaks(kernel);
    this.calls = new MappingCalls({
      kernel,
      recording: trace,
      paths: this.paths,
      peaks: this.peaks,
      live: () => this.#live(),
      stop: (reason, why) => this.#stop(reason, why),
      refuse: (call, errno) => this.#refuseCall(call, errno),
    });
    const program = trace.header.command[0] ?? 'program';
    this.all.push(this.#newWorkload(0, this.#spawn(program), program));
  }

  /** References replayed so far; while one is made, those before it. */
  get references(): number {
    return this.made;
  }

  /** The processes, by their number in the recording. */
  get workloads(): readonly Workload[] {
    return this.all;
  }

  /** References of the whole recording. */
  get referencesInAll(): number {
    return this.recording.totals.references;
  }

  /**
   * Goes on for `references` references, with the events before each. False when the recording is at its end or memory ran out.
   * @throws TraceError when the recording is damaged
   * @throws ReplayError when it does not fit into this kind of machine
   */
  step(references: number): boolean {
    const until = this.made + references;
    while (!this.done && this.made < until) {
      if (this.left > 0) this.#references(until - this.made);
      else if (!this.#singles(until - this.made) && !this.#begin()) break;
      if (this.stopped !== null) {
        this.done = true;
        this.recording.close();
      }
      if (this.left === 0) this.options.afterEvent?.();
    }
    return !this.done;
  }

  /**
   * Makes the single references that come next, most of a recording, up to `most`. False: there is none, or something is to be
   * done for each event.
   */
  #singles(most: number): boolean {
    const workload = this.#current;
    const { process, placement } = workload;
    if (this.image !== null || this.options.afterEvent !== undefined) return false;
    if (workload.shadow !== null || workload.ended || process.ended !== null) return false;
    const { recording, row } = this;
    const count = recording.nextSingles(row, most);
    let at = 0;
    while (at < count && this.stopped === null) {
      const end = placement.locate(row, at, count);
      if (at < end) at = this.#row(workload, at, end);
      else {
        this.#refuse(1);
        at++;
      }
    }
    workload.references += at;
    if (at < count) recording.uncount(count - at);
    return count > 0;
  }

  /** Makes the references of the row from `from` up to `to`. Returns how far it came: the replay may stop. */
  #row(workload: Workload, from: number, to: number): number {
    const { process } = workload;
    const { row } = this;
    const { place, access } = row;
    let at = from;
    // Another process may have run: the first access makes this one the running one.
    let runs = false;
    while (at < to && this.stopped === null) {
      if (runs) {
        const miss = process.hits(place, access, at, to);
        this.made += miss - at;
        at = miss;
        if (at === to) break;
      }
      const address = (place[at] as number) * PAGE;
      row.lowerStack(process.task, at);
      runs = process.touch(address, ((access[at] as number) & Access.Write) !== 0);
      if (!runs) this.#signal(workload, address);
      this.made++;
      at++;
    }
    row.lowerStack(process.task, at - 1);
    return at;
  }

  /** Takes the next event of the recording; of references it only notes which they are. False: there is none. */
  #begin(): boolean {
    if (!this.recording.next()) {
      this.#finish();
      return false;
    }
    if (this.#killed(this.#current)) return true;
    if (this.image !== null && !this.#belongsToImage()) this.#exec();
    this.#event();
    return true;
  }

  /** What happened so far. */
  report(): ReplayReport {
    this.peaks.sample(this.#live());
    const processes = this.all.filter((workload) => !workload.borrowed).map((workload) => workload.report());
    const sum = (of: (report: (typeof processes)[number]) => number): number =>
      processes.reduce((total, report) => total + of(report), 0);
    return {
      header: this.recording.header,
      totals: this.recording.totals,
      stopped: this.stopped,
      events: this.recording.events,
      references: this.made,
      faults: this.faults.counts(),
      minorFaults: sum((report) => report.minorFaults),
      majorFaults: sum((report) => report.majorFaults),
      real: this.recording.header.real,
      peak: this.peaks.report(),
      zones: reportZones(this.kernel),
      processes,
      refusedReferences: this.refusedReferences,
      refusedCalls: this.refusedCalls,
      firstRefusal: this.firstRefusal,
      bytesVerified: this.bytesVerified,
      virtualTimeNs: this.kernel.clock.now,
    };
  }

  #finish(): void {
    this.done = true;
    if (this.image !== null) this.#exec();
    for (const workload of this.#live()) {
      workload.shadow?.verify(workload.process);
      this.bytesVerified += workload.takeBytesCompared();
    }
  }

  /** Processes that have not ended, each once (one that lends its memory is its own borrower). */
  #live(): Workload[] {
    return this.all.filter((workload) => !workload.ended && !workload.borrowed);
  }

  #event(): void {
    const trace = this.recording;
    switch (trace.kind) {
      case EventKind.Reference:
        this.#reference();
        return;
      case EventKind.Work:
        this.kernel.clock.advance(trace.references * REFERENCE_NS);
        this.#interrupts();
        return;
      case EventKind.File:
        this.#file();
        return;
      case EventKind.Exec:
        this.image = new ProgramImage(trace.file, trace.stack, trace.heap);
        return;
      case EventKind.Image:
        this.#beginImage();
        return;
      case EventKind.Map:
        this.calls.map(this.#current);
        return;
      case EventKind.MapFixed:
        this.#mapFixed();
        return;
      case EventKind.Unmap:
        this.calls.unmap(this.#current);
        return;
      case EventKind.Protect:
        this.calls.protect(this.#current);
        return;
      case EventKind.Advise:
        this.calls.advise(this.#current);
        return;
      case EventKind.Break:
        this.calls.break(this.#current);
        return;
      case EventKind.Remap:
        this.calls.remap(this.#current);
        return;
      case EventKind.Fork:
        this.#fork();
        return;
      case EventKind.Exit:
        this.#exit();
        return;
    }
  }

  /** Time has passed: timers fire, I/O ends, threads that were woken run. */
  #interrupts(): void {
    const { paging, clock } = this.kernel;
    if (paging.events.nextDue <= clock.now) paging.catchUp();
  }

  /** The process whose event this is. */
  get #current(): Workload {
    return this.all[this.recording.process] as Workload;
  }

  /** Notes the references of an event; refuses those that this machine cannot make. */
  #reference(): void {
    const { mapping, page, count, access, stride } = this.recording;
    const workload = this.#current;
    const placement = workload.placement;
    workload.references += count;
    if (workload.ended || !placement.isPlaced(mapping)) {
      this.#refuse(count);
      return;
    }
    const step = stride * placement.step(mapping);
    const address = placement.address(mapping, page);
    const last = address + (count - 1) * step;
    if (Math.min(address, last) < 0 || Math.max(address, last) >= TASK_SIZE) {
      this.#refuse(count);
      return;
    }
    // A push makes the stack pointer go down first: the kernel lets a stack grow only as far as that.
    if (step < 0 || placement.isStack(mapping)) {
      const { task } = workload.process;
      task.esp = Math.min(task.esp, address, last);
    }
    this.left = count;
    this.nextAddress = address;
    this.stride = step;
    this.write = access === Access.Write;
    this.of = workload;
  }

  /** Makes up to `most` of the references that are left. */
  #references(most: number): void {
    const workload = this.of as Workload;
    const { process, shadow } = workload;
    const { stride, write } = this;
    for (let n = Math.min(most, this.left); n > 0; n--) {
      const address = this.nextAddress;
      this.nextAddress += stride;
      this.left--;
      const goesOn =
        shadow === null
          ? process.touch(address, write) || this.#signal(workload, address)
          : this.#verifiedAccess(workload, address, write);
      this.made++;
      if (goesOn) continue;
      this.left = 0;
      return;
    }
  }

  /** One access with data. False: the replay cannot go on. */
  #verifiedAccess(workload: Workload, address: number, write: boolean): boolean {
    const { process } = workload;
    const shadow = workload.shadow as ShadowMemory;
    const offset = Math.imul(this.made, 0x9e3779b1) >>> 20;
    const at = address + offset;
    if (!write) {
      const value = process.load8(at);
      if (value < 0) return this.#signal(workload, at);
      shadow.expect(at, value);
      return true;
    }
    const value = (this.made + (address >>> 12)) & 255;
    if (!process.store8(at, value)) return this.#signal(workload, at);
    shadow.store(at, value);
    return true;
  }

  /** Whether the kernel has killed the process for want of memory: that ends the replay. */
  #killed(workload: Workload): boolean {
    const ending = workload.process.ended;
    if (ending === null || ending.signal === 0) return false;
    const name = workload.program.slice(workload.program.lastIndexOf('/') + 1);
    this.#stop(
      'out-of-memory',
      `out of memory: the kernel killed process ${workload.process.pid} (${name}); give the machine more with --memory or --swap`,
    );
    return true;
  }

  /** An access got a signal. False: memory ran out, and the replay ends. */
  #signal(workload: Workload, address: number): boolean {
    if (this.#killed(workload)) return false;
    const signal = workload.process.takeSignal();
    // The kernel never kills process 1 for want of memory: it waits, with nobody to wait for.
    if (signal === null || signal.signo === SIGKILL) {
      this.#outOfMemory();
      return false;
    }
    this.refusedReferences++;
    this.firstRefusal ??= `process ${workload.index} got signal ${signal.signo} at address ${address.toString(16)}`;
    return true;
  }

  /** Counts references that were left out. */
  #refuse(references: number): void {
    this.made += references;
    this.refusedReferences += references;
  }

  /** Ends the replay: no frame is free. */
  #outOfMemory(): void {
    this.#stop(
      'out-of-memory',
      'out of memory: no frame can be freed; give the machine more with --memory or --swap',
    );
  }

  #stop(reason: StopReport['reason'], why: string): void {
    const of = grouped(this.recording.totals.references);
    const references = this.made;
    this.stopped ??= { reason, references, message: `reference ${grouped(references)} of ${of}: ${why}` };
  }

  #file(): void {
    const { file, name, bytes } = this.recording;
    let path = name;
    for (let i = 2; this.takenPaths.has(path); i++) path = `${name}.${i}`;
    this.takenPaths.add(path);
    this.paths[file] = path;
    if (this.shared !== null && bytes > VERIFIED_FILE_MAX) {
      throw new ReplayError(`${name} has ${bytes} bytes; a verified replay makes up files of at most 256M`);
    }
    const contents = this.shared === null ? { size: bytes } : { bytes: fileContents(file, bytes) };
    this.kernel.fs.create(path, { kind: 'disk', ...contents });
  }

  /** Whether the event is still part of loading the program of the last exec. */
  #belongsToImage(): boolean {
    const { kind, role, mapping } = this.recording;
    const image = this.image as ProgramImage;
    if (kind === EventKind.Image) return role === ImageRole.Program && image.mapping < 0;
    return kind === EventKind.MapFixed && mapping === image.mapping;
  }

  #beginImage(): void {
    const { role, mapping, pages } = this.recording;
    if (role === ImageRole.Program && this.image !== null) {
      if (PROGRAM_BASE + pages * PAGE > UNMAPPED_BASE) {
        throw new ReplayError(
          `the recorded program is ${mebibytes(pages)} large; an i386 program has ${mebibytes((UNMAPPED_BASE - PROGRAM_BASE) / PAGE)} of address space`,
        );
      }
      this.image.mapping = mapping;
      return;
    }
    // The dynamic linker: a hole is reserved, which its mappings will fill.
    this.interpreter = mapping;
    this.calls.place(this.#current, mapping, pages, 0, MapFlag.Private | MapFlag.Anonymous, NO_FILE, 0);
  }

  #mapFixed(): void {
    const { mapping, page, pages, prot, filePage, file } = this.recording;
    if (this.image !== null) {
      this.image.add(page, pages, prot & PROT_MASK, filePage, file === NO_FILE);
      return;
    }
    this.calls.mapFixed(this.#current, mapping === this.interpreter ? MapFlag.DenyWrite : 0);
  }

  /** Runs the program whose image is complete. */
  #exec(): void {
    const image = this.image as ProgramImage;
    this.image = null;
    this.interpreter = -1;
    const workload = this.#current;
    if (workload.ended) return;
    this.peaks.sample(this.#live());
    this.#verify(workload);
    const path = this.paths[image.file] as string;
    if (workload.borrowed) workload.standAlone(this.#spawn(path), this.#newShadow());
    workload.program = path;
    const file = this.kernel.fs.open(path, 0);
    if (typeof file === 'number')
      throw new ReplayError(`cannot open ${path} on the simulated machine: ${file}`);
    const { process } = workload;
    const argv = workload.index === 0 ? this.recording.header.command : [path];
    const result = process.exec({ file, segments: image.segments, entry: PROGRAM_BASE }, argv, []);
    this.kernel.fs.release(file);
    workload.placement = new Placement();
    if (result < 0) {
      if (-result === Errno.ENOMEM) {
        this.#outOfMemory();
        return;
      }
      throw new ReplayError(`the simulated kernel refuses to run ${path}: ${errnoName(-result)}`);
    }
    const { placement, shadow } = workload;
    const mm = process.task.mm;
    if (mm === null) {
      this.#outOfMemory();
      return;
    }
    if (image.mapping >= 0) placement.place(image.mapping, PROGRAM_BASE);
    placement.placeStack(image.stack, TASK_SIZE);
    const heap = Math.ceil(mm.brk / PAGE) * PAGE;
    placement.place(image.heap, heap);
    workload.note();
    if (shadow === null) return;
    shadow.clear();
    const { bytes } = this.recording.files[image.file] as { bytes: number };
    for (const { vaddr, offset, filesz, memsz } of image.segments) {
      if (filesz > 0) shadow.map(vaddr, filesz / PAGE, false, image.file, bytes, offset / PAGE);
      if (memsz > filesz) shadow.map(vaddr + filesz, (memsz - filesz) / PAGE, false, NO_FILE, 0, 0);
    }
    const stackPages = 65536;
    shadow.map(TASK_SIZE - stackPages * PAGE, stackPages, false, NO_FILE, 0, 0);
    shadow.adopt(process, Math.floor(mm.startStack / PAGE) * PAGE, TASK_SIZE);
  }

  #fork(): void {
    const { child, vfork } = this.recording;
    const parent = this.#current;
    if (vfork && !parent.ended) {
      this.all[child] = parent.lend(child);
      return;
    }
    const process = parent.ended ? -Errno.EAGAIN : parent.process.fork();
    if (typeof process === 'number') {
      if (parent.ended) {
        this.#refuseCall('fork', -process);
        // What the recording has of the child is refused, too.
        const child = parent.lend(this.recording.child);
        child.ended = true;
        this.all[child.index] = child;
        return;
      }
      this.#outOfMemory();
      return;
    }
    this.all[child] = parent.fork(child, process, this.shared);
    this.peaks.sample(this.#live());
  }

  #exit(): void {
    const workload = this.#current;
    if (workload.ended) return;
    this.peaks.sample(this.#live());
    if (!workload.borrowed) {
      this.#verify(workload);
      workload.note();
      workload.lastEvent = this.kernel.trace.seq;
      workload.process.exit(this.recording.status);
    }
    workload.ended = true;
  }

  /** Compares all that the process has, before it is gone. */
  #verify(workload: Workload): void {
    if (workload.borrowed || workload.shadow === null) return;
    workload.shadow.verify(workload.process);
    this.bytesVerified += workload.takeBytesCompared();
  }

  #refuseCall(call: string, errno: number): void {
    this.refusedCalls++;
    this.firstRefusal ??= `process ${this.recording.process}: ${call} failed with ${errnoName(errno)} in event ${this.recording.events}`;
  }

  #spawn(path: string): Process {
    return this.kernel.spawn(path.slice(path.lastIndexOf('/') + 1).slice(0, 15));
  }

  #newWorkload(index: number, process: Process, program: string): Workload {
    return new Workload(index, process, program, new Placement(), this.#newShadow());
  }

  #newShadow(): ShadowMemory | null {
    return this.shared === null ? null : new ShadowMemory(this.shared);
  }
}

function grouped(value: number): string {
  return value.toLocaleString('en-US');
}
