import type { Command, Report } from '../protocol/messages.ts';

/** The page's end of the worker in which the machine runs. */
export class MachineLink {
  private readonly worker: Worker;

  /**
   * Starts the worker.
   *
   * @param onReport hears of everything that the worker reports
   * @param onFailure hears when the worker itself fails: one line. It must be started anew
   */
  constructor(onReport: (report: Report) => void, onFailure: (message: string) => void) {
    this.worker = new Worker(new URL('../machine/worker.ts', import.meta.url), { type: 'module' });
    this.worker.onmessage = ({ data }: MessageEvent<Report>) => onReport(data);
    this.worker.onerror = (event) => onFailure(event.message || 'the worker cannot be started');
  }

  post(command: Command): void {
    this.worker.postMessage(command);
  }

  /** Ends the worker with its machine. */
  close(): void {
    this.worker.terminate();
  }
}
