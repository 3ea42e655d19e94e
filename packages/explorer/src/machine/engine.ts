import { ConfigError } from '@pagewalk/mm';
import type { Breakpoint, Command, Phase, Status } from '../protocol/messages.ts';
import type { Answer, ExportFormat } from '../protocol/questions.ts';
import type { Assets } from './assets.ts';
import { machineMaker } from './boot-machine.ts';
import { Breakpoints } from './breakpoints.ts';
import { buffersOf } from './buffers-of.ts';
import { ExportJob } from './export-job.ts';
import { kindsOf, Machine, type WatchList } from './machine.ts';
import { messageOf } from './message-of.ts';
import { answerTo, type ShortQuestion } from './questions.ts';
import { type FeedHost, ViewFeed } from './view-feed.ts';

/** The machine works for so long before commands are looked at, ms. */
const SLICE_MS = 8;
/** Status is reported at most so often while the machine works, ms. */
const STATUS_MS = 100;
/** What the page's terminal shows in a ms, bytes. A program that prints more waits for it, at most so far behind, ms. */
const OUTPUT_PER_MS = 256;
const OUTPUT_AHEAD_MS = 50;
/** So much is shown when the terminal begins anew, bytes: it is some thousand lines, and drawn within a second. */
const OUTPUT_SHOWN = 2 ** 18;
/** How soon it is looked whether the machine may go on, ms. */
const LOOK_MS = 4;
const FAULT = 'mm_fault';

/** What the engine is given by its surroundings: a worker, or a test. */
export interface EngineHost extends FeedHost {
  readonly assets: Assets;
  /** Calls soon, after commands that have come; `ms`: not before so long. */
  later(work: () => void, ms: number): void;
}

/** What the machine is at. */
type Job =
  | { readonly kind: 'run'; readonly speed: number | null; readonly since: number; readonly from: number }
  /** To a turn. */
  | { readonly kind: 'seek'; readonly turn: number; readonly from: number }
  /** Forwards over so many events of some kinds. */
  | { readonly kind: 'events'; readonly list: WatchList };

/** Obeys the page's commands: runs one machine, and reports. */
export class Engine {
  private readonly host: EngineHost;
  private machine: Machine | null = null;
  private readonly feed: ViewFeed;
  private breakpoints = new Breakpoints([], null);
  private breakpointList: readonly Breakpoint[] = [];
  private job: Job | null = null;
  /** For it the machine stands. */
  private exporting: ExportJob | null = null;
  private booting = false;
  private readonly waiting: Command[] = [];
  private reason = '';
  private stoppedBy = 0;
  private release = '';
  private scheduled = false;
  private statusAt = 0;
  private outputSent = 0;
  /** When the terminal has shown what was sent. */
  private terminalAt = 0;
  private readonly rate = { time: 0, turn: 0, value: 0 };

  constructor(host: EngineHost) {
    this.host = host;
    this.feed = new ViewFeed(host);
  }

  /** Takes a command. What comes while a machine boots waits, and what moves it while an export is made of it. */
  receive(command: Command): void {
    const { type } = command;
    const seen = type === 'drawn' || type === 'views';
    const asked = type === 'ask' || type === 'stop-export';
    if (type === 'start') this.stopExport();
    if (!seen && (this.booting || (this.exporting !== null && !asked))) {
      this.waiting.push(command);
      return;
    }
    try {
      this.obey(command);
    } catch (error) {
      this.fail(error);
    }
  }

  private obey(command: Command): void {
    switch (command.type) {
      case 'start':
        this.start(command);
        return;
      case 'breakpoints':
        this.breakpointList = command.list;
        this.setBreakpoints();
        return;
      case 'views':
        this.feed.request(command.requests);
        this.schedule();
        return;
      case 'drawn':
        this.feed.pageHasDrawn();
        this.schedule();
        return;
      case 'ask':
        if (command.question.ask === 'export') void this.beginExport(command.id, command.question.format);
        else void this.answer(command.id, command.question);
        return;
      case 'stop-export':
        this.stopExport();
        return;
      default:
        if (this.machine !== null) this.move(this.machine, command);
    }
  }

