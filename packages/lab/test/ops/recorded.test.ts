import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { boot } from '@pagewalk/mm';
import { describe, expect, it } from 'vitest';
import { parseOps, runOps, WORLD_MEMORY, WORLD_SWAP_BYTES } from '../../src/ops/index.ts';

const FIXTURES = new URL('../fixtures/mmops/', import.meta.url);
/** Differences that a failing test lists. */
const SHOWN = 10;
/**
 * Lines whose sum of contents (`h=`) tells what the recorded machine's disk held before the file got the block: a write from a
 * bad buffer gives a hole of the file a block, 2.4.0 does not commit the page, and the next fault reads it from the disk. The
 * sums are those of pages that f0 had in an earlier run (nomadv-07: page 18; nomadv-08: 18 and 31; nomadv-10: 63).
 */
const OLD_DISK_CONTENTS: Readonly<Record<string, readonly number[]>> = {
  'nomadv-06.ops.gz': [3266, 4584, 5699, 7013, 8968],
  'nomadv-07.ops.gz': [7648, 9534],
  'nomadv-08.ops.gz': [3565, 6513, 6543, 8183, 8195, 8224, 10239],
  'nomadv-09.ops.gz': [7037],
  'nomadv-10.ops.gz': [9052, 10373],
};

/** A line as it is compared. */
function comparable(file: string, n: number, line: string | undefined): string | undefined {
  return OLD_DISK_CONTENTS[file]?.includes(n) ? line?.replace(/ h=\S+/, '') : line;
}

function recorded(release: string, script: string): string[] {
  const file = new URL(`results/${release}/${script.replace('.ops', '.res')}`, FIXTURES);
  const lines = gunzipSync(readFileSync(file)).toString().split('\n');
  if (lines.at(-1) === '') lines.pop();
  return lines;
}

describe.each(['2.4.22', '2.4.20', '2.4.0'] as const)('scripts recorded on Linux %s', (release) => {
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
      const wanted = comparable(file, n + 1, expected[n++]);
      if (wanted === undefined || wanted === comparable(file, n, line) || differences.length >= SHOWN) return;
      differences.push(`line ${n}: ${line}, but Linux: ${wanted}`);
    });
    expect(differences).toEqual([]);
    expect(n).toBeGreaterThanOrEqual(expected.length);
    kernel.checkInvariants();
  });
});
