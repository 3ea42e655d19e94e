/** One-off questions of the page, and their answers. */
import type { TracepointDefinition } from '@pagewalk/mm';
import type { Subject } from './subject.ts';
import type { EventRow, HistoryRow } from './views.ts';

/** `proc`: every file of /proc, as one text. */
export type ExportFormat = 'perfetto' | 'ftrace' | 'proc';

export type Question =
  /** Why did this event happen: the decision in a sentence. */
  | { readonly ask: 'why'; readonly seq: number }
  /** Hash over the machine's state. */
  | { readonly ask: 'state-hash' }
  /** The event stream in a format of others, or /proc. The machine stands while it is made, which is told by `progress` reports. */
  | { readonly ask: 'export'; readonly format: ExportFormat }
  /** What can be asked for in a proc view. */
  | { readonly ask: 'proc-paths' }
  /** Whether the machine has what is selected. */
  | { readonly ask: 'selection'; readonly selection: Subject }
  /** Tracepoints for the breakpoint editor. */
  | { readonly ask: 'tracepoints' }
  /** First event at or after `seq` (or before, backwards) that matches. */
  | { readonly ask: 'find'; readonly seq: number; readonly text: string; readonly backwards: boolean };

export type Answer =
  | {
      readonly ask: 'why';
      readonly event: EventRow;
      /** What was decided, with its numbers. */
      readonly sentence: string;
      /** The comparison as the kernel made it, e.g. `free 250 < pages_low 255`; empty: no decision. */
      readonly comparison: string;
      /** Kernel functions from the entry to the one that decided. */
      readonly path: readonly string[];
      readonly chapter: string;
      /** Events of the same frame or page around it. */
      readonly history: readonly HistoryRow[];
    }
  /** `events`: hash over all events so far. Equal machines after equal turns have equal hashes. */
  | { readonly ask: 'state-hash'; readonly hash: string; readonly events: string }
  | { readonly ask: 'export'; readonly name: string; readonly bytes: Uint8Array }
  | { readonly ask: 'proc-paths'; readonly paths: readonly string[] }
  /** What of it the machine does not have, in one line; empty: it has it. */
  | { readonly ask: 'selection'; readonly missing: string }
  | {
      readonly ask: 'tracepoints';
      readonly list: readonly TracepointDefinition[];
    }
  | { readonly ask: 'find'; readonly seq: number }
  /** It could not be answered: one line. */
  | { readonly ask: 'refused'; readonly message: string };
