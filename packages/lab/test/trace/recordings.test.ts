import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { EventKind } from '../../src/trace/format.ts';
import { openTrace, readTraceHeader } from '../../src/trace/open.ts';
import type { TraceReader } from '../../src/trace/reader.ts';

const DIRECTORY = fileURLToPath(new URL('../../recordings', import.meta.url));

/** The pages that a process has mapped of a mapping: a byte a page. A stack has as many as it likes. */
type Space = Map<number, Uint8Array | 'stack'>;

/** Follows the mappings as a replay does, and fails on whatever a replay could not carry out. */
function check(t: TraceReader): {
  forks: number;
  vforks: number;
  execs: number;
  exits: number;
  lost: number;
} {
  const spaces: (Space | null)[] = [new Map()];
  /** Children that have not run a program yet, and whether they referenced anything. */
  const young = new Map<number, boolean>();
  const seen = { forks: 0, vforks: 0, execs: 0, exits: 0, lost: 0 };
  const fail = (what: string): never => {
    throw new Error(`event ${t.events}, process ${t.process}: ${what}`);
  };
  while (t.next()) {
    if (t.kind === EventKind.File || t.kind === EventKind.Switch || t.kind === EventKind.Work) continue;
    const space = spaces[t.process] ?? fail('an event after its exit');
    const pagesOf = (): Uint8Array | 'stack' => space.get(t.mapping) ?? fail(`has no mapping ${t.mapping}`);
    const set = (value: number): void => {
      const pages = pagesOf();
      if (pages === 'stack') return;
      if (t.page + t.pages > pages.length) fail(`pages beyond mapping ${t.mapping}`);
      pages.fill(value, t.page, t.page + t.pages);
    };
    switch (t.kind) {
      case EventKind.Reference: {
        const pages = pagesOf();
        if (young.has(t.process)) young.set(t.process, true);
        if (pages === 'stack') break;
        for (let i = 0; i < t.count; i++) {
          if (pages[t.page + i * t.stride] !== 1)
            fail(`page ${t.page + i * t.stride} of ${t.mapping} is not mapped`);
        }
        break;
      }
      case EventKind.Exec:
        seen.execs++;
        if (young.get(t.process) === false) seen.lost++;
        young.delete(t.process);
        space.clear();
        space.set(t.stack, 'stack').set(t.heap, new Uint8Array(0));
        break;
      case EventKind.Image:
        space.set(t.mapping, new Uint8Array(t.pages));
        break;
      case EventKind.Map:
        space.set(t.mapping, new Uint8Array(t.pages).fill(1));
        break;
      case EventKind.MapFixed:
        set(1);
        break;
      case EventKind.Unmap:
        set(0);
        break;
      case EventKind.Protect:
      case EventKind.Advise:
        set(1);
        break;
      case EventKind.Break:
        space.set(t.mapping, new Uint8Array(t.pages).fill(1));
        break;
      case EventKind.Remap:
        set(0);
        space.set(t.newMapping, new Uint8Array(t.newPages).fill(1));
        break;
      case EventKind.Fork:
        seen.forks++;
        if (t.vfork) seen.vforks++;
        young.set(t.child, false);
        spaces[t.child] = new Map(
          [...space].map(([id, pages]) => [id, pages === 'stack' ? pages : pages.slice()]),
        );
        break;
      case EventKind.Exit:
        seen.exits++;
        spaces[t.process] = null;
        break;
    }
  }
  return seen;
}

describe('the recordings', () => {
  const names = readdirSync(DIRECTORY).filter((name) => name.endsWith('.pwt'));

  it('are four of different character', () => {
    expect(names.sort()).toEqual(['cc1.pwt', 'perl.pwt', 'pipeline.pwt', 'sort.pwt']);
  });

  it.each(names)('%s is small, honest about itself, and can be carried out to its end', (name) => {
    const path = join(DIRECTORY, name);
    expect(statSync(path).size).toBeLessThan(2e6);
    const { header, totals } = readTraceHeader(path);
    expect(header.real?.status).toBe(0);
    expect(header.real?.minorFaults).toBeGreaterThan(300);
    expect(totals.rawReferences).toBeGreaterThan(10 * totals.references);
    const { forks, exits, execs, lost } = check(openTrace(path));
    expect(lost).toBe(0);
    expect(forks).toBe(totals.processes - 1);
    expect(exits).toBe(totals.processes);
    expect(execs).toBeGreaterThan(0);
  });

  it('sort.pwt touches more than 20,000 different pages', () => {
    expect(readTraceHeader(join(DIRECTORY, 'sort.pwt')).totals.distinctPages).toBeGreaterThan(20_000);
  });

  it('cc1.pwt has the vforks of gcc', () => {
    expect(check(openTrace(join(DIRECTORY, 'cc1.pwt'))).vforks).toBeGreaterThan(0);
  });

  it.each(['cc1.pwt', 'pipeline.pwt'])('%s has several processes that run programs of their own', (name) => {
    const { forks, execs } = check(openTrace(join(DIRECTORY, name)));
    expect(forks).toBeGreaterThan(3);
    expect(execs).toBeGreaterThan(4);
  });
});