  private move(machine: Machine, command: Command): void {
    const { turn } = machine;
    switch (command.type) {
      case 'run':
        this.begin({ kind: 'run', speed: command.speed, since: this.host.now(), from: turn });
        return;
      case 'pause':
        this.stop(machine.ended ?? '');
        return;
      case 'step':
        this.step(machine, command.unit, command.count);
        return;
      case 'seek':
        this.seek(machine, command.turn);
        return;
      case 'seek-event':
        this.seekEvent(machine, command.seq);
        return;
      case 'input':
      case 'window-size':
        if (command.type === 'input') machine.type(command.bytes);
        else machine.resizeWindow(command.columns, command.rows);
        this.host.post({ type: 'input-log', input: machine.history.inputs }, []);
        this.schedule();
        return;
    }
  }

  private start(command: Extract<Command, { type: 'start' }>): void {
    const { choice, file, until, input } = command;
    this.machine = null;
    this.job = null;
    this.booting = true;
    this.reason = '';
    this.release = choice.release;
    this.outputSent = 0;
    this.terminalAt = 0;
    this.feed.attach(null);
    this.report('booting');
    machineMaker(choice, this.host.assets, file)
      .then((make) => {
        const machine = new Machine(make, () => this.host.now(), input ?? []);
        this.machine = machine;
        this.feed.attach(machine);
        this.setBreakpoints();
        this.sendOutput(true);
        if (until !== undefined && until > 0) this.seek(machine, until);
        else this.stop('');
      })
      .catch((error: unknown) => {
        this.machine = null;
        this.fail(error);
        this.report('empty');
      })
      .finally(() => {
        this.booting = false;
        this.receiveWaiting();
      });
  }

  private receiveWaiting(): void {
    for (const waiting of this.waiting.splice(0)) this.receive(waiting);
  }

  private setBreakpoints(): void {
    this.breakpoints = new Breakpoints(this.breakpointList, this.machine?.kernel.trace ?? null);
    const { problems } = this.breakpoints;
    if (problems.length > 0) this.fail(new ConfigError(problems.join('; ')));
  }

  // ---- moving

  private step(machine: Machine, unit: 'turn' | 'fault' | 'event', count: number): void {
    if (unit === 'turn') {
      this.seek(machine, machine.turn + count);
      return;
    }
    const names = unit === 'fault' ? [FAULT] : [];
    if (count < 0) {
      this.seek(machine, this.turnBefore(machine, kindsOf(names), -count));
      return;
    }
    let left = count;
    this.begin({ kind: 'events', list: { kinds: kindsOf(names), watch: () => --left <= 0 } });
  }

  /** The turn in which the `count`-th turn with such an event before the present one was made. */
  private turnBefore(machine: Machine, kinds: Uint8Array, count: number): number {
    const { events } = machine.history;
    let turn = machine.turn;
    let left = count;
    for (let seq = events.lastUntil(turn - 1); seq >= events.first && left > 0; seq--) {
      if (kinds[events.kindOf(seq)] === 0 || events.turnOf(seq) >= turn) continue;
      turn = events.turnOf(seq);
      left--;
    }
    return left > 0 ? 0 : turn;
  }

  private seekEvent(machine: Machine, seq: number): void {
    const { events } = machine.history;
    if (events.has(seq)) this.seek(machine, events.turnOf(seq));
    else this.fail(new ConfigError(`event ${seq}: not known; known are ${events.first} to ${events.last}`));
  }

  private seek(machine: Machine, to: number): void {
    if (Number.isNaN(to)) throw new ConfigError('turn NaN: must be a number');
    const turn = Math.max(0, Math.floor(to));
    if (turn < machine.turn) {
      const { kernel } = machine;
      machine.back(turn);
      // It had to be booted anew.
      if (machine.kernel !== kernel) this.feed.attach(machine);
      this.sendOutput(true);
    }
    this.begin({ kind: 'seek', turn, from: machine.turn });
  }

