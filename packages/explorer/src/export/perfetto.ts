/** The events of a machine as a trace for Perfetto: a track for each task, counters, and an instant with its numbers for each event. */
import { create, toBinary } from '@bufbuild/protobuf';
import { tracepoints } from '@pagewalk/mm';
import { joined } from '../bytes/joined.ts';
import { type ExportSource, type Making, PIECE } from './export-source.ts';
import { EVENT_TYPE, perfettoMessage, SEQUENCE } from './perfetto-schema.ts';

/** Counters at several times. */
export interface CounterSource {
  readonly names: readonly string[];
  /** Seconds. */
  readonly times: readonly number[];
  /** By counter. */
  readonly values: readonly (readonly number[])[];
}

const SEQUENCE_ID = 1;
const KERNEL_TRACK = 1n;
const TASK_TRACKS = 1000n;
const COUNTER_TRACKS = 100_000n;

type Packet = Record<string, unknown>;

/** @param text the text that an operand's number stands for */
export function* perfettoTrace(
  source: ExportSource,
  counters: CounterSource,
  text: (id: number) => string,
): Making {
  const schema = perfettoMessage('Trace');
  const pieces: Uint8Array[] = [];
  let packets: Packet[] = [];
  // Messages that are encoded one after the other are as one message.
  const flush = (): void => {
    pieces.push(toBinary(schema, create(schema, { packet: packets } as never)));
    packets = [];
  };
  const add = (packet: Packet): void => {
    packets.push({ trustedPacketSequenceId: SEQUENCE_ID, ...packet });
  };
  add({ sequenceFlags: SEQUENCE.cleared, internedData: names() });
  for (const descriptor of tracks(source)) add({ trackDescriptor: descriptor });
  addCounters(counters, add);
  const { first } = source.events;
  for (let seq = first; seq <= source.until; seq++) {
    add(instant(source, seq, text));
    if (packets.length < PIECE) continue;
    flush();
    yield (seq - first) / (source.until - first + 1);
  }
  flush();
  return joined(pieces);
}

/** Names of all tracepoints and fields, by number: the place in the list, from 1. */
function names() {
  const list = tracepoints();
  return {
    eventCategories: [{ iid: 1n, name: 'mm' }],
    eventNames: list.map(({ name }, i) => ({ iid: BigInt(i + 1), name })),
    debugAnnotationNames: fieldNames.map((name, i) => ({ iid: BigInt(i + 1), name })),
  };
}

const fieldNames = [...new Set(['seq', ...tracepoints().flatMap(({ fields }) => fields)])];
const fieldIid = new Map(fieldNames.map((name, i) => [name, BigInt(i + 1)]));

function tracks({ events, until, comm }: ExportSource): Packet[] {
  const pids = new Set<number>();
  for (let seq = events.first; seq <= until; seq++) pids.add(events.pidOf(seq));
  return [
    { uuid: KERNEL_TRACK, name: 'machine' },
    ...[...pids].map((pid) => ({
      uuid: TASK_TRACKS + BigInt(pid),
      thread: { pid: pid === 0 ? 1 : pid, tid: pid, threadName: pid === 0 ? 'idle' : comm(pid) },
    })),
  ];
}

function addCounters({ names: counters, times, values }: CounterSource, add: (packet: Packet) => void): void {
  counters.forEach((name, i) => {
    const uuid = COUNTER_TRACKS + BigInt(i);
    add({ trackDescriptor: { uuid, name, parentUuid: KERNEL_TRACK, counter: {} } });
  });
  times.forEach((time, sample) => {
    counters.forEach((_, i) => {
      add({
        timestamp: BigInt(Math.round(time * 1e9)),
        trackEvent: {
          type: EVENT_TYPE.counter,
          trackUuid: COUNTER_TRACKS + BigInt(i),
          counterValue: BigInt(Math.round(values[i]?.[sample] ?? 0)),
        },
      });
    });
  });
}

function instant({ events }: ExportSource, seq: number, text: (id: number) => string): Packet {
  const kind = events.kindOf(seq);
  const definition = tracepoints()[kind] as ReturnType<typeof tracepoints>[number];
  const annotations: Packet[] = [{ nameIid: fieldIid.get('seq'), intValue: BigInt(seq) }];
  definition.fields.forEach((field, i) => {
    const value = events.operand(seq, i);
    const nameIid = fieldIid.get(field);
    if (definition.text?.includes(field)) annotations.push({ nameIid, stringValue: text(value) });
    else if (definition.hex?.includes(field))
      annotations.push({ nameIid, pointerValue: BigInt(value >>> 0) });
    else annotations.push({ nameIid, intValue: BigInt(Math.trunc(value)) });
  });
  return {
    timestamp: BigInt(Math.round(events.timeOf(seq))),
    sequenceFlags: SEQUENCE.needsState,
    trackEvent: {
      type: EVENT_TYPE.instant,
      trackUuid: TASK_TRACKS + BigInt(events.pidOf(seq)),
      nameIid: BigInt(kind + 1),
      categoryIids: [1n],
      debugAnnotations: annotations,
    },
  };
}
