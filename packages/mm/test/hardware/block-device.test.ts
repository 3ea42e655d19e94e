import { describe, expect, test } from 'vitest';
import { BlockDevice, type DeviceRequest, SECTOR } from '../../src/hardware/block-device.ts';
import { MemoryStore } from '../../src/hardware/block-store.ts';
import { Clock } from '../../src/hardware/clock.ts';
import { DISK_MODELS, requestNs } from '../../src/hardware/disk-models.ts';
import { EventQueue } from '../../src/hardware/event-queue.ts';
import { KernelBug } from '../../src/kernel-bug.ts';

function disk(bytes = 1 << 20) {
  const clock = new Clock();
  const events = new EventQueue(clock);
  const device = new BlockDevice({ store: new MemoryStore(bytes), model: DISK_MODELS.qemu, clock, events });
  return { clock, events, device };
}

function request(write: boolean, sector: number, pieces: (Uint8Array | null)[], done: (n: number) => void) {
  const lengths = pieces.map((piece) => piece?.length ?? 4096);
  return {
    write,
    sector,
    sectors: lengths.reduce((sum, length) => sum + length, 0) / SECTOR,
    forSegments: (move) => {
      for (const [i, piece] of pieces.entries()) move(piece, lengths[i] as number);
    },
    done,
  } satisfies DeviceRequest;
}

describe('block device', () => {
  test('what is written in pieces is read back, after the time that the model says', () => {
    const { clock, events, device } = disk();
    const a = new Uint8Array(4096).fill(1);
    const b = new Uint8Array(512).fill(2);
    let moved = -1;
    device.start(request(true, 130, [a, b], (n) => (moved = n)));
    expect(device.busy).toBe(true);
    expect(moved).toBe(-1);
    events.runNext();
    expect(moved).toBe(9);
    expect(clock.now).toBe(requestNs(DISK_MODELS.qemu, 130, 2048, 9 * 512));
    const back = new Uint8Array(9 * 512);
    device.start(request(false, 130, [back], () => {}));
    events.runNext();
    expect(back.subarray(0, 4096)).toEqual(a);
    expect(back.subarray(4096)).toEqual(b);
    expect(device.stats).toMatchObject({ reads: 1, writes: 1, sectorsRead: 9, sectorsWritten: 9 });
  });

  test.each([
    ['error', 0],
    ['short', 4],
  ] as const)('an injected %s moves %i of 8 sectors, once', (failure, sectors) => {
    const { events, device } = disk();
    device.failures.failIo(2, failure);
    const results: number[] = [];
    for (let i = 0; i < 3; i++) {
      device.start(request(true, 0, [new Uint8Array(4096).fill(i + 1)], (n) => results.push(n)));
      events.runNext();
    }
    expect(results).toEqual([8, sectors, 8]);
    expect(device.failures.pending).toBe(0);
  });

  test('a request past the end moves what lies on the device', () => {
    const { events, device } = disk(4096);
    let moved = -1;
    device.start(request(false, 4, [new Uint8Array(4096)], (n) => (moved = n)));
    events.runNext();
    expect(moved).toBe(4);
  });

  test('frames without contents take time and leave the medium alone', () => {
    const { events, device } = disk();
    let moved = -1;
    device.start(request(true, 0, [null], (n) => (moved = n)));
    events.runNext();
    expect(moved).toBe(8);
  });

  test('a busy disk takes no second request', () => {
    const { device } = disk();
    device.start(request(false, 0, [null], () => {}));
    expect(() => device.start(request(false, 0, [null], () => {}))).toThrow(KernelBug);
  });

  test('an arm costs by the root of its way, and nothing when the next request follows on', () => {
    const model = DISK_MODELS['ide-2003'];
    const still = requestNs(model, 0, 1000, 4096);
    expect(requestNs(model, 1000, 1000, 4096) - still).toBe(model.seekMaxNs + model.rotationNs);
    expect(requestNs(model, 250, 1000, 4096) - still).toBe(9_000_000 + model.rotationNs);
  });
});
