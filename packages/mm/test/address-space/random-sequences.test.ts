import fc from 'fast-check';
import { expect, it } from 'vitest';
import { load8, store8 } from '../../src/address-space/access.ts';
import { checkVmas } from '../../src/address-space/check-vmas.ts';
import { findVma, findVmaIntersection, findVmaPrev, prevOf } from '../../src/address-space/find-vma.ts';
import { sysMadvise } from '../../src/address-space/madvise.ts';
import { sysMlock, sysMunlock } from '../../src/address-space/mlock.ts';
import { MADV, MAP, MREMAP } from '../../src/address-space/mman.ts';
import { sysMmap2 } from '../../src/address-space/mmap.ts';
import { sysMprotect } from '../../src/address-space/mprotect.ts';
import { sysMremap } from '../../src/address-space/mremap.ts';
import { sysMunmap } from '../../src/address-space/munmap.ts';
import { VM } from '../../src/address-space/vma.ts';
import { Errno } from '../../src/errno.ts';
import {
  A,
  F,
  type Harness,
  makeFile,
  makeHarness,
  openAs,
  RULES_2_4_0,
  RULES_2_4_20,
  RULES_2_4_22,
} from './harness.ts';
import { PageModel, WINDOW_START } from './page-model.ts';
import { shrinkAll } from './slab-rig.ts';

/** Pages of the window in which the sequences play; it crosses a page-table border in the middle. */
const WINDOW = 32;
const START = WINDOW_START + 1024 - WINDOW / 2;

type Op =
  | {
      readonly op: 'mmap';
      at: number;
      len: number;
      prot: number;
      kind: 'anon' | 'private' | 'shared';
      pgoff: number;
    }
  | {
      readonly op: 'munmap' | 'mlock' | 'munlock' | 'random' | 'normal' | 'dontneed';
      at: number;
      len: number;
    }
  | { readonly op: 'mprotect'; at: number; len: number; prot: number }
  | { readonly op: 'mremap'; at: number; len: number; newLen: number; flags: number; to: number }
  | { readonly op: 'store'; at: number; value: number };

const at = fc.integer({ min: 0, max: WINDOW - 1 });
const len = fc.integer({ min: 1, max: 8 });
const prot = fc.constantFrom(0, 1, 3, 3, 5);
const anyOp: fc.Arbitrary<Op> = fc.oneof(
  fc.record({
    op: fc.constant('mmap' as const),
    at,
    len,
    prot,
    kind: fc.constantFrom('anon' as const, 'anon' as const, 'private' as const, 'shared' as const),
    pgoff: fc.nat(20),
  }),
  fc.record({
    op: fc.constantFrom(
      'munmap' as const,
      'mlock' as const,
      'munlock' as const,
      'random' as const,
      'normal' as const,
    ),
    at,
    len,
  }),
  fc.record({ op: fc.constant('dontneed' as const), at, len }),
  fc.record({ op: fc.constant('mprotect' as const), at, len, prot }),
  fc.record({
    op: fc.constant('mremap' as const),
    at,
    len: fc.integer({ min: 1, max: 4 }),
    newLen: fc.integer({ min: 1, max: 6 }),
    flags: fc.constantFrom(0, MREMAP.mayMove, MREMAP.mayMove | MREMAP.fixed),
    to: at,
  }),
  fc.record({ op: fc.constant('store' as const), at, value: fc.integer({ min: 0, max: 255 }) }),
);

/** Whether `count` pages from `page` on lie in one area, and whether they end with it. */
function inOneArea(h: Harness, page: number, count: number): { whole: boolean; toEnd: boolean } {
  const vma = h.mm.index.find((area) => area.vmStart <= page * 4096 && area.vmEnd > page * 4096);
  const end = (page + count) * 4096;
  return { whole: vma !== undefined && end <= vma.vmEnd, toEnd: vma !== undefined && end === vma.vmEnd };
}

/** What mremap should do and return (pages). */
function modelMremap(h: Harness, model: PageModel, op: Extract<Op, { op: 'mremap' }>): number {
  const from = START + op.at;
  const to = START + op.to;
  if (op.flags & MREMAP.fixed) {
    if (to < from + op.len && from < to + op.newLen) return -Errno.EINVAL;
    model.unmap(to, op.newLen);
  }
  const { whole, toEnd } = inOneArea(h, from, op.len);
  if (op.newLen <= op.len) {
    model.unmap(from + op.newLen, op.len - op.newLen);
    if (!(op.flags & MREMAP.fixed)) return from;
    if (op.newLen < op.len) return -Errno.EFAULT;
  }
  if (!whole) return -Errno.EFAULT;
  if (op.flags & MREMAP.fixed) {
    model.move(from, op.len, to, op.newLen);
    return to;
  }
  const growth = Array.from({ length: op.newLen - op.len }, (_, i) => from + op.len + i);
  if (toEnd && growth.every((page) => !model.pages.has(page))) {
    model.grow(from, op.len, op.newLen);
    return from;
  }
  if (!(op.flags & MREMAP.mayMove)) return -Errno.ENOMEM;
  const target = model.firstFit(op.newLen);
  model.move(from, op.len, target, op.newLen);
  return target;
}

