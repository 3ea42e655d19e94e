import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SWAPPER, TableMachine } from './table-machine.ts';

describe.each([
  ['two levels', false],
  ['PAE', true],
])('page tables, %s', (_name, pae) => {
  const ownFrames = pae ? 4 : 1;

  it('sheet 1 section 13: pgd_alloc empties the user part and copies the kernel part', () => {
    const machine = new TableMachine({ pae });
    const { memory, pageTables } = machine;
    if (pae) memory.words[SWAPPER / 4 + 6] = 0x5001;
    else memory.words[SWAPPER / 4 + 768] = 0x1e3;
    const pgd = pageTables.pgdAlloc();
    expect(machine.taken).toBe(ownFrames);
    if (pae) {
      expect(pgd % 32).toBe(0);
      for (let i = 0; i < 3; i++) expect(machine.word(pgd / 4 + 2 * i) & 0xfff).toBe(1);
      expect(machine.word(pgd / 4 + 6)).toBe(0x5001);
    } else {
      expect(machine.word(pgd / 4 + 768)).toBe(0x1e3);
    }
    for (const addr of [0, 0x08048000, 0xbffff000]) expect(pageTables.pteOffset(pgd, addr)).toBe(0);
    pageTables.pgdFree(pgd);
    expect(machine.taken).toBe(0);
  });

  it('makes page tables on demand, zeroed, with the flags 067', () => {
    const machine = new TableMachine({ pae });
    const { pageTables, memory } = machine;
    for (let i = 16 * 1024; i < memory.words.length; i++) memory.words[i] = -1;
    const pgd = pageTables.pgdAlloc();
    const entry = pageTables.pteAlloc(pgd, 0x08048000);
    expect(machine.taken).toBe(ownFrames + 1);
    expect(entry % 1024).toBe(pae ? 144 : 72);
    expect(pageTables.pteOffset(pgd, 0x08048fff)).toBe(entry);
    expect(pageTables.pteAlloc(pgd, 0x08049000)).toBe(entry + pageTables.entryWords);
    expect(machine.taken).toBe(ownFrames + 1);
    const table = entry - (entry % 1024);
    expect(memory.words.subarray(table, table + 1024).every((word) => word === 0)).toBe(true);
    const frames: number[] = [];
    pageTables.forEachUserTable(pgd, (frame) => frames.push(frame));
    expect(frames).toEqual([table / 1024]);
    pageTables.clearPageTables(pgd, 0, pageTables.userPgdEntries);
    pageTables.pgdFree(pgd);
    expect(machine.taken).toBe(pageTables.cachedTables);
  });

  it('reads back what it wrote into an entry', () => {
    const machine = new TableMachine({ pae });
    const { pageTables } = machine;
    const pgd = pageTables.pgdAlloc();
    const a = pageTables.pteAlloc(pgd, 0x40000000);
    const b = pageTables.pteAlloc(pgd, 0x40001000);
    const pfn = pae ? 0xabcdef : 0xabcde;
    pageTables.setPte(a, pfn, 0x067);
    expect([pageTables.ptePfn(a), machine.word(a) & 0xfff]).toEqual([pfn, 0x067]);
    pageTables.copyPte(b, a);
    expect([pageTables.ptePfn(b), machine.word(b) & 0xfff]).toEqual([pfn, 0x067]);
    pageTables.setSwapPte(b, 0xffffff3e);
    expect(machine.word(b)).toBe(0xffffff3e);
    if (pae) expect(machine.word(b + 1)).toBe(0);
    pageTables.clearPte(a);
    for (let i = 0; i < pageTables.entryWords; i++) expect(machine.word(a + i)).toBe(0);
  });

  it('fails without memory, and keeps nothing of a half-made directory', () => {
    const machine = new TableMachine({ pae });
    const { pageTables, allocator } = machine;
    const pgd = pageTables.pgdAlloc();
    machine.withoutMemory(() => {
      expect(pageTables.pteAlloc(pgd, 0x08048000)).toBe(0);
      expect(pageTables.pteOffset(pgd, 0x08048000)).toBe(0);
    });
    for (let n = 1; n <= (pae ? 3 : 1); n++) {
      allocator.failAlloc(n);
      expect(pageTables.pgdAlloc()).toBe(0);
      expect(machine.taken).toBe(ownFrames);
    }
    pageTables.pgdFree(pgd);
    expect(machine.taken).toBe(0);
  });

  it('sheet 1 section 13: the 51st cached page table frees 26, 25 are left', () => {
    const machine = new TableMachine({ pae });
    const { pageTables } = machine;
    const pgd = pageTables.pgdAlloc();
    const addrs = Array.from({ length: 51 }, (_, i) => i * pageTables.pmdSize);
    for (const addr of addrs) pageTables.pteAlloc(pgd, addr);
    if (pae) {
      // A user middle directory is cleared as a whole: 51 tables are pushed by one call.
      pageTables.clearPageTables(pgd, 0, 1);
    } else {
      for (let i = 0; i < 50; i++) pageTables.clearPageTables(pgd, i, 1);
      expect(pageTables.cachedTables).toBe(50);
      pageTables.clearPageTables(pgd, 50, 1);
    }
    expect(pageTables.cachedTables).toBe(25);
    expect(machine.taken).toBe(ownFrames + 25);
    expect(pageTables.checkPgtCache()).toBe(0);
    pageTables.quicklist.high = 10;
    pageTables.quicklist.low = 4;
    expect(pageTables.checkPgtCache()).toBe(21);
    expect(pageTables.cachedTables).toBe(4);
    const frames: number[] = [];
    pageTables.forEachCachedFrame((frame) => frames.push(frame));
    expect(frames).toHaveLength(4);
  });

  it('takes page tables from the cache last in, first out, all zero', () => {
    const machine = new TableMachine({ pae });
    const { pageTables, memory } = machine;
    const pgd = pageTables.pgdAlloc();
    const first = pageTables.pteAlloc(pgd, 0);
    const second = pageTables.pteAlloc(pgd, pageTables.pmdSize);
    pageTables.clearPageTables(pgd, 0, 2);
    expect(pageTables.cachedTables).toBe(2);
    // The link lies in the first word; the rest stays zero.
    expect(machine.word(second - (second % 1024))).toBe((0xc0000000 + (first >>> 10) * 4096) >>> 0);
    expect(pageTables.pteAlloc(pgd, 0x40000000)).toBe(second - (second % 1024));
    expect(pageTables.pteAlloc(pgd, 0x80000000)).toBe(first - (first % 1024));
    expect(pageTables.cachedTables).toBe(0);
    for (const entry of [first, second]) {
      const table = entry - (entry % 1024);
      expect(memory.words.subarray(table, table + 1024).every((word) => word === 0)).toBe(true);
    }
  });

  it('clears a directory entry that is no page table and frees nothing for it', () => {
    const machine = new TableMachine({ pae });
    const { pageTables, memory } = machine;
    const pgd = pageTables.pgdAlloc();
    const at = pae ? (machine.word(pgd / 4) >>> 12) * 1024 : pgd / 4;
    memory.words[at] = 0x1e3;
    machine.trace.on = true;
    pageTables.clearPageTables(pgd, 0, 1);
    expect(memory.words[at]).toBe(0);
    expect(pageTables.cachedTables).toBe(0);
    expect(machine.trace.count('pmd_ERROR')).toBe(1);
    expect(pageTables.pteOffset(pgd, 0)).toBe(0);
  });

  it('gives every address its own entry, and all frames back at the end', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 0xbffff }), { maxLength: 60 }), (pages) => {
        const machine = new TableMachine({ pae });
        const { pageTables } = machine;
        const pgd = pageTables.pgdAlloc();
        const model = new Map<number, number>();
        pages.forEach((page, i) => {
          const entry = pageTables.pteAlloc(pgd, page * 4096);
          pageTables.setPte(entry, 100 + i, 0x067);
          model.set(page, 100 + i);
        });
        for (const [page, pfn] of model) {
          expect(pageTables.ptePfn(pageTables.pteOffset(pgd, page * 4096))).toBe(pfn);
        }
        machine.mmus[0]?.loadCr3(pgd);
        for (const [page, pfn] of model) expect(machine.mmus[0]?.pfnOf(page * 4096)).toBe(pfn);
        for (const page of model.keys()) pageTables.clearPte(pageTables.pteOffset(pgd, page * 4096));
        pageTables.clearPageTables(pgd, 0, pageTables.userPgdEntries);
        pageTables.pgdFree(pgd);
        expect(machine.taken).toBe(pageTables.cachedTables);
        pageTables.quicklist.high = 0;
        pageTables.quicklist.low = 0;
        pageTables.checkPgtCache();
        expect(machine.taken).toBe(0);
      }),
      { numRuns: 30 },
    );
  });
});

describe('PAE top levels', () => {
  it('share a frame, which is freed with the last of them', () => {
    const machine = new TableMachine({ pae: true });
    const { pageTables } = machine;
    const pgds = Array.from({ length: 130 }, () => pageTables.pgdAlloc());
    expect(machine.taken).toBe(130 * 3 + 2);
    expect(new Set(pgds).size).toBe(130);
    for (const pgd of pgds) pageTables.pgdFree(pgd);
    expect(machine.taken).toBe(0);
    expect(() => pageTables.pgdFree(pgds[0] as number)).toThrow();
  });
});
