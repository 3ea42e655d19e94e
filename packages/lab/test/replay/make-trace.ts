import {
  Compression,
  memorySink,
  NO_FILE,
  type TraceHeader,
  type TraceReader,
  TraceWriter,
  traceFromBytes,
} from '../../src/index.ts';

const HEADER: TraceHeader = {
  command: ['/bin/made', 'up'],
  note: 'made by a test',
  recorder: 'a test',
  recordedAt: '2026-01-01T00:00:00Z',
  machine: { system: 'Linux 6.18', architecture: 'x86_64', processor: 'none', cpus: 1, memoryBytes: 2 ** 30 },
  real: null,
  filter: { depth: 0, refresh: 1 },
};

/** Mappings of a program that a test's trace begins with. */
export interface Program {
  readonly text: number;
  readonly stack: number;
  readonly heap: number;
}

/** Pages of the program: two of text, one of data, three of bss. */
export const PROGRAM_PAGES = 6;

/** A trace that begins with a small program and goes on with what `write` writes. */
export function makeTrace(write: (writer: TraceWriter, program: Program) => void): TraceReader {
  const sink = memorySink();
  const writer = new TraceWriter(sink, HEADER, Compression.None);
  const program = exec(writer, '/bin/made');
  write(writer, program);
  writer.close();
  return traceFromBytes(sink.bytes());
}

/** The events of running a small program. */
export function exec(writer: TraceWriter, name: string): Program {
  const file = writer.file(name, 3 * 4096);
  const { stack, heap } = writer.exec(file);
  const text = writer.image(0, PROGRAM_PAGES);
  writer.mapFixed(text, 0, 2, 5, 2, file, 0);
  writer.mapFixed(text, 2, 1, 3, 2, file, 2);
  writer.mapFixed(text, 3, 3, 3, 0x22, NO_FILE, 0);
  writer.reference(text, 0, 2);
  writer.reference(stack, 0, 1);
  return { text, stack, heap };
}
