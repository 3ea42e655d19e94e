import { existsSync } from 'node:fs';
import type { Server } from 'node:http';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { expect } from 'vitest';
import { HOST, listen, staticServer } from '../../../cli/src/explore/static-server.ts';
import { builtPage } from './built-page.ts';

/** Where systems have Chromium; `PAGEWALK_CHROMIUM` names another. */
const PLACES = [
  process.env['PAGEWALK_CHROMIUM'] ?? '',
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/usr/bin/google-chrome-stable',
];

/** The browser of this computer; undefined: it has none, and tests in it are skipped. */
export const CHROMIUM = PLACES.find((path) => path !== '' && existsSync(path));

const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--no-first-run',
  '--disable-background-networking',
];

/** The page in a real browser, served as `pagewalk explore` serves it. */
export class TestBrowser {
  readonly address: string;
  /** What pages wrote to their consoles as errors, and what they threw. */
  readonly errors: string[] = [];
  private readonly server: Server;
  private readonly browser: Browser;
  private readonly contexts: BrowserContext[] = [];

  private constructor(server: Server, port: number, browser: Browser) {
    this.server = server;
    this.address = `http://${HOST}:${port}/`;
    this.browser = browser;
  }

  static async start(): Promise<TestBrowser> {
    const server = staticServer(await builtPage());
    const port = await listen(server, 0);
    const browser = await chromium.launch({ executablePath: CHROMIUM as string, args: FLAGS });
    return new TestBrowser(server, port, browser);
  }

  /** A page of a reader of its own, at an address that begins with `#`, or at the start page. */
  async open(hash = '', options: Parameters<Browser['newContext']>[0] = {}): Promise<Page> {
    const context = await this.browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
    this.contexts.push(context);
    const page = await context.newPage();
    page.on('console', (message) => {
      if (message.type() === 'error') this.errors.push(message.text());
    });
    page.on('pageerror', (error) => this.errors.push(error.message));
    page.setDefaultTimeout(60_000);
    await page.goto(this.address + hash);
    return page;
  }

  /** After each test: nothing was complained of, all pages are closed. */
  async tidy(): Promise<void> {
    for (const context of this.contexts.splice(0)) await context.close();
    this.quiet();
  }

  /** Nothing was complained of. */
  quiet(): void {
    expect(this.errors.splice(0)).toEqual([]);
  }

  async stop(): Promise<void> {
    await this.browser.close();
    this.server.closeAllConnections();
    this.server.close();
  }
}

/** Waits until the machine is in one of these phases, and returns which. */
export async function settled(page: Page, ...phases: string[]): Promise<string> {
  const wanted = phases.length > 0 ? phases : ['paused', 'ended'];
  const handle = await page.waitForFunction((list) => {
    const phase = document.querySelector<HTMLElement>('[data-test=status]')?.dataset['phase'] ?? '';
    return list.includes(phase) ? phase : '';
  }, wanted);
  return handle.jsonValue();
}

export async function turnOf(page: Page): Promise<number> {
  return Number((await page.locator('[data-test=turn]').innerText()).replaceAll(',', ''));
}

/** Gives a command by its name. */
export async function command(page: Page, name: string): Promise<void> {
  await page.keyboard.press('Control+k');
  await page.locator('[data-test=palette]').fill(name);
  await page.keyboard.press('Enter');
}

/** Hashes of the machine's state and of its events so far, as the Machine panel says them. */
export async function hashes(page: Page): Promise<{ state: string; turn: number; events: string }> {
  if ((await page.locator('[data-test=compute-hash]').count()) === 0) await command(page, 'Show Machine');
  await page.locator('[data-test=compute-hash]').click();
  const text = await page
    .locator('[data-test=state-hash]', { hasText: `at turn ${await turnOf(page)},` })
    .innerText();
  const [, state = '', turn = '', events = ''] = /^(\S+) at turn (\d+), events (\S+)$/.exec(text) ?? [];
  return { state, turn: Number(turn), events };
}
