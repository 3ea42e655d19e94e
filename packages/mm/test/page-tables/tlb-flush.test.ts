import { describe, expect, it } from 'vitest';
import type { Mmu } from '../../src/hardware/mmu.ts';
import { SWAPPER, TableMachine } from './table-machine.ts';

const VA = 0x08048000;
const OTHER = 0x08049000;

/** A machine with an address space that maps two pages, loaded on the first CPU and in its TLB; then remapped. */
function staleMachine(cpus = 1) {
  const machine = new TableMachine({ cpus });
  const { pageTables, tlb } = machine;
  const pgd = pageTables.pgdAlloc();
  const pte = (addr: number, pfn: number) => {
    pageTables.setPte(pageTables.pteAlloc(pgd, addr), pfn, 0x067);
  };
  pte(VA, 500);
  pte(OTHER, 501);
  for (let cpu = 0; cpu < cpus; cpu++) {
    tlb.switchMm(cpu, pgd);
    for (const addr of [VA, OTHER]) machine.mmus[cpu]?.translate(addr, 1, 1);
  }
  pte(VA, 600);
  pte(OTHER, 601);
  return { machine, tlb, pgd };
}

const seen = (mmu: Mmu | undefined) => [VA, OTHER].map((addr) => (mmu?.translate(addr, 1, 1) ?? 0) / 1024);

describe('sheet 1 section 15: one CPU', () => {
  it('without a flush the old translation stays', () => {
    const { machine } = staleMachine();
    expect(seen(machine.mmus[0])).toEqual([500, 501]);
  });

  it('flush_tlb_page drops one page, the other calls all of the address space', () => {
    const page = staleMachine();
    page.tlb.flushTlbPage(page.pgd, VA);
    expect(seen(page.machine.mmus[0])).toEqual([600, 501]);
    for (const call of ['flushTlbMm', 'flushTlbRange', 'flushTlbPgtables', 'flushTlbAll'] as const) {
      const { machine, tlb, pgd } = staleMachine();
      tlb[call](pgd, VA, VA + 4096);
      expect(seen(machine.mmus[0])).toEqual([600, 601]);
    }
  });

  it('does nothing for an address space that is not loaded', () => {
    const { machine, tlb } = staleMachine();
    const other = machine.pageTables.pgdAlloc();
    const flushes = machine.mmus[0]?.flushes;
    tlb.flushTlbMm(other);
    tlb.flushTlbPage(other, VA);
    expect(machine.mmus[0]?.flushes).toBe(flushes);
    expect(seen(machine.mmus[0])).toEqual([500, 501]);
  });

  it('enter_lazy_tlb is empty: a flush still reloads cr3', () => {
    const { machine, tlb, pgd } = staleMachine();
    tlb.enterLazyTlb(0);
    tlb.flushTlbMm(pgd);
    expect(machine.mmus[0]?.cr3).toBe(pgd);
    expect(seen(machine.mmus[0])).toEqual([600, 601]);
  });

  it('switching to the address space that is loaded costs nothing', () => {
    const { machine, tlb, pgd } = staleMachine();
    const flushes = machine.mmus[0]?.flushes;
    tlb.switchMm(0, pgd);
    expect(machine.mmus[0]?.flushes).toBe(flushes);
  });
});

describe('sheet 1 section 15: two CPUs', () => {
  it('flushes both that have the address space loaded', () => {
    const { machine, tlb, pgd } = staleMachine(2);
    tlb.flushTlbPage(pgd, VA);
    for (const mmu of machine.mmus) expect(seen(mmu)).toEqual([600, 501]);
    tlb.flushTlbMm(pgd);
    for (const mmu of machine.mmus) expect(seen(mmu)).toEqual([600, 601]);
  });

  it('a lazy CPU leaves the address space at the first flush and loads it again when it comes back', () => {
    const { machine, tlb, pgd } = staleMachine(2);
    machine.trace.on = true;
    tlb.enterLazyTlb(1);
    tlb.flushTlbMm(pgd);
    expect(machine.mmus[1]?.cr3).toBe(SWAPPER);
    tlb.flushTlbMm(pgd);
    expect(machine.trace.count('leave_mm')).toBe(1);
    tlb.switchMm(1, pgd);
    expect(seen(machine.mmus[1])).toEqual([600, 601]);
  });

  it('a lazy CPU that nobody disturbed goes on without a reload', () => {
    const { machine, tlb, pgd } = staleMachine(2);
    tlb.enterLazyTlb(1);
    tlb.switchMm(1, pgd);
    tlb.flushTlbPage(pgd, VA);
    expect(machine.mmus[1]?.cr3).toBe(pgd);
  });
});

describe('tracing', () => {
  it("records every call under the kernel's name", () => {
    const { machine, tlb, pgd } = staleMachine();
    machine.trace.on = true;
    tlb.flushTlbAll();
    tlb.flushTlbMm(pgd);
    tlb.flushTlbRange(pgd, 0, 4096);
    tlb.flushTlbPage(pgd, VA);
    tlb.flushTlbPgtables(pgd, 0, 4096);
    tlb.flushCacheMm(pgd);
    tlb.flushCacheRange(pgd, 0, 4096);
    tlb.flushCachePage(pgd, VA);
    tlb.flushDcachePage(7);
    tlb.flushPageToRam(7);
    tlb.flushIcachePage(pgd, 7);
    tlb.updateMmuCache(pgd, VA, machine.pageTables.pteOffset(pgd, VA));
    expect([...machine.trace.events()].map((event) => event.name)).toEqual([
      'flush_tlb_all',
      'flush_tlb_mm',
      'flush_tlb_range',
      'flush_tlb_page',
      'flush_tlb_pgtables',
      'flush_cache_mm',
      'flush_cache_range',
      'flush_cache_page',
      'flush_dcache_page',
      'flush_page_to_ram',
      'flush_icache_page',
      'update_mmu_cache',
    ]);
    const last = [...machine.trace.events()].at(-1);
    expect(last?.values).toMatchObject({ pgd, address: VA, pte: 600 * 4096 + 0x067 });
  });
});
