import { describe, expect, it } from 'vitest';
import { A, D, G, P, PS, RW, TableRig, US } from './table-rig.ts';

const VA = 0x08048000;
const KERNEL = 0xc0400000;

describe.each([
  ['two levels', false],
  ['PAE', true],
])('walk, %s', (_name, pae) => {
  it('reaches the frame that the entry names', () => {
    const rig = new TableRig({ pae });
    rig.map(VA, 20, P | RW | US);
    rig.map(0xbffff000, 21, P | RW | US);
    expect(rig.go(VA + 0x123, 0, 1)).toBe(20);
    expect(rig.go(0xbfffffff, 1, 1)).toBe(21);
    expect(rig.mmu.pfnOf(VA + 0xfff)).toBe(20);
    expect(rig.mmu.pfnOf(VA + 0x1000)).toBe(-1);
  });

  it.each([
    // entry flags, write, user, what comes out
    [P | RW | US, 1, 1, 20],
    [P | US, 0, 1, 20],
    [P | US, 1, 1, 'fault 7'],
    // CR0.WP: read-only binds supervisor mode too.
    [P | US, 1, 0, 'fault 3'],
    [P | RW, 0, 1, 'fault 5'],
    [P | RW, 1, 1, 'fault 7'],
    [P | RW, 1, 0, 20],
    [0, 0, 0, 'fault 0'],
    [0, 1, 0, 'fault 2'],
    [0, 0, 1, 'fault 4'],
    [0, 1, 1, 'fault 6'],
    // A PROT_NONE page is not present for the CPU.
    [0x0a0, 0, 1, 'fault 4'],
  ] as const)('entry %i, write %i, user %i: %s', (flags, write, user, expected) => {
    const rig = new TableRig({ pae });
    rig.map(VA, 20, flags);
    expect(rig.go(VA, write, user)).toBe(expected);
    // Once more, now perhaps from the TLB.
    expect(rig.go(VA, write, user)).toBe(expected);
  });

  it('says whether the TLB serves an access, without a walk', () => {
    const rig = new TableRig({ pae });
    rig.map(VA, 20, P | RW | US);
    const load = () => rig.mmu.hits(Int32Array.of(VA / 4096), Uint8Array.of(0), 0, 1) === 1;
    const store = () => rig.mmu.hits(Int32Array.of(VA / 4096), Uint8Array.of(1), 0, 1) === 1;
    expect(load()).toBe(false);
    rig.go(VA + 8, 0, 1);
    expect(load()).toBe(true);
    // The entry is not dirty: a store must walk.
    expect(store()).toBe(false);
    rig.go(VA, 1, 1);
    expect(store()).toBe(true);
    const { walks } = rig.mmu;
    const pages = Int32Array.of(VA / 4096, VA / 4096, VA / 4096 + 1, VA / 4096);
    expect(rig.mmu.hits(pages, new Uint8Array(4), 0, 4)).toBe(2);
    expect(rig.mmu.hits(pages, new Uint8Array(4), 3, 4)).toBe(4);
    rig.mmu.invlpg(VA);
    expect(load()).toBe(false);
    expect(rig.mmu.walks).toBe(walks);
  });

  it('needs RW and US of the directory entry as well', () => {
    const rig = new TableRig({ pae });
    rig.map(VA, 20, P | RW | US);
    const at = rig.pdeAt(VA);
    const pde = rig.memory.words[at] as number;
    rig.memory.words[at] = pde & ~RW;
    expect(rig.go(VA, 1, 1)).toBe('fault 7');
    rig.memory.words[at] = pde & ~US;
    expect(rig.go(VA, 0, 1)).toBe('fault 5');
    expect(rig.go(VA, 0, 0)).toBe(20);
  });

  it('sets A on a read, A and D on a write, in the directory entry A only', () => {
    const rig = new TableRig({ pae });
    rig.map(VA, 20, P | RW | US);
    const at = rig.pdeAt(VA);
    rig.memory.words[at] = (rig.memory.words[at] as number) & ~(A | D);
    rig.go(VA, 0, 1);
    expect(rig.pte(VA) & 0xfff).toBe(P | RW | US | A);
    rig.go(VA, 1, 1);
    expect(rig.pte(VA) & 0xfff).toBe(P | RW | US | A | D);
    expect((rig.memory.words[at] as number) & 0xfff).toBe(P | RW | US | A);
  });

  it('leaves A and D alone when the access is not allowed', () => {
    const rig = new TableRig({ pae });
    rig.map(VA, 20, P | US);
    rig.go(VA, 1, 1);
    expect(rig.pte(VA) & 0xfff).toBe(P | US);
  });

  it('maps with large pages, whose entry carries A and D', () => {
    const rig = new TableRig({ pae, frames: 4096 });
    const size = pae ? 512 : 1024;
    rig.memory.words[rig.pdeAt(KERNEL)] = (size * 4096) | P | RW | PS | G;
    expect(rig.go(KERNEL + 5 * 4096, 0, 0)).toBe(size + 5);
    expect((rig.memory.words[rig.pdeAt(KERNEL)] as number) & 0xfff).toBe(P | RW | PS | G | A);
    rig.go(KERNEL + 6 * 4096, 1, 0);
    expect((rig.memory.words[rig.pdeAt(KERNEL)] as number) & 0xfff).toBe(P | RW | PS | G | A | D);
    expect(rig.go(KERNEL, 0, 1)).toBe('fault 5');
    expect(rig.mmu.pfnOf(KERNEL + 7 * 4096)).toBe(size + 7);
  });

  it('where no memory is, reads give ones, writes are lost, and no TLB entry is made', () => {
    const rig = new TableRig({ pae });
    rig.map(VA, 1000, P | RW | US);
    const { words } = rig.memory;
    for (let i = 0; i < 2; i++) {
      const base = rig.mmu.translate(VA, 1, 1);
      expect([words[base], words[base + 1023]]).toEqual([-1, -1]);
      words[base + 5] = 42;
    }
    expect(words[rig.mmu.translate(VA, 0, 1) + 5]).toBe(-1);
    expect(rig.mmu.walks).toBe(3);
    expect(rig.pte(VA)).toBe((1000 << 12) | P | RW | US | A | D);
    const read = rig.mmu.translate(VA, 0, 1);
    rig.map(VA + 4096, 20, P | RW | US);
    expect(rig.go(VA + 4096, 1, 1)).toBe(20);
    expect(read).not.toBe(20 * 1024);
  });

  it('keeps frames of a content-free machine without contents, but its entries real', () => {
    const rig = new TableRig({ pae, contentFree: true });
    rig.map(VA, 20, P | RW | US);
    expect(rig.go(VA, 1, 1)).toBe(0);
    expect(rig.pte(VA) & 0xfff).toBe(P | RW | US | A | D);
  });
});

