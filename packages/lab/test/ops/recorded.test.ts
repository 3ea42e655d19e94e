import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { boot } from '@pagewalk/mm';
import { describe, expect, it } from 'vitest';
import { parseOps, runOps, WORLD_MEMORY, WORLD_SWAP_BYTES } from '../../src/ops/index.ts';

const FIXTURES = new URL('../fixtures/mmops/', import.meta.url);
/** Differences that a failing test lists. */
const SHOWN = 10;

function recorded(release: string, script: string): string[] {
  const file = new URL(`results/${release}/${script.replace('.ops', '.res')}`, FIXTURES);
  const lines = gunzipSync(readFileSync(file)).toString().split('\n');
  if (lines.at(-1) === '') lines.pop();
  return lines;
}

describe.each(['2.4.22', '2.4.20'] as const)('scripts recorded on Linux %s', (release) => {
  const scripts = readdirSync(new URL('scripts/', FIXTURES)).filter((script) =>
    existsSync(new URL(`results/${release}/${script.replace('.ops', '.res')}`, FIXTURES)),
  );

  it.each(scripts)('%s', (file) => {
    const script = parseOps(readFileSync(new URL(`scripts/${file}`, FIXTURES)), file);
    const expected = recorded(release, file);
    const differences: string[] = [];
    let n = 0;
    const kernel = boot({ memory: WORLD_MEMORY, swap: [{ size: WORLD_SWAP_BYTES }], release });
    runOps(kernel, script, (line) => {
      const wanted = expected[n++];
      if (wanted === undefined || wanted === line || differences.length >= SHOWN) return;
      differences.push(`line ${n}: ${line}, but Linux: ${wanted}`);
    });
    expect(differences).toEqual([]);
    expect(n).toBeGreaterThanOrEqual(expected.length);
    kernel.checkInvariants();
  });
});
