import { tracepoints } from '@pagewalk/mm';
import { ftraceText } from '../export/ftrace-text.ts';
import { procSetText } from '../export/proc-text.ts';
import type { Answer, Question } from '../protocol/questions.ts';
import { matches } from './event-filter.ts';
import { eventRow, fieldsOf } from './event-row.ts';
import type { Machine } from './machine.ts';
import { missingSelection } from './missing-selection.ts';
import { procPaths, procText } from './views/proc-view.ts';
import { why } from './why.ts';

/** Answers a question of the page. */
export async function answerTo(question: Question, machine: Machine): Promise<Answer> {
  switch (question.ask) {
    case 'state-hash':
      return { ask: 'state-hash', hash: machine.kernel.stateHash(), events: machine.kernel.trace.hash };
    case 'proc-paths':
      return { ask: 'proc-paths', paths: procPaths(machine.kernel) };
    case 'selection':
      return { ask: 'selection', missing: missingSelection(machine, question.selection) };
    case 'tracepoints':
      return {
        ask: 'tracepoints',
        list: tracepoints().map(({ name, fields, origin }) => ({ name, fields, origin })),
      };
    case 'find':
      return { ask: 'find', seq: find(machine, question) };
    case 'why':
      return why(machine, question.seq);
    case 'export':
      return exported(machine, question.format);
  }
}

/** Number of the next event that contains a text; 0: none does. */
function find(machine: Machine, { seq, text, backwards }: Extract<Question, { ask: 'find' }>): number {
  const { events } = machine.history;
  const step = backwards ? -1 : 1;
  for (let at = seq; events.has(at); at += step) if (matches(eventRow(machine, at), text)) return at;
  return 0;
}

/** All that happened up to where the machine is, or its /proc, as a file. */
async function exported(machine: Machine, format: 'perfetto' | 'ftrace' | 'proc'): Promise<Answer> {
  const { kernel, history } = machine;
  const { events, names, samples } = history;
  if (format === 'proc') {
    const files = procPaths(kernel).map((path) => ({ path, text: procText(kernel, path, 0) }));
    return { ask: 'export', name: 'proc.txt', bytes: procSetText(files) };
  }
  const source = {
    events,
    until: Math.min(events.last, kernel.trace.seq),
    comm: (pid: number) => names.get(pid) ?? 'task',
    fields: (seq: number) => fieldsOf(machine, events.event(seq)),
  };
  if (format === 'ftrace') return { ask: 'export', name: 'pagewalk.ftrace', bytes: ftraceText(source) };
  // Only who exports loads what makes protocol buffers.
  const { perfettoTrace } = await import('../export/perfetto.ts');
  const bytes = perfettoTrace(source, samples, (id) => kernel.trace.text(id));
  return { ask: 'export', name: 'pagewalk.perfetto-trace', bytes };
}
