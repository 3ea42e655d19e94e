import { tracepoints } from '@pagewalk/mm';
import type { Answer, Question } from '../protocol/questions.ts';
import { matches } from './event-filter.ts';
import { eventRow } from './event-row.ts';
import type { Machine } from './machine.ts';
import { missingSelection } from './missing-selection.ts';
import { procPaths } from './views/proc-view.ts';
import { why } from './why.ts';

/** A question that is answered at once. */
export type ShortQuestion = Exclude<Question, { ask: 'export' }>;

/** Answers a question of the page. */
export async function answerTo(question: ShortQuestion, machine: Machine): Promise<Answer> {
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
        list: tracepoints(),
      };
    case 'find':
      return { ask: 'find', seq: find(machine, question) };
    case 'why':
      return why(machine, question.seq);
  }
}

/** Number of the next event that contains a text; 0: none does. */
function find(machine: Machine, { seq, text, backwards }: Extract<Question, { ask: 'find' }>): number {
  const { events } = machine.history;
  const step = backwards ? -1 : 1;
  for (let at = seq; events.has(at); at += step) if (matches(eventRow(machine, at), text)) return at;
  return 0;
}
