/**
 * The part of Perfetto's trace format that an export needs, as descriptors of protocol buffers. Names and numbers are those of
 * protos/perfetto/trace in Perfetto's sources.
 */
import { create, createFileRegistry, createRegistry, type DescMessage } from '@bufbuild/protobuf';
import {
  type FieldDescriptorProto,
  FileDescriptorProtoSchema,
  FieldDescriptorProto_Label as Label,
  FieldDescriptorProto_Type as Type,
} from '@bufbuild/protobuf/wkt';

type FieldSpec = readonly [
  name: string,
  number: number,
  type: Type | string,
  repeated?: 'repeated' | 'packed',
];

const FILE = 'perfetto.proto';
const PACKAGE = 'perfetto.protos';

/** Fields of each message; a type in quotes is another message. */
const MESSAGES: Readonly<Record<string, readonly FieldSpec[]>> = {
  Trace: [['packet', 1, 'TracePacket', 'repeated']],
  TracePacket: [
    ['timestamp', 8, Type.UINT64],
    ['trusted_packet_sequence_id', 10, Type.UINT32],
    ['track_event', 11, 'TrackEvent'],
    ['interned_data', 12, 'InternedData'],
    ['sequence_flags', 13, Type.UINT32],
    ['track_descriptor', 60, 'TrackDescriptor'],
  ],
  TrackDescriptor: [
    ['uuid', 1, Type.UINT64],
    ['name', 2, Type.STRING],
    ['process', 3, 'ProcessDescriptor'],
    ['thread', 4, 'ThreadDescriptor'],
    ['parent_uuid', 5, Type.UINT64],
    ['counter', 8, 'CounterDescriptor'],
  ],
  ProcessDescriptor: [
    ['pid', 1, Type.INT32],
    ['process_name', 6, Type.STRING],
  ],
  ThreadDescriptor: [
    ['pid', 1, Type.INT32],
    ['tid', 2, Type.INT32],
    ['thread_name', 5, Type.STRING],
  ],
  CounterDescriptor: [['unit_name', 6, Type.STRING]],
  InternedData: [
    ['event_categories', 1, 'EventCategory', 'repeated'],
    ['event_names', 2, 'EventName', 'repeated'],
    ['debug_annotation_names', 3, 'DebugAnnotationName', 'repeated'],
  ],
  EventCategory: [
    ['iid', 1, Type.UINT64],
    ['name', 2, Type.STRING],
  ],
  EventName: [
    ['iid', 1, Type.UINT64],
    ['name', 2, Type.STRING],
  ],
  DebugAnnotationName: [
    ['iid', 1, Type.UINT64],
    ['name', 2, Type.STRING],
  ],
  TrackEvent: [
    ['category_iids', 3, Type.UINT64, 'packed'],
    ['debug_annotations', 4, 'DebugAnnotation', 'repeated'],
    ['type', 9, Type.INT32],
    ['name_iid', 10, Type.UINT64],
    ['track_uuid', 11, Type.UINT64],
    ['counter_value', 30, Type.INT64],
  ],
  DebugAnnotation: [
    ['name_iid', 1, Type.UINT64],
    ['int_value', 4, Type.INT64],
    ['string_value', 6, Type.STRING],
    ['pointer_value', 7, Type.UINT64],
  ],
};

/** Values of TrackEvent.type. */
export const EVENT_TYPE = { sliceBegin: 1, sliceEnd: 2, instant: 3, counter: 4 } as const;
/** Bits of TracePacket.sequence_flags. */
export const SEQUENCE = { cleared: 1, needsState: 2 } as const;

const file = create(FileDescriptorProtoSchema, {
  name: FILE,
  package: PACKAGE,
  syntax: 'proto2',
  messageType: Object.entries(MESSAGES).map(([name, fields]) => ({ name, field: fields.map(fieldOf) })),
});
const registry = createRegistry(
  createFileRegistry(file, () => undefined).getFile(FILE) as NonNullable<
    ReturnType<ReturnType<typeof createFileRegistry>['getFile']>
  >,
);

/** The schema of a message of Perfetto. */
export function perfettoMessage(name: string): DescMessage {
  const message = registry.getMessage(`${PACKAGE}.${name}`);
  if (message === undefined) throw new RangeError(`${name}: not a message of the export`);
  return message;
}

function fieldOf([name, number, type, repeated]: FieldSpec): Partial<FieldDescriptorProto> & {
  $typeName?: never;
} {
  const isMessage = typeof type === 'string';
  return {
    name,
    number,
    label: repeated === undefined ? Label.OPTIONAL : Label.REPEATED,
    type: isMessage ? Type.MESSAGE : type,
    ...(isMessage ? { typeName: `.${PACKAGE}.${type}` } : {}),
  };
}
