import { readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { boot } from '@pagewalk/mm';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  Access,
  EventHub,
  MapFlag,
  openTrace,
  Replay,
  type TraceReader,
  type TraceWriter,
} from '../../src/index.ts';
import { makeTrace } from './make-trace.ts';

const recordings = join(dirname(fileURLToPath(import.meta.url)), '../../recordings');
const names = readdirSync(recordings).filter((name) => /^[^.].*\.pwt$/.test(name));

function verified(trace: TraceReader, afterEvent: (replay: () => Replay) => void = () => {}): Replay {
  const kernel = boot({ memory: 256 * 2 ** 20 });
  let replay: Replay | null = null;
  replay = new Replay(kernel, trace, new EventHub(kernel.trace), {
    verify: true,
    afterEvent: () => afterEvent(() => replay as Replay),
  });
  while (replay.step(100_000));
  kernel.checkInvariants();
  return replay;
}

describe('every byte of a replay is compared with a shadow model', () => {
  it.each(names)('%s holds what was stored', (name) => {
    const report = verified(openTrace(join(recordings, name))).report();
    expect(report.stopped).toBeNull();
    expect(report.refusedReferences).toBe(0);
    expect(report.bytesVerified).toBeGreaterThan(1_000_000);
  });

  it.each(names)('%s replays without contents, with equal figures', (name) => {
    const reports = [false, true].map((contentFree) => {
      const kernel = boot({ memory: 256 * 2 ** 20, contentFree });
      const replay = new Replay(kernel, openTrace(join(recordings, name)), new EventHub(kernel.trace));
      while (replay.step(100_000));
      kernel.checkInvariants();
      return { ...replay.report(), hash: kernel.trace.hash };
    });
    expect(reports[0]).toEqual(reports[1]);
  });

  it('a byte that somebody else changed is found', () => {
    const trace = makeTrace((writer) => {
      const map = writer.map(4, 3, MapFlag.Private | MapFlag.Anonymous);
      writer.reference(map, 2, Access.Write);
      writer.unmap(map, 2, 1);
    });
    let done = false;
    const spoil = (replay: () => Replay): void => {
      const process = replay().workloads[0]?.process;
      const vma = process?.task.mm?.index.find(
        ({ vmFile, vmStart }) => vmFile === null && vmStart === 0x40000000,
      );
      if (done || process === undefined || vma === undefined || replay().references < 3) return;
      process.store8(vma.vmStart + 2 * 4096 + 77, 0xaa);
      done = true;
    };
    expect(() => verified(trace, spoil)).toThrow(/^address 4000204d holds 170, but 0 was stored there$/);
  });
});

/** One step of a made-up workload; numbers choose among what is there at the time. */
const step = fc.record({
  what: fc.constantFrom(
    'map',
    'share',
    'file',
    'unmap',
    'fork',
    'drop',
    'grow',
    'break',
    'exit',
    'touch',
    'touch',
    'touch',
  ),
  which: fc.nat(1000),
  page: fc.nat(15),
  pages: fc.integer({ min: 1, max: 16 }),
});

/** Writes a workload of several processes that copy, share, move and drop memory. */
function writeWorkload(
  writer: TraceWriter,
  heap: number,
  steps: readonly (typeof step extends fc.Arbitrary<infer T> ? T : never)[],
): void {
  const file = writer.file('/tmp/file', 50_000);
  let live = [{ process: 0, maps: new Map<number, number>(), heap: 0 }];
  for (const { what, which, page, pages } of steps) {
    const self = live[which % live.length];
    if (self === undefined) return;
    writer.switchTo(self.process);
    const [map, size] = [...self.maps][page % Math.max(1, self.maps.size)] ?? [-1, 0];
    if (what === 'map') self.maps.set(writer.map(pages, 3, MapFlag.Private | MapFlag.Anonymous), pages);
    else if (what === 'share') self.maps.set(writer.map(pages, 3, MapFlag.Shared | MapFlag.Anonymous), pages);
    else if (what === 'file') {
      const kind = which % 2 === 0 ? MapFlag.Private : MapFlag.Shared;
      self.maps.set(writer.map(Math.min(pages, 8), 3, kind, file, page % 5), Math.min(pages, 8));
    } else if (what === 'break') {
      writer.break(heap, pages);
      self.heap = pages;
      writer.reference(heap, pages - 1, Access.Write);
    } else if (what === 'fork' && live.length < 6) {
      const process = writer.fork(false);
      live.push({ process, maps: new Map(self.maps), heap: self.heap });
    } else if (what === 'exit' && live.length > 1) {
      writer.exit(0);
      live = live.filter((other) => other !== self);
    } else if (map >= 0 && what === 'unmap') {
      writer.unmap(map, 0, size);
      self.maps.delete(map);
    } else if (map >= 0 && what === 'drop') {
      writer.advise(map, page % size, 1, 4);
    } else if (map >= 0 && what === 'grow') {
      const moved = writer.remap(map, 0, size, pages, 1, true);
      self.maps.delete(map);
      self.maps.set(moved, pages);
    } else if (map >= 0 && what === 'touch') {
      writer.reference(map, which % size, which % 3 === 0 ? Access.Read : Access.Write);
    }
  }
}

describe('no byte is ever lost', () => {
  it('through forks, copies on write, moves, drops and exits, in any order', () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 5, maxLength: 80 }), (steps) => {
        const trace = makeTrace((writer, { heap }) => writeWorkload(writer, heap, steps));
        const report = verified(trace).report();
        expect(report.stopped).toBeNull();
      }),
      { numRuns: 60 },
    );
  });
});
