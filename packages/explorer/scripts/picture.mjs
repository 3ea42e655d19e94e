/**
 * Makes the picture of the explorer that the README shows: `npm run picture -w packages/explorer`. It needs Chromium;
 * `PAGEWALK_CHROMIUM` names one that is not /usr/bin/chromium.
 */
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { build, preview } from 'vite';

const PICTURE = fileURLToPath(new URL('../../../docs/explorer.png', import.meta.url));
/** A recorded shell pipeline on a small machine, and why its last fault took a page. */
const STATE =
  '#release=2.4.22&memory=8M&swap=64M&recording=pipeline&at=150000&select=event.16019' +
  '&panels=row(column(memory:5,proc.terminal:2):4,column(zones.buddy.lists*,space.walk.tasks):3,column(events:4,why:5,counters:3):3)';

const root = fileURLToPath(new URL('..', import.meta.url));
await build({ root, logLevel: 'error' });
const server = await preview({ root, logLevel: 'error', preview: { host: '127.0.0.1', port: 0 } });
const browser = await chromium.launch({
  executablePath: process.env.PAGEWALK_CHROMIUM ?? '/usr/bin/chromium',
  args: ['--headless', '--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking'],
});
try {
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 }, colorScheme: 'light' });
  await page.goto(`${server.resolvedUrls?.local[0]}${STATE}`);
  await page.locator('[data-test=status][data-phase=paused]').waitFor();
  // What comes after the machine stands: charts, and what belongs to the selection.
  await page.waitForTimeout(1500);
  await page.screenshot({ path: PICTURE });
} finally {
  await browser.close();
  await server.close();
}
