import { CommanderError } from 'commander';
import { describeError, EXIT } from './errors.ts';
import { makeProgram } from './program.ts';

/**
 * Runs one command line and returns its exit code. Nothing is thrown: an error ends as one to three lines on standard
 * error.
 *
 * @param args what follows `pagewalk`
 */
export async function run(args: readonly string[]): Promise<number> {
  // `pagewalk proc meminfo | head -1`: whoever reads the result may stop early.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    process.exit(error.code === 'EPIPE' ? EXIT.done : EXIT.failure);
  });
  try {
    await makeProgram().parseAsync([...args], { from: 'user' });
    return EXIT.done;
  } catch (error) {
    // Commander has printed its message already; --help and --version end with 0.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.usage;
    const { code, lines } = describeError(error);
    process.stderr.write(`${lines.join('\n')}\n`);
    return code;
  }
}
