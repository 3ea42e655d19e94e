/**
 * What the views show, as the worker sends it: numbers and arrays, read from the kernel's public API. A request is sent again
 * whenever its parameters change; while the machine runs, data comes at most once a drawn picture.
 */
import type { Subject, SubjectView } from './subject.ts';

/** What a frame is used for: the values of {@link MemoryView.use}. */
export const FRAME_USE = {
  free: 0,
  anonymous: 1,
  pageCache: 2,
  buffers: 3,
  slab: 4,
  pageTable: 5,
  reserved: 6,
  kernel: 7,
  sharedMemory: 8,
  swapCache: 9,
  vmalloc: 10,
} as const;
export type FrameUseName = keyof typeof FRAME_USE;

/** Bits of {@link MemoryView.state}. */
export const FRAME_STATE = {
  dirty: 1,
  locked: 2,
  referenced: 4,
  active: 8,
  inactive: 16,
  inactiveClean: 32,
  /** First frame of a free block. */
  blockHead: 64,
  mapped: 128,
} as const;

export type ViewRequest =
  /** All frames. */
  | { readonly view: 'memory' }
  | { readonly view: 'zones' }
  | { readonly view: 'tasks' }
  | { readonly view: 'space'; readonly pid: number }
  | { readonly view: 'walk'; readonly pid: number; readonly address: number }
  | { readonly view: 'tlb' }
  | { readonly view: 'lists' }
  | { readonly view: 'slab' }
  | { readonly view: 'slab-cache'; readonly name: string }
  | { readonly view: 'vmalloc' }
  | { readonly view: 'swap' }
  | { readonly view: 'files' }
  | { readonly view: 'oom' }
  | { readonly view: 'counters' }
  | {
      readonly view: 'events';
      readonly from: number;
      readonly count: number;
      readonly filter: EventFilter;
      readonly find?: number;
      /** {@link EventsView.dropped} when rows were counted: what is read stays though the log forgets its beginning. */
      readonly dropped?: number;
    }
  | { readonly view: 'frame'; readonly pfn: number }
  | { readonly view: 'subject'; readonly of: Subject }
  | { readonly view: 'proc'; readonly path: string; readonly pid: number };

export type ViewName = ViewRequest['view'];

export interface EventFilter {
  /** Names of tracepoints; empty: all. */
  readonly names: readonly string[];
  /** 0: all. */
  readonly pid: number;
  /** Contained in the line, any case; empty: all. */
  readonly text: string;
}

export interface MemoryView {
  readonly view: 'memory';
  /** {@link FRAME_USE} per frame. */
  readonly use: Uint8Array;
  /** {@link FRAME_STATE} bits per frame. */
  readonly state: Uint8Array;
  /** Order of the free block that a free frame is in; age of a page (2.4.0) otherwise. */
  readonly detail: Uint8Array;
  readonly zones: readonly { readonly name: string; readonly first: number; readonly count: number }[];
  /** Frames by use, in the order of FRAME_USE. */
  readonly totals: readonly number[];
}

export interface ZoneView {
  readonly name: string;
  readonly first: number;
  readonly size: number;
  readonly free: number;
  readonly min: number;
  readonly low: number;
  readonly high: number;
  /** Free blocks per order 0 .. 9. */
  readonly blocks: readonly number[];
  /** First frames of the first free blocks of each order, in list order. */
  readonly heads: readonly (readonly number[])[];
  /** Per order, since it was looked at first: blocks that were split in two, and that came from two of the order below. */
  readonly splits: readonly number[];
  readonly merges: readonly number[];
  /** Share of free memory that is in blocks too small for an order, per order, 0 .. 1. */
  readonly unusable: readonly number[];
}
export interface ZonesView {
  readonly view: 'zones';
  readonly zones: readonly ZoneView[];
}

export interface TaskRow {
  readonly pid: number;
  readonly ppid: number;
  readonly comm: string;
  /** R, S, D, T, Z. */
  readonly state: string;
  /** Kernel thread. */
  readonly kernel: boolean;
  /** Pages. */
  readonly size: number;
  readonly rss: number;
  readonly swapped: number;
  readonly minorFaults: number;
  readonly majorFaults: number;
  /** ns. */
  readonly cpu: number;
}
export interface TasksView {
  readonly view: 'tasks';
  readonly tasks: readonly TaskRow[];
}

