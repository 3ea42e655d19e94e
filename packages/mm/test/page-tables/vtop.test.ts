import { describe, expect, it } from 'vitest';
import { I386, swapEntry } from '../../src/arch/i386.ts';
import { I386_PAE } from '../../src/arch/i386-pae.ts';
import { vtop } from '../../src/page-tables/vtop.ts';
import { TableMachine } from './table-machine.ts';

const VA = 0x08048123;

describe('vtop, two levels', () => {
  it('tells every entry of a mapped page (sheet 1 section 13: pgd 32, pte 72)', () => {
    const machine = new TableMachine();
    const { pageTables, memory } = machine;
    const pgd = pageTables.pgdAlloc();
    const entry = pageTables.pteAlloc(pgd, VA);
    pageTables.setPte(entry, 500, 0x067);
    expect(vtop(memory, I386, pgd, VA)).toEqual({
      kind: 'page',
      physical: 500 * 4096 + 0x123,
      swap: null,
      steps: [
        {
          level: 'pgd',
          index: 32,
          entryPhys: pgd + 128,
          low: (entry >>> 10) * 4096 + 0x067,
          high: 0,
          bits: ['P', 'RW', 'US', 'A', 'D'],
          frame: entry >>> 10,
        },
        {
          level: 'pte',
          index: 72,
          entryPhys: entry * 4,
          low: 500 * 4096 + 0x067,
          high: 0,
          bits: ['P', 'RW', 'US', 'A', 'D'],
          frame: 500,
        },
      ],
    });
  });

  it('stops where nothing is, and tells swap entries and PROT_NONE pages apart', () => {
    const { pageTables, memory } = new TableMachine();
    const pgd = pageTables.pgdAlloc();
    expect(vtop(memory, I386, pgd, VA)).toMatchObject({
      kind: 'none',
      physical: null,
      steps: [{ level: 'pgd' }],
    });
    const entry = pageTables.pteAlloc(pgd, VA);
    expect(vtop(memory, I386, pgd, VA)).toMatchObject({ kind: 'none', steps: [{}, { low: 0, bits: [] }] });
    pageTables.setSwapPte(entry, swapEntry(31, 0xffffff));
    expect(vtop(memory, I386, pgd, VA)).toMatchObject({
      kind: 'swap',
      physical: null,
      swap: { type: 31, offset: 0xffffff },
      steps: [{}, { low: 0xffffff3e, bits: [], frame: 0 }],
    });
    pageTables.setPte(entry, 7, 0x0e0);
    expect(vtop(memory, I386, pgd, VA)).toMatchObject({
      kind: 'protnone',
      physical: 0x7123,
      steps: [{}, { bits: ['A', 'D', 'PROTNONE'], frame: 7 }],
    });
  });

  it('ends at the directory for a large page', () => {
    const { pageTables, memory } = new TableMachine();
    const pgd = pageTables.pgdAlloc();
    memory.words[pgd / 4 + 769] = 0x004001e3;
    expect(vtop(memory, I386, pgd, 0xc0412345)).toMatchObject({
      kind: 'large',
      physical: 0x00412345,
      steps: [{ level: 'pgd', index: 769, bits: ['P', 'RW', 'A', 'D', 'G', 'PSE'], frame: 0x400 }],
    });
  });

  it('changes nothing', () => {
    const { pageTables, memory } = new TableMachine();
    const pgd = pageTables.pgdAlloc();
    pageTables.setPte(pageTables.pteAlloc(pgd, VA), 500, 0x007);
    const before = memory.words.slice();
    vtop(memory, I386, pgd, VA);
    expect(memory.words).toEqual(before);
  });
});

describe('vtop, PAE', () => {
  it('goes through three levels, to frames above 4 GiB (sheet 1 section 13: pgd 0, pmd 64, pte 72)', () => {
    const { pageTables, memory } = new TableMachine({ pae: true });
    const pgd = pageTables.pgdAlloc();
    const entry = pageTables.pteAlloc(pgd, VA);
    pageTables.setPte(entry, 0xabcdef, 0x025);
    const result = vtop(memory, I386_PAE, pgd, VA);
    expect(result).toMatchObject({ kind: 'page', physical: 0xabcdef * 4096 + 0x123 });
    expect(result.steps.map(({ level, index }) => [level, index])).toEqual([
      ['pgd', 0],
      ['pmd', 64],
      ['pte', 72],
    ]);
    expect(result.steps[2]).toMatchObject({
      low: 0xbcdef025,
      high: 0xa,
      entryPhys: entry * 4,
      frame: 0xabcdef,
    });
  });

  it('shows 2 MiB pages', () => {
    const { pageTables, memory } = new TableMachine({ pae: true });
    const pgd = pageTables.pgdAlloc();
    memory.words[pgd / 4 + 6] = 0x5001;
    memory.words[5 * 1024 + 2] = 0x2001e3;
    expect(vtop(memory, I386_PAE, pgd, 0xc0212345)).toMatchObject({ kind: 'large', physical: 0x00212345 });
  });
});
