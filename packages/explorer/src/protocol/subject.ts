/** What can be selected. */
export type Subject =
  | { readonly kind: 'none' }
  | { readonly kind: 'frame'; readonly pfn: number }
  | { readonly kind: 'address'; readonly pid: number; readonly address: number }
  /** An area (VMA) of a process, by its first address. */
  | { readonly kind: 'area'; readonly pid: number; readonly start: number }
  | { readonly kind: 'slab'; readonly cache: string; readonly pfn?: number }
  | { readonly kind: 'event'; readonly seq: number }
  | { readonly kind: 'task'; readonly pid: number }
  /** A file, or a page of it. */
  | { readonly kind: 'file'; readonly path: string; readonly page?: number }
  | { readonly kind: 'slot'; readonly area: number; readonly slot: number };

/** All that belongs to what is selected: what every view shows of it. What there is not is -1, 0 (pid) or empty. */
export interface SubjectView {
  readonly view: 'subject';
  readonly of: Subject;
  /** What has many frames, in words: `quicksort (7)`. */
  readonly name: string;
  readonly pfn: number;
  /** Frames of a task, an area, a file or a cache. */
  readonly frames: Int32Array;
  readonly pid: number;
  /** In the address space of `pid`, or one of the kernel's. */
  readonly address: number;
  /** First address of the area. */
  readonly area: number;
  /** Slab cache, and first frame of the slab. */
  readonly cache: string;
  readonly slab: number;
  /** As the page cache names it, and the page in it. */
  readonly file: string;
  readonly page: number;
  readonly swapArea: number;
  readonly slot: number;
  /** List of pages that the frame is on. */
  readonly list: string;
  readonly zone: string;
  /** Of the free block that the frame is in. */
  readonly order: number;
  /** Virtual time of an event, ns. */
  readonly time: number;
}

/** What a selection says by itself, before the machine has told what belongs to it. */
export function subjectOf(of: Subject): SubjectView {
  const bare: SubjectView = {
    view: 'subject',
    of,
    name: '',
    pfn: -1,
    // Its own: what goes to the page is handed over, and cannot be sent again.
    frames: new Int32Array(0),
    pid: 0,
    address: -1,
    area: -1,
    cache: '',
    slab: -1,
    file: '',
    page: -1,
    swapArea: -1,
    slot: -1,
    list: '',
    zone: '',
    order: -1,
    time: -1,
  };
  switch (of.kind) {
    case 'none':
    case 'event':
      return bare;
    case 'frame':
      return { ...bare, pfn: of.pfn };
    case 'address':
      return { ...bare, pid: of.pid, address: of.address };
    case 'area':
      return { ...bare, pid: of.pid, area: of.start };
    case 'slab':
      return { ...bare, cache: of.cache, pfn: of.pfn ?? -1, slab: of.pfn ?? -1 };
    case 'task':
      return { ...bare, pid: of.pid };
    case 'file':
      return { ...bare, file: of.path, page: of.page ?? -1 };
    case 'slot':
      return { ...bare, swapArea: of.area, slot: of.slot };
  }
}
