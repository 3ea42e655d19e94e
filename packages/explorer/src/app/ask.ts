import type { Answer, Question } from '../protocol/questions.ts';
import { postCommand } from './machine.ts';

/** An answer of the question's kind, or why there is none. */
export type AnswerTo<Q extends Question> = Extract<Answer, { ask: Q['ask'] | 'refused' }>;

const waiting = new Map<number, (answer: Answer) => void>();
let lastId = 0;

/** Asks the worker. */
export function ask<Q extends Question>(question: Q): Promise<AnswerTo<Q>> {
  const id = ++lastId;
  return new Promise((resolve) => {
    waiting.set(id, resolve as (answer: Answer) => void);
    postCommand({ type: 'ask', id, question });
  });
}

/** From the worker's reports. */
export function answerArrived(id: number, answer: Answer): void {
  waiting.get(id)?.(answer);
  waiting.delete(id);
}

/** The worker is gone: nobody answers any more. */
export function refuseWaiting(message: string): void {
  for (const resolve of waiting.values()) resolve({ ask: 'refused', message });
  waiting.clear();
}
