import { joined } from '../bytes/joined.ts';
import { type ExportSource, type Making, PIECE } from './export-source.ts';

/** The events as `cat trace` prints them, header included. */
export function* ftraceText(source: ExportSource): Making {
  const { events, until } = source;
  const first = events.first;
  const count = Math.max(0, until - first + 1);
  const encoder = new TextEncoder();
  const pieces: Uint8Array[] = [encoder.encode(header(count, until))];
  for (let from = first; from <= until; from += PIECE) {
    let text = '';
    for (let seq = from; seq < Math.min(until + 1, from + PIECE); seq++) text += line(source, seq);
    pieces.push(encoder.encode(text));
    yield (from - first) / count;
  }
  return joined(pieces);
}

function header(count: number, written: number): string {
  return `# tracer: nop
#
# entries-in-buffer/entries-written: ${count}/${written}   #P:1
#
#                                _-----=> irqs-off
#                               / _----=> need-resched
#                              | / _---=> hardirq/softirq
#                              || / _--=> preempt-depth
#                              ||| /     delay
#           TASK-PID     CPU#  ||||   TIMESTAMP  FUNCTION
#              | |         |   ||||      |         |
`;
}

function line(source: ExportSource, seq: number): string {
  const { events } = source;
  const pid = events.pidOf(seq);
  const comm = pid === 0 ? '<idle>' : source.comm(pid);
  const seconds = (events.timeOf(seq) / 1e9).toFixed(6);
  const task = `${comm}-${pid}`.padStart(20);
  return `${task}   [000] .... ${seconds.padStart(12)}: ${events.nameOf(seq)}: ${source.fields(seq)}\n`;
}
