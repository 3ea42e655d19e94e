import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Compression, EventKind } from '../../src/trace/format.ts';
import { traceFromBytes } from '../../src/trace/open.ts';
import type { TraceReader } from '../../src/trace/reader.ts';
import { SingleReferences } from '../../src/trace/single-references.ts';
import { memorySink } from '../../src/trace/sink.ts';
import { TraceWriter } from '../../src/trace/writer.ts';
import { anyStep, HEADER } from './events.ts';

/** All that a reader says about its event, as a number. */
function eventOf(t: TraceReader): number[] {
  const { kind, process, mapping, page, access, count, stride, events, referencesRead, position } = t;
  if (kind === EventKind.Reference) {
    return [kind, process, mapping, page, access, count, stride, events, referencesRead, position];
  }
  return [kind, process, events, referencesRead, position];
}

/** Reads to the end, event by event; `see` gets each. */
function oneByOne(t: TraceReader, see: (event: readonly number[]) => void): void {
  while (t.next()) see(eventOf(t));
}

/** The same, with up to `most` single references at a time. What no single one can tell (positions between) is made up. */
function inRows(t: TraceReader, most: number, see: (event: readonly number[]) => void): number {
  const singles = new SingleReferences();
  let inOne = 0;
  for (;;) {
    const before = [t.events, t.referencesRead] as const;
    const count = t.nextSingles(singles, most);
    inOne += count;
    for (let i = 0; i < count; i++) {
      const last = i === count - 1;
      const one = [
        EventKind.Reference,
        t.process,
        singles.mapping[i] as number,
        singles.page[i] as number,
        singles.access[i] as number,
        1,
        0,
        before[0] + i + 1,
        before[1] + i + 1,
      ];
      if (last) expect(one).toEqual(eventOf(t).slice(0, 9));
      see([...one, last ? t.position : -1]);
    }
    if (count > 0) continue;
    if (!t.next()) return inOne;
    see(eventOf(t));
  }
}

/** Hash of a sequence of events, positions left out. */
function hasher(): { see(event: readonly number[]): void; hash(): number } {
  let hash = 0;
  return {
    see(event) {
      const end = event.length - 1;
      for (let i = 0; i < end; i++) hash = Math.imul(hash ^ (event[i] as number), 0x01000193);
    },
    hash: () => hash,
  };
}

describe('single references in a row are what next() tells one by one', () => {
  it('for random events', () => {
    fc.assert(
      fc.property(fc.array(anyStep, { maxLength: 60 }), fc.integer({ min: 1, max: 9 }), (steps, most) => {
        const sink = memorySink();
        const writer = new TraceWriter(sink, HEADER, Compression.None);
        const state = { files: 0, mappings: 0, processes: 1 };
        for (const step of steps) step(writer, state);
        writer.close();
        const want: number[][] = [];
        oneByOne(traceFromBytes(sink.bytes()), (event) => want.push([...event]));
        const got: number[][] = [];
        inRows(traceFromBytes(sink.bytes()), most, (event) => got.push([...event]));
        const told = got.map((event, i) =>
          event.at(-1) === -1 ? [...event.slice(0, -1), want[i]?.at(-1) as number] : event,
        );
        expect(told).toEqual(want);
      }),
      { numRuns: 200 },
    );
  });

  it('for a real program, of which they are nearly all', () => {
    const bytes = readFileSync(new URL('../../recordings/pipeline.pwt', import.meta.url));
    const want = hasher();
    let events = 0;
    oneByOne(traceFromBytes(bytes), (event) => {
      want.see(event);
      events++;
    });
    const got = hasher();
    expect(inRows(traceFromBytes(bytes), 512, got.see)).toBeGreaterThan(events * 0.9);
    expect(got.hash()).toBe(want.hash());
  });

  it('references that are uncounted were never read', () => {
    const t = traceFromBytes(readFileSync(new URL('../../recordings/pipeline.pwt', import.meta.url)));
    const singles = new SingleReferences();
    let count = 0;
    while (count < 2) {
      count = t.nextSingles(singles, 100);
      if (count === 0) t.next();
    }
    const { events, referencesRead } = t;
    t.uncount(count - 1);
    expect([t.events, t.referencesRead]).toEqual([events - count + 1, referencesRead - count + 1]);
  });
});
