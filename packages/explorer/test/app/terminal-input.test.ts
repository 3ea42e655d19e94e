import { deflateRawSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { packInput, unpackInput } from '../../src/app/terminal-input.ts';

const packed = (bytes: Uint8Array) => deflateRawSync(bytes, { level: 9 }).toString('base64url');
const REFUSED = 'is not terminal input as the explorer writes it into links';

describe('terminal input in a link', () => {
  it('may be long, and comes back as it was', async () => {
    // Nothing that can be packed.
    let seed = 1;
    const bytes = Uint8Array.from({ length: 300_000 }, () => {
      seed = Math.imul(seed, 1103515245) + 12345;
      return seed >>> 24;
    });
    const input = [{ turn: 5, bytes }];
    expect(await unpackInput(await packInput(input))).toEqual(input);
  });

  it('that would unpack to much more than anybody types is refused', async () => {
    const bomb = packed(new Uint8Array(256 * 2 ** 20).fill(0, 0, 1).fill(1, 0, 1));
    expect(bomb.length).toBeLessThan(500_000);
    const before = process.memoryUsage.rss();
    await expect(unpackInput(bomb)).rejects.toThrow(REFUSED);
    expect(process.memoryUsage.rss() - before).toBeLessThan(200 * 2 ** 20);
  });

  it.each([
    ['of nothing, again and again', [1, ...new Array(100).fill(0)]],
    ['for a window that no terminal has', [1, 0, 1, 0x80, 0x80, 0x80, 0x10, 24]],
    ['at a turn that no machine reaches', [1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f, 2, 65]],
    ['that ends in the midst of a number', [1, 0x80]],
    ['that is shorter than it says', [1, 0, 20, 65]],
    ['of another version', [2]],
  ])('%s is refused', async (_what, bytes) => {
    await expect(unpackInput(packed(Uint8Array.from(bytes)))).rejects.toThrow(REFUSED);
  });

  it.each(['%%%', 'AAAA', '////', 'a'])('%s is refused', async (text) => {
    await expect(unpackInput(text)).rejects.toThrow(REFUSED);
  });
});
