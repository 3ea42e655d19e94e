import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { USE_COLOURS } from '../../src/app/palette-colours.ts';
import { GLOSSARY, termOf } from '../../src/glossary/glossary.ts';
import type { MachineChoice } from '../../src/protocol/choice.ts';
import { TestPage } from '../machine/engine-host.ts';

const SOURCES = fileURLToPath(new URL('../../src', import.meta.url));

const machine = (release: string, memory: number): MachineChoice => ({
  release,
  memory,
  swap: 0,
  sysctl: {},
  program: { kind: 'workload', args: ['seq', '1', '1', '1'] },
});

describe('the glossary', () => {
  it('names each term once, with a text that says something', () => {
    expect(new Set(GLOSSARY.map(({ id }) => id)).size).toBe(GLOSSARY.length);
    for (const { id, name, text } of GLOSSARY) {
      expect(name, id).not.toBe('');
      expect(text, id).toMatch(/^\S.{8,}[.]$/s);
    }
  });

  it.each([
    ['2.4.22', 1024 << 20],
    ['2.4.0', 1024 << 20],
  ])('explains each counter of %s', async (release, memory) => {
    const page = new TestPage();
    await page.do({ type: 'start', choice: machine(release, memory) });
    const { names } = await page.view({ view: 'counters' });
    expect(names.length).toBeGreaterThan(10);
    expect(names.filter((name) => termOf(`counter:${name}`) === undefined)).toEqual([]);
    const { text } = await page.view({ view: 'proc', path: 'meminfo', pid: 0 });
    const lines = [...text.matchAll(/^(\w+):\s+\d+ kB/gm)].map(([, name]) => name as string);
    expect(lines.length).toBeGreaterThan(10);
    expect(lines.filter((name) => termOf(name) === undefined)).toEqual([]);
  });

  it('has each term that the page names', () => {
    const files = readdirSync(SOURCES, { recursive: true, encoding: 'utf8' }).filter((name) =>
      name.endsWith('.tsx'),
    );
    const named = files.flatMap((file) =>
      [...readFileSync(join(SOURCES, file), 'utf8').matchAll(/(?:<Term id|data-term|\bterm)="([^"]+)"/g)].map(
        ([, id]) => id as string,
      ),
    );
    expect(named.length).toBeGreaterThan(5);
    expect(named.filter((id) => termOf(id) === undefined)).toEqual([]);
    expect(USE_COLOURS.filter(({ term }) => termOf(term) === undefined)).toEqual([]);
  });
});
