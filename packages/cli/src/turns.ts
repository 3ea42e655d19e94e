import { Progress } from './output/progress.ts';

/**
 * Works in turns of some ten milliseconds, with a progress bar, until all is done or Ctrl-C is pressed.
 *
 * @param name stands before the bar
 * @param total of the bar
 * @param turn works for a turn; false: all is done
 * @param done how far it is, of `total`
 * @returns whether it was interrupted
 */
export async function workInTurns(
  name: string,
  total: number,
  turn: () => boolean,
  done: () => number,
): Promise<boolean> {
  const progress = new Progress(name, total);
  let interrupted = false;
  const onInterrupt = (): void => {
    interrupted = true;
  };
  process.once('SIGINT', onInterrupt);
  try {
    while (!interrupted && turn()) {
      progress.update(done());
      await new Promise(setImmediate);
    }
  } finally {
    process.removeListener('SIGINT', onInterrupt);
    progress.stop();
  }
  return interrupted;
}