  private begin(job: Job): void {
    this.job = job;
    this.reason = '';
    this.stoppedBy = 0;
    this.rate.time = 0;
    this.rate.value = 0;
    this.report(this.phase);
    this.schedule();
  }

  private stop(reason: string, stoppedBy = 0): void {
    this.sendOutput(false);
    this.job = null;
    this.reason = reason;
    this.stoppedBy = stoppedBy;
    this.report(this.phase);
    this.schedule();
  }

  /** A piece of work: the machine's, then the page's. */
  private tick(): void {
    this.scheduled = false;
    const { machine, job } = this;
    let wait = 0;
    try {
      if (this.exporting?.loaded) this.exportSlice(this.exporting);
      else if (this.exporting === null && machine !== null && job !== null) wait = this.work(machine, job);
      if (machine !== null) this.feed.serve(machine, this.job !== null);
    } catch (error) {
      this.job = null;
      this.fail(error);
      this.report(this.phase);
    }
    // What is loaded for an export schedules it.
    const works = this.exporting === null ? this.job !== null : this.exporting.loaded;
    if (works && wait !== Number.POSITIVE_INFINITY) this.schedule(wait);
  }

  /** Lets the machine work for a slice. Returns how long it has nothing to do then, ms. */
  private work(machine: Machine, job: Job): number {
    const start = this.host.now();
    if (job.kind !== 'seek' && this.terminalAt - start > OUTPUT_AHEAD_MS) return LOOK_MS;
    const list = job.kind === 'events' ? job.list : job.kind === 'run' ? this.breakpoints.list : null;
    let until = Number.POSITIVE_INFINITY;
    if (job.kind === 'seek') until = job.turn;
    if (job.kind === 'run' && job.speed !== null) {
      until = job.from + Math.floor(((start - job.since) / 1000) * job.speed);
    }
    if (job.kind === 'run') this.reason = '';
    machine.forward(until, start + SLICE_MS, list);
    // On the way to a turn nobody can read it.
    if (job.kind !== 'seek') this.sendOutput(false);
    if (machine.stoppedAt !== null) {
      const { name, seq } = machine.stoppedAt;
      const ended = machine.ended === null ? '' : `; ${machine.ended}`;
      if (job.kind === 'run') this.stop(`breakpoint ${name}${ended}`, seq);
      else this.stop('');
    } else if (machine.ended !== null) {
      this.stop(machine.ended);
      if (machine.damaged) this.fail(new ConfigError(`the recording is damaged; ${machine.ended}`));
    } else if (job.kind === 'seek' && machine.turn >= job.turn) this.stop('');
    else if (machine.waits) {
      if (job.kind === 'run') this.reason = 'waits for input';
      else this.stop('waits for input');
      this.report(this.phase);
      return Number.POSITIVE_INFINITY;
    } else this.reportNowAndThen();
    return job.kind === 'run' && job.speed !== null && machine.turn >= until ? LOOK_MS : 0;
  }

  private schedule(ms = 0): void {
    if (this.scheduled) return;
    this.scheduled = true;
    this.host.later(() => this.tick(), ms);
  }

  // ---- reporting

  private get phase(): Phase {
    if (this.booting && this.machine === null) return 'booting';
    if (this.machine === null) return 'empty';
    if (this.job !== null) return this.job.kind === 'run' ? 'running' : 'seeking';
    return this.machine.ended === null ? 'paused' : 'ended';
  }

  private reportNowAndThen(): void {
    if (this.host.now() - this.statusAt >= STATUS_MS) this.report(this.phase);
  }

  private report(phase: Phase): void {
    const { machine, job } = this;
    this.statusAt = this.host.now();
    this.measure();
    let progress = phase === 'booting' ? 0 : 1;
    if (machine !== null && job?.kind === 'seek' && job.turn > job.from) {
      progress = (machine.turn - job.from) / (job.turn - job.from);
    }
    const status: Status = {
      phase,
      turn: machine?.turn ?? 0,
      furthest: machine?.history.furthest ?? 0,
      end: machine?.end ?? null,
      seq: machine?.kernel.trace.seq ?? 0,
      time: machine?.kernel.clock.now ?? 0,
      rate: phase === 'running' ? this.rate.value : 0,
      progress,
      reason: phase === 'running' && this.exporting !== null ? 'stands for an export' : this.reason,
      stoppedBy: this.stoppedBy,
      frames: machine?.kernel.memMap.frames ?? 0,
      release: this.release,
      pid: machine?.kernel.vm.current.pid ?? 0,
    };
    this.host.post({ type: 'status', status }, []);
  }

