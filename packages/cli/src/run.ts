import { CommanderError } from 'commander';
import { describeError, EXIT, ProgramEnded } from './errors.ts';
import { makeProgram } from './program.ts';

/**
 * The command line as commander is to see it. `--check` never takes the next word as its value (`replay --check my.pwt`
 * means the recording), and `help` of a command that does not exist is a mistake in its name.
 */
function prepare(args: readonly string[], commands: readonly string[]): string[] {
  const [first, second] = args;
  // What follows the program is the program's own.
  if (first === 'run') return [...args];
  if (first === 'help' && second !== undefined && !commands.includes(second)) return [second];
  return args.map((word) => (word === '--check' ? '--check=end' : word));
}

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
    const program = makeProgram();
    const commands = program.commands.map((command) => command.name());
    await program.parseAsync(prepare(args, commands), { from: 'user' });
    return EXIT.done;
  } catch (error) {
    // Commander has printed its message already; --help and --version end with 0.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.usage;
    if (error instanceof ProgramEnded) return error.code;
    const { code, lines } = describeError(error);
    process.stderr.write(`${lines.join('\n')}\n`);
    return code;
  }
}
