import { MachineLink } from '../link/machine-link.ts';
import { refuseWaiting } from './ask.ts';
import { NO_MACHINE, refusal, status } from './machine-signals.ts';
import { connect, reportArrived } from './reports.ts';

let link: MachineLink | null = null;

/** Starts the worker in which machines run. It is there before one is wanted, so that the first need not wait for it. */
export function startWorker(): void {
  link?.close();
  const own = new MachineLink(reportArrived, (message) => workerFailed(message));
  link = own;
  connect((command) => own.post(command));
}

/** One line for the reader, and a new worker: the next machine can be started. */
function workerFailed(message: string): void {
  refuseWaiting('the machine is gone');
  status.value = { ...NO_MACHINE, reason: 'the machine is gone' };
  refusal.value = `The machine failed: ${message}. It can be started anew.`;
  startWorker();
}
