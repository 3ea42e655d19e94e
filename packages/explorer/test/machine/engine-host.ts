import { readFileSync } from 'node:fs';
import { brotliDecompressSync } from 'node:zlib';
import { loadCpuModule } from '@pagewalk/guest';
import { piped } from '../../src/bytes/piped.ts';
import type { Assets } from '../../src/machine/assets.ts';
import { Engine } from '../../src/machine/engine.ts';
import type { MachineChoice, ProgramChoice } from '../../src/protocol/choice.ts';
import type { Command, Report, Status } from '../../src/protocol/messages.ts';
import type { Answer, Question } from '../../src/protocol/questions.ts';
import type { ViewData, ViewRequest } from '../../src/protocol/views.ts';

const PACKAGES = new URL('../../../', import.meta.url);

/** The files of the page, from the checkout. */
export const nodeAssets: Assets = {
  cpu: async () => loadCpuModule(),
  program: async (name) => new Uint8Array(readFileSync(new URL(`guest/programs/${name}`, PACKAGES))),
  recording: async (name) => new Uint8Array(readFileSync(new URL(`lab/recordings/${name}.pwt`, PACKAGES))),
  unpack: async (format, bytes, most) =>
    format === 'gzip'
      ? piped(bytes, new DecompressionStream('gzip'), most)
      : new Uint8Array(brotliDecompressSync(bytes, { maxOutputLength: most })),
};

/** A machine for tests: small, with swap. */
export function choiceOf(program: ProgramChoice, change: Partial<MachineChoice> = {}): MachineChoice {
  return { release: '2.4.22', memory: 16 * 2 ** 20, swap: 64 * 2 ** 20, sysctl: {}, program, ...change };
}

/** An engine with a page at its other end that draws at once. */
export class TestPage {
  readonly reports: Report[] = [];
  readonly views = new Map<string, ViewData>();
  output = '';
  refusals: string[] = [];
  status: Status | null = null;
  private readonly engine: Engine;
  private readonly listeners: (() => void)[] = [];
  private readonly answers = new Map<number, (answer: Answer) => void>();
  private asked = 0;
  private readonly gone = new WeakSet<ArrayBuffer>();

  constructor() {
    this.engine = new Engine({
      assets: nodeAssets,
      post: (report, transfer) => this.take(this.handOver(report, transfer)),
      now: () => performance.now(),
      later: (work, ms) => (ms > 0 ? setTimeout(work, ms) : setImmediate(work)),
    });
  }

  send(command: Command): void {
    this.engine.receive(structuredClone(command));
  }

  /** Sends a command and waits until the machine stands. */
  async do(command: Command): Promise<Status> {
    this.status = null;
    this.send(command);
    return this.until((status) => ['paused', 'ended', 'empty'].includes(status.phase));
  }

  async until(wanted: (status: Status) => boolean): Promise<Status> {
    for (;;) {
      if (this.status !== null && wanted(this.status)) return this.status;
      await new Promise<void>((resolve) => this.listeners.push(resolve));
    }
  }

  /** A view as it is now; fails if the engine refuses it. */
  async view<R extends ViewRequest>(request: R): Promise<Extract<ViewData, { view: R['view'] }>> {
    this.views.clear();
    const refused = this.refusals.length;
    const key = `${JSON.stringify(request)} ${++this.asked}`;
    this.send({ type: 'views', requests: { [key]: request } });
    while (!this.views.has(key)) {
      if (this.refusals.length > refused) throw new Error(this.refusals.at(-1));
      await new Promise<void>((resolve) => this.listeners.push(resolve));
    }
    this.send({ type: 'views', requests: {} });
    return this.views.get(key) as Extract<ViewData, { view: R['view'] }>;
  }

  ask<Q extends Question>(question: Q): Promise<Extract<Answer, { ask: Q['ask'] }>> {
    const id = ++this.asked;
    return new Promise((resolve, reject) => {
      this.answers.set(id, (answer) => {
        if (answer.ask === 'refused') reject(new Error(answer.message));
        else resolve(answer as Extract<Answer, { ask: Q['ask'] }>);
      });
      this.send({ type: 'ask', id, question });
    });
  }

  /** As a worker posts: what is handed over is gone here. Node lets an empty array go twice; browsers refuse it. */
  private handOver(report: Report, transfer: ArrayBuffer[]): Report {
    for (const buffer of transfer) {
      if (this.gone.has(buffer))
        throw new Error(`a buffer is handed over a second time, in a report of ${report.type}`);
      this.gone.add(buffer);
    }
    return structuredClone(report, { transfer });
  }

  private take(report: Report): void {
    this.reports.push(report);
    if (report.type === 'status') this.status = report.status;
    if (report.type === 'refused') this.refusals.push(report.message);
    if (report.type === 'answer') this.answers.get(report.id)?.(report.answer);
    if (report.type === 'output') {
      const text = new TextDecoder().decode(report.bytes);
      this.output = report.reset ? text : this.output + text;
    }
    if (report.type === 'views') {
      for (const [key, view] of Object.entries(report.data)) this.views.set(key, view);
      setImmediate(() => this.send({ type: 'drawn' }));
    }
    for (const listener of this.listeners.splice(0)) listener();
  }
}