describe('two levels without CR4.PSE', () => {
  it('takes bit 7 of a directory entry for nothing', () => {
    const rig = new TableRig({ pse: false });
    rig.map(VA, 20, P | RW | US);
    const at = rig.pdeAt(VA);
    rig.memory.words[at] = (rig.memory.words[at] as number) | PS;
    expect(rig.go(VA, 0, 1)).toBe(20);
  });
});

describe('PAE top level', () => {
  it('counts only from the next load of cr3 on', () => {
    const rig = new TableRig({ pae: true });
    rig.map(VA, 20, P | RW | US);
    rig.memory.words[1024] = 0;
    expect(rig.go(VA, 0, 1)).toBe(20);
    rig.mmu.tlb.flushAll();
    expect(rig.go(VA, 0, 1)).toBe(20);
    rig.mmu.reloadCr3();
    expect(rig.go(VA, 0, 1)).toBe('fault 4');
  });

  it('may lie anywhere in a page, on 32 bytes', () => {
    const rig = new TableRig({ pae: true });
    rig.map(VA, 20, P | RW | US);
    rig.memory.words.copyWithin(40 * 1024 + 8 * 5, 1024, 1024 + 8);
    rig.mmu.loadCr3(40 * 4096 + 32 * 5);
    expect(rig.go(VA, 0, 1)).toBe(20);
  });

  it('names frames above 4 GiB by the high word of an entry', () => {
    const rig = new TableRig({ pae: true });
    rig.map(VA, 7, P | RW | US);
    rig.memory.words[rig.pteAt(VA) + 1] = 1;
    expect(rig.mmu.pfnOf(VA)).toBe(0x100007);
    expect(rig.memory.words[rig.mmu.translate(VA, 0, 1)]).toBe(-1);
  });
});

