import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { choiceOf, TestPage } from './engine-host.ts';

const RECORDING = new Uint8Array(
  readFileSync(new URL('../../../lab/recordings/pipeline.pwt', import.meta.url)),
);

test('a recording that was cut short ends where it is damaged, and says so', async () => {
  const page = new TestPage();
  const choice = choiceOf({ kind: 'recording', name: 'mine.pwt', sha256: '00'.repeat(32) });
  await page.do({ type: 'start', choice, file: RECORDING.slice(0, 5000) });
  const status = await page.do({ type: 'run', speed: null });
  expect(status).toMatchObject({ phase: 'ended' });
  expect(page.refusals).toEqual([`the recording is damaged; ${status.reason}`]);
  expect(status.reason).toContain('cut short');
  // A whole one ends without a word.
  await page.do({ type: 'start', choice, file: RECORDING });
  await page.do({ type: 'seek', turn: 1e9 });
  expect(page.refusals.length).toBe(1);
});

test('a recording whose header is cut short is no machine', async () => {
  const page = new TestPage();
  const choice = choiceOf({ kind: 'recording', name: 'mine.pwt', sha256: '00'.repeat(32) });
  const status = await page.do({ type: 'start', choice, file: RECORDING.slice(0, 6) });
  expect(page.refusals).toEqual(['recording mine.pwt: trace ends at byte 6, inside its 64 byte header']);
  expect(status.phase).toBe('empty');
});
