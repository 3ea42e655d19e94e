import { ConfigError } from '@pagewalk/mm';
import type { Making } from '../export/export-source.ts';
import type { Answer, ExportFormat } from '../protocol/questions.ts';
import { type ExportFile, fileExport } from './file-export.ts';
import type { Machine } from './machine.ts';
import { messageOf } from './message-of.ts';

/** An export that is being made: first what makes it is loaded, then it is made slice by slice. The machine has to stand meanwhile. */
export class ExportJob {
  /** Number of the question. */
  readonly id: number;
  private readonly machine: Machine;
  private readonly format: ExportFormat;
  private making: Making<ExportFile> | null = null;

  constructor(id: number, machine: Machine, format: ExportFormat) {
    this.id = id;
    this.machine = machine;
    this.format = format;
  }

  /** Resolves when slices can be made. */
  async load(): Promise<void> {
    this.making = await fileExport(this.machine, this.format);
  }

  /** Whether slices can be made. */
  get loaded(): boolean {
    return this.making !== null;
  }

  /** Makes pieces while `more()`. Returns the answer, or the share that is done, 0 .. 1. */
  slice(more: () => boolean): Answer | number {
    if (this.making === null) throw new ConfigError('the export is not loaded yet');
    try {
      let piece = this.making.next();
      while (!piece.done && more()) piece = this.making.next();
      return piece.done ? { ask: 'export', ...piece.value } : piece.value;
    } catch (error) {
      return { ask: 'refused', message: messageOf(error) };
    }
  }
}
