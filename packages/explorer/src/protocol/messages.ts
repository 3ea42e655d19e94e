/**
 * What the page and the worker say to each other. The page commands and asks; the worker reports where the machine is, sends the
 * views that are subscribed to, and answers. All of it is data that can be posted; large arrays are transferred.
 */
import type { MachineChoice } from './choice.ts';
import type { Answer, Question } from './questions.ts';
import type { ViewData, ViewRequest } from './views.ts';

/** By what the machine goes on or back. `turn`: an access of a recording or workload; an exit of the CPU of a guest. */
export type StepUnit = 'turn' | 'fault' | 'event';

/** Stops the machine when an event of this name happens whose fields make the condition true. */
export interface Breakpoint {
  /** Name of a tracepoint, e.g. `mm_page_alloc`. */
  readonly event: string;
  /** Over the event's fields, as `order > 0 && gfp == 0x1d2`; empty: always. */
  readonly condition: string;
  readonly enabled: boolean;
}

/** From the page to the worker. */
export type Command =
  /** Boots; `file` are the bytes of a dropped ELF or recording. Replaces a machine that is there. `until`: runs there and pauses. */
  | {
      readonly type: 'start';
      readonly choice: MachineChoice;
      readonly file?: Uint8Array;
      readonly until?: number;
      readonly input?: readonly TimedInput[];
    }
  /** Runs; `speed`: turns per second, null: as fast as it goes. */
  | { readonly type: 'run'; readonly speed: number | null }
  | { readonly type: 'pause' }
  /** Forwards, or backwards when `count` is negative. */
  | { readonly type: 'step'; readonly unit: StepUnit; readonly count: number }
  /** To a turn, in either direction. */
  | { readonly type: 'seek'; readonly turn: number }
  /** To the turn in which an event happened. */
  | { readonly type: 'seek-event'; readonly seq: number }
  | { readonly type: 'breakpoints'; readonly list: readonly Breakpoint[] }
  /** Typed on the terminal; recorded at the turn at which it arrives. */
  | { readonly type: 'input'; readonly bytes: Uint8Array }
  | { readonly type: 'window-size'; readonly columns: number; readonly rows: number }
  /** All views that are wanted from now on, by a key of the page's own. */
  | { readonly type: 'views'; readonly requests: Readonly<Record<string, ViewRequest>> }
  /** Page is ready for the next views (sent after it has drawn): the worker never runs ahead of it. */
  | { readonly type: 'drawn' }
  | { readonly type: 'ask'; readonly id: number; readonly question: Question }
  /** The export that is being made is not wanted any more. */
  | { readonly type: 'stop-export' };

/** Terminal input and the turn before which it arrives. */
export interface TimedInput {
  readonly turn: number;
  readonly bytes: Uint8Array;
  /** Instead of bytes (there are none then): the terminal's window has another size. */
  readonly window?: { readonly columns: number; readonly rows: number };
}

export type Phase = 'empty' | 'booting' | 'paused' | 'running' | 'seeking' | 'ended';

/** Where the machine is. */
export interface Status {
  readonly phase: Phase;
  /** Turns since the program began: the position, as links and the timeline have it. */
  readonly turn: number;
  /** The furthest turn that this machine has been at. */
  readonly furthest: number;
  /** Turns until the end, when that is known; null: not yet. */
  readonly end: number | null;
  /** Number of the last event. */
  readonly seq: number;
  /** Virtual time, ns. */
  readonly time: number;
  /** Turns per second of the last half second while it runs. */
  readonly rate: number;
  /** Share done of booting or seeking, 0 .. 1. */
  readonly progress: number;
  /** Why it stands: `breakpoint mm_page_alloc`, `exited with 0`, `killed by signal 9` …; empty: it was told to. */
  readonly reason: string;
  /** Number of the event at which a breakpoint stopped it; 0: none did. */
  readonly stoppedBy: number;
  readonly frames: number;
  readonly release: string;
  /** Running task's pid; 0: none. */
  readonly pid: number;
}

/** From the worker to the page. */
export type Report =
  | { readonly type: 'status'; readonly status: Status }
  | { readonly type: 'views'; readonly data: Readonly<Record<string, ViewData>> }
  | { readonly type: 'answer'; readonly id: number; readonly answer: Answer }
  /** Share of the answer that is done, 0 .. 1. */
  | { readonly type: 'progress'; readonly id: number; readonly share: number }
  /** Output of the program; `reset`: the terminal begins anew (after a step back), and this is all of it. */
  | { readonly type: 'output'; readonly bytes: Uint8Array; readonly reset: boolean }
  /** Terminal input as recorded so far, for the link. */
  | { readonly type: 'input-log'; readonly input: readonly TimedInput[] }
  /** One line that names the offender, the value and what is allowed. */
  | { readonly type: 'refused'; readonly message: string };
