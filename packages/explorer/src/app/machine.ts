import type { Command } from '../protocol/messages.ts';

/** Where commands go until a worker is there: they wait. */
let waiting: Command[] = [];
let post: ((command: Command) => void) | null = null;

/** Sends a command to the machine's worker. */
export function postCommand(command: Command): void {
  if (post) post(command);
  else waiting.push(command);
}

/** From now on commands go there; first those that waited. */
export function connectCommands(to: (command: Command) => void): void {
  post = to;
  const first = waiting;
  waiting = [];
  for (const command of first) to(command);
}