export interface AreaRow {
  readonly start: number;
  readonly end: number;
  /** As in /proc/PID/maps: `rw-p`. */
  readonly permissions: string;
  /** VM_ flags by name. */
  readonly flags: readonly string[];
  readonly path: string;
  readonly offset: number;
  /** Per page: 0 never touched, 1 present, 2 present and dirty, 3 in swap, 4 zero page, 5 in the page cache but not mapped. */
  readonly pages: Uint8Array;
  readonly resident: number;
  readonly swapped: number;
}
export interface SpaceView {
  readonly view: 'space';
  readonly pid: number;
  readonly comm: string;
  readonly areas: readonly AreaRow[];
  readonly brk: number;
  readonly stack: number;
  /** Counted in pages. */
  readonly totalVm: number;
  readonly rss: number;
  readonly taskSize: number;
}

export interface WalkStep {
  /** pgd, pmd, pte. */
  readonly level: string;
  readonly index: number;
  /** Address of the entry in physical memory. */
  readonly entryAddress: number;
  readonly entry: number;
  /** Names of the bits that are set. */
  readonly bits: readonly string[];
  readonly meaning: string;
}
export interface WalkView {
  readonly view: 'walk';
  readonly pid: number;
  readonly address: number;
  readonly steps: readonly WalkStep[];
  /** -1: not mapped. */
  readonly pfn: number;
  readonly outcome: string;
  /** Whether the TLB of the CPU that the program runs on translates it now. */
  readonly inTlb: boolean;
}

/** Translations of neighbouring pages to neighbouring frames, with the same rights. */
export interface TlbRow {
  readonly address: number;
  readonly pages: number;
  readonly pfn: number;
  /** Stores are translated, too: the page may be written and its D bit is set. */
  readonly stores: boolean;
  readonly user: boolean;
  readonly global: boolean;
}
export interface TlbView {
  readonly view: 'tlb';
  /** Entries that there are, and those that translate now. */
  readonly slots: number;
  readonly used: number;
  /** Whose address space is loaded; 0: none. */
  readonly pid: number;
  /** Entries of the kernel's own accesses, which are not among the rows: a program's CPU has its own TLB. -1: there is one TLB. */
  readonly ofKernel: number;
  /** By address; at most 1000 while the machine runs. */
  readonly rows: readonly TlbRow[];
  /** Flushes since boot: of everything, of an address space, of one page. */
  readonly flushes: { readonly all: number; readonly mm: number; readonly page: number };
}

export interface PageListRow {
  /** Kernel's name: active_list, inactive_list, inactive_dirty_list, inactive_clean_list(DMA) … */
  readonly name: string;
  readonly pages: number;
  /** From the head (youngest), at most 256. */
  readonly head: Int32Array;
  /** From the tail (the next to go), at most 256. */
  readonly tail: Int32Array;
}
export interface FlowRow {
  /** Kernel function that moves, e.g. `refill_inactive`. */
  readonly function: string;
  readonly from: string;
  readonly to: string;
  /** Since boot. */
  readonly pages: number;
}
export interface ListsView {
  readonly view: 'lists';
  readonly lists: readonly PageListRow[];
  readonly flows: readonly FlowRow[];
  readonly threads: readonly {
    readonly pid: number;
    readonly comm: string;
    readonly state: string;
    readonly why: string;
  }[];
}

export interface SlabRow {
  readonly name: string;
  readonly activeObjects: number;
  readonly objects: number;
  readonly objectSize: number;
  readonly activeSlabs: number;
  readonly slabs: number;
  readonly pagesPerSlab: number;
}
export interface SlabView {
  readonly view: 'slab';
  readonly caches: readonly SlabRow[];
}
export interface SlabCacheView {
  readonly view: 'slab-cache';
  readonly name: string;
  readonly colourOffset: number;
  readonly slabs: readonly {
    readonly list: 'full' | 'partial' | 'free';
    readonly pfn: number;
    readonly colour: number;
    readonly inUse: number;
    /** Per object: 1 in use, 0 free. */
    readonly objects: Uint8Array;
    /** Free chain: index of each free object in order. */
    readonly chain: readonly number[];
  }[];
}

