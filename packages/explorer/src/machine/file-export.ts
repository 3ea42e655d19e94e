import type { ExportSource, Making } from '../export/export-source.ts';
import { ftraceText } from '../export/ftrace-text.ts';
import { procSetText } from '../export/proc-text.ts';
import type { ExportFormat } from '../protocol/questions.ts';
import { fieldsOf } from './event-row.ts';
import type { Machine } from './machine.ts';
import { procPaths, procText } from './views/proc-view.ts';

/** A file for the reader. */
export interface ExportFile {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** All that happened up to where the machine is, or its /proc, as a file. The machine has to stand until it is made. */
export async function fileExport(machine: Machine, format: ExportFormat): Promise<Making<ExportFile>> {
  if (format === 'proc') return named('proc.txt', procSet(machine));
  if (format === 'ftrace') return named('pagewalk.ftrace', ftraceText(sourceOf(machine)));
  // Only who exports loads what makes protocol buffers.
  const { perfettoTrace } = await import('../export/perfetto.ts');
  const { kernel, history } = machine;
  const making = perfettoTrace(sourceOf(machine), history.samples, (id) => kernel.trace.text(id));
  return named('pagewalk.perfetto-trace', making);
}

function* named(name: string, making: Making): Making<ExportFile> {
  return { name, bytes: yield* making };
}

function* procSet({ kernel }: Machine): Making {
  yield 0;
  return procSetText(procPaths(kernel).map((path) => ({ path, text: procText(kernel, path, 0) })));
}

function sourceOf(machine: Machine): ExportSource {
  const { events, names } = machine.history;
  return {
    events,
    until: Math.min(events.last, machine.kernel.trace.seq),
    comm: (pid) => names.get(pid) ?? 'task',
    fields: (seq) => fieldsOf(machine, events.event(seq)),
  };
}
