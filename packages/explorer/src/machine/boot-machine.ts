import { whyNotRunnable } from '@pagewalk/guest/browser';
import { type AsyncDecompressor, Compression, EventHub, UnpackedTrace } from '@pagewalk/lab/browser';
import { ConfigError, type Trace } from '@pagewalk/mm';
import type { MachineChoice } from '../protocol/choice.ts';
import type { Assets } from './assets.ts';
import { GuestRunner } from './guest-runner.ts';
import { ReplayRunner } from './replay-runner.ts';
import type { Runner } from './runner.ts';
import { WorkloadRunner } from './workload-runner.ts';

/** What hears of a machine: its events from boot on, and what its programs print. */
export interface MachineEars {
  /** The runner is there, and nothing has happened on it yet. */
  booted(runner: Runner): void;
  event(trace: Trace, base: number): void;
  output(bytes: Uint8Array): void;
}

/** Boots one machine of a choice, as often as it is called: all alike. */
export type MachineMaker = (ears: MachineEars) => Runner;

/**
 * Loads what a choice needs.
 *
 * @param file bytes of the dropped ELF or recording
 * @throws Error whose message names the offender, its value and what is allowed
 */
export async function machineMaker(
  choice: MachineChoice,
  assets: Assets,
  file?: Uint8Array,
): Promise<MachineMaker> {
  const { program } = choice;
  switch (program.kind) {
    case 'program':
    case 'elf': {
      const cpu = await assets.cpu();
      const bytes = program.kind === 'elf' ? needed(file, program.name) : await assets.program(program.name);
      const reason = whyNotRunnable(bytes, () => false);
      if (reason !== null) throw new ConfigError(`program ${program.name}: ${reason}`);
      return (ears) => {
        const runner = new GuestRunner(choice, cpu, (text) => ears.output(text));
        listen(runner, new EventHub(runner.kernel.trace), ears);
        runner.start(bytes, [program.name, ...program.args]);
        return runner;
      };
    }
    case 'recording': {
      const shipped = program.sha256 === undefined;
      const bytes = shipped ? await assets.recording(program.name) : needed(file, program.name);
      const trace = await UnpackedTrace.from(bytes, decompressor(assets)).catch((error: Error) => {
        throw new ConfigError(`recording ${program.name}: ${error.message}`);
      });
      return (ears) => {
        const runner = new ReplayRunner(choice);
        listen(runner, runner.hub, ears);
        runner.start(trace);
        return runner;
      };
    }
    case 'workload':
      return (ears) => {
        const runner = new WorkloadRunner(choice);
        listen(runner, new EventHub(runner.kernel.trace), ears);
        runner.start(program.args);
        return runner;
      };
  }
}

function listen(runner: Runner, hub: EventHub, ears: MachineEars): void {
  ears.booted(runner);
  hub.add((trace, base) => ears.event(trace, base));
}

function needed(file: Uint8Array | undefined, name: string): Uint8Array {
  if (file === undefined)
    throw new ConfigError(`file ${name}: its bytes are missing; drop the file on the page`);
  return file;
}

function decompressor(assets: Assets): AsyncDecompressor {
  return async (compression, stored, rawBytes) => {
    if (compression === Compression.None) return stored;
    return assets.unpack(compression === Compression.Gzip ? 'gzip' : 'brotli', stored, rawBytes);
  };
}
