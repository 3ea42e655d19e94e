import { type Kernel, PG } from '@pagewalk/mm';
import { FRAME_STATE, FRAME_USE } from '../../protocol/views.ts';

/** Frames of the largest block: pieces of the map that are looked at begin at multiples of it. */
export const BLOCK = 512;
/** Bits of a page-table entry. */
const PTE = { present: 1, dirty: 0x40 } as const;
const PG_IN_USE = PG.active | PG.inactiveDirty | PG.inactiveClean | PG.lru;

/** What each frame of a machine is used for; brought up to date piece by piece. */
export class FrameClasses {
  readonly use: Uint8Array;
  readonly state: Uint8Array;
  readonly detail: Uint8Array;
  /** Frames by use, of the last look at each. */
  readonly totals = new Int32Array(Object.keys(FRAME_USE).length);
  private readonly kernel: Kernel;
  /** What page tables and areas of vmalloc say: a use, 0 = nothing; mapped by user page tables; their dirty bit. */
  private readonly marks: Uint8Array;
  private readonly mapped: Uint8Array;
  private usesOfMapping = new Uint8Array(64);
  private next = 0;

  constructor(kernel: Kernel) {
    this.kernel = kernel;
    const { frames } = kernel.memMap;
    this.use = new Uint8Array(frames);
    this.state = new Uint8Array(frames);
    this.detail = new Uint8Array(frames);
    this.marks = new Uint8Array(frames);
    this.mapped = new Uint8Array(frames);
    this.totals[FRAME_USE.free] = frames;
  }

  /** Looks at `count` frames from where it stopped last, and at all if there are no more. */
  update(count: number): void {
    const { frames } = this.kernel.memMap;
    if (this.next === 0) this.mark();
    this.noteMappings();
    const end = Math.min(frames, this.next + Math.max(BLOCK, Math.ceil(count / BLOCK) * BLOCK));
    this.classify(this.next, end);
    this.next = end === frames ? 0 : end;
  }

  /** The use and state of one frame now. */
  look(pfn: number): void {
    this.mark();
    this.noteMappings();
    const start = pfn - (pfn % BLOCK);
    this.classify(start, Math.min(this.kernel.memMap.frames, start + BLOCK));
  }

  /** Notes what descriptors do not tell: page tables, pages that are mapped, areas of vmalloc. */
  private mark(): void {
    const { kernel, marks, mapped } = this;
    const { pageTables, processes, memory } = kernel;
    marks.fill(0);
    mapped.fill(0);
    const seen = new Set<number>();
    const step = pageTables.entryWords;
    for (const { task } of processes.values()) {
      const pgd = task.mm?.pgd;
      if (pgd === undefined || seen.has(pgd)) continue;
      seen.add(pgd);
      pageTables.forEachDirectoryFrame(pgd, (pfn) => {
        marks[pfn] = FRAME_USE.pageTable;
      });
      pageTables.forEachUserTable(pgd, (table) => {
        marks[table] = FRAME_USE.pageTable;
        const { words } = memory;
        const base = memory.base(table);
        for (let at = base; at < base + 1024; at += step) {
          const entry = words[at] as number;
          if ((entry & PTE.present) === 0) continue;
          const pfn = pageTables.ptePfn(at);
          if (pfn < mapped.length) mapped[pfn] = (entry & PTE.dirty) === 0 ? mapped[pfn] || 1 : 2;
        }
      });
    }
    pageTables.forEachCachedFrame((pfn) => {
      marks[pfn] = FRAME_USE.pageTable;
    });
    this.markVmalloc();
  }

  private markVmalloc(): void {
    const { kernel, marks } = this;
    const { pageTables, memory } = kernel;
    for (const area of kernel.vmalloc.vmlist()) {
      for (let at = area.addr; at < area.addr + area.size - 4096; at += 4096) {
        const entry = pageTables.pteOffset(pageTables.swapperPgDir, at);
        if (entry === 0 || ((memory.words[entry] as number) & PTE.present) === 0) continue;
        const pfn = pageTables.ptePfn(entry);
        if (pfn < marks.length) marks[pfn] = FRAME_USE.vmalloc;
      }
    }
  }

