import { Command, Option } from 'commander';
import { UsageError } from '../errors.ts';
import { builtExplorer } from '../explore/explorer-folder.ts';
import { openBrowser } from '../explore/open-browser.ts';
import { HOST, listen, staticServer } from '../explore/static-server.ts';
import { print } from '../output/print.ts';
import { wholeOption } from '../parse/number.ts';

/** The same from time to time, so that the browser finds its settings again. */
const DEFAULT_PORT = 8622;

interface ExploreOptions {
  readonly port?: number;
  readonly open: boolean;
}

/** `pagewalk explore`: the explorer in the browser, served from this computer to itself. */
export function exploreCommand(): Command {
  return new Command('explore')
    .description('open the explorer: a machine in a web page, to see, stop, step back and ask why')
    .addOption(
      new Option(
        '--port <port>',
        `port of ${HOST}; 0: any (default: ${DEFAULT_PORT}, or any if it is in use)`,
      ).argParser(wholeOption(0, 65535)),
    )
    .option('--no-open', 'print the address only, open no browser')
    .addHelpText(
      'after',
      `
It serves packages/explorer/dist, which any static web server can do as well, until Ctrl-C.

Examples:
  pagewalk explore
  pagewalk explore --port 8000 --no-open`,
    )
    .action(async ({ port, open }: ExploreOptions) => {
      const folder = builtExplorer((line) => process.stderr.write(`pagewalk: ${line}\n`));
      const server = staticServer(folder);
      const used = await listen(server, port ?? DEFAULT_PORT).catch((error: NodeJS.ErrnoException) => {
        if (error.code === 'EADDRINUSE' && port === undefined) return listen(server, 0);
        if (error.code === 'EADDRINUSE') {
          throw new UsageError(
            `explore --port ${port}: the port is in use\nAllowed: a free port; 0 takes any`,
          );
        }
        throw error;
      });
      const address = `http://${HOST}:${used}/`;
      print(`The explorer is at ${address} until you press Ctrl-C.`);
      if (open) openBrowser(address);
      await interrupted();
      server.close();
      server.closeAllConnections();
    });
}

/** Waits for Ctrl-C, or to be told to end. */
function interrupted(): Promise<void> {
  return new Promise((resolve) => {
    process.once('SIGINT', resolve);
    process.once('SIGTERM', resolve);
  });
}
