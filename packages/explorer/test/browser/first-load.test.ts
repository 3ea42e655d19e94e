import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { CHROMIUM, settled, TestBrowser } from './browser.ts';
import { builtPage } from './built-page.ts';

/** Compressed bytes that a program on the CPU may need to be loaded. */
const FIRST_LOAD_MAX = 1.5e6;

describe.skipIf(CHROMIUM === undefined)('the first load', () => {
  let browser: TestBrowser;

  beforeAll(async () => {
    browser = await TestBrowser.start();
  });
  afterEach(() => browser.tidy());
  afterAll(() => browser?.stop());

  it('is at most 1.5 MB compressed, with the CPU and a program', async () => {
    const dist = await builtPage();
    const page = await browser.open();
    const loaded = new Set<string>(['/index.html']);
    page.context().on('request', (request) => loaded.add(new URL(request.url()).pathname));
    await page.reload();
    await page.locator('[data-test=start]').click();
    await settled(page, 'running', 'ended');
    const names = [...loaded].filter((name) => name !== '/' && !name.startsWith('blob'));
    expect(names.some((name) => name.endsWith('.wasm'))).toBe(true);
    expect(names.filter((name) => name.endsWith('.js')).length).toBeGreaterThan(1);
    const bytes = names.map((name) => gzipSync(readFileSync(join(dist, name))).length);
    expect(bytes.reduce((sum, n) => sum + n, 0)).toBeLessThan(FIRST_LOAD_MAX);
    // Nothing comes from elsewhere.
    expect([...loaded].every((name) => name.startsWith('/'))).toBe(true);
  });
});
