import { fromBinary } from '@bufbuild/protobuf';
import { beforeAll, describe, expect, test } from 'vitest';
import { EVENT_TYPE, perfettoMessage } from '../../src/export/perfetto-schema.ts';
import { choiceOf, TestPage } from './engine-host.ts';

interface Packet {
  readonly timestamp: bigint;
  readonly internedData?: {
    readonly eventNames: readonly { readonly iid: bigint; readonly name: string }[];
    readonly debugAnnotationNames: readonly { readonly iid: bigint; readonly name: string }[];
  };
  readonly trackDescriptor?: {
    readonly uuid: bigint;
    readonly name: string;
    readonly thread?: { readonly threadName: string };
  };
  readonly trackEvent?: {
    readonly type: number;
    readonly nameIid: bigint;
    readonly trackUuid: bigint;
    readonly counterValue: bigint;
    readonly debugAnnotations: readonly { readonly nameIid: bigint; readonly intValue: bigint }[];
  };
}

describe('an export', () => {
  const page = new TestPage();

  beforeAll(async () => {
    await page.do({ type: 'start', choice: choiceOf({ kind: 'program', name: 'hello', args: [] }) });
    await page.do({ type: 'run', speed: null });
  });

  test('as ftrace text has a line for each event', async () => {
    const { name, bytes } = await page.ask({ ask: 'export', format: 'ftrace' });
    expect(name).toBe('pagewalk.ftrace');
    const lines = new TextDecoder().decode(bytes).trimEnd().split('\n');
    expect(lines[0]).toBe('# tracer: nop');
    const events = lines.filter((line) => !line.startsWith('#'));
    expect(events.length).toBe(page.status?.seq);
    for (const line of events) {
      expect(line).toMatch(/^ *\S+-\d+ +\[\d{3}\] [.\w]{4} +\d+\.\d{6}: \w+: (\S+=\S* ?)*$/);
    }
  });

  test('for Perfetto tells every event and counter', async () => {
    const { bytes } = await page.ask({ ask: 'export', format: 'perfetto' });
    const { packet } = fromBinary(perfettoMessage('Trace'), bytes) as unknown as {
      packet: readonly Packet[];
    };
    const interned = packet[0]?.internedData;
    const instants = packet.filter(({ trackEvent }) => trackEvent?.type === EVENT_TYPE.instant);
    expect(instants.length).toBe(page.status?.seq);
    const seqName = interned?.debugAnnotationNames.find(({ name }) => name === 'seq')?.iid;
    const seqs = instants.map(({ trackEvent }) =>
      Number(trackEvent?.debugAnnotations.find(({ nameIid }) => nameIid === seqName)?.intValue),
    );
    expect(seqs).toEqual(Array.from({ length: seqs.length }, (_, i) => i + 1));
    const faults = interned?.eventNames.find(({ name }) => name === 'mm_fault')?.iid;
    const { total } = await page.view({
      view: 'events',
      from: 0,
      count: 1,
      filter: { names: ['mm_fault'], pid: 0, text: '' },
    });
    expect(total).toBeGreaterThan(0);
    expect(instants.filter(({ trackEvent }) => trackEvent?.nameIid === faults).length).toBe(total);
    const tracks = packet.flatMap(({ trackDescriptor }) => trackDescriptor ?? []);
    expect(tracks.map(({ thread }) => thread?.threadName)).toContain('hello');
    const free = tracks.find(({ name }) => name === 'free DMA');
    const counters = await page.view({ view: 'counters' });
    const column = counters.values[counters.names.indexOf('free DMA')] as Float64Array;
    const values = packet
      .filter(
        ({ trackEvent }) => trackEvent?.type === EVENT_TYPE.counter && trackEvent.trackUuid === free?.uuid,
      )
      .map(({ trackEvent }) => Number(trackEvent?.counterValue));
    expect(values).toEqual([...column]);
  });

  test('of /proc has every file as it reads', async () => {
    const { bytes } = await page.ask({ ask: 'export', format: 'proc' });
    const text = new TextDecoder().decode(bytes);
    const { paths } = await page.ask({ ask: 'proc-paths' });
    for (const path of paths) {
      const view = await page.view({ view: 'proc', path, pid: 0 });
      expect(text).toContain(`==> /proc/${path} <==\n${view.text}\n`);
    }
  });

  test('of many events tells how far it is, the machine stands meanwhile and goes on after it', async () => {
    const busy = new TestPage();
    const program = { kind: 'workload', args: ['unif', '7', '6000', '30000', '30'] } as const;
    const before = await busy.do({ type: 'start', choice: choiceOf(program), until: 8000 });
    busy.send({ type: 'run', speed: null });
    await busy.until(({ turn }) => turn > 8000);
    const file = busy.ask({ ask: 'export', format: 'ftrace' });
    expect(busy.status).toMatchObject({ phase: 'running', reason: 'stands for an export' });
    // These wait until it is made.
    busy.send({ type: 'pause' });
    busy.send({ type: 'seek', turn: 100 });
    const { bytes } = await file;
    expect(busy.status?.reason).toBe('');
    const events = new TextDecoder().decode(bytes).match(/^[^#].*$/gm) ?? [];
    expect(events.length).toBeGreaterThan(before.seq);
    const kinds = busy.reports.map(({ type }) => type);
    const whileMade = busy.reports.slice(kinds.indexOf('progress'), kinds.indexOf('answer'));
    expect(whileMade.map(({ type }) => type)).not.toContain('status');
    const shares = whileMade.flatMap((report) => (report.type === 'progress' ? [report.share] : []));
    expect(shares.length).toBeGreaterThan(2);
    expect(shares).toEqual(shares.toSorted((a, b) => a - b));
    expect(shares.every((share) => share >= 0 && share < 1)).toBe(true);
    expect(await busy.until(({ phase, turn }) => phase === 'paused' && turn === 100)).toBeDefined();
  });

  test('can be stopped, and another made', async () => {
    const first = page.ask({ ask: 'export', format: 'ftrace' });
    const second = page.ask({ ask: 'export', format: 'ftrace' });
    await expect(second).rejects.toThrow('another export is being made');
    page.send({ type: 'stop-export' });
    await expect(first).rejects.toThrow('stopped');
    // At once, while what makes it is loaded.
    const third = page.ask({ ask: 'export', format: 'perfetto' });
    page.send({ type: 'stop-export' });
    await expect(third).rejects.toThrow('stopped');
    expect((await page.ask({ ask: 'export', format: 'ftrace' })).bytes.length).toBeGreaterThan(1000);
  });

  test('ends when another machine is started', async () => {
    const file = page.ask({ ask: 'export', format: 'ftrace' });
    const start = page.do({ type: 'start', choice: choiceOf({ kind: 'program', name: 'hello', args: [] }) });
    await expect(file).rejects.toThrow('stopped');
    expect((await start).phase).toBe('paused');
  });
});
