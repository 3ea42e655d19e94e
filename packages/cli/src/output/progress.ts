import cliProgress from 'cli-progress';

/** A progress bar on standard error; nothing at all when that is no terminal. */
export class Progress {
  readonly #bar: InstanceType<typeof cliProgress.SingleBar> | null = null;

  /**
   * @param label one or two words before the bar
   * @param total what counts as done
   */
  constructor(label: string, total: number, quiet = false) {
    const columns = process.stderr.columns ?? 0;
    if (quiet || !process.stderr.isTTY || columns < 20 || total <= 0) return;
    const barsize = Math.max(0, Math.min(30, columns - label.length - 32));
    this.#bar = new cliProgress.SingleBar({
      format: barsize < 5 ? '{percentage}%' : `${label} {bar} {percentage}%  {value}/{total}`,
      stream: process.stderr,
      barsize,
      hideCursor: true,
      clearOnComplete: true,
      linewrap: false,
      fps: 10,
    });
    this.#bar.start(total, 0);
  }

  update(done: number): void {
    this.#bar?.update(done);
  }

  /** Removes the bar and shows the cursor again. */
  stop(): void {
    this.#bar?.stop();
  }
}
