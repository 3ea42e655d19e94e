import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { request } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { builtPage } from '../../explorer/test/browser/built-page.ts';
import { pagewalk, root } from './run-cli.ts';

/** Asks for a path as it stands: `fetch` would tidy it up. */
function get(
  port: number,
  path: string,
  method = 'GET',
): Promise<{ status: number; type: string; body: string }> {
  return new Promise((resolve, reject) => {
    request({ host: '127.0.0.1', port, path, method }, (response) => {
      let body = '';
      response.setEncoding('latin1');
      response.on('data', (piece: string) => (body += piece));
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, type: response.headers['content-type'] ?? '', body }),
      );
    })
      .on('error', reject)
      .end();
  });
}

describe('pagewalk explore', () => {
  let child: ReturnType<typeof spawn>;
  let port = 0;

  beforeAll(async () => {
    await builtPage();
    const cli = join(root, 'packages/cli/bin/pagewalk.mjs');
    child = spawn(process.execPath, [cli, 'explore', '--port', '0', '--no-open'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = (await once(child.stdout as NodeJS.ReadableStream, 'data')) as [Buffer];
    port = Number(/127\.0\.0\.1:(\d+)\//.exec(String(line))?.[1]);
  });

  afterAll(() => {
    child.kill();
  });

  it('serves the page and what it is made of', async () => {
    const page = await get(port, '/');
    expect(page).toMatchObject({ status: 200, type: 'text/html; charset=utf-8' });
    const script = /src="\.\/(assets\/[^"]+\.js)"/.exec(page.body)?.[1];
    expect(await get(port, `/${script}`)).toMatchObject({
      status: 200,
      type: 'text/javascript; charset=utf-8',
    });
    expect((await get(port, '/', 'HEAD')).body).toBe('');
  });

  it.each([
    '/../package.json',
    '/..%2fpackage.json',
    '/%2e%2e/%2e%2e/README.md',
    '/assets',
    '/%00',
    '/%',
    '/nothing',
  ])('does not serve %s', async (path) => {
    expect((await get(port, path)).status).toBe(404);
  });

  it('takes no other method', async () => {
    expect((await get(port, '/', 'POST')).status).toBe(404);
  });

  it('says in a line that a port is in use, and which ports there are', () => {
    const used = pagewalk(['explore', '--no-open', '--port', String(port)]);
    expect(used).toMatchObject({ status: 2, out: '' });
    expect(used.err).toBe(
      `pagewalk: explore --port ${port}: the port is in use\nAllowed: a free port; 0 takes any\n`,
    );
    expect(pagewalk(['explore', '--port', '70000']).err).toContain('a whole number from 0 to 65535');
  });

  it('ends with 0 when it is told to', async () => {
    child.kill('SIGTERM');
    const [code] = (await once(child, 'exit')) as [number];
    expect(code).toBe(0);
  });
});
