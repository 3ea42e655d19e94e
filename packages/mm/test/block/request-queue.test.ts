import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BlockLayer } from '../../src/block/block-layer.ts';
import { type BlockRules, quarterBatch } from '../../src/block/block-rules.ts';
import { BH, BufferHead } from '../../src/block/buffer-head.ts';
import { BlockDevice } from '../../src/hardware/block-device.ts';
import { MemoryStore } from '../../src/hardware/block-store.ts';
import { Clock } from '../../src/hardware/clock.ts';
import { DISK_MODELS } from '../../src/hardware/disk-models.ts';
import { EventQueue } from '../../src/hardware/event-queue.ts';
import { PhysicalMemory } from '../../src/hardware/physical-memory.ts';
import { KernelBug } from '../../src/kernel-bug.ts';
import { Trace } from '../../src/trace/trace.ts';

const DEV = 0x0340;
const RULES: BlockRules = {
  readLatency: 128,
  writeLatency: 512,
  seekCost: 1,
  requestsSmall: 512,
  requests: 1024,
  smallBelowMegs: 30,
  sharedRequests: true,
  readsSteal: false,
  batch: quarterBatch,
  maxSectors: 128,
};

function rig(rules: Partial<BlockRules> = {}) {
  const clock = new Clock();
  const events = new EventQueue(clock);
  const memory = new PhysicalMemory(64);
  const device = new BlockDevice({
    store: new MemoryStore(1 << 20),
    model: DISK_MODELS.qemu,
    clock,
    events,
  });
  let waits = 0;
  const layer = new BlockLayer({
    memory,
    trace: new Trace(() => clock.now),
    rules: { ...RULES, ...rules },
    megs: 64,
    ports: {
      waitUntil: (done) => {
        waits++;
        while (!done()) if (!events.runNext()) throw new KernelBug('nothing will ever happen');
      },
      createBounce: (_write, bh) => bh,
    },
  });
  layer.register(DEV, device);
  const ended: number[] = [];
  const submit = (block: number, write = false, page = 1, size = 1024) => {
    const bh = new BufferHead();
    Object.assign(bh, { dev: DEV, blocknr: block, size, page, offset: 0, state: BH.lock | BH.mapped });
    bh.endIo = (done, uptodate) => ended.push(uptodate ? done.blocknr : -done.blocknr);
    layer.submitBh(write, bh);
    return bh;
  };
  const queue = layer.queue(DEV);
  if (queue === undefined) throw new Error('no queue');
  const shape = () => queue.requests.map((r) => `${r.write ? 'w' : 'r'}${r.sector}+${r.sectors}`);
  const drain = () => {
    layer.runTqDisk();
    while (events.runNext());
  };
  return { clock, events, memory, device, layer, queue, submit, shape, drain, ended, waits: () => waits };
}

describe('request queue', () => {
  test('a plugged queue collects, merges at both ends and joins neighbours', () => {
    const { submit, shape, drain, ended, device } = rig();
    submit(10);
    submit(11);
    submit(9);
    submit(20);
    submit(13);
    expect(shape()).toEqual(['r18+6', 'r26+2', 'r40+2']);
    submit(12);
    expect(shape()).toEqual(['r18+10', 'r40+2']);
    expect(device.busy).toBe(false);
    drain();
    expect(ended).toEqual([9, 10, 11, 12, 13, 20]);
    expect(device.stats.reads).toBe(2);
  });

  test('reads and writes do not merge', () => {
    const { submit, shape } = rig();
    submit(10);
    submit(11, true);
    expect(shape()).toEqual(['r20+2', 'w22+2']);
  });

  test('a request holds at most 128 sectors', () => {
    const { submit, shape } = rig();
    for (let block = 0; block < 65; block++) submit(block);
    expect(shape()).toEqual(['r0+128', 'r128+2']);
  });

  test('nothing is sorted in before or merged with the request that the disk works on', () => {
    const { submit, shape, layer } = rig();
    submit(50);
    layer.runTqDisk();
    submit(51);
    submit(10);
    expect(shape()).toEqual(['r100+2', 'r102+2', 'r20+2']);
  });

  test('who has been passed too often is passed no more', () => {
    const { submit, queue, shape } = rig({ readLatency: 2 });
    submit(100);
    submit(200);
    submit(150);
    submit(160);
    expect(queue.requests.map((r) => r.sequence)).toEqual([2, 2, 2, 0]);
    submit(170);
    expect(shape()).toEqual(['r200+2', 'r300+2', 'r320+2', 'r400+2', 'r340+2']);
  });

  test('without free requests a task sleeps until a batch is free', () => {
    const { submit, waits, queue, drain, ended } = rig({ requests: 8 });
    for (let i = 0; i < 8; i++) submit(i * 10);
    expect(waits()).toBe(0);
    expect(queue.freeRequests[0]).toBe(0);
    submit(90);
    expect(waits()).toBe(1);
    expect(ended).toEqual([0, 10]);
    drain();
    expect(ended.length).toBe(9);
    expect(queue.freeRequests[0]).toBe(8);
  });

  test('half of the requests belong to the writes', () => {
    const { submit, waits, queue } = rig({ requests: 8, sharedRequests: false });
    for (let i = 0; i < 4; i++) submit(i * 10, true);
    submit(100);
    expect(queue.freeRequests).toEqual([3, 0]);
    expect(waits()).toBe(0);
    submit(110, true);
    expect(waits()).toBe(1);
  });

  test('a read takes a request of the writes when the release allows', () => {
    const { submit, queue } = rig({ requests: 4, sharedRequests: false, readsSteal: true });
    for (let i = 0; i < 3; i++) submit(i * 10);
    expect(queue.freeRequests).toEqual([0, 1]);
  });

  test('a failed request ends all of its buffers, a short one those that were not moved', () => {
    const { submit, drain, ended, device } = rig();
    device.failures.failIo(1, 'short');
    for (let block = 4; block < 8; block++) submit(block);
    drain();
    expect(ended).toEqual([4, 5, -6, -7]);
  });

  test('beyond the end of the device nothing is asked of it', () => {
    const { submit, ended, layer } = rig();
    submit(1024);
    expect(ended).toEqual([-1024]);
    expect(layer.pgpgin).toBe(2);
  });

  test('a buffer without its lock is a bug', () => {
    const { layer } = rig();
    expect(() => layer.submitBh(false, new BufferHead())).toThrow(KernelBug);
  });

  test('every buffer ends once, and what was written is read', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ block: fc.nat(400), write: fc.boolean() }), { maxLength: 80 }),
        (ops) => {
          const { submit, drain, ended, memory, queue } = rig({ requests: 16 });
          const disk = new Map<number, number>();
          ops.forEach(({ block, write }, i) => {
            const page = 2 + (i % 8);
            if (write) {
              memory.bytes.fill(i + 1, page * 4096, page * 4096 + 1024);
              disk.set(block, i + 1);
            }
            submit(block, write, page);
            drain();
            if (!write) expect(memory.bytes[page * 4096 + 1023]).toBe(disk.get(block) ?? 0);
          });
          expect(ended.length).toBe(ops.length);
          expect(queue.freeRequests[0]).toBe(16);
        },
      ),
    );
  });
});