  /** What the pages of each mapping are. */
  private noteMappings(): void {
    const { kernel } = this;
    const swapper = kernel.paging.swapCache.mapping.id;
    this.usesOfMapping.fill(FRAME_USE.pageCache);
    kernel.pageCache.forEachMapping(({ id, host }) => {
      if (id >= this.usesOfMapping.length) {
        const grown = new Uint8Array(2 * id).fill(FRAME_USE.pageCache);
        grown.set(this.usesOfMapping);
        this.usesOfMapping = grown;
      }
      const shared = host !== null && kernel.shmem.owns(host);
      this.usesOfMapping[id] = shared ? FRAME_USE.sharedMemory : FRAME_USE.pageCache;
    });
    this.usesOfMapping[swapper] = FRAME_USE.swapCache;
  }

  private classify(from: number, to: number): void {
    const { kernel, use, state, detail, marks, mapped, usesOfMapping, totals } = this;
    const { flags, count, mapping, buffers, freeOrder, age } = kernel.memMap;
    const lowFrames = kernel.physical.maxLowPfn;
    let freeUntil = 0;
    let order = 0;
    let last: number = FRAME_USE.reserved;
    let frontier = this.implicit(from);
    for (let pfn = from; pfn < to; pfn++) {
      if (pfn % BLOCK === 0) frontier = this.implicit(pfn);
      const before = use[pfn] as number;
      const bits = flags[pfn] as number;
      let bitsOut = 0;
      const head = frontier ? (pfn % BLOCK === 0 ? 10 : 0) : (freeOrder[pfn] as number);
      if (head !== 0) {
        order = head - 1;
        freeUntil = pfn + (1 << order);
        bitsOut = FRAME_STATE.blockHead;
      }
      let now: number;
      if (pfn < freeUntil) {
        now = FRAME_USE.free;
        detail[pfn] = order;
      } else {
        const held = count[pfn] as number;
        const id = mapping[pfn] as number;
        if ((marks[pfn] as number) !== 0 && held !== 0) now = marks[pfn] as number;
        else if ((bits & PG.slab) !== 0) now = FRAME_USE.slab;
        else if ((bits & PG.reserved) !== 0) now = FRAME_USE.reserved;
        else if (id !== 0) now = usesOfMapping[id] as number;
        else if ((buffers[pfn] as number) !== 0) now = FRAME_USE.buffers;
        else if ((mapped[pfn] as number) !== 0 || (bits & PG_IN_USE) !== 0) now = FRAME_USE.anonymous;
        else if (held === 0) now = last;
        else now = pfn >= lowFrames ? FRAME_USE.anonymous : FRAME_USE.kernel;
        last = now;
        detail[pfn] = age[pfn] as number;
        if ((bits & PG.dirty) !== 0 || mapped[pfn] === 2) bitsOut |= FRAME_STATE.dirty;
        if ((bits & PG.locked) !== 0) bitsOut |= FRAME_STATE.locked;
        if ((bits & PG.referenced) !== 0) bitsOut |= FRAME_STATE.referenced;
        if ((bits & PG.active) !== 0) bitsOut |= FRAME_STATE.active;
        else if ((bits & (PG.lru | PG.inactiveDirty)) !== 0) bitsOut |= FRAME_STATE.inactive;
        if ((bits & PG.inactiveClean) !== 0) bitsOut |= FRAME_STATE.inactiveClean;
        if ((mapped[pfn] as number) !== 0) bitsOut |= FRAME_STATE.mapped;
      }
      state[pfn] = bitsOut;
      if (now === before) continue;
      use[pfn] = now;
      totals[before] = (totals[before] as number) - 1;
      totals[now] = (totals[now] as number) + 1;
    }
  }

  /** Whether the block of the highest order at `pfn` is one of the never touched ones, which stand on no list. */
  private implicit(pfn: number): boolean {
    for (const { frontier, frontierEnd, laterRanges } of this.kernel.allocator.zones) {
      if (pfn >= frontier && pfn < frontierEnd) return true;
      for (let i = 0; i < laterRanges.length; i += 2) {
        if (pfn >= (laterRanges[i] as number) && pfn < (laterRanges[i + 1] as number)) return true;
      }
    }
    return false;
  }
}
