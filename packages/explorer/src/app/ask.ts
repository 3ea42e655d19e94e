import type { Answer, Question } from '../protocol/questions.ts';
import { postCommand } from './machine.ts';

/** An answer of the question's kind, or why there is none. */
export type AnswerTo<Q extends Question> = Extract<Answer, { ask: Q['ask'] | 'refused' }>;

interface Asker {
  readonly answered: (answer: Answer) => void;
  readonly progressed: (share: number) => void;
}

const waiting = new Map<number, Asker>();
let lastId = 0;

/** Asks the worker. `progressed` is called with the share that is done, 0 .. 1, if the answer takes its time. */
export function ask<Q extends Question>(
  question: Q,
  progressed: Asker['progressed'] = () => {},
): Promise<AnswerTo<Q>> {
  const id = ++lastId;
  return new Promise((resolve) => {
    waiting.set(id, { answered: resolve as Asker['answered'], progressed });
    postCommand({ type: 'ask', id, question });
  });
}

/** From the worker's reports. */
export function answerArrived(id: number, answer: Answer): void {
  waiting.get(id)?.answered(answer);
  waiting.delete(id);
}

/** From the worker's reports. */
export function answerProgressed(id: number, share: number): void {
  waiting.get(id)?.progressed(share);
}

/** The worker is gone: nobody answers any more. */
export function refuseWaiting(message: string): void {
  for (const { answered } of waiting.values()) answered({ ask: 'refused', message });
  waiting.clear();
}