/** Does one operation on the machine and on the model: both results. */
function perform(h: Harness, fd: number, model: PageModel, op: Op): { actual: number; want: number } {
  const page = START + op.at;
  const addr = page * 4096;
  const bytes = op.op === 'store' ? 0 : op.len * 4096;
  switch (op.op) {
    case 'mmap': {
      const anonymous = op.kind === 'anon';
      const flags = anonymous ? A | F : (op.kind === 'shared' ? MAP.shared : MAP.private) | F;
      const sharing = op.kind === 'shared' ? VM.shared | VM.mayShare : 0;
      model.map(page, op.len, op.prot | 0x70 | sharing, anonymous ? -1 : op.pgoff);
      return { actual: sysMmap2(h.vm, addr, bytes, op.prot, flags, fd, op.pgoff), want: addr };
    }
    case 'munmap':
      model.unmap(page, op.len);
      return { actual: sysMunmap(h.vm, addr, bytes), want: 0 };
    case 'mprotect': {
      const want = model.changeFlags(page, op.len, 7, op.prot, h.vm.rules.mprotectHole);
      return { actual: sysMprotect(h.vm, addr, bytes, op.prot), want };
    }
    case 'mlock':
      return { actual: sysMlock(h.vm, addr, bytes), want: model.changeFlags(page, op.len, 0, VM.locked) };
    case 'munlock':
      return { actual: sysMunlock(h.vm, addr, bytes), want: model.changeFlags(page, op.len, VM.locked, 0) };
    case 'random':
    case 'normal': {
      const hint = op.op === 'random' ? VM.randRead : 0;
      const want = model.advise(page, op.len, (it) => {
        it.flags = (it.flags & ~VM.randRead) | hint;
        return 0;
      });
      return { actual: sysMadvise(h.vm, addr, bytes, hint ? MADV.random : MADV.normal), want };
    }
    case 'dontneed': {
      const want = model.advise(page, op.len, (it) => {
        if (it.flags & VM.locked) return -Errno.EINVAL;
        it.value = -1;
        return 0;
      });
      return { actual: sysMadvise(h.vm, addr, bytes, MADV.dontNeed), want };
    }
    case 'mremap': {
      const want = modelMremap(h, model, op);
      const to = (START + op.to) * 4096;
      const actual = sysMremap(h.vm, addr, bytes, op.newLen * 4096, op.flags, to);
      return { actual, want: want < 0 ? want : want * 4096 };
    }
    case 'store':
      return {
        actual: Number(store8(h.vm, h.mmu, addr, op.value)),
        want: Number(model.store(page, op.value)),
      };
  }
}

/** The areas say of every page what the model says. */
function compareMaps(h: Harness, model: PageModel): void {
  let count = 0;
  for (const vma of h.mm.index) {
    for (let addr = vma.vmStart; addr < vma.vmEnd; addr += 4096) {
      const page = model.pages.get(addr / 4096);
      expect(page?.flags, `flags at ${addr.toString(16)}`).toBe(vma.vmFlags);
      const pgoff = vma.vmFile === null ? -1 : vma.vmPgoff + (addr - vma.vmStart) / 4096;
      expect(page?.pgoff, `file page at ${addr.toString(16)}`).toBe(pgoff);
      count++;
    }
  }
  expect(count).toBe(model.pages.size);
}

for (const [release, rules, pae] of [
  ['2.4.22', RULES_2_4_22, false],
  ['2.4.20', RULES_2_4_20, false],
  ['2.4.22 with PAE', RULES_2_4_22, true],
  ['2.4.0', RULES_2_4_0, false],
] as const) {
  it(`random calls do to every page what the model says, and no byte is lost (${release})`, () => {
    fc.assert(
      fc.property(fc.array(anyOp, { maxLength: 40 }), (ops) => {
        const h = makeHarness({ rules, pae, withoutStack: true, frames: 2048 });
        const free = () => {
          shrinkAll(h.vm.slab);
          return h.allocator.nrFreePages() + h.vm.pageTables.cachedTables + h.cache.pageCacheSize;
        };
        const before = free();
        const fd = openAs(h, makeFile(h, 4096));
        const model = new PageModel();
        for (const op of ops) {
          const { actual, want } = perform(h, fd, model, op);
          expect(actual, op.op).toBe(want);
          checkVmas(h.mm);
          compareMaps(h, model);
        }
        for (const page of model.pages.keys()) {
          expect(load8(h.vm, h.mmu, page * 4096), `byte at ${(page * 4096).toString(16)}`).toBe(
            model.load(page),
          );
        }
        sysMunmap(h.vm, 0, 0xc0000000);
        checkVmas(h.mm);
        // Nobody takes the signals of the accesses; 2.4.0 keeps a record of them.
        h.vm.signals.drop(h.task);
        expect([h.mm.rss, h.mm.totalVm, h.mm.lockedVm, free()]).toEqual([0, 0, 0, before]);
      }),
      { numRuns: 200 },
    );
  });
}

it('lookups answer as a walk along the list does', () => {
  const ranges = fc.uniqueArray(fc.integer({ min: 1, max: 200 }), { maxLength: 40 });
  fc.assert(
    fc.property(ranges, fc.array(fc.integer({ min: 0, max: 210 }), { maxLength: 40 }), (pages, questions) => {
      const h = makeHarness({ withoutStack: true });
      // Alternating protections keep neighbours apart.
      for (const page of pages) sysMmap2(h.vm, page * 4096, 4096, page % 2 ? 1 : 3, A | F, -1, 0);
      for (const question of questions) {
        const addr = question * 4096 + 17;
        let want = h.mm.mmap;
        let prev = null;
        while (want !== null && want.vmEnd <= addr) {
          prev = want;
          want = want.vmNext;
        }
        expect(findVma(h.mm, addr)).toBe(want);
        expect(findVmaPrev(h.mm, addr)).toBe(want);
        expect(prevOf.vma).toBe(want === null ? null : prev);
        const overlaps = want !== null && want.vmStart < addr + 4096;
        expect(findVmaIntersection(h.mm, addr, addr + 4096)).toBe(overlaps ? want : null);
        checkVmas(h.mm);
      }
    }),
    { numRuns: 100 },
  );
});
