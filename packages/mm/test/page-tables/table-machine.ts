/** Page tables over a real page allocator of 1024 frames, no kernel above. */
import { Clock } from '../../src/hardware/clock.ts';
import { Mmu } from '../../src/hardware/mmu.ts';
import { PhysicalMemory } from '../../src/hardware/physical-memory.ts';
import { ClassZoneAllocator } from '../../src/page-allocator/class-zone-allocator.ts';
import type { PageAllocator } from '../../src/page-allocator/page-allocator.ts';
import { I386PageTables } from '../../src/page-tables/i386-page-tables.ts';
import { PaePageTables } from '../../src/page-tables/pae-page-tables.ts';
import { TlbFlushI386 } from '../../src/page-tables/tlb-flush.ts';
import { MemMap, PG } from '../../src/physical/mem-map.ts';
import { PhysicalNode } from '../../src/physical/node.ts';
import { Trace } from '../../src/trace/trace.ts';
import { FramePgds } from './frame-pgds.ts';

const FRAMES = 1024;
export const SWAPPER = 0x1000;

export class TableMachine {
  readonly memory = new PhysicalMemory(FRAMES);
  readonly memMap = new MemMap(FRAMES);
  readonly trace = new Trace(() => 0, 1024);
  readonly allocator: PageAllocator;
  readonly pageTables: I386PageTables | PaePageTables;
  readonly mmus: Mmu[];
  readonly tlb: TlbFlushI386;
  readonly freeAtStart: number;

  constructor(options: { pae?: boolean; cpus?: number } = {}) {
    const { memory, memMap, trace } = this;
    const pae = options.pae === true;
    this.allocator = new ClassZoneAllocator(new PhysicalNode(memMap, [FRAMES, 0, 0]), trace);
    for (let pfn = 0; pfn < 16; pfn++) memMap.flags[pfn] = PG.reserved;
    for (let pfn = 16; pfn < FRAMES; pfn++) this.allocator.freePagesOk(pfn, 0);
    const parts = { memory, allocator: this.allocator, trace, swapperPgDir: SWAPPER };
    this.pageTables = pae ? new PaePageTables(parts) : new I386PageTables(parts);
    if (this.pageTables instanceof PaePageTables) this.pageTables.pgds = new FramePgds(parts);
    this.mmus = Array.from(
      { length: options.cpus ?? 1 },
      () => new Mmu({ memory, clock: new Clock(), pae, pse: true, pge: true }),
    );
    for (const mmu of this.mmus) mmu.loadCr3(SWAPPER);
    this.tlb = new TlbFlushI386({ memory, trace, mmus: this.mmus, swapperPgDir: SWAPPER });
    this.freeAtStart = this.allocator.nrFreePages();
  }

  /** Frames taken since the start. */
  get taken(): number {
    return this.freeAtStart - this.allocator.nrFreePages();
  }

  /** Word of an entry. */
  word(entry: number): number {
    return (this.memory.words[entry] as number) >>> 0;
  }

  /** Uses up all free pages until `run` is through. */
  withoutMemory(run: () => void): void {
    const taken: number[] = [];
    for (let pfn = this.allocator.allocPages(0x20, 0); pfn !== 0; pfn = this.allocator.allocPages(0x20, 0)) {
      taken.push(pfn);
    }
    run();
    for (const pfn of taken) this.allocator.freePages(pfn, 0);
  }
}
