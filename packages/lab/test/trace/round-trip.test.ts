import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { Access, Compression, EventKind, Limit } from '../../src/trace/format.ts';
import { openTrace, readTraceHeader, traceFromBytes } from '../../src/trace/open.ts';
import { memorySink } from '../../src/trace/sink.ts';
import { createTrace, TraceWriter } from '../../src/trace/writer.ts';
import { anyStep, HEADER, readAll } from './events.ts';

const directory = mkdtempSync(join(tmpdir(), 'pagewalk-trace-'));
afterAll(() => rmSync(directory, { recursive: true }));

describe('a trace reads back as it was written', () => {
  it.each(Object.entries(Compression))('random events, compression %s', (_, compression) => {
    fc.assert(
      fc.property(fc.array(anyStep, { maxLength: 60 }), (steps) => {
        const sink = memorySink();
        const writer = new TraceWriter(sink, HEADER, compression);
        const state = { files: 0, mappings: 0, processes: 1 };
        const written = steps.flatMap((step) => step(writer, state));
        const totals = writer.close();
        const reader = traceFromBytes(sink.bytes());
        expect(readAll(reader)).toEqual(written);
        expect(reader.header).toEqual(HEADER);
        expect(reader.totals).toEqual(totals);
        expect(reader.next()).toBe(false);
      }),
      { numRuns: compression === Compression.Brotli ? 50 : 150 },
    );
  });

  it('over several blocks, in a file, with the header alone readable', () => {
    const path = join(directory, 'big.pwt');
    const writer = createTrace(path, HEADER, Compression.Gzip);
    const mapping = writer.map(1 << 20, 3, 0x22);
    const want: number[] = [];
    let page = 1;
    for (let i = 0; i < 700_000; i++) {
      page = (page * 48271) % 0x7fffffff;
      want.push(page % (1 << 20));
      writer.reference(mapping, page % (1 << 20), Access.Write);
    }
    writer.work(5_000_000);
    expect(existsSync(path)).toBe(false);
    const totals = writer.close();
    expect(readdirSync(directory)).toEqual(['big.pwt']);
    expect(totals.blocks).toBeGreaterThan(1);
    expect(totals).toMatchObject({
      references: 700_000,
      rawReferences: 5_000_000,
      mappings: 1,
      processes: 1,
    });
    expect(totals.distinctPages).toBe(new Set(want).size);
    expect(readTraceHeader(path)).toMatchObject({ header: HEADER, totals, compression: Compression.Gzip });
    const reader = openTrace(path);
    const got: number[] = [];
    while (reader.next()) {
      if (reader.kind === EventKind.Reference) {
        for (let i = 0; i < reader.count; i++) got.push(reader.page + i * reader.stride);
      }
    }
    expect(got).toEqual(want);
  });

  it('codes consecutive pages and repeated ones as one event of a few bytes', () => {
    const sink = memorySink();
    const writer = new TraceWriter(sink, HEADER, Compression.None);
    const mapping = writer.map(100_000, 3, 0x22);
    for (let page = 0; page < 100_000; page++) writer.reference(mapping, page, Access.Write);
    for (let i = 0; i < 1000; i++) writer.reference(mapping, 7, Access.Read);
    const empty = new TraceWriter(memorySink(), HEADER, Compression.None);
    expect(writer.close().events).toBe(4);
    empty.abort();
    const reader = traceFromBytes(sink.bytes());
    reader.next();
    const start = reader.position;
    reader.next();
    expect(reader).toMatchObject({ page: 0, count: 100_000, stride: 1, access: Access.Write });
    expect(reader.position - start).toBe(4);
    reader.next();
    expect(reader).toMatchObject({ page: 7, count: 1000, stride: 0, access: Access.Read });
  });

  it('leaves no file behind when the writer gives up', () => {
    const path = join(directory, 'aborted.pwt');
    const writer = createTrace(path, HEADER);
    writer.map(1, 3, 0x22);
    writer.abort();
    expect(readdirSync(directory)).not.toContain('aborted.pwt');
    expect(readdirSync(directory).some((name) => name.endsWith('.tmp'))).toBe(false);
  });
});

describe('the writer refuses what a trace cannot hold', () => {
  const writer = new TraceWriter(memorySink(), HEADER);
  it.each([
    ['a mapping that was never made', () => writer.reference(0, 0, Access.Read), /mapping is 0/],
    ['a process that was never made', () => writer.switchTo(1), /process is 1/],
    ['a file that was never made', () => writer.exec(0), /file is 0/],
    ['an empty mapping', () => writer.map(0, 3, 2), /pages is 0/],
    ['a mapping too large', () => writer.map(Limit.pages + 1, 3, 2), /pages is 2147483648/],
    ['half a page', () => writer.map(1.5, 3, 2), /pages is 1.5/],
    ['a name too long', () => writer.file('x'.repeat(5000), 0), /5000 bytes/],
  ])('%s', (_, action, message) => {
    expect(action).toThrow(message);
    expect(writer.totals.events).toBe(0);
  });
});

it('a missing file, a directory and a foreign file are one clear line each', () => {
  const foreign = join(directory, 'foreign');
  writeFileSync(foreign, 'P'.repeat(200));
  expect(() => openTrace(join(directory, 'none'))).toThrow(/none: there is no such file$/);
  expect(() => openTrace(directory)).toThrow(/: this is a directory, not a file$/);
  expect(() => openTrace(foreign)).toThrow(/foreign: not a pagewalk trace: byte 0 is 0x50, expected 0x89/);
});
