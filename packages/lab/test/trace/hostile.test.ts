import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { crc32 } from '../../src/trace/crc32.ts';
import { Access, Compression, TraceError } from '../../src/trace/format.ts';
import { encodePrelude } from '../../src/trace/header.ts';
import { traceFromBytes } from '../../src/trace/open.ts';
import { memorySink } from '../../src/trace/sink.ts';
import { TraceWriter } from '../../src/trace/writer.ts';
import { anyStep, HEADER, readAll } from './events.ts';

/** Reads all events without expanding runs; the message of the TraceError, or '' at a proper end. */
function outcome(bytes: Uint8Array): string {
  try {
    const reader = traceFromBytes(bytes);
    while (reader.next());
    return '';
  } catch (error) {
    expect(error).toBeInstanceOf(TraceError);
    const { message } = error as TraceError;
    expect(message).not.toContain('\n');
    return message;
  }
}

function sample(compression: Compression): Uint8Array {
  const sink = memorySink();
  const writer = new TraceWriter(sink, HEADER, compression);
  const state = { files: 0, mappings: 0, processes: 1 };
  for (const step of fc.sample(anyStep, { numRuns: 80, seed: 22 })) step(writer, state);
  writer.close();
  return sink.bytes();
}

/** A trace whose event bytes are given, with right sizes and CRCs: only the events themselves can be wrong. */
function handmade(events: readonly number[], totals = { events: 9, references: 99 }): Uint8Array {
  const raw = Uint8Array.from(events);
  const all = { ...totals, rawReferences: 0, distinctPages: 0, mappings: 0, processes: 1, blocks: 1 };
  const head = new Uint8Array(12);
  const view = new DataView(head.buffer);
  view.setUint32(0, raw.length, true);
  view.setUint32(4, raw.length, true);
  view.setUint32(8, crc32(raw), true);
  return Buffer.concat([encodePrelude(HEADER, Compression.None, all), head, raw, new Uint8Array(12)]);
}

describe('a damaged trace is refused with one line', () => {
  it.each(Object.entries(Compression))('whichever byte is changed (%s)', (_, compression) => {
    const good = sample(compression);
    const events = readAll(traceFromBytes(good));
    for (let at = 0; at < good.length; at++) {
      const bad = good.slice();
      bad[at] = bad[at]! ^ (1 + ((at * 7) % 255));
      // Some bytes mean nothing, as the time in a gzip header. But no change ever passes as other events.
      if (outcome(bad) === '') expect(readAll(traceFromBytes(bad)), `byte ${at}`).toEqual(events);
    }
  });

  it.each(Object.entries(Compression))('wherever it is cut, or lengthened (%s)', (_, compression) => {
    const good = sample(compression);
    for (let end = 0; end < good.length; end++)
      expect(outcome(good.subarray(0, end)), `end ${end}`).not.toBe('');
    expect(outcome(Buffer.concat([good, Uint8Array.of(0)]))).toMatch(/bytes after the end/);
  });

  it('event bytes of any kind, behind right checksums, end in an error or properly', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 200 }), (bytes) => {
        outcome(handmade([...bytes]));
        outcome(
          handmade([7, 5, 3, 0x22, 0, 4, 1, 1, 65, 5, 0, ...bytes], { events: 100, references: 2 ** 40 }),
        );
      }),
      { numRuns: 2000 },
    );
  });
});

describe('each error says where and what was expected', () => {
  const map = [7, 5, 3, 0x22, 0];
  it.each<[string, number[], RegExp]>([
    ['unknown kind', [1], /^trace: event 1 \(byte 0 of the events\): event kind 1, expected 0 to 15/],
    ['no mapping yet', [0x80], /event 1 .* before there is any mapping/],
    ['mapping never made', [...map, 0x90, 1], /event 2 \(byte 7 .* mapping is 1, expected at most 0/],
    ['access 3', [...map, 0xe0], /access 3/],
    ['run 3', [...map, 0x8c], /run kind 3/],
    ['page below 0', [...map, 0x82], /pages -1 to -1/],
    [
      'run beyond the last page',
      [...map, 0x87, 2, 0xfd, 0xff, 0xff, 0xff, 0x07],
      /pages 1 to 2147483647|references/,
    ],
    ['more references than promised', [...map, 0x88, 98], /more references than the 99/],
    ['empty mapping', [7, 0, 3, 2, 0], /0 pages, expected at least 1/],
    ['varint too long', [2, 255, 255, 255, 255, 255, 255, 255, 255, 1], /references has more than 8 bytes/],
    ['cut in an event', [7, 5], /prot is cut off/],
    ['name beyond the block', [4, 1, 100, 65], /a name of 100 bytes/],
    ['process never made', [3, 1], /process is 1, expected at most 0/],
    ['file never made', [5, 0], /file is 0, expected at most -1/],
    ['events after the end', [0, 0], /events after the End event/],
    ['wrong totals', [0], /ends after 1 events, expected 9/],
  ])('%s', (_, events, message) => {
    expect(outcome(handmade(events))).toMatch(message);
  });

  it('of another version', () => {
    const bytes = sample(Compression.None);
    bytes[8] = 2;
    expect(outcome(bytes)).toMatch(/has version 2 at byte 8, this reader knows version 1/);
  });

  it('and a small block that would unpack to much is not unpacked', () => {
    const sink = memorySink();
    const writer = new TraceWriter(sink, HEADER, Compression.Gzip);
    const mapping = writer.map(9, 3, 0x22);
    for (let i = 0; i < 50_000; i++) writer.reference(mapping, (i * 5) % 9, Access.Read);
    writer.close();
    const bytes = sink.bytes();
    const at = traceFromBytes(bytes).totals.blocks === 1 ? bytes.length : 0;
    expect(at).toBeGreaterThan(0);
    const start = 64 + new DataView(bytes.buffer).getUint32(12, true);
    new DataView(bytes.buffer).setUint32(start, 4000, true);
    expect(outcome(bytes)).toMatch(/does not decompress/);
  });
});