export interface VmallocView {
  readonly view: 'vmalloc';
  readonly start: number;
  readonly end: number;
  readonly areas: readonly { readonly address: number; readonly size: number; readonly kind: string }[];
  /** Address of the first pkmap slot. */
  readonly pkmapStart: number;
  /** Per pkmap slot: 0 free, 1 used before and not flushed, 2.. mapped by that many less one. */
  readonly pkmap: Uint8Array;
}

export interface SwapView {
  readonly view: 'swap';
  readonly areas: readonly {
    readonly path: string;
    readonly priority: number;
    readonly pages: number;
    readonly used: number;
    /** References per slot; 255: bad or header. */
    readonly map: Uint8Array;
    /** Where the search goes on. */
    readonly lowestBit: number;
    readonly highestBit: number;
    readonly clusterNext: number;
    readonly clusterLeft: number;
  }[];
  readonly swapCache: number;
}

export interface FilesView {
  readonly view: 'files';
  readonly files: readonly {
    readonly path: string;
    /** Bytes. */
    readonly size: number;
    readonly cached: number;
    readonly dirty: number;
    readonly mapped: boolean;
    /** Per page of the file (at most 4096): 0 not cached, 1 cached, 2 dirty, 3 locked. */
    readonly pages: Uint8Array;
  }[];
}

export interface OomView {
  readonly view: 'oom';
  readonly tasks: readonly {
    readonly pid: number;
    readonly comm: string;
    readonly score: number;
    /** Each term in words with its number: `total_vm 3012 pages`, `/ 2: sqrt of 4 s of CPU` … */
    readonly terms: readonly string[];
  }[];
  readonly kills: readonly {
    readonly seq: number;
    /** Turn in which it happened: a mark of the timeline. */
    readonly turn: number;
    readonly pid: number;
    readonly comm: string;
  }[];
}

/** History of all counters: column per sample. */
export interface CountersView {
  readonly view: 'counters';
  /** Name, what it counts, unit. */
  readonly names: readonly string[];
  /** Virtual time of each sample, seconds. */
  readonly time: Float64Array;
  /** Turn of each sample. */
  readonly turn: Float64Array;
  /** Of each counter, where the machine is. */
  readonly now: Float64Array;
  /** values[counter][sample]. */
  readonly values: readonly Float64Array[];
}

export interface EventRow {
  readonly seq: number;
  readonly time: number;
  readonly pid: number;
  readonly name: string;
  readonly text: string;
  /** Whether it is a decision that can be explained. */
  readonly decision: boolean;
  /** Frame, address, slot that it is about; -1: none. */
  readonly pfn: number;
  readonly address: number;
}
/** An event of a frame's or page's history. */
export interface HistoryRow extends EventRow {
  /** What it was, with its numbers; a small letter first, no full stop. */
  readonly sentence: string;
}

export interface EventsView {
  readonly view: 'events';
  /** All that match; the rows are those from `from` on. */
  readonly total: number;
  readonly from: number;
  /** Rows before the first that are forgotten: by so many all that are known move up. */
  readonly dropped: number;
  /** Row of the event that was to be found, or of the first after it. */
  readonly found: number;
  readonly rows: readonly EventRow[];
}

export interface FrameView {
  readonly view: 'frame';
  readonly pfn: number;
  readonly use: FrameUseName;
  readonly zone: string;
  readonly flags: readonly string[];
  readonly count: number;
  readonly age: number;
  /** Who maps it. */
  readonly mappings: readonly { readonly pid: number; readonly comm: string; readonly address: number }[];
  /** File and offset, swap slot, slab cache or table: in words. */
  readonly owner: string;
  /** Event that allocated it; 0: before events were recorded. */
  readonly allocatedBy: number;
  /** Last events about it, oldest first. */
  readonly history: readonly HistoryRow[];
  /** Its bytes; empty: the machine has no contents. */
  readonly bytes: Uint8Array;
}

export interface ProcView {
  readonly view: 'proc';
  readonly path: string;
  readonly text: string;
}

export type ViewData =
  | MemoryView
  | ZonesView
  | TasksView
  | SpaceView
  | WalkView
  | TlbView
  | ListsView
  | SlabView
  | SlabCacheView
  | VmallocView
  | SwapView
  | FilesView
  | OomView
  | CountersView
  | EventsView
  | FrameView
  | ProcView
  | SubjectView;