  private measure(): void {
    const { rate, machine } = this;
    const now = this.host.now();
    if (machine === null) return;
    if (rate.time === 0) Object.assign(rate, { time: now, turn: machine.turn });
    if (now - rate.time < 500) return;
    Object.assign(rate, {
      value: ((machine.turn - rate.turn) * 1000) / (now - rate.time),
      time: now,
      turn: machine.turn,
    });
  }

  /** @param anew the terminal begins anew with what the machine has printed up to where it is */
  private sendOutput(anew: boolean): void {
    const { machine } = this;
    if (machine === null) return;
    const { output } = machine.history;
    const until = output.until(machine.turn);
    const reset = anew || this.outputSent < output.first;
    if (!reset && until <= this.outputSent) return;
    const from = reset ? Math.max(output.first, until - OUTPUT_SHOWN) : this.outputSent;
    const shown = output.read(from, until);
    const bytes = reset && from > 0 ? withNote(from, shown) : shown;
    this.outputSent = until;
    this.terminalAt = Math.max(this.terminalAt, this.host.now()) + bytes.length / OUTPUT_PER_MS;
    this.host.post({ type: 'output', bytes, reset }, [bytes.buffer as ArrayBuffer]);
  }

  // ---- answering

  private async answer(id: number, question: ShortQuestion): Promise<void> {
    let answer: Answer;
    try {
      if (this.machine === null) throw new ConfigError('there is no machine');
      answer = await answerTo(question, this.machine);
    } catch (error) {
      answer = { ask: 'refused', message: messageOf(error) };
    }
    this.reply(id, answer);
  }

  private reply(id: number, answer: Answer): void {
    this.host.post({ type: 'answer', id, answer }, buffersOf(answer));
  }

  private async beginExport(id: number, format: ExportFormat): Promise<void> {
    if (this.machine === null || this.exporting !== null) {
      const message = this.machine === null ? 'there is no machine' : 'another export is being made';
      this.reply(id, { ask: 'refused', message });
      return;
    }
    const job = new ExportJob(id, this.machine, format);
    this.exporting = job;
    this.report(this.phase);
    try {
      await job.load();
      this.schedule();
    } catch (error) {
      if (this.exporting === job) this.endExport({ ask: 'refused', message: messageOf(error) });
    }
  }

  private exportSlice(job: ExportJob): void {
    const end = this.host.now() + SLICE_MS;
    const done = job.slice(() => this.host.now() < end);
    if (typeof done === 'number') this.host.post({ type: 'progress', id: job.id, share: done }, []);
    else this.endExport(done);
  }

  private stopExport(): void {
    if (this.exporting !== null) this.endExport({ ask: 'refused', message: 'the export was stopped' });
  }

  /** The machine goes on from where it stood. */
  private endExport(answer: Answer): void {
    if (this.exporting !== null) this.reply(this.exporting.id, answer);
    this.exporting = null;
    this.report(this.phase);
    const { job, machine } = this;
    if (job?.kind === 'run' && machine !== null) {
      this.job = { ...job, since: this.host.now(), from: machine.turn };
    }
    this.receiveWaiting();
    this.schedule();
  }

  private fail(error: unknown): void {
    this.host.post({ type: 'refused', message: messageOf(error) }, []);
  }
}

/** Output of which so many bytes at the beginning are left out. */
function withNote(before: number, shown: Uint8Array): Uint8Array {
  const note = new TextEncoder().encode(`[${before} bytes that were printed before are not shown]\r\n`);
  const all = new Uint8Array(note.length + shown.length);
  all.set(note);
  all.set(shown, note.length);
  return all;
}
