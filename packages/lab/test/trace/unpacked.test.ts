import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { Compression, TraceError } from '../../src/trace/format.ts';
import { encodePrelude } from '../../src/trace/header.ts';
import { UnpackedTrace } from '../../src/trace/unpacked.ts';
import { HEADER } from './events.ts';

const TOTALS = {
  events: 9,
  references: 99,
  rawReferences: 0,
  distinctPages: 0,
  mappings: 0,
  processes: 1,
  blocks: 1,
};

/** A trace of as many blocks, which says of each how many bytes it has when it is unpacked. */
function trace(blocks: number, says: number, stored: Uint8Array): Uint8Array {
  const head = new Uint8Array(12);
  const view = new DataView(head.buffer);
  view.setUint32(0, says, true);
  view.setUint32(4, stored.length, true);
  const block = Buffer.concat([head, stored]);
  const prelude = encodePrelude(HEADER, Compression.Gzip, TOTALS);
  return Buffer.concat([prelude, ...new Array<Uint8Array>(blocks).fill(block)]);
}

describe('a trace that is unpacked at once', () => {
  it('is refused when it would be too large, before it is', async () => {
    const stored = gzipSync(new Uint8Array(2 ** 20));
    let unpacked = 0;
    const made = new Uint8Array(2 ** 20);
    const taken = UnpackedTrace.from(trace(600, 2 ** 20, stored), async () => {
      unpacked++;
      return made;
    });
    await expect(taken).rejects.toThrow(TraceError);
    await expect(taken).rejects.toThrow('trace is too large to be unpacked at once');
    expect(unpacked).toBe(512);
    const crumbs = UnpackedTrace.from(trace(70_000, 1, Uint8Array.of(1)), async () => Uint8Array.of(0));
    await expect(crumbs).rejects.toThrow('65536 blocks');
  });

  it.each([
    ['cannot be unpacked', () => Promise.reject(new Error('damaged'))],
    ['has another size than it says', async () => new Uint8Array(9)],
  ])('is read no farther than to a block that %s', async (_what, unpack) => {
    let asked = 0;
    const taken = await UnpackedTrace.from(trace(50, 10, Uint8Array.of(1)), () => {
      asked++;
      return unpack();
    });
    expect(asked).toBe(1);
    expect(() => taken.read().next()).toThrow(TraceError);
  });

  it('says to who unpacks it how much may come out', async () => {
    const most: number[] = [];
    await UnpackedTrace.from(trace(3, 77, Uint8Array.of(1)), async (_compression, _stored, rawBytes) => {
      most.push(rawBytes);
      return new Uint8Array(rawBytes);
    });
    expect(most).toEqual([77, 77, 77]);
  });
});
