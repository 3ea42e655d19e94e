import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { SCENARIOS } from '../../src/scenarios/scenarios.ts';
import { CHROMIUM, command, settled, TestBrowser } from './browser.ts';

describe.skipIf(CHROMIUM === undefined)('scenarios in Chromium', () => {
  let browser: TestBrowser;

  beforeAll(async () => {
    browser = await TestBrowser.start();
  });
  afterEach(() => browser.tidy());
  afterAll(() => browser?.stop());

  it.each(SCENARIOS.map((s) => [s.id, s] as const))('%s runs to its end', async (id, { stages }) => {
    const page = await browser.open();
    // So low that an answer has no room below its question.
    await page.setViewportSize({ width: 1280, height: 560 });
    await page.locator(`[data-scenario=${id}]`).click();
    await settled(page, 'paused');
    for (const [index, stage] of stages.entries()) {
      const title = page.locator('.story-stage', { hasText: stage.title });
      await title.waitFor();
      expect(await page.locator('[data-test=answer]').count()).toBe(0);
      await page.locator('.story-option').nth(stage.correct).click();
      const before = await page.locator('[data-test=turn]').innerText();
      await page.locator('[data-test=show-answer]').click();
      if (stage.go.to !== 'stay') {
        await page.waitForFunction(
          (turn) => document.querySelector('[data-test=turn]')?.textContent !== turn,
          before,
        );
      }
      await settled(page, 'paused', 'ended');
      await page.locator('[data-test=answer]').waitFor();
      expect(await page.locator('.story-option.right').count()).toBe(1);
      const onward = page.locator('[data-test=next-stage], .story-end');
      const panel = page.locator('.story > .view-body');
      const [seen, within] = [await onward.boundingBox(), await panel.boundingBox()];
      const bottom = (box: typeof seen) => (box ? Math.floor(box.y + box.height) : 0);
      expect(bottom(seen), 'the way on is in the panel').toBeLessThanOrEqual(bottom(within));
      if (index < stages.length - 1) await page.locator('[data-test=next-stage]').click();
    }
    await page.waitForFunction(
      (wanted) => location.hash.includes(wanted),
      `scenario=${id}.${stages.length - 1}.answer`,
    );
    await command(page, 'Breakpoints');
    await page.locator('dialog.breakpoints[open]').waitFor();
    while ((await page.getByLabel(/^Remove/).count()) > 0)
      await page
        .getByLabel(/^Remove/)
        .first()
        .click();
    await page.keyboard.press('Escape');
    if ((await settled(page, 'paused', 'ended')) === 'paused') await page.locator('[data-test=run]').click();
    expect(await settled(page, 'ended')).toBe('ended');
  });
});
