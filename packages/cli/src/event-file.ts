import { closeSync, openSync, writeSync } from 'node:fs';
import type { EventHub } from '@pagewalk/lab';
import type { Kernel } from '@pagewalk/mm';
import { UsageError } from './errors.ts';
import { reasonOf } from './parse/input-file.ts';

const BUFFER_CHARACTERS = 1 << 16;

/** The file of `--events`: the machine's event stream as ftrace text. */
export class EventFile {
  readonly #path: string;
  readonly #fd: number;
  #closed = false;
  #text = '# tracer: nop\n#\n#           TASK-PID   CPU#   TIMESTAMP  FUNCTION\n';

  /** @throws UsageError when the file cannot be written */
  constructor(path: string) {
    this.#path = path;
    try {
      this.#fd = openSync(path, 'w');
    } catch (error) {
      throw new UsageError(`--events ${path}: cannot be written: ${reasonOf(error)}`);
    }
    // However the command ends, what has happened so far is in the file.
    process.once('exit', () => this.close());
  }

  /** Writes every event of `kernel` from now on. */
  follow(kernel: Kernel, hub: EventHub): void {
    hub.add((trace, base) => {
      const event = trace.decode(base);
      this.#text += `${kernel.trace.format(event, kernel.processes.get(event.pid)?.task.comm)}\n`;
      if (this.#text.length > BUFFER_CHARACTERS) this.#flush();
    });
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#flush();
    closeSync(this.#fd);
  }

  #flush(): void {
    try {
      writeSync(this.#fd, this.#text);
    } catch (error) {
      throw new UsageError(`--events ${this.#path}: cannot be written: ${reasonOf(error)}`);
    }
    this.#text = '';
  }
}
