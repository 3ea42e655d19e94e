import type { Answer, Question } from '../protocol/questions.ts';
import { tracepointList } from './engine.ts';
import { matches } from './event-filter.ts';
import { eventRow } from './event-row.ts';
import type { Machine } from './machine.ts';
import { procPaths } from './views/proc-view.ts';

/** Answers a question of the page. */
export async function answerTo(question: Question, machine: Machine): Promise<Answer> {
  switch (question.ask) {
    case 'state-hash':
      return { ask: 'state-hash', hash: machine.kernel.stateHash(), events: machine.kernel.trace.hash };
    case 'proc-paths':
      return { ask: 'proc-paths', paths: procPaths(machine.kernel) };
    case 'tracepoints':
      return { ask: 'tracepoints', list: tracepointList() };
    case 'find':
      return { ask: 'find', seq: find(machine, question) };
    default:
      return { ask: 'refused', message: `${question.ask}: not answered` };
  }
}

/** Number of the next event that contains a text; 0: none does. */
function find(machine: Machine, { seq, text, backwards }: Extract<Question, { ask: 'find' }>): number {
  const { events } = machine.history;
  const step = backwards ? -1 : 1;
  for (let at = seq; events.has(at); at += step) if (matches(eventRow(machine, at), text)) return at;
  return 0;
}