describe('TLB', () => {
  it('is not told of a changed entry: without a flush the old translation goes on', () => {
    const rig = new TableRig();
    rig.map(VA, 20, P | RW | US);
    rig.go(VA, 1, 1);
    rig.map(VA, 21, P | US);
    expect(rig.go(VA, 0, 1)).toBe(20);
    expect(rig.go(VA, 1, 1)).toBe(20);
    rig.mmu.invlpg(VA + 0x800);
    expect(rig.go(VA, 0, 1)).toBe(21);
    expect(rig.go(VA, 1, 1)).toBe('fault 7');
  });

  it('walks again for the first write after a read, and only then', () => {
    const rig = new TableRig();
    rig.map(VA, 20, P | RW | US);
    rig.go(VA, 0, 1);
    expect(rig.mmu.walks).toBe(1);
    rig.go(VA, 1, 1);
    expect(rig.mmu.walks).toBe(2);
    expect(rig.pte(VA) & D).toBe(D);
    for (let i = 0; i < 5; i++) rig.go(VA, 1, 1);
    for (let i = 0; i < 5; i++) rig.go(VA, 0, 1);
    expect(rig.mmu.walks).toBe(2);
  });

  it('does not set A again until the entry is flushed', () => {
    const rig = new TableRig();
    rig.map(VA, 20, P | RW | US);
    rig.go(VA, 1, 1);
    rig.map(VA, 20, P | RW | US);
    rig.go(VA, 1, 1);
    expect(rig.pte(VA) & (A | D)).toBe(0);
    rig.mmu.invlpg(VA);
    rig.go(VA, 1, 1);
    expect(rig.pte(VA) & (A | D)).toBe(A | D);
  });

  it('serves both modes with an entry of a user page, user mode never with one of a kernel page', () => {
    const rig = new TableRig();
    rig.map(VA, 20, P | RW | US);
    rig.map(KERNEL, 21, P | RW);
    rig.go(VA, 1, 1);
    rig.go(KERNEL, 1, 0);
    const walks = rig.mmu.walks;
    expect(rig.go(VA, 1, 0)).toBe(20);
    expect(rig.go(KERNEL, 1, 0)).toBe(21);
    expect(rig.mmu.walks).toBe(walks);
    expect(rig.go(KERNEL, 0, 1)).toBe('fault 5');
  });

  it('loses all but global entries when cr3 is loaded, those too when everything is flushed', () => {
    const rig = new TableRig();
    rig.map(VA, 20, P | RW | US);
    rig.map(KERNEL, 21, P | RW | G);
    rig.go(VA, 0, 1);
    rig.go(KERNEL, 0, 0);
    rig.map(VA, 30, P | RW | US);
    rig.map(KERNEL, 31, P | RW | G);
    rig.mmu.reloadCr3();
    expect(rig.go(VA, 0, 1)).toBe(30);
    expect(rig.go(KERNEL, 0, 0)).toBe(21);
    rig.mmu.flushAll();
    expect(rig.go(KERNEL, 0, 0)).toBe(31);
  });

  it('knows no global entries without CR4.PGE', () => {
    const rig = new TableRig({ pge: false });
    rig.map(KERNEL, 21, P | RW | G);
    rig.go(KERNEL, 0, 0);
    rig.map(KERNEL, 31, P | RW | G);
    rig.mmu.reloadCr3();
    expect(rig.go(KERNEL, 0, 0)).toBe(31);
  });

  it('drops global entries of single pages, and every piece of a large page', () => {
    const rig = new TableRig({ frames: 4096 });
    const at = rig.pdeAt(KERNEL);
    rig.memory.words[at] = (1024 * 4096) | P | RW | PS | G;
    expect(rig.go(KERNEL, 0, 0)).toBe(1024);
    expect(rig.go(KERNEL + 0x3000, 0, 0)).toBe(1027);
    rig.memory.words[at] = (2048 * 4096) | P | RW | PS | G;
    rig.mmu.reloadCr3();
    expect(rig.go(KERNEL + 0x3000, 0, 0)).toBe(1027);
    rig.mmu.invlpg(KERNEL + 0x200000);
    expect(rig.go(KERNEL, 0, 0)).toBe(2048);
    expect(rig.go(KERNEL + 0x3000, 0, 0)).toBe(2051);
  });

  it('keeps global entries, and no others, over thousands of cr3 loads', () => {
    const rig = new TableRig();
    rig.map(VA, 20, P | RW | US);
    rig.map(KERNEL, 21, P | RW | G);
    rig.map(KERNEL + 0x1000, 22, P | RW);
    for (const addr of [VA, KERNEL, KERNEL + 0x1000]) rig.go(addr, 0, 0);
    for (const addr of [VA, KERNEL, KERNEL + 0x1000]) rig.map(addr, 40, P | RW | US | G);
    for (let i = 0; i < 10_000; i++) {
      rig.mmu.reloadCr3();
      if (i % 2044 !== 0 && i % 999 !== 0) continue;
      expect(rig.go(KERNEL, 0, 0)).toBe(21);
    }
    expect(rig.go(VA, 0, 1)).toBe(40);
    expect(rig.go(KERNEL + 0x1000, 0, 0)).toBe(40);
    expect(rig.mmu.flushes).toBe(10_001);
  });

  it('costs virtual time on misses and flushes, none on hits', () => {
    const rig = new TableRig();
    rig.map(VA, 20, P | RW | US);
    rig.go(VA, 1, 1);
    const before = rig.clock.now;
    for (let i = 0; i < 100; i++) rig.go(VA, 1, 1);
    expect(rig.clock.now).toBe(before);
    rig.mmu.reloadCr3();
    rig.go(VA, 1, 1);
    expect(rig.clock.now).toBeGreaterThan(before);
  });
});
