import { createReadStream, statSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { extname, join, normalize, sep } from 'node:path';

/** The only address that is listened on: other computers do not reach it. */
export const HOST = '127.0.0.1';

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.wasm': 'application/wasm',
  '.json': 'application/json',
};

/** A server of the files in a folder, and of nothing else. */
export function staticServer(folder: string): Server {
  return createServer((request, response) => answer(folder, request, response));
}

function answer(folder: string, request: IncomingMessage, response: ServerResponse): void {
  const file =
    request.method === 'GET' || request.method === 'HEAD' ? fileOf(folder, request.url ?? '/') : null;
  if (file === null) {
    response.writeHead(404, { 'content-type': 'text/plain' }).end('not found\n');
    return;
  }
  response.writeHead(200, {
    'content-type': TYPES[extname(file.path)] ?? 'application/octet-stream',
    'content-length': file.bytes,
    // Names of assets have a hash of what is in them: they never change.
    'cache-control': file.path.includes(`${sep}assets${sep}`) ? 'max-age=31536000, immutable' : 'no-cache',
    'x-content-type-options': 'nosniff',
  });
  if (request.method === 'HEAD') response.end();
  else {
    createReadStream(file.path)
      .on('error', () => response.destroy())
      .pipe(response);
  }
}

/** The file that an address names; null: there is none in the folder. */
function fileOf(folder: string, url: string): { readonly path: string; readonly bytes: number } | null {
  try {
    const name = decodeURIComponent(new URL(url, `http://${HOST}`).pathname);
    const path = normalize(join(folder, name.endsWith('/') ? `${name}index.html` : name));
    if (!path.startsWith(folder + sep)) return null;
    const found = statSync(path);
    return found.isFile() ? { path, bytes: found.size } : null;
  } catch {
    return null;
  }
}

/**
 * Begins to listen.
 *
 * @param port 0: any that is free
 * @returns the port
 * @throws Error with a code such as EADDRINUSE
 */
export function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, HOST, () => {
      server.off('error', reject);
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : port);
    });
  });
}
